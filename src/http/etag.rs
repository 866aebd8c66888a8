//! Answers that a cache may keep: each has an `ETag`, and a client that has it gets a 304.

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::header::{CacheControl, CacheDirective, ETag, EntityTag, Header, IfNoneMatch},
    web::Bytes,
};

use super::token::sha256_hex;

/// Kept by anybody, and asked for again each time: prices and stock change.
pub fn revalidated(
    request: &HttpRequest,
    content_type: &str,
    body: impl Into<Bytes>,
) -> HttpResponse {
    let body = body.into();
    let directives =
        vec![CacheDirective::Public, CacheDirective::MaxAge(0), CacheDirective::MustRevalidate];
    answer(request, sha256_hex(&body), directives, content_type, body)
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
    answer(request, key.to_owned(), directives, content_type, body.into())
}

fn answer(
    request: &HttpRequest,
    tag: String,
    directives: Vec<CacheDirective>,
    content_type: &str,
    body: Bytes,
) -> HttpResponse {
    // Weak, since the same tag stands on the compressed body too (RFC 9110, 8.8.3).
    let tag = EntityTag::new_weak(tag);
    let mut response =
        if has(request, &tag) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header(ETag(tag.clone())).insert_header(CacheControl(directives));
    if has(request, &tag) {
        response.finish()
    } else {
        response.content_type(content_type).body(body)
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
        let response = revalidated(&request.to_http_request(), "application/json", "{}");
        assert!(response.headers().contains_key("etag"));
        response.status().as_u16()
    }

    #[test]
    fn a_client_that_has_it_is_not_sent_it_again() {
        let hash = sha256_hex(b"{}");

        assert_eq!(status(None), 200);
        assert_eq!(status(Some(&format!("W/\"{hash}\""))), 304);
        assert_eq!(status(Some(&format!("\"old\", \"{hash}\""))), 304);
        assert_eq!(status(Some("*")), 304);
        for other in ["\"old\"", "", "W/", &hash] {
            assert_eq!(status(Some(other)), 200, "{other}");
        }
    }
}
