//! Attributes: what products say of themselves, so that shoppers can choose by it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::domain::words::words;

/// The longest name and the longest text, in characters.
pub const NAME_CHARS_MAX: usize = 60;
pub const TEXT_CHARS_MAX: usize = 200;
/// The most attributes of one product.
pub const ATTRIBUTES_MAX: usize = 50;
/// How many decimals a number has.
const SCALE: u32 = 3;
/// The largest number, either way.
const WHOLE_MAX: i64 = 1_000_000_000_000;

words! {
    /// What the values of an attribute are.
    #[schema(as = AttributeKind)]
    Kind {
        Text = "text",
        Number = "number",
        /// One of a list of texts.
        Enumeration = "enumeration",
        Boolean = "boolean",
    }
}

/// What the products of a category can say of themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AttributeDefinition)]
pub struct Definition {
    pub name: String,
    pub kind: Kind,
    /// Of a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Whether a product has to have it before it can be published.
    #[serde(default)]
    pub required: bool,
    /// Of an enumeration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
}

/// A number of at most three decimals, exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Decimal(i64);

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
#[schema(as = AttributeValue)]
pub enum Value {
    Flag(bool),
    #[schema(value_type = f64)]
    Number(Decimal),
    Measure {
        #[schema(value_type = f64)]
        value: Decimal,
        unit: String,
    },
    Text(String),
}

impl Value {
    pub fn text(text: impl Into<String>) -> Self {
        Value::Text(text.into())
    }

    /// What a facet shows and a filter names: a number stands without its unit.
    pub fn unit(&self) -> Option<&str> {
        match self {
            Value::Measure { unit, .. } => Some(unit),
            Value::Flag(_) | Value::Number(_) | Value::Text(_) => None,
        }
    }
}

/// As a facet shows it and a filter names it: a number stands without its unit.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Flag(flag) => flag.fmt(f),
            Value::Number(value) | Value::Measure { value, .. } => value.fmt(f),
            Value::Text(text) => f.write_str(text),
        }
    }
}

impl Decimal {
    const UNIT: i64 = 10_i64.pow(SCALE);

    /// The number that `text` writes, like `-1.5`; none where it has more decimals than are kept,
    /// or is too large.
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, text),
        };
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_number = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !is_number(decimals) {
            return None;
        }
        let decimals = decimals.trim_end_matches('0');
        let missing = usize::try_from(SCALE).ok()?.checked_sub(decimals.len())?; // too many decimals
        let whole: i64 = whole.parse().ok().filter(|it| *it <= WHOLE_MAX)?; // too large
        let part: i64 = format!("{decimals}{}0", "0".repeat(missing)).parse().ok()?; // digits
        Some(Decimal(sign * (whole * Self::UNIT + part / 10)))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.abs() / Self::UNIT, self.0.abs() % Self::UNIT);
        if part == 0 {
            return write!(f, "{sign}{whole}");
        }
        let part = format!("{part:03}");
        write!(f, "{sign}{whole}.{}", part.trim_end_matches('0'))
    }
}

/// As a JSON number.
impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % Self::UNIT == 0 {
            return serializer.serialize_i64(self.0 / Self::UNIT);
        }
        // The shortest text of the nearest float is the text that it was read from.
        let number: f64 = self.to_string().parse().map_err(serde::ser::Error::custom)?;
        serializer.serialize_f64(number)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        let text = number.to_string();
        let text = text.strip_suffix(".0").unwrap_or(&text);
        Decimal::parse(text)
            .ok_or_else(|| D::Error::custom("a number of at most three decimals and 13 digits"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_is_written_as_it_was_read() {
        for text in ["0", "1.5", "-0.125", "1000000000000", "12.05", "-3"] {
            let number = Decimal::parse(text).unwrap();
            assert_eq!(number.to_string(), text);
            let json = serde_json::to_string(&number).unwrap();
            assert_eq!(
                (serde_json::from_str::<Decimal>(&json).unwrap(), json.as_str()),
                (number, text)
            );
        }
        assert_eq!(Decimal::parse("1.500").unwrap().to_string(), "1.5");
    }

    #[test]
    fn what_cannot_be_kept_exactly_is_no_number() {
        for wrong in
            ["", "-", ".", "1.", ".5", "1.2345", "1e3", "1,5", "+1", "1000000000001", "NaN"]
        {
            assert_eq!(Decimal::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_value_reads_back_from_its_json() {
        for (value, json, shown) in [
            (Value::Flag(true), json!(true), "true"),
            (Value::Number(Decimal(1_500)), json!(1.5), "1.5"),
            (
                Value::Measure { value: Decimal(2_000), unit: "l".into() },
                json!({ "value": 2, "unit": "l" }),
                "2",
            ),
            (Value::text("Oak"), json!("Oak"), "Oak"),
        ] {
            assert_eq!(serde_json::to_value(&value).unwrap(), json);
            assert_eq!(value.to_string(), shown);
            assert_eq!(serde_json::from_value::<Value>(json).unwrap(), value);
        }
    }
}
