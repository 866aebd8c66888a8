//! What delivery costs, before anything is bought.

use actix_web::{HttpResponse, web::Data};
use serde::{Deserialize, Serialize};

use super::{
    cart::AddItem,
    error::Answered,
    extract::{Auth, Visitor},
    input::Json,
};
use crate::{
    domain::{
        Error,
        cart::{LINES_MAX, Quantity},
        delivery::{self, Address, Quote},
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
    let address = destination(ask.address, ask.address_id)?;
    let subtotal = match (items, buyer) {
        (Some(items), _) => read!(store, catalogue::subtotal(items))?,
        (None, Some(buyer)) => read!(store, cart::view(buyer.cart()))?.subtotal,
        (None, None) => return Err(Error::Unauthenticated { code: "unauthenticated" }.into()),
    };
    let quotes = delivery::quotes(&address.country, subtotal, store::now());
    Ok(HttpResponse::Ok().json(Quotes { quotes }))
}

/// Where a parcel is to go: the address given. One that was saved before cannot be named yet.
pub fn destination(address: Option<Address>, saved: Option<String>) -> Result<Address, Error> {
    if saved.is_some() {
        let message = "there are no saved addresses yet: send the address itself".to_owned();
        return Err(Error::Rejected { code: "unsupported", message });
    }
    let missing = || Error::invalid("address", "missing", "this field is needed");
    address.ok_or_else(missing)?.checked()
}

/// Where to, and what.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    address: Option<Address>,
    /// Reserved for saved addresses.
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
