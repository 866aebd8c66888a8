//! Products, for those who keep the catalogue.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;

use crate::{
    actors::Actors,
    domain::{
        Error,
        catalogue::{
            Status,
            edit::{Change, Create, Discard, Edit},
            record::{Filter, Key, QUERY_CHARS_MAX, Record},
            step::Step,
        },
        expected::Expected,
        id::ProductId,
    },
    http::{
        cursor::{List, page},
        error::Answered,
        etag::{IfMatch, versioned},
        extract::{Auth, May, right},
        input::{Json, Query, is_line},
    },
    store::{Store, read},
};

/// The products, the newest first, whatever their status.
#[utoipa::path(
    get, path = "/api/v1/admin/products", tag = "admin", params(Search),
    responses((status = 200, description = "A page of them", body = List<Record>))
)]
pub async fn admin_products(
    _: Auth<May<right::Catalogue>>,
    store: Data<Store>,
    Query(search): Query<Search>,
) -> Answered {
    let page = page::<Key>(search.limit, search.cursor.as_deref())?;
    let filter = search.filter()?;
    Ok(HttpResponse::Ok().json(List::of(read!(store, catalogue::page(filter, page))?)?))
}

/// Makes a product, a draft if nobody says otherwise. It needs a name and a category.
#[utoipa::path(
    post, path = "/api/v1/admin/products", tag = "admin", request_body = Edit,
    responses(
        (status = 201, description = "The product", body = Record),
        (status = 409, description = "`slug_taken` or `sku_taken`"),
    )
)]
pub async fn create_product(
    _: Auth<May<right::Catalogue>>,
    actors: Data<Actors>,
    Json(edit): Json<Edit>,
) -> Answered {
    let command = Create::of(ProductId::new(), edit)?;
    let created = actors.products.change(command).await?.after;
    Ok(versioned(HttpResponse::Created(), created.version, &created))
}

/// A product with all that is known of it.
#[utoipa::path(
    get, path = "/api/v1/admin/products/{id}", tag = "admin",
    responses((status = 200, description = "The product", body = Record))
)]
pub async fn admin_product(
    _: Auth<May<right::Catalogue>>,
    store: Data<Store>,
    id: Path<ProductId>,
) -> Answered {
    let record = read!(store, catalogue::record(*id))?;
    Ok(versioned(HttpResponse::Ok(), record.version, &record))
}

/// Changes the fields that are named, all of them or none. Without `If-Match` it is made at any
/// version.
#[utoipa::path(
    patch, path = "/api/v1/admin/products/{id}", tag = "admin", request_body = Edit,
    params(("If-Match" = Option<String>, Header, description = "The ETag that was seen")),
    responses(
        (status = 200, description = "The product as it is now", body = Record),
        (status = 409, description = "`slug_taken` or `sku_taken`"),
    )
)]
pub async fn change_product(
    _: Auth<May<right::Catalogue>>,
    actors: Data<Actors>,
    id: Path<ProductId>,
    IfMatch(expected): IfMatch,
    Json(edit): Json<Edit>,
) -> Answered {
    change(&actors, *id, expected, edit).await
}

/// Takes away a draft that never had a variant. All others are archived: orders, ledgers and prices
/// know of them.
#[utoipa::path(
    delete, path = "/api/v1/admin/products/{id}", tag = "admin",
    params(("If-Match" = Option<String>, Header, description = "The ETag that was seen")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, description = "`product_in_use`: archive it"),
    )
)]
pub async fn delete_product(
    _: Auth<May<right::Catalogue>>,
    actors: Data<Actors>,
    id: Path<ProductId>,
    IfMatch(expected): IfMatch,
) -> Answered {
    actors.products.change(Discard { product: *id, expected }).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Puts a product into the shop, if nothing is missing.
#[utoipa::path(
    post, path = "/api/v1/admin/products/{id}/publish", tag = "admin",
    params(("If-Match" = Option<String>, Header, description = "The ETag that was seen")),
    responses(
        (status = 200, description = "The product as it is now", body = Record),
        (status = 400, description = "What is missing: `variants`, or `attributes.NAME`"),
        (status = 409, description = "`invalid_transition`: it is published"),
    )
)]
pub async fn publish_product(
    _: Auth<May<right::Catalogue>>,
    actors: Data<Actors>,
    id: Path<ProductId>,
    IfMatch(expected): IfMatch,
) -> Answered {
    step(&actors, *id, expected, Step::Publish).await
}

/// Makes a draft of a product again: it is not in the shop until it is published.
#[utoipa::path(
    post, path = "/api/v1/admin/products/{id}/unpublish", tag = "admin",
    params(("If-Match" = Option<String>, Header, description = "The ETag that was seen")),
    responses(
        (status = 200, description = "The product as it is now", body = Record),
        (status = 409, description = "`invalid_transition`: it is a draft"),
    )
)]
pub async fn unpublish_product(
    _: Auth<May<right::Catalogue>>,
    actors: Data<Actors>,
    id: Path<ProductId>,
    IfMatch(expected): IfMatch,
) -> Answered {
    step(&actors, *id, expected, Step::Unpublish).await
}

/// Takes a product out of the shop. Orders that were placed go on, and keep what they were for.
#[utoipa::path(
    post, path = "/api/v1/admin/products/{id}/archive", tag = "admin",
    params(("If-Match" = Option<String>, Header, description = "The ETag that was seen")),
    responses(
        (status = 200, description = "The product as it is now", body = Record),
        (status = 409, description = "`invalid_transition`: it is archived"),
    )
)]
pub async fn archive_product(
    _: Auth<May<right::Catalogue>>,
    actors: Data<Actors>,
    id: Path<ProductId>,
    IfMatch(expected): IfMatch,
) -> Answered {
    step(&actors, *id, expected, Step::Archive).await
}

async fn step(actors: &Actors, id: ProductId, expected: Expected, step: Step) -> Answered {
    change(actors, id, expected, Edit { step: Some(step), ..Edit::default() }).await
}

async fn change(actors: &Actors, product: ProductId, expected: Expected, edit: Edit) -> Answered {
    let after = actors.products.change(Change { product, expected, edit }).await?.after;
    Ok(versioned(HttpResponse::Ok(), after.version, &after))
}

/// What a listing is asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Search {
    #[param(inline)]
    status: Option<Status>,
    /// The slug of a category; those below it count too.
    category: Option<String>,
    /// What the name or a SKU begins with.
    #[param(max_length = 100)]
    q: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Search {
    fn filter(self) -> Result<Filter, Error> {
        for (field, text) in [("category", &self.category), ("q", &self.q)] {
            if text.as_deref().is_some_and(|it| !is_line(it, QUERY_CHARS_MAX)) {
                let message = "at most 100 printable characters";
                return Err(Error::invalid(field, "invalid_value", message));
            }
        }
        let query = self.q.map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
        Ok(Filter { status: self.status, category: self.category, query })
    }
}
