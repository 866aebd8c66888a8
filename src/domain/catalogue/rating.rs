//! What buyers think of a product, in stars.

use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct};

use crate::domain::Error;

/// What one buyer gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i32", into = "i32")]
pub enum Stars {
    One,
    Two,
    Three,
    Four,
    Five,
}

impl TryFrom<i32> for Stars {
    type Error = Error;

    fn try_from(stars: i32) -> Result<Self, Error> {
        match stars {
            1 => Ok(Stars::One),
            2 => Ok(Stars::Two),
            3 => Ok(Stars::Three),
            4 => Ok(Stars::Four),
            5 => Ok(Stars::Five),
            _ => Err(Error::invalid("rating", "out_of_range", "a rating is 1 to 5 stars")),
        }
    }
}

impl From<Stars> for i32 {
    fn from(stars: Stars) -> i32 {
        match stars {
            Stars::One => 1,
            Stars::Two => 2,
            Stars::Three => 3,
            Stars::Four => 4,
            Stars::Five => 5,
        }
    }
}

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
    /// The rating where somebody who gave `before` gives `after`; none is no rating of theirs.
    pub fn moved(mut self, before: Option<Stars>, after: Option<Stars>) -> Self {
        if let Some(stars) = before {
            self.count_more(stars, -1);
        }
        if let Some(stars) = after {
            self.count_more(stars, 1);
        }
        self
    }

    fn count_more(&mut self, stars: Stars, more: i64) {
        let [ones, twos, threes, fours, fives] = &mut self.counts;
        let count = match stars {
            Stars::One => ones,
            Stars::Two => twos,
            Stars::Three => threes,
            Stars::Four => fours,
            Stars::Five => fives,
        };
        *count = count.saturating_add(more);
    }

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
    fn there_are_five_ratings_to_give() {
        let given: Vec<i32> =
            (-1..=7).filter_map(|it| Stars::try_from(it).ok()).map(i32::from).collect();
        assert_eq!(given, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn whoever_changes_their_mind_counts_once() {
        let none = Rating::default();
        let once = none.moved(None, Some(Stars::Two));

        assert_eq!(once.counts, [0, 1, 0, 0, 0]);
        assert_eq!(once.moved(Some(Stars::Two), Some(Stars::Five)).counts, [0, 0, 0, 0, 1]);
        assert_eq!(once.moved(Some(Stars::Two), None), none);
    }

    #[test]
    fn nobody_has_rated_comes_to_nothing() {
        let value = serde_json::to_value(Rating::default()).unwrap();
        assert_eq!((&value["average"], &value["count"]), (&json!(0.0), &json!(0)));
    }
}
