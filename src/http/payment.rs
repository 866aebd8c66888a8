//! Payments: see one, confirm it, walk away from it; and what their providers tell.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde::{Deserialize, Serialize};

use super::{
    error::{Answered, Problem},
    extract::{Auth, Holder, Signed},
    idempotency::{IdempotencyKey, or_repeated, respond},
    input::Body,
    limit::{Attempt, Gate},
};
use crate::{
    actors::{
        Actors,
        order::Whose,
        payment::{Abandon, Attend, Confirm, Heard},
    },
    domain::{
        Error,
        cart::Buyer,
        id::PaymentId,
        idempotency::{Answer, Claim, Outcome},
        payment::{Payment, ProviderName, Status, TOKEN_BYTES_MAX},
    },
    gateway::payment::{Message, Providers},
    store::{self, Store, read},
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
    responses(
        (status = 200, description = "The payment at its end, or `processing`", body = Payment),
        (status = 429, description = "Too many have been declined"),
    )
)]
pub async fn confirm_payment(
    Auth(holder): Auth<Holder>,
    store: Data<Store>,
    actors: Data<Actors>,
    gate: Gate,
    key: IdempotencyKey,
    id: Path<PaymentId>,
    body: Body,
) -> Answered {
    let id = id.into_inner();
    let buyer = opened(&holder, &actors, id).await?;
    let route = format!("POST /payments/{id}/confirm");
    let claim = key.claim(&holder.scope(id.order()), &route, &body);
    let parsed = body.json::<Confirmation>().and_then(|it| Ok(it.parse(claim.clone())?));
    let answer = match parsed {
        Ok(message) => tried(&gate, &actors, id, buyer, message).await,
        Err(invalid) => Err(invalid),
    };
    respond(HttpResponse::Ok(), or_repeated(&store, &claim, answer).await?)
}

/// Whose order the payment is of, if it opens to `holder`.
async fn opened(holder: &Holder, actors: &Actors, id: PaymentId) -> Result<Buyer, Error> {
    let order = id.order();
    holder.may_open(order)?;
    let buyer = actors.orders.ask(order, Whose).await?;
    holder.opens(order, buyer)?;
    Ok(buyer)
}

/// Pays, if it may be tried, and minds how it goes: each try stays counted but the one by which the
/// order is paid.
async fn tried(
    gate: &Gate,
    actors: &Actors,
    id: PaymentId,
    buyer: Buyer,
    message: Confirm,
) -> Result<Answer, Problem> {
    let cart = buyer.cart();
    let pass = match gate.enter(Attempt::Confirm(cart)).await {
        Ok(pass) => pass,
        Err(refused) => {
            // The same try may be in flight: behind it, its answer is there.
            actors.payments.ask(id, Attend).await?;
            return Err(refused.into());
        }
    };
    let done = actors.payments.ask(id, message).await;
    match &done {
        Ok(Answer { replayed: true, .. } | Answer { outcome: Outcome::Refused(_), .. })
        | Err(Error::Busy | Error::Stale | Error::Internal { .. }) => pass.take_back().await,
        Ok(Answer { outcome: Outcome::Done(json), .. }) => {
            let paid: Confirmed =
                serde_json::from_str(json).map_err(Error::internal("reading what was paid"))?;
            if paid.status == Status::Captured {
                pass.forgive().await;
                gate.earlier(Attempt::Unpaid(cart)).forgive().await;
            }
        }
        Err(_) => drop(pass),
    }
    Ok(done?)
}

/// As much of an answer as the limits need.
#[derive(Deserialize)]
struct Confirmed {
    status: Status,
}

/// The buyer walks away: payment and order are cancelled, and the stock is free again. Where the
/// provider has not said yet what came of a confirmation, the payment stays `processing` until it
/// has; money that it took goes back.
#[utoipa::path(
    post, path = "/api/v1/payments/{id}/cancel", tag = "payments",
    responses((status = 200, description = "The payment, cancelled", body = Payment))
)]
pub async fn cancel_payment(
    Auth(holder): Auth<Holder>,
    actors: Data<Actors>,
    id: Path<PaymentId>,
) -> Answered {
    let id = id.into_inner();
    opened(&holder, &actors, id).await?;
    Ok(HttpResponse::Ok().json(actors.payments.ask(id, Abandon).await?))
}

/// A provider tells that something happened to a charge, signed as Stripe signs: `t=…,v1=…` in
/// `Stripe-Signature` or `Emulator-Signature`. It is a hint: what happened is asked of the provider,
/// so neither order nor repeats matter.
#[utoipa::path(
    post, path = "/api/v1/webhooks/payments/{provider}", tag = "payments",
    request_body(content = String, content_type = "application/json"),
    responses(
        (status = 200, description = "Heard", body = Received),
        (status = 401, description = "`invalid_signature`, or more than 300 seconds old"),
    )
)]
pub async fn payment_webhook(
    _: Auth<Signed>,
    request: HttpRequest,
    providers: Data<Providers>,
    actors: Data<Actors>,
    name: Path<String>,
    body: Body,
) -> Answered {
    let name: Option<ProviderName> = name.parse().ok(); // Another word names no provider.
    let provider = name.and_then(|it| providers.get(it)).ok_or(Error::NotFound("provider"))?;
    let signature = request.headers().get(provider.signature_header());
    let signature = signature.and_then(|it| it.to_str().ok()).unwrap_or_default(); // Unreadable is none.
    let message = Message { signature, body: body.bytes(), now: store::now() };
    let heard = provider.hear(message);
    let heard = heard.map_err(|_| Error::Unauthenticated { code: "invalid_signature" })?;
    if let Some(hint) = heard {
        actors.payments.tell(hint.payment, Heard(hint));
    }
    Ok(HttpResponse::Ok().json(Received { received: true }))
}

/// That a message was heard.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Received {
    received: bool,
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
