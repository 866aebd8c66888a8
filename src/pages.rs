//! The pages: what a browser shows, from the files of `web/` that are part of the binary.
//!
//! A page asks the public API and the public socket, as any other program may, and nothing else
//! (ADR 0010): so a page has no handler but the one that hands out its files.

use crate::http::{extract::Public, routes::routes};

mod storefront;

routes! {
    GET "/"                  Public storefront::front_page;
    GET "/p/{slug}"          Public storefront::product_page;
    GET "/storefront/{file}" Public storefront::storefront_file;
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
