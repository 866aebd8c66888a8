//! What delivery costs, before anything is bought.

use actix_web::{HttpResponse, web::Data};
use serde::{Deserialize, Serialize};

pub mod admin;

use super::{
    cart::AddItem,
    error::Answered,
    extract::{Auth, Visitor},
    input::{Json, below},
};
use crate::{
    domain::{
        Error,
        address::Address,
        cart::{Buyer, LINES_MAX, Quantity},
        delivery::Quote,
        id::VariantId,
    },
    store::{self, Store, read},
};

/// All the ways to an address, for the items named or for the cart.
#[utoipa::path(
    post, path = "/api/v1/delivery/quotes", tag = "delivery", request_body = Ask,
    responses((status = 200, description = "The ways, cheapest first", body = Quotes))
)]
pub async fn quotes(
    Auth(Visitor(buyer)): Auth<Visitor>,
    store: Data<Store>,
    Json(ask): Json<Ask>,
) -> Answered {
    let items = ask.items()?;
    let address = destination(&store, buyer, ask.address, ask.address_id).await?;
    let (country, now) = (address.country, store::now());
    let quotes = match (items, buyer) {
        (Some(items), _) => read!(store, pricing::quotes(items, country, now))?,
        (None, Some(buyer)) => read!(store, cart::quotes(buyer.cart(), country, now))?,
        (None, None) => return Err(Error::Unauthenticated { code: "unauthenticated" }.into()),
    };
    Ok(HttpResponse::Ok().json(Quotes { quotes }))
}

/// Where a parcel is to go: the address given, or one that the buyer keeps.
pub async fn destination(
    store: &Store,
    buyer: Option<Buyer>,
    address: Option<Address>,
    id: Option<String>,
) -> Result<Address, Error> {
    let id = match (address, id) {
        (Some(_), Some(_)) => {
            let message = "an address is sent, or the id of one, but not both";
            return Err(Error::invalid("address_id", "conflicting", message));
        }
        (Some(address), None) => {
            return address.checked().map_err(|error| below("address.", error));
        }
        (None, Some(id)) => id.parse()?,
        (None, None) => return Err(Error::invalid("address", "missing", "this field is needed")),
    };
    // Guests keep none.
    let user = buyer.and_then(Buyer::user).ok_or(Error::NotFound("address"))?;
    Ok(read!(store, address::get(user, id))?.address)
}

/// Where to, and what.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    address: Option<Address>,
    /// One of the buyer's own, instead of the address itself.
    address_id: Option<String>,
    /// Left out, it is the cart that is asked for.
    #[schema(max_items = 100)]
    items: Option<Vec<AddItem>>,
}

impl Ask {
    fn items(&self) -> Result<Option<Vec<(VariantId, Quantity)>>, Error> {
        let Some(items) = &self.items else { return Ok(None) };
        if !(1..=LINES_MAX).contains(&items.len()) {
            return Err(Error::invalid("items", "out_of_range", "1 to 100 items are quoted"));
        }
        let items = items.iter().enumerate().map(|(at, it)| it.parse(&format!("items[{at}].")));
        items.collect::<Result<_, Error>>().map(Some)
    }
}

/// What it costs.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Quotes {
    quotes: Vec<Quote>,
}
