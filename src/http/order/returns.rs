//! Sending back what was delivered, and taking it in.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;

use super::{at_most, reason, some};
use crate::{
    actors::{
        Actors,
        order::returns::{AskReturn, Receive},
        payment::refund::TakeIn,
    },
    domain::{
        Error,
        cart::LINES_MAX,
        id::{OrderId, PaymentId, ReturnId},
        idempotency::Claim,
        order::{
            refund::Units,
            returns::{Received, Return},
        },
    },
    http::{
        error::Answered,
        extract::{Auth, Holder, May, right},
        idempotency::{OptionalKey, repeated, respond},
        input::{Body, Json, both},
    },
    store::{Store, read},
};

/// Units of a line that arrive can be in two parts: to be sold again, and to be written off.
const ARRIVED_MAX: usize = LINES_MAX * 2;

/// Says that some of a delivered order will be sent back. With an `Idempotency-Key`, a repeat is
/// answered as the first try was.
#[utoipa::path(
    post, path = "/api/v1/orders/{id}/returns", tag = "orders", request_body = Returning,
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this try; repeats send it again")),
    responses(
        (status = 201, description = "The return", body = Return),
        (
            status = 409,
            description = "`invalid_transition`: it has not been delivered; \
                           `return_too_large`: more than the `returnable_quantity` of the `item_id`"
        ),
    )
)]
pub async fn ask_return(
    Auth(holder): Auth<Holder>,
    store: Data<Store>,
    actors: Data<Actors>,
    OptionalKey(key): OptionalKey,
    id: Path<OrderId>,
    body: Body,
) -> Answered {
    let id = id.into_inner();
    holder.may_open(id)?;
    holder.opens(id, read!(store, order::buyer(id))?)?;
    let route = format!("POST /orders/{id}/returns");
    let claim = key.map(|key| key.claim(&holder.scope(id), &route, &body));
    let parsed = body.json::<Returning>().and_then(|it| Ok(it.parse(claim.clone())?));
    let answer = match parsed {
        Ok(ask) => actors.orders.ask(id, ask).await?,
        Err(invalid) => repeated(&store, claim.as_ref(), invalid).await?,
    };
    respond(HttpResponse::Created(), answer)
}

/// What was sent back has arrived: it is sold again or written off, and its price is given back. With
/// the last unit of the order, what was paid for delivery is too.
#[utoipa::path(
    post, path = "/api/v1/admin/returns/{id}/receive", tag = "admin", request_body = Arrived,
    responses(
        (status = 200, description = "The return, `received`", body = Return),
        (
            status = 409,
            description = "`invalid_transition`: it was received before; \
                           `return_too_large`: more than the `returnable_quantity` of the `item_id`"
        ),
    )
)]
pub async fn receive_return(
    _: Auth<May<right::Orders>>,
    store: Data<Store>,
    actors: Data<Actors>,
    id: Path<ReturnId>,
    Json(body): Json<Arrived>,
) -> Answered {
    let (id, items) = (id.into_inner(), at_most(body.items, ARRIVED_MAX)?);
    let order = read!(store, order::of_return(id))?;
    let receive = TakeIn(Receive { id, items });
    let order = actors.payments.ask(PaymentId::of(order), receive).await?;
    let received = order.returns.into_iter().find(|it| it.id == id);
    Ok(HttpResponse::Ok().json(received.ok_or(Error::NotFound("return"))?))
}

/// What is sent back, and why.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Returning {
    #[schema(min_items = 1, max_items = 100)]
    items: Vec<Units>,
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

impl Returning {
    fn parse(self, claim: Option<Claim>) -> Result<AskReturn, Error> {
        let (items, reason) = both(some(self.items, LINES_MAX), reason(&self.reason))?;
        Ok(AskReturn { items, reason, claim })
    }
}

/// What has arrived.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Arrived {
    /// No more of a line than was to be sent back. What is not named here has not arrived, and never
    /// will with this return: an empty list closes one that never came.
    #[schema(max_items = 200)]
    items: Vec<Received>,
}
