//! Holding what is in a cart: nobody else can buy it for some time.

use actix_web::web::Data;

use super::edit;
use crate::{
    actors::Actors,
    domain::cart::{CartView, change::Edit},
    http::{
        error::Answered,
        extract::{Auth, Shopper},
    },
    store::Store,
};

/// Holds all that is in the cart, or nothing of it, until `hold.expires_at`. The hold ends sooner with
/// a checkout or an edit of any line. A repeat answers the hold that stands, and does not extend it.
#[utoipa::path(
    post, path = "/api/v1/cart/hold", tag = "cart",
    responses(
        (status = 200, description = "The whole cart, with `hold`", body = CartView),
        (status = 409, description = "`out_of_stock` or `unavailable`, with `variant_id`, `item_id` \
            and `available` of the first line that is in the way, and in `items` those of all, each \
            with its `code`; `cart_empty`"),
    )
)]
pub async fn hold_cart(
    Auth(shopper): Auth<Shopper>,
    store: Data<Store>,
    actors: Data<Actors>,
) -> Answered {
    edit(shopper, &store, &actors, Edit::Hold).await
}

/// Gives back what the cart holds, if it holds anything.
#[utoipa::path(
    delete, path = "/api/v1/cart/hold", tag = "cart",
    responses((status = 200, description = "The whole cart", body = CartView))
)]
pub async fn release_cart(
    Auth(shopper): Auth<Shopper>,
    store: Data<Store>,
    actors: Data<Actors>,
) -> Answered {
    edit(shopper, &store, &actors, Edit::Release).await
}
