//! The pages that the links in letters lead to.
//!
//! To get one does nothing, since programs that look through mails follow links too: what it is for
//! is done by the page's script, when somebody says so, and by the API that all others use.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, ContentType},
};

use super::{
    etag,
    extract::{Auth, Public},
};

/// What the pages need beyond nothing: a script, a style and the API of their own origin. Their forms
/// are sent by the script alone, so that no token and no password ever stands in an address.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/// Where an address is confirmed, by a button.
#[utoipa::path(
    get, path = "/confirm", tag = "pages",
    params(("token" = Option<String>, Query, description = "Of the letter; read by the page alone")),
    responses((status = 200, description = "The page", content_type = "text/html", body = String))
)]
pub async fn confirm_page(_: Auth<Public>) -> HttpResponse {
    page(include_str!("link/confirm.html"))
}

/// Where a new password is chosen.
#[utoipa::path(
    get, path = "/reset", tag = "pages",
    params(("token" = Option<String>, Query, description = "Of the letter; read by the page alone")),
    responses((status = 200, description = "The page", content_type = "text/html", body = String))
)]
pub async fn reset_page(_: Auth<Public>) -> HttpResponse {
    page(include_str!("link/reset.html"))
}

/// What the two pages do.
#[utoipa::path(
    get, path = "/link.js", tag = "pages",
    responses((status = 200, description = "JavaScript", content_type = "text/javascript", body = String))
)]
pub async fn script(_: Auth<Public>, request: HttpRequest) -> HttpResponse {
    etag::revalidated(&request, "text/javascript; charset=utf-8", include_str!("link/link.js"))
}

/// How the two pages look.
#[utoipa::path(
    get, path = "/link.css", tag = "pages",
    responses((status = 200, description = "CSS", content_type = "text/css", body = String))
)]
pub async fn style(_: Auth<Public>, request: HttpRequest) -> HttpResponse {
    etag::revalidated(&request, "text/css; charset=utf-8", include_str!("link/link.css"))
}

/// A page whose address holds a token: nobody keeps it, and no search engine lists it.
fn page(html: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("x-robots-tag", "noindex"))
        .body(html)
}
