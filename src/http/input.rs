//! What a client sends, read strictly: JSON bodies and queries whose wrong fields are named.
//!
//! Unknown fields are refused by the types (`deny_unknown_fields`). Serde's own words never reach
//! the client: `named` turns them into ours.

use std::borrow::Cow;

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header,
    web::{Bytes, BytesMut},
};
use futures_util::{
    StreamExt,
    future::{LocalBoxFuture, Ready, ready},
};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_path_to_error::{Path, Segment};

use super::{Waits, error::Problem, token};
use crate::domain::{Error, error::FieldError};

/// The largest JSON body, in bytes.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// A body as it was sent, of at most [`BODY_BYTES_MAX`].
#[derive(Debug)]
pub struct Body {
    bytes: Bytes,
    is_json: bool,
}

impl Body {
    /// The body as a `T`; 415 where it was not sent as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        if !self.is_json {
            return Err(Problem::wrong_media_type());
        }
        Ok(parse(&self.bytes)?)
    }

    /// The same where the client may as well send nothing, or null.
    pub fn json_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, Problem> {
        match self.bytes.trim_ascii() {
            b"" => Ok(T::default()),
            b"null" if self.is_json => Ok(T::default()),
            _ => self.json(),
        }
    }

    /// The body as it came, JSON or not.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the bytes, in hex.
    pub fn digest(&self) -> String {
        token::sha256_hex(&self.bytes)
    }
}

impl FromRequest for Body {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = request.content_type().eq_ignore_ascii_case("application/json");
        let is_packed = request.headers().contains_key(header::CONTENT_ENCODING);
        let (payload, within) = (payload.take(), Waits::of(request).body);
        Box::pin(async move {
            if is_packed {
                return Err(Problem::wrong_media_type());
            }
            let arrived = tokio::time::timeout(within, collect(payload)).await;
            let bytes = arrived.map_err(|_| Problem::slow_body())??;
            Ok(Body { bytes, is_json })
        })
    }
}

async fn collect(mut payload: Payload) -> Result<Bytes, Problem> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| malformed("the body did not arrive whole".to_owned()))?;
        if bytes.len().saturating_add(chunk.len()) > BODY_BYTES_MAX {
            return Err(Problem::too_large(BODY_BYTES_MAX));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// A JSON body, read as a `T`.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Json<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = Body::from_request(request, payload);
        Box::pin(async move { body.await?.json().map(Json) })
    }
}

/// The query of the URL, read as a `T`.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(query(request.query_string()).map(Query).map_err(Problem::from))
    }
}

/// Both, or every field that is wrong in either.
pub fn both<A, B>(one: Result<A, Error>, other: Result<B, Error>) -> Result<(A, B), Error> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(Error::Invalid(mut wrong)), Err(Error::Invalid(more))) => {
            wrong.extend(more);
            Err(Error::Invalid(wrong))
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// The error, its fields named from the root: `path` is what stands before them.
pub fn below(path: &str, error: Error) -> Error {
    let Error::Invalid(mut wrong) = error else { return error };
    for it in &mut wrong {
        it.field = format!("{path}{}", it.field).into();
    }
    Error::Invalid(wrong)
}

/// A text without control characters, of at most `chars_max` characters.
pub fn is_line(text: &str, chars_max: usize) -> bool {
    text.chars().count() <= chars_max && !text.chars().any(char::is_control)
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        // Serde calls some wrong values a fault of the syntax: whether it is one, is asked here.
        if serde_json::from_slice::<IgnoredAny>(bytes).is_ok() {
            return Error::Invalid(vec![named(error.path(), &error.inner().to_string())]);
        }
        let (line, column) = (error.inner().line(), error.inner().column());
        malformed(format!("the body is no JSON: see line {line}, column {column}"))
    })?;
    json.end().map_err(|_| malformed("something follows the JSON".to_owned()))?;
    // Serde also reads a struct from an array of its fields in order: no client means that.
    match bytes.trim_ascii_start().first() {
        Some(b'{') => Ok(value),
        Some(_) | None => Err(Error::invalid("", "wrong_type", "an object belongs here")),
    }
}

/// The query of a URL as a `T`, for those who read some of it themselves.
pub fn query<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    let pairs = form_urlencoded::parse(text.as_bytes());
    serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs))
        .map_err(|error| Error::Invalid(vec![named(error.path(), &error.inner().to_string())]))
}

fn malformed(message: String) -> Error {
    Error::Rejected { code: "malformed_json", message }
}

/// The field that serde complains of, in words of ours. Only the beginnings of serde's messages
/// are looked at; one that is not known is simply a value that does not fit.
fn named(path: &Path, message: &str) -> FieldError {
    let quoted = message.split('`').nth(1).unwrap_or_default();
    let is = |beginning: &str| message.starts_with(beginning);
    let (inner, code, message): (&str, &'static str, Cow<'static, str>) = if is("missing field") {
        (quoted, "missing", "this field is needed".into())
    } else if is("duplicate field") {
        (quoted, "duplicate", "this field stands here twice".into())
    } else if is("unknown field") {
        ("", "unknown_field", "there is no such field".into())
    } else if is("unknown variant") {
        ("", "invalid_value", one_of(message).into())
    } else if is("invalid type") || is("expected value") {
        ("", "wrong_type", "another type of value belongs here".into())
    } else if is("number out of range") || is("invalid value: integer") {
        ("", "out_of_range", "this number is too large or too small".into())
    } else {
        ("", "invalid_value", "this value does not fit here".into())
    };
    FieldError { field: field(path, inner).into(), code, message }
}

/// The words that serde lists as those it knows.
fn one_of(message: &str) -> String {
    let known = message.split_once(", expected ").map_or("", |(_, known)| known);
    let words: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    format!("one of these belongs here: {}", words.join(", "))
}

/// `items[2].quantity`, and `inner` below it where serde named a field of the place it was in.
fn field(path: &Path, inner: &str) -> String {
    let mut text = String::new();
    let segments = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(format!("[{index}]")),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    for segment in segments.chain(Some(inner.to_owned()).filter(|it| !it.is_empty())) {
        if !text.is_empty() && !segment.starts_with('[') {
            text.push('.');
        }
        text.push_str(&segment);
    }
    text
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::domain::{delivery::Method, id::VariantId};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is only read into")]
    struct Order {
        items: Vec<Item>,
        method: Method,
        note: Option<String>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is only read into")]
    struct Item {
        variant: VariantId,
        quantity: i64,
    }

    fn wrong(json: &str) -> (String, &'static str) {
        let Err(Error::Invalid(mut errors)) = parse::<Order>(json.as_bytes()) else {
            panic!("{json} was taken")
        };
        let error = errors.pop().unwrap();
        for word in ["`", "expected", "struct", "UUID", "integer", "line", "enum"] {
            assert!(!error.message.contains(word), "{}", error.message);
        }
        (error.field.into_owned(), error.code)
    }

    #[test]
    fn the_field_that_does_not_fit_is_named_by_its_path() {
        let id = VariantId::new();
        let item = |quantity: &str| {
            let items = format!(r#"[{{"variant":"{id}","quantity":{quantity}}}]"#);
            wrong(&format!(r#"{{"items":{items},"method":"standard"}}"#))
        };
        let quantity = || "items[0].quantity".to_owned();

        assert_eq!(item("\"2\""), (quantity(), "wrong_type"));
        assert_eq!(item("2.5"), (quantity(), "wrong_type"));
        assert_eq!(item("null"), (quantity(), "wrong_type"));
        assert_eq!(item("1e400"), (quantity(), "out_of_range"));
        assert_eq!(item("10000000000000000000"), (quantity(), "out_of_range"));
    }

    #[test]
    fn missing_unknown_and_repeated_fields_are_named() {
        let told = |json, field: &str, code| assert_eq!(wrong(json), (field.to_owned(), code));

        told(r#"{"items":[]}"#, "method", "missing");
        told(r#"{"items":[{"quantity":1}]}"#, "items[0].variant", "missing");
        told(r#"{"items":[],"method":"standard","x":1}"#, "x", "unknown_field");
        told(r#"{"items":[{"y":1}]}"#, "items[0].y", "unknown_field");
        told(r#"{"items":[],"items":[]}"#, "items", "duplicate");
    }

    #[test]
    fn a_value_that_does_not_fit_is_named_without_the_words_of_a_parser() {
        let told = |json, field: &str, code| assert_eq!(wrong(json), (field.to_owned(), code));

        told(r#"{"items":[{"variant":"7"}]}"#, "items[0].variant", "invalid_value");
        told(r#"{"items":{},"method":"standard"}"#, "items", "wrong_type");
        told(r#"{"items":[],"method":"drone"}"#, "method", "invalid_value");
        told(r#"{"items":[],"method":7}"#, "method", "wrong_type");
        told("[]", "", "invalid_value");
        told(r#"[[],"standard",null]"#, "", "wrong_type");
        told("7", "", "wrong_type");
    }

    #[test]
    fn the_words_that_would_fit_are_told() {
        let Err(Error::Invalid(errors)) = parse::<Order>(br#"{"method":"drone"}"#) else {
            panic!("it was taken")
        };
        assert_eq!(errors[0].message, "one of these belongs here: standard, express");
    }

    #[test]
    fn what_is_no_json_is_malformed() {
        let deep = "[".repeat(100_000);
        for wrong in ["", "{", "{]", "{\"items\":[],}", "{} {}", "\u{feff}{}", "nul", &deep] {
            let error = parse::<Order>(wrong.as_bytes()).unwrap_err();
            assert_eq!(error.code(), "malformed_json", "{wrong}");
        }
        let good = br#"{"items":[],"method":"standard"} x"#;
        assert_eq!(parse::<Order>(good).unwrap_err().code(), "malformed_json");
        assert_eq!(parse::<Order>(b"\xff").unwrap_err().code(), "malformed_json");
    }

    #[test]
    fn a_wrong_or_unknown_parameter_of_a_query_is_named() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "it is only read into")]
        struct Filter {
            limit: Option<i64>,
            in_stock: Option<bool>,
        }
        let wrong = |query| match super::query::<Filter>(query) {
            Err(Error::Invalid(errors)) => (errors[0].field.to_string(), errors[0].code),
            other => panic!("{query}: {other:?}"),
        };

        assert_eq!(wrong("limit=ten"), ("limit".to_owned(), "invalid_value"));
        assert_eq!(wrong("limit="), ("limit".to_owned(), "invalid_value"));
        assert_eq!(wrong("in_stock=yes"), ("in_stock".to_owned(), "invalid_value"));
        assert_eq!(wrong("page=2"), ("page".to_owned(), "unknown_field"));
        assert_eq!(wrong("limit=1&limit=2"), ("limit".to_owned(), "duplicate"));
        assert!(query::<Filter>("limit=5&in_stock=true").is_ok());
    }
}
