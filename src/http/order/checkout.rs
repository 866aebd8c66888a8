//! Checking out: the cart becomes an order that waits for its payment.

use actix_web::{HttpResponse, web::Data};
use serde::{Deserialize, Serialize};

use crate::{
    actors::{Actors, cart},
    domain::{
        Error,
        account::Email,
        address::Address,
        cart::Buyer,
        delivery::Method,
        error::Refusal,
        id::{CartId, OrderId},
        idempotency::{Answer, Claim, Outcome},
        money::Money,
        order::Order,
        payment::Payment,
        settings::Language,
    },
    http::{
        delivery::destination,
        error::{Answered, Problem},
        extract::{Auth, Reads, Shopper},
        idempotency::{IdempotencyKey, or_repeated, respond},
        input::{Body, both},
        limit::{Attempt, Gate},
        token::Keys,
    },
    store::{Store, read},
};

/// Turns the cart into an order: all of it, or nothing and a reason.
#[utoipa::path(
    post, path = "/api/v1/checkout", tag = "orders", request_body = Checkout,
    params(
        ("Idempotency-Key" = String, Header, description = "Names this try; repeats send it again"),
        ("Accept-Language" = Option<String>, Header, description = "What a guest is written to in: en, de or ru"),
    ),
    responses(
        (status = 201, description = "The order and its payment", body = CheckedOut),
        (status = 403, description = "`email_not_confirmed`, where the shop wants it to be"),
        (status = 429, description = "Too many orders were placed and not paid, within an hour"),
    )
)]
pub async fn checkout(
    Auth(shopper): Auth<Shopper>,
    store: Data<Store>,
    actors: Data<Actors>,
    keys: Data<Keys>,
    (buyers, gate, reads): (Data<Buyers>, Gate, Reads),
    key: IdempotencyKey,
    body: Body,
) -> Answered {
    let buyer = shopper.0;
    let claim = key.claim(&shopper.scope(), "POST /checkout", &body);
    let message = match buyers.admit(buyer, &store).await {
        Ok(()) => Checkout::read(&body, (&store, &keys), (buyer, reads.0), &claim).await,
        Err(refused) => Err(refused.into()),
    };
    let cart = buyer.cart();
    let answer = match message {
        Ok(message) => placed(&gate, &actors, cart, message).await,
        Err(refused) => Err(refused),
    };
    let answer = or_repeated(&store, &claim, answer).await?;
    respond(HttpResponse::Created(), handed_over(answer, buyer, &keys)?)
}

/// Places an order, unless too many wait for their payment. With it, what the cart has held was not
/// held for nothing.
async fn placed(
    gate: &Gate,
    actors: &Actors,
    cart: CartId,
    message: cart::Checkout,
) -> Result<Answer, Problem> {
    let pass = match gate.enter(Attempt::Unpaid(cart)).await {
        Ok(pass) => pass,
        Err(refused) => {
            // The same try may be in flight: behind it, its answer is there.
            actors.carts.ask(cart, cart::Expire).await?;
            return Err(refused.into());
        }
    };
    let done = actors.carts.ask(cart, message).await;
    if done.as_ref().is_ok_and(|it| it.order.is_some()) {
        gate.earlier(Attempt::Hold(cart)).forgive().await;
    } else {
        pass.take_back().await;
    }
    Ok(done?.answer)
}

/// Who may check out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Buyers {
    Everybody,
    /// Users whose address is confirmed; a guest has none that could be.
    Confirmed,
}

impl Buyers {
    /// An address that was confirmed stays so, so this holds until the order is placed.
    async fn admit(self, buyer: Buyer, store: &Store) -> Result<(), Error> {
        let message = match (self, buyer) {
            (Buyers::Everybody, _) => return Ok(()),
            (Buyers::Confirmed, Buyer::User(user)) => {
                if read!(store, account::user(user))?.email_confirmed {
                    return Ok(());
                }
                "confirm your e-mail address first"
            }
            (Buyers::Confirmed, Buyer::Guest(_)) => {
                "only accounts whose e-mail address is confirmed can check out"
            }
        };
        Err(Error::Forbidden(Refusal::new("email_not_confirmed", message)))
    }
}

/// The answer with the secret of the order, where a guest needs one.
fn handed_over(answer: Answer, buyer: Buyer, keys: &Keys) -> Result<Answer, Problem> {
    let (Outcome::Done(json), Buyer::Guest(_)) = (&answer.outcome, buyer) else {
        return Ok(answer);
    };
    let wrong = Error::internal("reading what was placed");
    let placed: Placed = serde_json::from_str(json).map_err(wrong)?;
    let token = keys.proofs().order(placed.order.id);
    // Added to the text as it was kept, so that a repeat is the same to the byte.
    let open = json.strip_suffix('}').unwrap_or(json);
    let outcome = Outcome::Done(format!(r#"{open},"order_token":"{token}"}}"#));
    Ok(Answer { outcome, ..answer })
}

/// As much of a kept answer as the token of its order needs.
#[derive(Deserialize)]
struct Placed {
    order: PlacedOrder,
}

#[derive(Deserialize)]
struct PlacedOrder {
    id: OrderId,
}

/// Where to, how, and by what means.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Checkout {
    address: Option<Address>,
    /// One of the buyer's own, instead of the address itself. The order keeps it as it is now.
    address_id: Option<String>,
    delivery_method: Method,
    /// Where a guest is written to; a user's address is the account's.
    email: Option<String>,
    payment: Means,
    /// What the client has shown; another total is refused with `price_changed`.
    expected_total: Option<Money>,
}

/// How it will be paid.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Means {
    method: PaymentMethod,
}

/// The ways to pay.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethod {
    Card,
}

impl Checkout {
    async fn read(
        body: &Body,
        (store, keys): (&Store, &Keys),
        (buyer, language): (Buyer, Option<Language>),
        claim: &Claim,
    ) -> Result<cart::Checkout, Problem> {
        let mut asked = body.json::<Checkout>()?;
        let (address, id) = (asked.address.take(), asked.address_id.take());
        let address = destination(store, Some(buyer), address, id).await;
        let message = asked.parse(buyer, address, keys, claim.clone())?;
        Ok(cart::Checkout { language, ..message })
    }

    fn parse(
        self,
        buyer: Buyer,
        address: Result<Address, Error>,
        keys: &Keys,
        claim: Claim,
    ) -> Result<cart::Checkout, Error> {
        let Means { method: PaymentMethod::Card } = self.payment;
        let email = match (buyer, self.email) {
            (Buyer::User(_), _) => Ok(None),
            (Buyer::Guest(_), Some(email)) => Email::parse(&email).map(Some),
            (Buyer::Guest(_), None) => {
                Err(Error::invalid("email", "missing", "a guest is written to by mail"))
            }
        };
        let (email, address) = both(email, address)?;
        let (method, expected_total) = (self.delivery_method, self.expected_total);
        let customer = keys.proofs().customer(buyer, email.as_ref());
        let language = None;
        Ok(cart::Checkout {
            buyer,
            email,
            language,
            customer,
            address,
            method,
            expected_total,
            claim,
        })
    }
}

/// What came of a checkout.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CheckedOut {
    order: Order,
    payment: Payment,
    /// A guest's only: goes into the `X-Order-Token` header.
    #[schema(required = false)]
    order_token: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{CartId, UserId};

    fn answered(buyer: Buyer) -> (OrderId, Keys, String) {
        let (id, keys) = (OrderId::new(), Keys::new([&b"a secret"[..]]).unwrap());
        let kept = format!(r#"{{"order":{{"id":"{id}","total":1}},"payment":{{}}}}"#);
        let answer = Answer::fresh(Outcome::Done(kept));
        let Outcome::Done(json) = handed_over(answer, buyer, &keys).unwrap().outcome else {
            panic!("it was refused")
        };
        (id, keys, json)
    }

    #[test]
    fn a_guest_is_handed_the_token_of_the_order() {
        let (id, keys, json) = answered(Buyer::Guest(CartId::new()));

        let body: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert!(keys.proofs().opens(id, body["order_token"].as_str().unwrap()));
        assert_eq!(body["order"]["total"], 1);
    }

    #[test]
    fn a_user_is_handed_none() {
        let (_, _, json) = answered(Buyer::User(UserId::new()));
        assert!(!json.contains("order_token"));
    }
}
