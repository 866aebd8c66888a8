//! Holding what is in a cart: nobody else can buy it for some time.

use actix_web::web::Data;

use super::{edit, show};
use crate::{
    actors::{self, Actors},
    cache::limits::Pass,
    domain::{
        Error,
        cart::{CartView, change::Edit},
        id::CartId,
    },
    http::{
        error::Answered,
        extract::{Auth, Shopper},
        limit::{Attempt, Gate},
    },
    store::{self, Store, read},
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
    match gate.enter(Attempt::Hold(cart)).await {
        Ok(pass) => hold(&actors, cart, pass).await?,
        Err(refused) => stands(&store, &actors, cart).await?.ok_or(refused)?,
    }
    show(&store, cart).await
}

/// Holds it. What reserves nothing more takes nothing from others, and is not counted.
async fn hold(actors: &Actors, cart: CartId, pass: Pass) -> Result<(), Error> {
    let held = actors.carts.ask(cart, actors::cart::Edit { edit: Edit::Hold, show: false }).await;
    if !held.as_ref().is_ok_and(|it| it.is_changed) {
        pass.take_back().await;
    }
    held.map(drop)
}

/// Whether there is a hold, once those are through that are in flight: a repeat is answered by it.
async fn stands(store: &Store, actors: &Actors, cart: CartId) -> Result<Option<()>, Error> {
    let now = store::now();
    actors.carts.ask(cart, actors::cart::Expire).await?;
    let until = read!(store, cart::get(cart))?.held_until;
    Ok(until.filter(|until| now < *until).map(drop))
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
