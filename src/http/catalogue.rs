//! The catalogue, as anybody may read it.

use actix_web::{
    HttpRequest,
    web::{Data, Path},
};
use serde::{Deserialize, Serialize};

pub mod admin;
pub mod import;
mod scaffold;

use super::{
    cursor::{self, List, page},
    error::Answered,
    etag,
    extract::{Auth, Public},
    input::{Query, is_line},
};
use crate::{
    domain::{
        Error,
        catalogue::{
            Category, Product,
            listing::{Facet, Filter, QUERY_CHARS_MAX, Sort},
        },
    },
    store::{Store, read},
};

/// All categories, as a tree.
#[utoipa::path(
    get, path = "/api/v1/categories", tag = "catalogue",
    responses((status = 200, description = "The tree", body = List<Category>))
)]
pub async fn categories(_: Auth<Public>, request: HttpRequest, store: Data<Store>) -> Answered {
    answer(&request, &List { items: scaffold::categories(&store).await?, next_cursor: None })
}

/// Products, filtered and in pages.
#[utoipa::path(
    get, path = "/api/v1/products", tag = "catalogue", params(Search),
    responses((status = 200, description = "A page of them", body = Products))
)]
pub async fn products(
    _: Auth<Public>,
    request: HttpRequest,
    store: Data<Store>,
    Query(search): Query<Search>,
) -> Answered {
    let page = page(search.limit, search.cursor.as_deref())?;
    let search_sort = search.sort.unwrap_or(Sort::Newest);
    let filter = search.filter()?;
    let (items, next, total) = scaffold::list(&store, filter, search_sort, page).await?;
    let next_cursor = next.as_ref().map(cursor::encode).transpose()?;
    answer(&request, &Products { items, next_cursor, total, facets: Vec::new() })
}

/// One product, by its id or its slug.
#[utoipa::path(
    get, path = "/api/v1/products/{id}", tag = "catalogue",
    responses((status = 200, description = "The product", body = Product))
)]
pub async fn product(
    _: Auth<Public>,
    request: HttpRequest,
    store: Data<Store>,
    name: Path<String>,
) -> Answered {
    let name = known(name, "product")?;
    answer(&request, &read!(store, catalogue::product(name))?)
}

/// The bytes of an image; what stands under a key never changes.
#[utoipa::path(
    get, path = "/api/v1/images/{key}", tag = "catalogue",
    responses((status = 200, description = "The image", content_type = "image/*", body = [u8]))
)]
pub async fn image(
    _: Auth<Public>,
    request: HttpRequest,
    store: Data<Store>,
    key: Path<String>,
) -> Answered {
    let key = known(key, "image")?;
    let tag = key.clone();
    let image = read!(store, catalogue::image(key))?;
    Ok(etag::immutable(&request, &tag, &image.content_type, image.bytes))
}

/// What a listing is asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// Words that the name has, or has the beginnings of.
    q: Option<String>,
    /// The slug of a category; those below it count too.
    category: Option<String>,
    /// In minor units.
    #[param(minimum = 0)]
    price_min: Option<i64>,
    /// In minor units.
    #[param(minimum = 0)]
    price_max: Option<i64>,
    /// Only what can be bought now.
    in_stock: Option<bool>,
    #[param(inline)]
    sort: Option<Sort>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Search {
    fn filter(self) -> Result<Filter, Error> {
        for (field, text) in [("q", &self.q), ("category", &self.category)] {
            if text.as_deref().is_some_and(|it| !is_line(it, QUERY_CHARS_MAX)) {
                return Err(Error::invalid(
                    field,
                    "invalid_value",
                    "at most 100 printable characters",
                ));
            }
        }
        for (field, price) in [("price_min", self.price_min), ("price_max", self.price_max)] {
            if price.is_some_and(i64::is_negative) {
                return Err(Error::invalid(field, "out_of_range", "a price is not negative"));
            }
        }
        Ok(Filter {
            query: self.q.map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()),
            category: self.category,
            price_min: self.price_min,
            price_max: self.price_max,
            in_stock: self.in_stock.unwrap_or(false),
            attributes: Default::default(),
        })
    }
}

/// A page of products.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Products {
    items: Vec<Product>,
    /// Asks for the next page; null on the last one.
    next_cursor: Option<String>,
    /// How many the filter lets through, on all pages.
    total: i64,
    facets: Vec<Facet>,
}

/// A text of the path that can be a name; what cannot be one names nothing.
fn known(text: Path<String>, what: &'static str) -> Result<String, Error> {
    let text = text.into_inner();
    if is_line(&text, QUERY_CHARS_MAX) { Ok(text) } else { Err(Error::NotFound(what)) }
}

fn answer<T: Serialize>(request: &HttpRequest, body: &T) -> Answered {
    let json = serde_json::to_vec(body).map_err(Error::internal("writing JSON"))?;
    Ok(etag::revalidated(request, "application/json", json))
}
