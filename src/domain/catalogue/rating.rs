//! What buyers think of a product, in stars.

use serde::{Serialize, Serializer, ser::SerializeStruct};

/// How many gave one star, two, and so on to five.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rating {
    pub counts: [i64; 5],
}

/// What a [`Rating`] is written as.
#[derive(utoipa::ToSchema)]
#[schema(as = Rating)]
#[expect(dead_code, reason = "it is there for its description")]
pub struct Shown {
    /// In stars with two decimals, 0 where nobody has rated.
    average: f64,
    count: i64,
    /// How many gave one star, two, and so on to five.
    histogram: [i64; 5],
}

impl Rating {
    pub fn count(&self) -> i64 {
        self.counts.iter().sum()
    }

    /// In hundredths of a star, rounded to the nearest; 0 where nobody has rated.
    pub fn average_hundredths(&self) -> i64 {
        let count = self.count().max(1);
        let stars: i64 =
            (1..).zip(&self.counts).map(|(stars, count)| count.saturating_mul(stars)).sum();
        stars.saturating_mul(100).saturating_add(count / 2) / count
    }
}

impl Serialize for Rating {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let hundredths = self.average_hundredths();
        let average = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        let average: f64 = average.parse().map_err(serde::ser::Error::custom)?;
        let mut all = serializer.serialize_struct("Rating", 3)?;
        all.serialize_field("average", &average)?;
        all.serialize_field("count", &self.count())?;
        all.serialize_field("histogram", &self.counts)?;
        all.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_average_has_two_decimals_and_is_rounded() {
        let rating = Rating { counts: [1, 0, 0, 1, 1] };

        assert_eq!(
            serde_json::to_value(rating).unwrap(),
            json!({ "average": 3.33, "count": 3, "histogram": [1, 0, 0, 1, 1] })
        );
        assert_eq!(Rating { counts: [0, 0, 1, 2, 0] }.average_hundredths(), 367);
    }

    #[test]
    fn nobody_has_rated_comes_to_nothing() {
        let value = serde_json::to_value(Rating::default()).unwrap();
        assert_eq!((&value["average"], &value["count"]), (&json!(0.0), &json!(0)));
    }
}
