//! The variants of a product one by one, for those who keep the catalogue. Each change is one of the
//! product: `ETag` and `If-Match` are its version, and the answer is the whole of it.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    web::{Data, Path},
};

use crate::{
    actors::Actors,
    domain::{
        Error,
        catalogue::{
            edit::{Change, Edit},
            record::{LineKey, PriceSet, Record},
            variant,
        },
        error::FieldError,
        expected::Expected,
        id::{ProductId, VariantId},
    },
    http::{
        cursor::{List, Paging},
        error::Answered,
        etag::{IfMatch, versioned},
        extract::{Auth, May, right},
        input::{Json, Query},
    },
    store::{Store, read},
};

/// Adds a variant to a product; it needs a SKU and a price.
#[utoipa::path(
    post, path = "/api/v1/admin/products/{id}/variants", tag = "admin",
    request_body = variant::Edit,
    params(("If-Match" = Option<String>, Header, description = "The product's ETag that was seen")),
    responses(
        (status = 201, description = "The product as it is now", body = Record),
        (status = 409, description = "`sku_taken`"),
    )
)]
pub async fn add_variant(
    _: Auth<May<right::Catalogue>>,
    actors: Data<Actors>,
    id: Path<ProductId>,
    IfMatch(expected): IfMatch,
    Json(edit): Json<variant::Edit>,
) -> Answered {
    anonymous(&edit)?;
    let edit = Edit { variants: vec![edit], ..Edit::default() };
    change(&actors, *id, expected, edit, HttpResponse::Created()).await
}

/// Changes the fields of a variant that are named.
#[utoipa::path(
    patch, path = "/api/v1/admin/variants/{id}", tag = "admin", request_body = variant::Edit,
    params(("If-Match" = Option<String>, Header, description = "The product's ETag that was seen")),
    responses(
        (status = 200, description = "The product as it is now", body = Record),
        (status = 409, description = "`sku_taken`"),
    )
)]
pub async fn change_variant(
    _: Auth<May<right::Catalogue>>,
    store: Data<Store>,
    actors: Data<Actors>,
    id: Path<VariantId>,
    IfMatch(expected): IfMatch,
    Json(edit): Json<variant::Edit>,
) -> Answered {
    anonymous(&edit)?;
    let id = id.into_inner();
    let product = read!(store, catalogue::owner(id))?;
    let edit = variant::Edit { id: Some(id), ..edit };
    let edit = Edit { variants: vec![edit], ..Edit::default() };
    change(&actors, product, expected, edit, HttpResponse::Ok()).await
}

/// Takes a variant out of the shop, for good or until it is put back. It keeps its SKU, its stock
/// and its ledger.
#[utoipa::path(
    delete, path = "/api/v1/admin/variants/{id}", tag = "admin",
    params(("If-Match" = Option<String>, Header, description = "The product's ETag that was seen")),
    responses(
        (status = 204, description = "It is not sold any more"),
        (status = 409, description = "`stock_reserved` by unpaid orders, or `last_variant`"),
    )
)]
pub async fn remove_variant(
    _: Auth<May<right::Catalogue>>,
    store: Data<Store>,
    actors: Data<Actors>,
    id: Path<VariantId>,
    IfMatch(expected): IfMatch,
) -> Answered {
    let id = id.into_inner();
    let product = read!(store, catalogue::owner(id))?;
    let edit = Edit { removed: vec![id], ..Edit::default() };
    actors.products.change(Change { product, expected, edit }).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Puts a variant back that was taken out.
#[utoipa::path(
    post, path = "/api/v1/admin/variants/{id}/restore", tag = "admin",
    params(("If-Match" = Option<String>, Header, description = "The product's ETag that was seen")),
    responses(
        (status = 200, description = "The product as it is now", body = Record),
        (status = 409, description = "`options_taken` by another variant in the meantime"),
    )
)]
pub async fn restore_variant(
    _: Auth<May<right::Catalogue>>,
    store: Data<Store>,
    actors: Data<Actors>,
    id: Path<VariantId>,
    IfMatch(expected): IfMatch,
) -> Answered {
    let id = id.into_inner();
    let product = read!(store, catalogue::owner(id))?;
    let edit = Edit { restored: vec![id], ..Edit::default() };
    change(&actors, product, expected, edit, HttpResponse::Ok()).await
}

/// What was asked for a variant, from when on, the newest first.
#[utoipa::path(
    get, path = "/api/v1/admin/variants/{id}/prices", tag = "admin", params(Paging),
    responses((status = 200, description = "A page of its prices", body = List<PriceSet>))
)]
pub async fn variant_prices(
    _: Auth<May<right::Catalogue>>,
    store: Data<Store>,
    id: Path<VariantId>,
    Query(paging): Query<Paging>,
) -> Answered {
    let page = paging.page::<LineKey>()?;
    Ok(HttpResponse::Ok().json(List::of(read!(store, catalogue::prices(*id, page))?)?))
}

/// The path says which variant it is.
fn anonymous(edit: &variant::Edit) -> Result<(), Error> {
    match edit.id {
        None => Ok(()),
        Some(_) => Err(Error::invalid("id", "not_here", "the path says which variant it is")),
    }
}

async fn change(
    actors: &Actors,
    product: ProductId,
    expected: Expected,
    edit: Edit,
    response: HttpResponseBuilder,
) -> Answered {
    let changed = actors.products.change(Change { product, expected, edit }).await;
    let after = changed.map_err(alone)?.after;
    Ok(versioned(response, after.version, &after))
}

/// The error, its fields named as those of the one variant that was sent.
fn alone(error: Error) -> Error {
    let Error::Invalid(wrong) = error else { return error };
    let own = |it: FieldError| {
        let field = it.field.strip_prefix("variants[0].").map(str::to_owned);
        FieldError { field: field.map_or(it.field, Into::into), ..it }
    };
    Error::Invalid(wrong.into_iter().map(own).collect())
}
