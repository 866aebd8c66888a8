//! Holding what is in a cart: nobody else can buy it for some time.

use actix_web::web::Data;

use super::{edit, show};
use crate::{
    actors::{self, Actors},
    domain::cart::{CartView, change::Edit},
    http::{
        error::Answered,
        extract::{Auth, Shopper},
        limit::{Attempt, Gate},
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
        (status = 429, description = "This cart was held too often without a checkout, or others were \
            from the same network"),
    )
)]
pub async fn hold_cart(
    Auth(shopper): Auth<Shopper>,
    store: Data<Store>,
    actors: Data<Actors>,
    gate: Gate,
) -> Answered {
    let cart = shopper.0.cart();
    let pass = gate.enter(Attempt::Hold(cart)).await?;
    let held = actors.carts.ask(cart, actors::cart::Edit { edit: Edit::Hold }).await;
    // What reserves nothing takes nothing from others.
    if !held.as_ref().is_ok_and(|it| it.is_changed) {
        pass.take_back().await;
    }
    held?;
    show(&store, cart).await
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
