//! Coupons in a cart.

use actix_web::web::{Data, Path};
use serde::Deserialize;

use super::{edit, show_edited};
use crate::{
    actors::{self, Actors},
    domain::{
        Error,
        cart::{CartView, change::Edit},
        promotion::Code,
    },
    http::{
        error::Answered,
        extract::{Auth, Shopper},
        input::Json,
        limit::{Attempt, Gate},
    },
    store::Store,
};

/// Puts a coupon in. One that counts now stays in the cart though it gives nothing yet: what it
/// lacks is its `problem`.
#[utoipa::path(
    post, path = "/api/v1/cart/promotions", tag = "cart", request_body = PutCoupon,
    responses(
        (status = 200, description = "The whole cart", body = CartView),
        (status = 404, description = "There is no such coupon, or it does not count now"),
        (status = 409, description = "`promotion_limit`: five are in the cart; \
            `promotion_exhausted` or `promotion_not_active`, to a user who has had this one"),
        (status = 429, description = "Too many that don't count were tried"),
    )
)]
pub async fn put_coupon(
    Auth(shopper): Auth<Shopper>,
    store: Data<Store>,
    actors: Data<Actors>,
    gate: Gate,
    Json(body): Json<PutCoupon>,
) -> Answered {
    let (cart, edit) = (shopper.0.cart(), Edit::PutCode(Code::parse(&body.code)?));
    let put_in = actors.carts.ask(cart, actors::cart::Edit { edit, show: true });
    let edited = gate.attempt(Attempt::Coupon(cart), put_in).await?;
    show_edited(&store, cart, edited).await
}

/// Takes a coupon out.
#[utoipa::path(
    delete, path = "/api/v1/cart/promotions/{code}", tag = "cart",
    responses(
        (status = 200, description = "The whole cart", body = CartView),
        (status = 404, description = "It is not in the cart"),
    )
)]
pub async fn take_coupon(
    Auth(shopper): Auth<Shopper>,
    store: Data<Store>,
    actors: Data<Actors>,
    code: Path<String>,
) -> Answered {
    // What is no code is in no cart.
    let code = Code::parse(&code).map_err(|_| Error::NotFound("promotion"))?;
    edit(shopper, &store, &actors, Edit::TakeCode(code)).await
}

/// A coupon.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutCoupon {
    /// In any case of letters.
    #[schema(example = "SPRING", min_length = 1, max_length = 40)]
    code: String,
}
