//! Payments: see one, confirm it, walk away from it.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;

use super::{
    error::Answered,
    extract::{Auth, Holder},
    idempotency::{IdempotencyKey, repeated, respond},
    input::Body,
};
use crate::{
    actors::{
        Actors,
        payment::{Abandon, Confirm},
    },
    domain::{
        Error,
        id::PaymentId,
        idempotency::Claim,
        payment::{Payment, TOKEN_BYTES_MAX},
    },
    store::{Store, read},
};

/// A payment.
#[utoipa::path(
    get, path = "/api/v1/payments/{id}", tag = "payments",
    responses((status = 200, description = "The payment", body = Payment))
)]
pub async fn payment(
    Auth(holder): Auth<Holder>,
    store: Data<Store>,
    id: Path<PaymentId>,
) -> Answered {
    holder.may_open(id.order())?;
    let order = read!(store, order::get(id.order()))?;
    holder.opens(order.id, order.buyer)?;
    Ok(HttpResponse::Ok().json(order.payment))
}

/// Confirms a payment with what stands for the card. A decline is an answer too: the payment
/// `failed` and the order can still be paid.
#[utoipa::path(
    post, path = "/api/v1/payments/{id}/confirm", tag = "payments", request_body = Confirmation,
    params(("Idempotency-Key" = String, Header, description = "Names this try; repeats send it again")),
    responses((status = 200, description = "The payment at its end, or `processing`", body = Payment))
)]
pub async fn confirm_payment(
    Auth(holder): Auth<Holder>,
    store: Data<Store>,
    actors: Data<Actors>,
    key: IdempotencyKey,
    id: Path<PaymentId>,
    body: Body,
) -> Answered {
    let id = id.into_inner();
    let order = id.order();
    holder.may_open(order)?;
    holder.opens(order, read!(store, order::buyer(order))?)?;
    let claim = key.claim(&holder.scope(order), &format!("POST /payments/{id}/confirm"), &body);
    let parsed = body.json::<Confirmation>().and_then(|it| Ok(it.parse(claim.clone())?));
    let answer = match parsed {
        Ok(message) => actors.payments.ask(id, message).await?,
        Err(invalid) => repeated(&store, &claim, invalid).await?,
    };
    respond(HttpResponse::Ok(), answer)
}

/// The buyer walks away: payment and order are cancelled, and the stock is free again.
#[utoipa::path(
    post, path = "/api/v1/payments/{id}/cancel", tag = "payments",
    responses((status = 200, description = "The payment, cancelled", body = Payment))
)]
pub async fn cancel_payment(
    Auth(holder): Auth<Holder>,
    store: Data<Store>,
    actors: Data<Actors>,
    id: Path<PaymentId>,
) -> Answered {
    let id = id.into_inner();
    let order = id.order();
    holder.may_open(order)?;
    holder.opens(order, read!(store, order::buyer(order))?)?;
    Ok(HttpResponse::Ok().json(actors.payments.ask(id, Abandon).await?))
}

/// What stands for the card.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    #[schema(example = "tok_success", min_length = 1, max_length = 100)]
    token: String,
}

impl Confirmation {
    fn parse(self, claim: Claim) -> Result<Confirm, Error> {
        let fits = (1..=TOKEN_BYTES_MAX).contains(&self.token.len());
        if !fits || !self.token.bytes().all(|b| b.is_ascii_graphic()) {
            let message = "this stands for no card".to_owned();
            return Err(Error::Rejected { code: "invalid_token", message });
        }
        Ok(Confirm { token: self.token, claim })
    }
}
