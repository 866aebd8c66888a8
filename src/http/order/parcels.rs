//! Packing what was bought and handing it over, in one parcel or in several.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;

use super::some;
use crate::{
    actors::{
        Actors,
        order::deliver::{Pack, Ship},
    },
    domain::{
        Error,
        cart::LINES_MAX,
        id::OrderId,
        idempotency::Claim,
        order::{
            Order,
            deliver::{CARRIER_CHARS_MAX, pack::Shipment},
            refund::Units,
        },
    },
    http::{
        error::Answered,
        extract::{Auth, May, right},
        idempotency::{IdempotencyKey, OptionalKey, repeated, respond},
        input::{Body, both, is_line},
    },
    store::Store,
};

/// Packs some of what was bought in a parcel of its own, or all that is not packed yet. With an
/// `Idempotency-Key`, a repeat is answered as the first try was; without one it packs as much again.
#[utoipa::path(
    post, path = "/api/v1/admin/orders/{id}/pack", tag = "admin", request_body = Option<Packing>,
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this try; repeats send it again")),
    responses(
        (status = 200, description = "The order, with a parcel that is `packed`", body = Order),
        (
            status = 409,
            description = "`invalid_transition`: it is in another state, which is named; \
                           `shipment_too_large`: more than the `shippable_quantity` of the `item_id`; \
                           `too_many_parcels`: there are a hundred"
        ),
    )
)]
pub async fn pack_order(
    Auth(admin): Auth<May<right::Orders>>,
    store: Data<Store>,
    actors: Data<Actors>,
    OptionalKey(key): OptionalKey,
    id: Path<OrderId>,
    body: Body,
) -> Answered {
    let claim = key.map(|key| claim(&key, &admin, &format!("POST /admin/orders/{id}/pack"), &body));
    let packing = body.json_or_default::<Packing>();
    let pack = packing.and_then(|it| Ok(Pack { items: it.parse()?, claim: claim.clone() }));
    let answer = match pack {
        Ok(pack) => actors.orders.ask(*id, pack).await?,
        Err(invalid) => repeated(&store, claim.as_ref(), invalid).await?,
    };
    respond(HttpResponse::Ok(), answer)
}

/// Hands parcels over to a carrier, packed or not: one of just the `items`, or all that have not left.
/// The order is `shipped` with the last of them. With an `Idempotency-Key`, a repeat is answered as the
/// first try was; without one it ships as much again.
#[utoipa::path(
    post, path = "/api/v1/admin/orders/{id}/ship", tag = "admin", request_body = Option<Shipping>,
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this try; repeats send it again")),
    responses(
        (
            status = 200,
            description = "The order, with its parcels `in_transit`; `shipped` if none is left",
            body = Order
        ),
        (
            status = 409,
            description = "`invalid_transition`: it is in another state, which is named; \
                           `shipment_too_large`: more than the `shippable_quantity` of the `item_id`; \
                           `several_parcels`: a number of one, and several wait; \
                           `too_many_parcels`: there are a hundred"
        ),
    )
)]
pub async fn ship_order(
    Auth(admin): Auth<May<right::Orders>>,
    store: Data<Store>,
    actors: Data<Actors>,
    OptionalKey(key): OptionalKey,
    id: Path<OrderId>,
    body: Body,
) -> Answered {
    let claim = key.map(|key| claim(&key, &admin, &format!("POST /admin/orders/{id}/ship"), &body));
    let shipping = body.json_or_default::<Shipping>();
    let ship = shipping.and_then(|it| Ok(Ship { shipment: it.parse()?, claim: claim.clone() }));
    let answer = match ship {
        Ok(ship) => actors.orders.ask(*id, ship).await?,
        Err(invalid) => repeated(&store, claim.as_ref(), invalid).await?,
    };
    respond(HttpResponse::Ok(), answer)
}

fn claim(key: &IdempotencyKey, admin: &May<right::Orders>, route: &str, body: &Body) -> Claim {
    key.claim(&format!("user:{}", admin.0.user), route, body)
}

/// What is packed together.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Packing {
    /// All that is not packed yet is meant without it.
    #[schema(min_items = 1, max_items = 100)]
    items: Option<Vec<Units>>,
}

impl Packing {
    fn parse(self) -> Result<Option<Vec<Units>>, Error> {
        self.items.map(|it| some(it, LINES_MAX)).transpose()
    }
}

/// What goes out, and how.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Shipping {
    /// What goes out in a parcel of its own: a packed one of just these units, or units that are not
    /// packed yet. All that has not left is meant without it.
    #[schema(min_items = 1, max_items = 100)]
    items: Option<Vec<Units>>,
    #[schema(min_length = 1, max_length = 100)]
    carrier: Option<String>,
    #[schema(min_length = 1, max_length = 100)]
    tracking_number: Option<String>,
}

impl Shipping {
    fn parse(self) -> Result<Shipment, Error> {
        let Shipping { items, carrier, tracking_number } = self;
        let named = |field, text: Option<String>| match text.as_deref().map(str::trim) {
            None => Ok(None),
            Some(text) if !text.is_empty() && is_line(text, CARRIER_CHARS_MAX) => {
                Ok(Some(text.to_owned()))
            }
            Some(_) => Err(Error::invalid(field, "invalid_value", "it has 1 to 100 characters")),
        };
        let by = both(named("carrier", carrier), named("tracking_number", tracking_number));
        let items = items.map(|it| some(it, LINES_MAX)).transpose();
        let (items, (carrier, tracking_number)) = both(items, by)?;
        Ok(Shipment { items, carrier, tracking_number })
    }
}
