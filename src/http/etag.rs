//! Answers that a cache may keep: each has an `ETag`, and a client that has it gets a 304.

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder,
    http::header::{
        self, AcceptEncoding, CacheControl, CacheDirective, ContentEncoding, ETag, Encoding,
        EntityTag, Header, HeaderValue, IfNoneMatch,
    },
    web::Bytes,
};

use super::token::sha256_hex;
use crate::{
    domain::Error,
    reading::catalogue::encoded::{Coding, Encoded},
};

/// Kept by anybody, and asked for again each time.
pub fn revalidated(
    request: &HttpRequest,
    content_type: &str,
    body: impl Into<Bytes>,
) -> HttpResponse {
    let body = body.into();
    answer(request, &sha256_hex(&body), always_asked(), content_type, body)
}

/// Says whether an answer had been put together before, or was for this request.
const CACHE: &str = "X-Cache";

/// Kept by anybody, and asked for again each time: prices and stock change. The body is made only
/// where the client does not have it.
pub fn tagged(
    request: &HttpRequest,
    tag: &str,
    was_there: bool,
    body: impl FnOnce() -> Result<Bytes, Error>,
) -> Result<HttpResponse, Error> {
    let (tag, mut response, is_known) = begin(request, tag);
    response
        .insert_header(ETag(tag))
        .insert_header(CacheControl(always_asked()))
        .insert_header((CACHE, if was_there { "HIT" } else { "MISS" }));
    if is_known {
        return Ok(response.finish());
    }
    Ok(response.content_type("application/json").body(body()?))
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

fn always_asked() -> Vec<CacheDirective> {
    vec![CacheDirective::Public, CacheDirective::MaxAge(0), CacheDirective::MustRevalidate]
}

/// Kept by anybody for a year: what stands under `key` never changes.
pub fn immutable(
    request: &HttpRequest,
    key: &str,
    content_type: &str,
    body: impl Into<Bytes>,
) -> HttpResponse {
    let directives = vec![
        CacheDirective::Public,
        CacheDirective::MaxAge(31_536_000),
        CacheDirective::Extension("immutable".to_owned(), None),
    ];
    answer(request, key, directives, content_type, body.into())
}

fn answer(
    request: &HttpRequest,
    tag: &str,
    directives: Vec<CacheDirective>,
    content_type: &str,
    body: Bytes,
) -> HttpResponse {
    let (tag, mut response, is_known) = begin(request, tag);
    response.insert_header(ETag(tag)).insert_header(CacheControl(directives));
    if is_known { response.finish() } else { response.content_type(content_type).body(body) }
}

/// The tag, the answer that it leads to, and whether the client has the body already.
fn begin(request: &HttpRequest, tag: &str) -> (EntityTag, HttpResponseBuilder, bool) {
    // Weak, since the same tag stands on the compressed body too (RFC 9110, 8.8.3).
    let tag = EntityTag::new_weak(tag.to_owned());
    if has(request, &tag) {
        (tag, HttpResponse::NotModified(), true)
    } else {
        (tag, HttpResponse::Ok(), false)
    }
}

fn has(request: &HttpRequest, tag: &EntityTag) -> bool {
    if !request.headers().contains_key(IfNoneMatch::name()) {
        return false;
    }
    match request.get_header::<IfNoneMatch>() {
        Some(IfNoneMatch::Any) => true,
        Some(IfNoneMatch::Items(tags)) => tags.iter().any(|it| it.weak_eq(tag)),
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
}
