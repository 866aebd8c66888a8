//! Changes that name fields: what is left out stays, null empties, and everything that is wrong is
//! told at once.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

use super::{Error, error::FieldError};

/// For a text: null empties it, which is not what a field that is left out does.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Some(Option::deserialize(deserializer)?.unwrap_or_default()))
}

/// For anything else that can be taken away.
pub fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// What was found wrong so far.
#[derive(Debug, Default)]
pub struct Wrong(Vec<FieldError>);

impl Wrong {
    pub fn add(
        &mut self,
        field: impl Into<Cow<'static, str>>,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) {
        self.0.push(FieldError { field: field.into(), code, message: message.into() });
    }

    /// A line of at most `chars_max` characters, trimmed; it may be empty.
    pub fn line(&mut self, field: &str, text: &str, chars_max: usize) -> String {
        let text = text.trim();
        if text.chars().count() > chars_max {
            self.add(field.to_owned(), "too_long", format!("at most {chars_max} characters fit"));
        } else if text.chars().any(char::is_control) {
            let message = "control characters do not belong here";
            self.add(field.to_owned(), "invalid_characters", message);
        }
        text.to_owned()
    }

    /// The same where it must not be empty.
    pub fn needed(&mut self, field: &str, text: &str, chars_max: usize) -> String {
        if text.trim().is_empty() {
            self.add(field.to_owned(), "missing", "this field is needed");
        }
        self.line(field, text, chars_max)
    }

    /// A number from `least` to `most`.
    pub fn within(&mut self, field: &str, number: i64, least: i64, most: i64) {
        if !(least..=most).contains(&number) {
            self.add(field.to_owned(), "out_of_range", format!("a number from {least} to {most}"));
        }
    }

    pub fn none(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }
}
