//! All reviews, for those who look after them: found, hidden, and shown again.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;

use crate::{
    actors::Actors,
    domain::{
        Error,
        catalogue::rating::Stars,
        id::{ProductId, ReviewId},
        review::{
            Filter, REASON_CHARS_MAX, Review, Status,
            change::{Change, Step},
        },
    },
    http::{
        cursor::{List, page},
        error::Answered,
        extract::{Auth, May, right},
        input::{Json, Query, both, is_line},
    },
    store::{Store, read},
};

/// The reviews of all products, the newest first; those that are hidden too.
#[utoipa::path(
    get, path = "/api/v1/admin/reviews", tag = "admin", params(Asked),
    responses((status = 200, description = "A page of them", body = List<Review>))
)]
pub async fn all_reviews(
    _: Auth<May<right::Reviews>>,
    store: Data<Store>,
    Query(asked): Query<Asked>,
) -> Answered {
    let page = page::<ReviewId>(asked.limit, asked.cursor.as_deref());
    let (page, filter) = both(page, asked.filter())?;
    Ok(HttpResponse::Ok().json(List::of(read!(store, review::page_of_all(filter, page))?)?))
}

/// Takes a review out of the shop and out of the rating of its product. Its author is told why.
#[utoipa::path(
    post, path = "/api/v1/admin/reviews/{id}/hide", tag = "admin", request_body = Hiding,
    params(("id" = String, Path, description = "The review")),
    responses(
        (status = 200, description = "The review as it is now", body = Review),
        (status = 409, description = "`invalid_transition`: it is hidden"),
    )
)]
pub async fn hide_review(
    _: Auth<May<right::Reviews>>,
    store: Data<Store>,
    actors: Data<Actors>,
    id: Path<ReviewId>,
    Json(body): Json<Hiding>,
) -> Answered {
    let (review, reason) = (*id, body.parse()?);
    moderate(&store, &actors, review, Step::Hide { review, reason }).await
}

/// Puts a review back into the shop and into the rating of its product.
#[utoipa::path(
    post, path = "/api/v1/admin/reviews/{id}/unhide", tag = "admin",
    params(("id" = String, Path, description = "The review")),
    responses(
        (status = 200, description = "The review as it is now", body = Review),
        (status = 409, description = "`invalid_transition`: it is not hidden"),
    )
)]
pub async fn unhide_review(
    _: Auth<May<right::Reviews>>,
    store: Data<Store>,
    actors: Data<Actors>,
    id: Path<ReviewId>,
) -> Answered {
    moderate(&store, &actors, *id, Step::Unhide { review: *id }).await
}

async fn moderate(store: &Store, actors: &Actors, id: ReviewId, step: Step) -> Answered {
    let product = read!(store, review::product_of(id))?;
    let changed = actors.reviews.change(Change { product, step }).await?;
    Ok(HttpResponse::Ok().json(changed.review))
}

/// Which reviews, and which page.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    #[param(inline)]
    status: Option<Status>,
    /// The id of a product.
    product: Option<String>,
    #[param(minimum = 1, maximum = 5)]
    rating: Option<i32>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Asked {
    fn filter(&self) -> Result<Filter, Error> {
        let product = self.product.as_deref().map(|it| {
            let id = it.parse::<ProductId>();
            id.map_err(|_| Error::invalid("product", "invalid_value", "this is no id"))
        });
        let rating = self.rating.map(Stars::try_from).transpose();
        let (product, rating) = both(product.transpose(), rating)?;
        Ok(Filter { status: self.status, product, rating })
    }
}

/// Why a review is hidden.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hiding {
    /// Its author reads it, and it stays in the audit log for ever: no names or addresses.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

impl Hiding {
    fn parse(self) -> Result<String, Error> {
        let reason = self.reason.trim();
        if !reason.is_empty() && is_line(reason, REASON_CHARS_MAX) {
            return Ok(reason.to_owned());
        }
        Err(Error::invalid("reason", "invalid_value", "it has 1 to 200 characters"))
    }
}
