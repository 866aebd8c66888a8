//! Carts: each edit answers with the whole cart.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::{Deserialize, Serialize};

use super::{
    error::Answered,
    extract::{Auth, Public, Shopper},
    input::{Json, below},
    token::Keys,
};
use crate::{
    actors::{self, Actors},
    domain::{
        Error,
        cart::{CartView, Quantity, change::Edit},
        id::{CartId, ItemId, VariantId},
    },
    store::{self, Store, read},
};

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
    responses((status = 200, description = "The whole cart", body = CartView))
)]
pub async fn add_item(
    Auth(shopper): Auth<Shopper>,
    store: Data<Store>,
    actors: Data<Actors>,
    Json(body): Json<AddItem>,
) -> Answered {
    let (variant, quantity) = body.parse("")?;
    edit(shopper, &store, &actors, Edit::Add { item: ItemId::new(), variant, quantity }).await
}

/// Sets how many units a line has.
#[utoipa::path(
    patch, path = "/api/v1/cart/items/{id}", tag = "cart", request_body = ChangeItem,
    responses((status = 200, description = "The whole cart", body = CartView))
)]
pub async fn change_item(
    Auth(shopper): Auth<Shopper>,
    store: Data<Store>,
    actors: Data<Actors>,
    id: Path<ItemId>,
    Json(body): Json<ChangeItem>,
) -> Answered {
    let (item, quantity) = (id.into_inner(), Quantity::try_from(body.quantity)?);
    edit(shopper, &store, &actors, Edit::Change { item, quantity }).await
}

/// Takes a line out.
#[utoipa::path(
    delete, path = "/api/v1/cart/items/{id}", tag = "cart",
    responses((status = 200, description = "The whole cart", body = CartView))
)]
pub async fn remove_item(
    Auth(shopper): Auth<Shopper>,
    store: Data<Store>,
    actors: Data<Actors>,
    id: Path<ItemId>,
) -> Answered {
    edit(shopper, &store, &actors, Edit::Remove { item: id.into_inner() }).await
}

/// Takes everything out.
#[utoipa::path(
    delete, path = "/api/v1/cart", tag = "cart",
    responses((status = 200, description = "The empty cart", body = CartView))
)]
pub async fn clear_cart(
    Auth(shopper): Auth<Shopper>,
    store: Data<Store>,
    actors: Data<Actors>,
) -> Answered {
    edit(shopper, &store, &actors, Edit::Clear).await
}

async fn edit(shopper: Shopper, store: &Store, actors: &Actors, edit: Edit) -> Answered {
    let cart = shopper.0.cart();
    actors.carts.ask(cart, actors::cart::Edit { edit }).await?;
    show(store, cart).await
}

async fn show(store: &Store, cart: CartId) -> Answered {
    let now = store::now();
    Ok(HttpResponse::Ok().json(read!(store, cart::view(cart, now))?))
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
