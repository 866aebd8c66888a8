//! A guest signs in: what is in their cart comes into the user's.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde::{Deserialize, Serialize};

use crate::{
    actors::{Actors, cart},
    domain::{
        Error,
        cart::{CartView, merge::Report},
        id::{CartId, UserId},
    },
    http::{
        error::Answered,
        extract::{Auth, CART_TOKEN},
        input::Json,
        token::{Caller, Keys},
    },
    store::{self, Store, read},
};

/// Takes all that is in a guest's cart over into mine, as far as it fits, and empties the guest's.
/// A repeat finds nothing in it, and changes nothing.
#[utoipa::path(
    post, path = "/api/v1/cart/merge", tag = "cart", request_body = MergeCart,
    responses(
        (status = 200, description = "The whole cart, and what came of the other", body = MergedCart),
        (status = 401, description = "`invalid_cart_token`"),
    )
)]
pub async fn merge_cart(
    Auth(caller): Auth<Caller>,
    store: Data<Store>,
    actors: Data<Actors>,
    keys: Data<Keys>,
    Json(body): Json<MergeCart>,
) -> Answered {
    let from = keys.proofs().cart_of(&body.token)?;
    let merge = merge(&actors, from, caller.user).await?;
    let (cart, now) = (CartId::of(caller.user), store::now());
    let cart = read!(store, cart::view(cart, now))?;
    Ok(HttpResponse::Ok().json(MergedCart { cart, merge }))
}

/// What came of the cart whose token a request brings with which somebody signs in; nothing where
/// it brings none that opens a cart. They are signed in whatever becomes of the cart: it can be
/// merged later.
pub async fn on_signing_in(
    request: &HttpRequest,
    keys: &Keys,
    actors: &Actors,
    user: UserId,
) -> Option<Report> {
    let token = request.headers().get(CART_TOKEN)?.to_str().ok()?; // unreadable opens nothing
    let from = keys.proofs().cart_of(token).ok()?; // nor does another's
    match merge(actors, from, user).await {
        Ok(report) => Some(report),
        Err(error) => {
            tracing::warn!(?error, "a cart could not be merged");
            None
        }
    }
}

async fn merge(actors: &Actors, from: CartId, user: UserId) -> Result<Report, Error> {
    Ok(actors.carts.ask(CartId::of(user), cart::Merge { from }).await?.report)
}

/// A guest's cart.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeCart {
    /// What came with the cart.
    token: String,
}

/// My cart after a merge.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MergedCart {
    #[serde(flatten)]
    cart: CartView,
    merge: Report,
}
