//! Carts: each edit answers with the whole cart.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::{Deserialize, Serialize};

use self::change::{Change, Changed};
use super::{
    error::{Answered, Problem},
    extract::{Auth, Public, Shopper},
    idempotency::{IdempotencyKey, OptionalKey, REPLAYED},
    input::{Json, below},
    token::Keys,
};
use crate::{
    actors::{self, Actors, cart::Edited},
    domain::{
        Error,
        cart::{CartView, Quantity, change::Edit},
        id::{CartId, ItemId, VariantId},
    },
    store::{self, Store, read},
};

pub mod change;
pub mod coupon;
pub mod hold;
pub mod merge;

/// A cart for a guest, and the secret that opens it.
#[utoipa::path(
    post, path = "/api/v1/carts", tag = "cart",
    responses((status = 201, description = "An empty cart", body = NewCart))
)]
pub async fn create_cart(_: Auth<Public>, keys: Data<Keys>) -> Answered {
    // An empty cart needs no row: the token alone says that it is ours.
    let cart = CartView::empty(CartId::new());
    let token = keys.proofs().cart(cart.id);
    Ok(HttpResponse::Created().json(NewCart { cart, token }))
}

/// My cart, with the prices and the stock of now.
#[utoipa::path(
    get, path = "/api/v1/cart", tag = "cart",
    responses((status = 200, description = "The cart", body = CartView))
)]
pub async fn cart(Auth(Shopper(buyer)): Auth<Shopper>, store: Data<Store>) -> Answered {
    show(&store, buyer.cart()).await
}

/// Puts units of a variant in; the same variant again adds to its line.
#[utoipa::path(
    post, path = "/api/v1/cart/items", tag = "cart", request_body = AddItem,
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this edit; repeats change nothing, here or on a socket")),
    responses((status = 200, description = "The whole cart", body = CartView))
)]
pub async fn add_item(
    Auth(shopper): Auth<Shopper>,
    store: Data<Store>,
    actors: Data<Actors>,
    OptionalKey(key): OptionalKey,
    Json(body): Json<AddItem>,
) -> Answered {
    let (variant, quantity) = body.parse("")?;
    change(shopper, &store, &actors, key, Change::Add { variant, quantity }).await
}

/// Sets how many units a line has.
#[utoipa::path(
    patch, path = "/api/v1/cart/items/{id}", tag = "cart", request_body = ChangeItem,
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this edit; repeats change nothing, here or on a socket")),
    responses((status = 200, description = "The whole cart", body = CartView))
)]
pub async fn change_item(
    Auth(shopper): Auth<Shopper>,
    store: Data<Store>,
    actors: Data<Actors>,
    OptionalKey(key): OptionalKey,
    id: Path<ItemId>,
    Json(body): Json<ChangeItem>,
) -> Answered {
    let (item, quantity) = (id.into_inner(), Quantity::try_from(body.quantity)?);
    change(shopper, &store, &actors, key, Change::Set { item, quantity }).await
}

/// Takes a line out.
#[utoipa::path(
    delete, path = "/api/v1/cart/items/{id}", tag = "cart",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this edit; repeats change nothing, here or on a socket")),
    responses((status = 200, description = "The whole cart", body = CartView))
)]
pub async fn remove_item(
    Auth(shopper): Auth<Shopper>,
    store: Data<Store>,
    actors: Data<Actors>,
    OptionalKey(key): OptionalKey,
    id: Path<ItemId>,
) -> Answered {
    change(shopper, &store, &actors, key, Change::Remove { item: id.into_inner() }).await
}

/// Takes everything out.
#[utoipa::path(
    delete, path = "/api/v1/cart", tag = "cart",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this edit; repeats change nothing, here or on a socket")),
    responses((status = 200, description = "The empty cart", body = CartView))
)]
pub async fn clear_cart(
    Auth(shopper): Auth<Shopper>,
    store: Data<Store>,
    actors: Data<Actors>,
    OptionalKey(key): OptionalKey,
) -> Answered {
    change(shopper, &store, &actors, key, Change::Clear).await
}

/// Changes the lines. A repeat under the same key changes nothing, and shows the cart of now too.
async fn change(
    Shopper(buyer): Shopper,
    store: &Store,
    actors: &Actors,
    key: Option<IdempotencyKey>,
    change: Change,
) -> Answered {
    let cart = buyer.cart();
    let Changed { edited, replayed } = change.of(&actors.carts, cart, key, true).await?;
    let edited = edited.map_err(|refused| Problem::from(refused).replayed(replayed))?;
    let mut answer = HttpResponse::Ok();
    if replayed {
        answer.insert_header((REPLAYED, "true"));
    }
    Ok(answer.json(after(store, cart, edited).await?))
}

async fn edit(shopper: Shopper, store: &Store, actors: &Actors, edit: Edit) -> Answered {
    let cart = shopper.0.cart();
    let edited = actors.carts.ask(cart, actors::cart::Edit { edit, show: true }).await?;
    show_edited(store, cart, edited).await
}

async fn show_edited(store: &Store, cart: CartId, edited: Edited) -> Answered {
    Ok(HttpResponse::Ok().json(after(store, cart, edited).await?))
}

/// The cart after an edit.
async fn after(store: &Store, cart: CartId, edited: Edited) -> Result<CartView, Error> {
    match edited.view {
        Some(view) => Ok(*view),
        None => view(store, cart).await,
    }
}

async fn show(store: &Store, cart: CartId) -> Answered {
    Ok(HttpResponse::Ok().json(view(store, cart).await?))
}

async fn view(store: &Store, cart: CartId) -> Result<CartView, Error> {
    let now = store::now();
    read!(store, cart::view(cart, now))
}

/// Units of a variant.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddItem {
    variant_id: VariantId,
    #[schema(minimum = 1, maximum = 999)]
    quantity: i64,
}

/// How many units a line is to have.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeItem {
    #[schema(minimum = 1, maximum = 999)]
    quantity: i64,
}

/// A guest's cart.
#[derive(Serialize, utoipa::ToSchema)]
pub struct NewCart {
    cart: CartView,
    /// Goes into the `X-Cart-Token` header.
    token: String,
}

impl AddItem {
    /// The units, checked; `path` is where they stand in the body, with its full stop.
    pub fn parse(&self, path: &str) -> Result<(VariantId, Quantity), Error> {
        let quantity = Quantity::try_from(self.quantity).map_err(|err| below(path, err))?;
        Ok((self.variant_id, quantity))
    }
}
