//! Answers that a cache may keep: each has an `ETag`, and a client that has it gets a 304. What is
//! changed by hand has its version there, which whoever changes it sends back as `If-Match`.

use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder,
    dev::Payload,
    http::header::{
        self, AcceptEncoding, ContentEncoding, ETag, Encoding, EntityTag, Header, HeaderName,
        HeaderValue, IfNoneMatch,
    },
    web::Bytes,
};
use futures_util::future::{Ready, ready};
use serde::Serialize;

use super::{error::Problem, token::sha256_hex};
use crate::{
    domain::{
        Error,
        expected::{Expected, VERSIONS_MAX},
    },
    reading::catalogue::encoded::{Coding, Encoded},
};

/// The header that names the versions that a change may be made at.
pub const IF_MATCH: &str = "If-Match";

/// Kept by anybody, and asked for again each time.
pub fn revalidated(
    request: &HttpRequest,
    content_type: &str,
    body: impl Into<Bytes>,
) -> HttpResponse {
    let body = body.into();
    answer(request, &sha256_hex(&body), ALWAYS_ASKED, content_type, body)
}

/// Says whether an answer had been put together before, or was for this request.
const CACHE: HeaderName = HeaderName::from_static("x-cache");
/// What says so of an answer that is asked for again each time.
const ALWAYS_ASKED: HeaderValue = HeaderValue::from_static("public, max-age=0, must-revalidate");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Kept by anybody, and asked for again each time: prices and stock change. The body is made only
/// where the client does not have it.
pub fn tagged(
    request: &HttpRequest,
    tag: &str,
    was_there: bool,
    body: impl FnOnce() -> Result<Bytes, Error>,
) -> Result<HttpResponse, Error> {
    let (mut response, is_known) = begin(request, tag);
    let cache = HeaderValue::from_static(if was_there { "HIT" } else { "MISS" });
    response.insert_header((header::CACHE_CONTROL, ALWAYS_ASKED)).insert_header((CACHE, cache));
    if is_known {
        return Ok(response.finish());
    }
    Ok(response.insert_header((header::CONTENT_TYPE, JSON)).body(body()?))
}

/// The same with a text that is kept compressed too.
pub fn encoded(
    request: &HttpRequest,
    text: &Encoded,
    was_there: bool,
) -> Result<HttpResponse, Error> {
    let coding = coding(request);
    let compressed = coding.and_then(|it| Some((it, text.compressed(it)?)));
    let Some((coding, bytes)) = compressed else {
        return tagged(request, text.tag(), was_there, || Ok(text.plain().clone()));
    };
    let mut response = tagged(request, text.tag(), was_there, || Ok(bytes))?;
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name(coding)));
    Ok(response)
}

/// The best coding that the client takes and that we keep.
fn coding(request: &HttpRequest) -> Option<Coding> {
    if !request.headers().contains_key(header::ACCEPT_ENCODING) {
        return None;
    }
    let accepted = request.get_header::<AcceptEncoding>()?;
    let kept = [Encoding::brotli(), Encoding::gzip(), Encoding::identity()];
    match accepted.negotiate(kept.iter())? {
        Encoding::Known(ContentEncoding::Brotli) => Some(Coding::Brotli),
        Encoding::Known(ContentEncoding::Gzip) => Some(Coding::Gzip),
        Encoding::Known(_) | Encoding::Unknown(_) => None,
    }
}

fn name(coding: Coding) -> &'static str {
    match coding {
        Coding::Brotli => "br",
        Coding::Gzip => "gzip",
    }
}

/// Kept by anybody for a year: what stands under `key` never changes.
pub fn immutable(
    request: &HttpRequest,
    key: &str,
    content_type: &str,
    body: impl Into<Bytes>,
) -> HttpResponse {
    let for_ever = HeaderValue::from_static("public, max-age=31536000, immutable");
    answer(request, key, for_ever, content_type, body.into())
}

/// What somebody changes by hand, at this version; the header of every answer says that no cache
/// keeps it.
pub fn versioned(
    mut response: HttpResponseBuilder,
    version: i64,
    body: &impl Serialize,
) -> HttpResponse {
    response.insert_header(ETag(EntityTag::new_strong(version.to_string()))).json(body)
}

/// The `If-Match` of a request. Without one a change is made at any version: it names what it
/// changes, so it takes nothing back that somebody else has changed in between.
///
/// Tags are compared as if all were strong: a proxy that compresses makes weak ones of ours, and
/// what they name is the version, not its bytes.
#[derive(Debug)]
pub struct IfMatch(pub Expected);

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(expected(request).map(IfMatch).map_err(Problem::from))
    }
}

fn expected(request: &HttpRequest) -> Result<Expected, Error> {
    if !request.headers().contains_key(header::IF_MATCH) {
        return Ok(Expected::Any);
    }
    match request.get_header::<header::IfMatch>() {
        Some(header::IfMatch::Any) => Ok(Expected::Any),
        Some(header::IfMatch::Items(tags)) if (1..=VERSIONS_MAX).contains(&tags.len()) => {
            // A tag that is none of ours is at no version.
            Ok(Expected::OneOf(tags.iter().filter_map(|it| it.tag().parse().ok()).collect()))
        }
        Some(header::IfMatch::Items(_)) | None => {
            let message = "it is the ETag that the last answer had, in quotes";
            Err(Error::invalid(IF_MATCH, "invalid_value", message))
        }
    }
}

fn answer(
    request: &HttpRequest,
    tag: &str,
    caching: HeaderValue,
    content_type: &str,
    body: Bytes,
) -> HttpResponse {
    let (mut response, is_known) = begin(request, tag);
    response.insert_header((header::CACHE_CONTROL, caching));
    if is_known { response.finish() } else { response.content_type(content_type).body(body) }
}

/// The answer that a tag leads to, with the tag, and whether the client has the body already.
fn begin(request: &HttpRequest, tag: &str) -> (HttpResponseBuilder, bool) {
    let is_known = has(request, tag);
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    // Weak, since the same tag stands on the compressed body too (RFC 9110, 8.8.3).
    response.insert_header((header::ETAG, format!("W/\"{tag}\"")));
    (response, is_known)
}

fn has(request: &HttpRequest, tag: &str) -> bool {
    if !request.headers().contains_key(IfNoneMatch::name()) {
        return false;
    }
    let tag = EntityTag::new_weak(tag.to_owned());
    match request.get_header::<IfNoneMatch>() {
        Some(IfNoneMatch::Any) => true,
        Some(IfNoneMatch::Items(tags)) => tags.iter().any(|it| it.weak_eq(&tag)),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn status(if_none_match: Option<&str>) -> u16 {
        let request = TestRequest::default();
        let request = match if_none_match {
            Some(tags) => request.insert_header(("if-none-match", tags)),
            None => request,
        };
        let response =
            tagged(&request.to_http_request(), "hash", true, || Ok("{}".into())).unwrap();
        assert!(response.headers().contains_key("etag"));
        response.status().as_u16()
    }

    #[test]
    fn a_client_that_has_it_is_not_sent_it_again() {
        let hash = "hash";

        assert_eq!(status(None), 200);
        assert_eq!(status(Some(&format!("W/\"{hash}\""))), 304);
        assert_eq!(status(Some(&format!("\"old\", \"{hash}\""))), 304);
        assert_eq!(status(Some("*")), 304);
        for other in ["\"old\"", "", "W/", hash] {
            assert_eq!(status(Some(other)), 200, "{other}");
        }
    }

    fn sent(if_match: Option<&str>) -> Result<Expected, Error> {
        let request = TestRequest::default();
        let request = match if_match {
            Some(tags) => request.insert_header(("if-match", tags)),
            None => request,
        };
        expected(&request.to_http_request())
    }

    #[test]
    fn a_change_says_at_which_versions_it_may_be_made() {
        let one_of = |versions: &[i64]| Expected::OneOf(versions.to_vec());
        for (tags, means) in [
            (None, Expected::Any),
            (Some("*"), Expected::Any),
            (Some("\"3\""), one_of(&[3])),
            (Some("W/\"3\""), one_of(&[3])),
            (Some("\"3\", \"4\""), one_of(&[3, 4])),
            (Some("\"another\""), one_of(&[])),
        ] {
            assert_eq!(sent(tags).unwrap(), means, "{tags:?}");
        }
        let many = "\"1\",".repeat(VERSIONS_MAX + 1);
        for wrong in ["", "3", "'3'", ",", &many] {
            assert_eq!(sent(Some(wrong)).unwrap_err().code(), "invalid", "{wrong}");
        }
    }
}
