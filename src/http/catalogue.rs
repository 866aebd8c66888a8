//! The catalogue, as anybody may read it.

use actix_web::{
    HttpRequest,
    web::{Bytes, BytesMut, Data, Path},
};
pub mod admin;
pub mod category;
pub mod import;
pub mod product;
mod search;
pub mod variant;

use self::search::Search;
use super::{
    cursor::{self, List, page},
    error::Answered,
    etag,
    extract::{Auth, Public},
    input::is_line,
};
use crate::{
    domain::{
        Error,
        catalogue::{
            Category, Product,
            listing::{Facet, QUERY_CHARS_MAX},
        },
    },
    reading::catalogue::{Catalogue, listing::Listing},
};

/// All categories, as a tree.
#[utoipa::path(
    get, path = "/api/v1/categories", tag = "catalogue",
    responses((status = 200, description = "The tree", body = List<Category>))
)]
pub async fn categories(
    _: Auth<Public>,
    request: HttpRequest,
    catalogue: Data<Catalogue>,
) -> Answered {
    let (tree, was_there) = catalogue.categories()?;
    Ok(etag::encoded(&request, &tree, was_there)?)
}

/// Products, filtered and in pages.
///
/// Beside the parameters below, any number of `attr.NAME=VALUE`: a product passes that has one of
/// the values of each name.
#[utoipa::path(
    get, path = "/api/v1/products", tag = "catalogue", params(Search),
    responses((status = 200, description = "A page of them", body = Products))
)]
pub async fn products(
    _: Auth<Public>,
    request: HttpRequest,
    catalogue: Data<Catalogue>,
    search: Search,
) -> Answered {
    let page = page(search.limit, search.cursor.as_deref())?;
    let (filter, sort) = search.parse(page.after.as_ref())?;
    let listing = catalogue.list(&filter, sort, &page)?;
    Ok(etag::tagged(&request, &listing.tag, listing.was_there, || body(&listing))?)
}

/// One product, by its id or its slug.
#[utoipa::path(
    get, path = "/api/v1/products/{id}", tag = "catalogue",
    responses((status = 200, description = "The product", body = Product))
)]
pub async fn product(
    _: Auth<Public>,
    request: HttpRequest,
    catalogue: Data<Catalogue>,
    name: Path<String>,
) -> Answered {
    let (product, was_there) = catalogue.product(&known(name, "product")?)?;
    Ok(etag::encoded(&request, &product, was_there)?)
}

/// A page of products, as `body` writes it.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it is there for its description")]
pub struct Products {
    items: Vec<Product>,
    /// Asks for the next page; null on the last one.
    next_cursor: Option<String>,
    /// How many the filter lets through, on all pages.
    total: i64,
    facets: Vec<Facet>,
}

/// A text of the path that can be a name; what cannot be one names nothing.
pub fn known(text: Path<String>, what: &'static str) -> Result<String, Error> {
    let text = text.into_inner();
    if is_line(&text, QUERY_CHARS_MAX) { Ok(text) } else { Err(Error::NotFound(what)) }
}

/// The JSON of a page, put together from what each product says already.
fn body(listing: &Listing) -> Result<Bytes, Error> {
    let cursor = listing.next.as_ref().map(cursor::encode).transpose()?;
    let cursor = serde_json::to_string(&cursor).map_err(Error::internal("writing JSON"))?;
    let total = listing.total.to_string();
    let ends = [
        r#"],"next_cursor":"#.as_bytes(),
        cursor.as_bytes(),
        r#","total":"#.as_bytes(),
        total.as_bytes(),
        r#","facets":"#.as_bytes(),
        &listing.facets,
        b"}",
    ];
    let start = r#"{"items":["#.as_bytes();
    let items = listing.items.iter().map(|item| item.plain().len().saturating_add(1));
    let ends_bytes = ends.iter().map(|end| end.len());
    let length = items.chain(ends_bytes).fold(start.len(), usize::saturating_add);
    let mut body = BytesMut::with_capacity(length);
    body.extend_from_slice(start);
    for (at, item) in listing.items.iter().enumerate() {
        if at > 0 {
            body.extend_from_slice(b",");
        }
        body.extend_from_slice(item.plain());
    }
    ends.iter().for_each(|end| body.extend_from_slice(end));
    Ok(body.freeze())
}
