//! What another program of the shop's own has a user told, in its own words.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Text;
use crate::domain::{
    Error,
    error::FieldError,
    id::{EventId, NotificationId, UserId},
    idempotency::Claim,
    text::plain,
};

/// The longest title, in characters: a line of an inbox, and the subject of a letter.
pub const TITLE_CHARS_MAX: usize = 120;
/// The longest body, in characters: a printed page.
pub const BODY_CHARS_MAX: usize = 2_000;
/// The largest details, in bytes of JSON: an inbox keeps hundreds of them.
pub const DATA_BYTES_MAX: usize = 2_000;

/// A message; its texts keep to the limits. It is its form in the store, so fields are only added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    title: String,
    body: String,
    data: Map<String, Value>,
}

impl Message {
    /// The texts are trimmed; only the body has more than one line.
    pub fn new(title: &str, body: &str, data: Map<String, Value>) -> Result<Self, Error> {
        let body = body.replace("\r\n", "\n");
        let mut wrong = Vec::new();
        let title = needed("title", title, (TITLE_CHARS_MAX, &[]), &mut wrong);
        let body = needed("body", &body, (BODY_CHARS_MAX, &['\n']), &mut wrong);
        if Value::Object(data.clone()).to_string().len() > DATA_BYTES_MAX {
            let message = format!("at most {DATA_BYTES_MAX} bytes of JSON fit").into();
            wrong.push(FieldError { field: "data".into(), code: "too_long", message });
        }
        match (title, body) {
            (Some(title), Some(body)) if wrong.is_empty() => Ok(Message { title, body, data }),
            _ => Err(Error::Invalid(wrong)),
        }
    }

    /// What it says, in whatever language that is.
    pub fn text(&self) -> Text {
        Text { title: self.title.clone(), body: self.body.clone() }
    }

    /// The details for programs.
    pub fn data(&self) -> &Map<String, Value> {
        &self.data
    }
}

/// A text that may not be left out.
fn needed(
    field: &'static str,
    text: &str,
    (chars_max, fine): (usize, &[char]),
    wrong: &mut Vec<FieldError>,
) -> Option<String> {
    if text.trim().is_empty() {
        let message = "this field is needed".into();
        wrong.push(FieldError { field: field.into(), code: "missing", message });
    }
    plain(field, Some(text), chars_max, fine, wrong)
}

/// Tells a user; `NotFound` where there is none. The outcome answers whoever asked for it.
#[derive(Debug, Clone)]
pub struct Notify {
    /// What the notice is made of, since no event tells of it.
    pub id: EventId,
    pub user: UserId,
    pub message: Message,
    pub claim: Claim,
}

/// What was sent, as whoever asked for it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = NotificationSent)]
pub struct Sent {
    /// Of the notification, if the user wants such ones in the inbox.
    pub id: NotificationId,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wrong(title: &str, body: &str, data: Value) -> Vec<(String, &'static str)> {
        let Value::Object(data) = data else { panic!("{data} is no object") };
        match Message::new(title, body, data) {
            Err(Error::Invalid(wrong)) => {
                wrong.into_iter().map(|it| (it.field.into_owned(), it.code)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn texts_are_trimmed_and_the_body_alone_has_lines() {
        let message = Message::new(" A title ", "one\r\ntwo\n", Map::new()).unwrap();
        let said = Text { title: "A title".to_owned(), body: "one\ntwo".to_owned() };
        assert_eq!(message.text(), said);
    }

    #[test]
    fn each_field_that_does_not_fit_is_named() {
        let field = |name: &str, code| (name.to_owned(), code);
        let (title, body) = ("t".repeat(TITLE_CHARS_MAX), "b".repeat(BODY_CHARS_MAX));
        let data = json!({ "a": "d".repeat(DATA_BYTES_MAX - 8) });
        assert_eq!(data.to_string().len(), DATA_BYTES_MAX);
        let Value::Object(whole) = data else { panic!("an object") };
        assert!(Message::new(&title, &body, whole).is_ok());

        let missing = [field("title", "missing"), field("body", "missing")];
        assert_eq!(wrong(" ", "", json!({})), missing);
        let long = wrong(&format!("{title}t"), &format!("{body}b"), json!({}));
        assert_eq!(long, [field("title", "too_long"), field("body", "too_long")]);
        let line = wrong("two\nlines", "b", json!({ "a": "d".repeat(DATA_BYTES_MAX - 7) }));
        assert_eq!(line, [field("title", "invalid_characters"), field("data", "too_long")]);
    }
}
