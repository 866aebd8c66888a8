//! The id of a request: the client's own, or one made here.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken from a client, in bytes.
pub const BYTES_MAX: usize = 128;

/// The name of one request: in its answer, its error, its line in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The id that the client sent if it is 1 to [`BYTES_MAX`] visible ASCII characters, or
    /// another one: a foreign text goes to logs only if it can do no harm there.
    pub fn of(headers: &HeaderMap) -> Self {
        match headers.get(HEADER) {
            Some(sent) if is_harmless(sent.as_bytes()) => RequestId(sent.clone()),
            Some(_) | None => RequestId::fresh(),
        }
    }

    pub fn fresh() -> Self {
        let text = Uuid::now_v7().to_string();
        RequestId(HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("-")))
    }

    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or("-")
    }

    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

fn is_harmless(text: &[u8]) -> bool {
    (1..=BYTES_MAX).contains(&text.len()) && text.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sent: &[u8]) -> RequestId {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_bytes(sent).unwrap());
        RequestId::of(&headers)
    }

    #[test]
    fn an_id_of_the_client_is_kept() {
        assert_eq!(of(b"a").as_str(), "a");
        assert_eq!(of(&[b'~'; 128]).as_str(), "~".repeat(128));
    }

    #[test]
    fn an_id_that_could_harm_a_log_is_replaced() {
        for sent in [&b""[..], &[b'a'; 129], b"a b", b"a\tb", b"caf\xc3\xa9"] {
            let made = of(sent);
            assert!(Uuid::try_parse(made.as_str()).is_ok(), "{sent:?} became {made:?}");
        }
    }

    #[test]
    fn two_requests_without_an_id_get_two() {
        let none = HeaderMap::new();
        assert_ne!(RequestId::of(&none), RequestId::of(&none));
    }
}
