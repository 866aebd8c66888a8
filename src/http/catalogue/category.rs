//! Categories, for those who keep the catalogue.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};

use crate::{
    actors::Actors,
    domain::{
        catalogue::category::{Change, Create, Delete, Edit, Kept},
        id::CategoryId,
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

/// All categories, the oldest first: `parent_id` and `position` make a tree of them.
#[utoipa::path(
    get, path = "/api/v1/admin/categories", tag = "admin", params(Paging),
    responses((status = 200, description = "A page of them", body = List<Kept>))
)]
pub async fn admin_categories(
    _: Auth<May<right::Catalogue>>,
    store: Data<Store>,
    Query(paging): Query<Paging>,
) -> Answered {
    let page = paging.page::<CategoryId>()?;
    Ok(HttpResponse::Ok().json(List::of(read!(store, catalogue::categories(page))?)?))
}

/// Makes a category, which needs a name.
#[utoipa::path(
    post, path = "/api/v1/admin/categories", tag = "admin", request_body = Edit,
    responses(
        (status = 201, description = "The category", body = Kept),
        (status = 409, description = "`slug_taken`, `attribute_clash`, `too_many_attributes`, \
            `category_too_deep` or `too_many_categories`"),
    )
)]
pub async fn create_category(
    _: Auth<May<right::Catalogue>>,
    actors: Data<Actors>,
    Json(edit): Json<Edit>,
) -> Answered {
    let created = actors.categories.change(Create { id: CategoryId::new(), edit }).await?.after;
    Ok(versioned(HttpResponse::Created(), created.version, &created))
}

/// A category with its own attributes.
#[utoipa::path(
    get, path = "/api/v1/admin/categories/{id}", tag = "admin",
    responses((status = 200, description = "The category", body = Kept))
)]
pub async fn admin_category(
    _: Auth<May<right::Catalogue>>,
    store: Data<Store>,
    id: Path<CategoryId>,
) -> Answered {
    let kept = read!(store, catalogue::category(*id))?;
    Ok(versioned(HttpResponse::Ok(), kept.version, &kept))
}

/// Changes the fields that are named; another parent moves all that is below it too. A change of
/// attributes by which products would have wrong values, or would miss one that is required, is
/// refused and names some of them.
#[utoipa::path(
    patch, path = "/api/v1/admin/categories/{id}", tag = "admin", request_body = Edit,
    params(("If-Match" = Option<String>, Header, description = "The ETag that was seen")),
    responses(
        (status = 200, description = "The category as it is now", body = Kept),
        (status = 409, description = "`category_cycle`, `slug_taken`, `products_in_the_way` with \
            `attribute` and `products`, `attribute_clash`, `too_many_attributes` or \
            `category_too_deep`"),
    )
)]
pub async fn change_category(
    _: Auth<May<right::Catalogue>>,
    actors: Data<Actors>,
    id: Path<CategoryId>,
    IfMatch(expected): IfMatch,
    Json(edit): Json<Edit>,
) -> Answered {
    let command = Change { id: *id, expected, edit };
    let after = actors.categories.change(command).await?.after;
    Ok(versioned(HttpResponse::Ok(), after.version, &after))
}

/// Takes a category away in which there are neither categories nor products.
#[utoipa::path(
    delete, path = "/api/v1/admin/categories/{id}", tag = "admin",
    params(("If-Match" = Option<String>, Header, description = "The ETag that was seen")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, description = "`category_not_empty`, with `categories` and `products`"),
    )
)]
pub async fn delete_category(
    _: Auth<May<right::Catalogue>>,
    actors: Data<Actors>,
    id: Path<CategoryId>,
    IfMatch(expected): IfMatch,
) -> Answered {
    actors.categories.change(Delete { id: *id, expected }).await?;
    Ok(HttpResponse::NoContent().finish())
}
