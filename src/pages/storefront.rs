//! The shop as shoppers see it: one page that looks around, finds, and fills a cart.
//!
//! Its script reads from the address what to show, so that every listing and every product can be
//! linked to.

use actix_web::{HttpRequest, HttpResponse, web::Path};

use super::{File, files, page};
use crate::{
    domain::Error,
    http::{
        error::Answered,
        etag,
        extract::{Auth, Public},
    },
};

const PAGE: File =
    File { name: "index.html", text: include_str!("../../web/storefront/index.html") };

/// What a buyer looks at afterwards.
const ORDER_PAGE: File =
    File { name: "order.html", text: include_str!("../../web/storefront/order.html") };

/// What the pages load.
const FILES: &[File] = files! { "storefront":
    "icon.svg"
    "base.css" "frame.css" "list.css" "filters.css" "product.css" "cart.css" "order.css"
    "main.js" "address.js" "api.js" "card.js" "cart.js" "categories.js" "coupon.js" "drawer.js"
    "element.js" "facets.js" "filters.js" "hold.js" "list.js" "live.js" "mark.js" "order.js" "picture.js" "product.js" "variants.js" "words.js"
};

/// The shop: its listing, filtered as the query says, which is that of `GET /api/v1/products`.
#[utoipa::path(
    get, path = "/", tag = "pages",
    responses((status = 200, description = "The page", content_type = "text/html", body = String))
)]
pub async fn front_page(_: Auth<Public>, request: HttpRequest) -> HttpResponse {
    page(&request, &PAGE)
}

/// A product of the shop. The same page: its script says so where there is no such product.
#[utoipa::path(
    get, path = "/p/{slug}", tag = "pages",
    responses((status = 200, description = "The page", content_type = "text/html", body = String))
)]
pub async fn product_page(_: Auth<Public>, request: HttpRequest) -> HttpResponse {
    page(&request, &PAGE)
}

/// An order of a guest, as it is and as it goes on: `/o/{id}#{order_token}`. The token is for the script
/// alone, no server is told what is behind the `#`. The same page, whether there is such an order or not.
#[utoipa::path(
    get, path = "/o/{id}", tag = "pages",
    responses((status = 200, description = "The page", content_type = "text/html", body = String))
)]
pub async fn order_page(_: Auth<Public>, request: HttpRequest) -> HttpResponse {
    page(&request, &ORDER_PAGE)
}

/// What the pages are made of: scripts, styles, and its icon.
#[utoipa::path(
    get, path = "/storefront/{file}", tag = "pages",
    responses((status = 200, description = "The file", content_type = "text/*", body = String))
)]
pub async fn storefront_file(
    _: Auth<Public>,
    request: HttpRequest,
    name: Path<String>,
) -> Answered {
    let file = FILES.iter().find(|file| file.name == *name).ok_or(Error::NotFound("file"))?;
    Ok(etag::revalidated(&request, file.content_type(), file.text))
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_served() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/web/storefront");
        let there = fs::read_dir(folder).unwrap();
        let there = there.map(|it| it.unwrap().file_name().into_string().unwrap());

        let served = FILES.iter().chain([&PAGE, &ORDER_PAGE]).map(|file| file.name.to_owned());
        assert_eq!(served.collect::<BTreeSet<_>>(), there.collect::<BTreeSet<_>>());
    }

    #[test]
    fn every_file_says_what_it_is() {
        let unknown = File { name: "unknown", text: "" }.content_type();
        for file in FILES.iter().chain([&PAGE, &ORDER_PAGE]) {
            assert_ne!(file.content_type(), unknown, "{}", file.name);
        }
    }

    /// Each begins at its first use in the page, before the scripts that use it are read.
    #[test]
    fn the_pages_name_every_script_and_style() {
        for file in FILES {
            let named = format!("\"/storefront/{}\"", file.name);
            let names = |page: &File| page.text.contains(&named);
            assert!(names(&PAGE) || names(&ORDER_PAGE), "{}", file.name);
        }
    }
}
