//! Telephone numbers, as every network of the world understands them.

use std::fmt;

use serde::Serialize;

use super::Error;

/// Country code and number together, without the plus (ITU-T E.164, 6.1).
const DIGITS_MAX: usize = 15;
/// The shortest that are in use with their country code.
const DIGITS_MIN: usize = 8;

/// A number of E.164: a plus, the country's code, and the number, without any gaps.
#[derive(Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, example = "+493012345678")]
pub struct Phone(String);

impl Phone {
    /// What a number has to be, for people.
    pub const RULE: &str = "a number begins with + and the country's code, and has 8 to 15 digits";

    /// Gaps, hyphens, dots, slashes and brackets are what people write for themselves.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let gap = |c: char| c.is_whitespace() || "-./()".contains(c);
        let bare: String = text.chars().filter(|c| !gap(*c)).collect();
        let is_number = bare.strip_prefix('+').is_some_and(|digits| {
            (DIGITS_MIN..=DIGITS_MAX).contains(&digits.len())
                && !digits.starts_with('0')
                && digits.bytes().all(|b| b.is_ascii_digit())
        });
        if is_number {
            Ok(Phone(bare))
        } else {
            Err(Error::invalid("phone", "invalid_phone", Phone::RULE))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Not the number itself: it is personal, and `Debug` ends in logs.
impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_kept_without_its_gaps() {
        for written in ["+493012345678", " +49 (30) 1234-5678", "+49.30/12345678"] {
            assert_eq!(Phone::parse(written).unwrap().as_str(), "+493012345678", "{written}");
        }
    }

    #[test]
    fn what_cannot_be_dialled_from_everywhere_is_refused() {
        let no_numbers =
            ["", "+", "030 12345678", "0049 30 12345678", "+0301234567", "++4930123456"];
        for wrong in no_numbers.into_iter().chain(["+1234567", "+1234567890123456", "+49 CALL ME"])
        {
            assert!(Phone::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Phone::parse("+12345678").is_ok());
        assert!(Phone::parse("+123456789012345").is_ok());
    }

    #[test]
    fn debug_output_does_not_show_the_number() {
        assert!(!format!("{:?}", Phone::parse("+493012345678")).contains("3012"));
    }
}
