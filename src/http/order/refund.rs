//! Giving back what was paid: an amount, the price of some units, or the rest.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;

use super::{reason, some};
use crate::{
    actors::{Actors, order::refund::AskRefund, payment::refund::GiveBack},
    domain::{
        Error,
        cart::LINES_MAX,
        id::{OrderId, PaymentId},
        idempotency::Claim,
        money::{Currency, Money},
        order::{
            Order,
            refund::{Units, What},
        },
    },
    http::{
        error::Answered,
        extract::{Auth, May, right},
        idempotency::{IdempotencyKey, repeated, respond},
        input::{Body, both},
    },
    store::{Store, read},
};

/// Gives back what was paid for an order: `amount`, the price of `items`, or without either all that
/// is left. The refund is `pending` in the answer where the provider has yet to do it, and `failed`
/// where it never will: then another one can be asked for.
#[utoipa::path(
    post, path = "/api/v1/admin/orders/{id}/refund", tag = "admin", request_body = Refunding,
    params(("Idempotency-Key" = String, Header, description = "Names this try; repeats send it again")),
    responses(
        (status = 200, description = "The order with the refund", body = Order),
        (
            status = 409,
            description = "`refund_too_large`: more than the `refundable` that is left; \
                           `invalid_transition`: nothing was paid"
        ),
    )
)]
pub async fn refund_order(
    Auth(admin): Auth<May<right::Orders>>,
    store: Data<Store>,
    actors: Data<Actors>,
    key: IdempotencyKey,
    id: Path<OrderId>,
    body: Body,
) -> Answered {
    let id = id.into_inner();
    read!(store, order::buyer(id))?;
    let caller = format!("user:{}", admin.0.user);
    let claim = key.claim(&caller, &format!("POST /admin/orders/{id}/refund"), &body);
    let parsed = body.json::<Refunding>().and_then(|it| Ok(it.parse(claim.clone())?));
    let answer = match parsed {
        Ok(ask) => actors.payments.ask(PaymentId::of(id), GiveBack(ask)).await?,
        Err(invalid) => repeated(&store, &claim, invalid).await?,
    };
    respond(HttpResponse::Ok(), answer)
}

/// What is given back, and why.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refunding {
    amount: Option<Money>,
    /// Units whose price is given back.
    #[schema(min_items = 1, max_items = 100)]
    items: Option<Vec<Units>>,
    /// The buyer reads it.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

impl Refunding {
    fn parse(self, claim: Claim) -> Result<AskRefund, Error> {
        let what = match (self.amount, self.items) {
            (None, None) => Ok(What::Rest),
            (Some(Money { amount: ..1, .. }), None) => {
                Err(Error::invalid("amount.amount", "out_of_range", "at least 1 is given back"))
            }
            (Some(amount), None) if amount.currency != Currency::SHOP => {
                let message = "it is given back in the currency that it was paid in";
                Err(Error::invalid("amount.currency", "currency_mismatch", message))
            }
            (Some(amount), None) => Ok(What::Amount(amount)),
            (None, Some(items)) => some(items, LINES_MAX).map(What::Items),
            (Some(_), Some(_)) => {
                Err(Error::invalid("items", "ambiguous", "an amount or the price of items"))
            }
        };
        let (what, reason) = both(what, reason(&self.reason))?;
        Ok(AskRefund { what, reason, claim })
    }
}
