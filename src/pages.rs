//! The pages: what a browser shows, from the files of `web/` that are part of the binary.
//!
//! A page asks the public API and the public socket, as any other program may, and nothing else
//! (ADR 0010): so a page has no handler but the one that hands out its files.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderValue},
};

use crate::http::{etag, extract::Public, routes::routes};

mod admin;
mod storefront;

/// What a page needs beyond nothing: scripts, styles, pictures and the API of its own origin. Its
/// forms are sent by the script alone, and no text may become markup: what products say of
/// themselves is somebody else's.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'",
);

routes! {
    GET "/"                  Public storefront::front_page;
    GET "/p/{slug}"          Public storefront::product_page;
    GET "/o/{id}"            Public storefront::order_page;
    GET "/storefront/{file}" Public storefront::storefront_file;
    GET "/admin"             Public admin::admin_page;
    GET "/admin/files/{file}" Public admin::admin_file;
}

/// A file of `web/`.
struct File {
    name: &'static str,
    text: &'static str,
}

impl File {
    fn content_type(&self) -> &'static str {
        match self.name.rsplit_once('.') {
            Some((_, "html")) => "text/html; charset=utf-8",
            Some((_, "css")) => "text/css; charset=utf-8",
            Some((_, "js")) => "text/javascript; charset=utf-8",
            Some((_, "svg")) => "image/svg+xml",
            _ => "application/octet-stream",
        }
    }
}

/// Answers a page, with the policy that all of them have.
fn page(request: &HttpRequest, page: &File) -> HttpResponse {
    let mut response = etag::revalidated(request, page.content_type(), page.text);
    // On a 304 too: a browser takes the headers of what it keeps from there.
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}

/// The files of a folder below `web/`, by name.
macro_rules! files {
    ($folder:literal: $($name:literal)*) => {
        &[$($crate::pages::File {
            name: $name,
            text: include_str!(concat!("../../web/", $folder, "/", $name)),
        }),*]
    };
}
use files;
