//! What buyers say of a product, for everybody to read and for each buyer to say once.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;

pub mod admin;

use super::{
    catalogue::known,
    cursor::{List, Paging},
    error::Answered,
    etag,
    extract::{Auth, Public},
    input::{Json, Query},
    token::Caller,
};
use crate::{
    actors::Actors,
    domain::{
        Error,
        catalogue::rating::Stars,
        id::{ProductId, ReviewId},
        review::{
            Draft, Review, Shown,
            change::{Change, Step},
        },
    },
    store::{Store, read},
};

/// What buyers say of a product, the newest first. One that is said anew keeps its place.
#[utoipa::path(
    get, path = "/api/v1/products/{id}/reviews", tag = "catalogue", params(Paging),
    responses((status = 200, description = "A page of it", body = List<Shown>))
)]
pub async fn reviews(
    _: Auth<Public>,
    request: HttpRequest,
    store: Data<Store>,
    product: Path<String>,
    Query(paging): Query<Paging>,
) -> Answered {
    let (product, page) = (known(product, "product")?, paging.page()?);
    let page = List::of(read!(store, review::page(product, page))?)?;
    let json = serde_json::to_vec(&page).map_err(Error::internal("writing JSON"))?;
    Ok(etag::revalidated(&request, "application/json", json))
}

/// Says what I think of a product that was delivered to me, instead of what I have said before.
#[utoipa::path(
    post, path = "/api/v1/products/{id}/reviews", tag = "catalogue", request_body = SaveReview,
    responses(
        (status = 200, description = "It stands instead of the one before", body = Review),
        (status = 201, description = "It is the first that I say of the product", body = Review),
        (status = 403, description = "`not_bought`: it was not delivered to me"),
    )
)]
pub async fn save_review(
    Auth(caller): Auth<Caller>,
    store: Data<Store>,
    actors: Data<Actors>,
    product: Path<String>,
    Json(body): Json<SaveReview>,
) -> Answered {
    let draft = body.parse()?;
    let step = Step::Save { id: ReviewId::new(), user: caller.user, draft };
    let changed =
        actors.reviews.change(Change { product: id(&store, product).await?, step }).await?;
    let is_new = changed.before.is_none();
    let mut answer = if is_new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(answer.json(changed.review))
}

/// What I have said of a product, and whether it is hidden and why.
#[utoipa::path(
    get, path = "/api/v1/products/{id}/reviews/mine", tag = "catalogue",
    responses((status = 200, description = "The review", body = Review))
)]
pub async fn my_review(
    Auth(caller): Auth<Caller>,
    store: Data<Store>,
    product: Path<String>,
) -> Answered {
    let product = id(&store, product).await?;
    Ok(HttpResponse::Ok().json(read!(store, review::of_user(product, caller.user))?))
}

/// Takes back what I have said of a product.
#[utoipa::path(
    delete, path = "/api/v1/products/{id}/reviews/mine", tag = "catalogue",
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, description = "`review_hidden`: it stays, but it can be said anew"),
    )
)]
pub async fn delete_my_review(
    Auth(caller): Auth<Caller>,
    store: Data<Store>,
    actors: Data<Actors>,
    product: Path<String>,
) -> Answered {
    let (product, step) = (id(&store, product).await?, Step::Withdraw { user: caller.user });
    actors.reviews.change(Change { product, step }).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What a buyer has to say: stars, and perhaps words. They are plain text.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveReview {
    #[schema(value_type = i32, minimum = 1, maximum = 5)]
    rating: Stars,
    /// One line.
    #[schema(max_length = 120)]
    title: Option<String>,
    /// Its lines end with a line feed.
    #[schema(max_length = 4000)]
    body: Option<String>,
}

impl SaveReview {
    fn parse(self) -> Result<Draft, Error> {
        Draft::new(self.rating, self.title.as_deref(), self.body.as_deref())
    }
}

/// The product that the path names.
async fn id(store: &Store, product: Path<String>) -> Result<ProductId, Error> {
    let product = known(product, "product")?;
    read!(store, review::product(product))
}
