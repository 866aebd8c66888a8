//! What the provider tells: believed only where it is signed, and only as a hint.

use std::time::{SystemTime, UNIX_EPOCH};

use awc::http::Method;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_util::future::join;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::{
    TestShop,
    client::{Answer, Client},
    each,
    purchase::topic,
};

const PATH: &str = "/webhooks/payments/emulator";
/// The server's key, from which the emulator's is derived.
const KEY: &str = "k7Zp0QmXv3TnB9sRdY5wLhC2fJgE8uAa";
const SETTINGS: [(&str, &str); 1] = [("RIALTO_JWT_SECRET", KEY)];

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.chain_update(text).finalize().into_bytes().to_vec()
}

/// What the emulator sends in its header.
fn signed(body: &str, at: i64) -> String {
    let secret = BASE64_URL_SAFE_NO_PAD.encode(hmac(KEY.as_bytes(), "webhooks:emulator"));
    let signature = hmac(secret.as_bytes(), &format!("{at}.{body}"));
    let hex: String = signature.iter().map(|it| format!("{it:02x}")).collect();
    format!("t={at},v1={hex}")
}

fn event(order: &Value) -> String {
    let payment = order["payment"]["id"].as_str().unwrap();
    json!({ "id": "evt_1", "type": "charge.authorized", "payment_id": payment, "charge": "?" })
        .to_string()
}

async fn tell(client: &Client, signature: &str, body: &str) -> Answer {
    let client = client.with("Emulator-Signature", signature);
    client.attempt(Method::POST, PATH, Some(("application/json", body.as_bytes()))).await.unwrap()
}

#[actix_rt::test]
async fn nobody_is_believed_who_does_not_sign_or_signed_long_ago() {
    let shop = TestShop::with(&SETTINGS).await;
    let buyer = shop.sign_up().await;
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let (stranger, body, now) = (shop.stranger(), event(&order), now());

    let wrong = [
        String::new(),
        "t=1,v1=00".to_owned(),
        signed("{}", now),
        signed(&body, now - 400),
        signed(&body, now + 400),
        signed(&body, now).replace("v1=", "v0="),
    ];
    for wrong in wrong {
        tell(&stranger, &wrong, &body).await.refused(401, "invalid_signature");
    }
    stranger.post(PATH, json!({})).await.refused(401, "invalid_signature");
    for nobody in ["paypal", "stripe", "Emulator", "x%2Fy"] {
        let answer = stranger.post(&format!("/webhooks/payments/{nobody}"), json!({})).await;
        answer.refused(404, "not_found");
    }
    let long = "x".repeat(70_000);
    tell(&stranger, &signed(&long, now), &long).await.refused(413, "body_too_large");

    assert_eq!(buyer.order(&order).await, order);
}

#[actix_rt::test]
async fn what_is_told_of_a_payment_that_waits_for_nothing_changes_nothing() {
    let shop = TestShop::with(&SETTINGS).await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    let (unpaid, paid) = (buyer.place(&teapot, 1).await, buyer.buy(&teapot, 1).await);
    let (stranger, now) = (shop.stranger(), now());

    for order in [&unpaid, &paid] {
        let body = event(order);
        for _ in 0..3 {
            tell(&stranger, &signed(&body, now), &body).await.is(200);
        }
    }
    let unknown = json!({ "payment": { "id": uuid::Uuid::now_v7() } });
    for body in [event(&unknown), "{}".to_owned(), "no json".to_owned()] {
        tell(&stranger, &signed(&body, now), &body).await.is(200);
    }

    // A message to the same payment is handled after those before it.
    buyer.pay(&paid, "tok_success").await.refused(409, "invalid_transition");
    assert_eq!(buyer.order(&unpaid).await, unpaid);
    assert_eq!(buyer.order(&paid).await, paid);
    assert_eq!(buyer.pay(&unpaid, "tok_success").await.is(200)["status"], "captured");
}

#[actix_rt::test]
async fn a_payment_that_is_told_of_is_looked_up_at_once() {
    let shop = TestShop::with(&SETTINGS).await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    let order = buyer.place(&teapot, 1).await;
    let mut live = buyer.follow(&topic(&order)).await;
    assert_eq!(buyer.pay(&order, "tok_timeout").await.is(200)["status"], "processing");
    // Nobody looks it up by themselves any more.
    shop.sql("UPDATE payments SET due_at = '2099-01-01 00:00:00'").unwrap();

    let body = event(&order);
    for _ in 0..5 {
        tell(&shop.stranger(), &signed(&body, now()), &body).await.is(200);
    }

    let heard = live.until("delivery.created").await;
    let captured = each(&heard, "type").into_iter().filter(|it| *it == "payment.captured");
    assert_eq!(captured.count(), 1);
    assert_eq!(shop.available(&teapot).await, 99);
}

#[actix_rt::test]
async fn a_payment_that_is_told_of_before_its_answer_has_come_is_taken_once() {
    let slow = ("RIALTO_EMULATOR_DELAY", "300ms");
    let shop = TestShop::with(&[SETTINGS[0], slow]).await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    let order = buyer.place(&teapot, 1).await;
    let (stranger, body) = (shop.stranger(), event(&order));

    let telling = async {
        while buyer.order(&order).await["payment"]["status"] != "processing" {}
        for _ in 0..3 {
            tell(&stranger, &signed(&body, now()), &body).await.is(200);
        }
    };
    let (paid, ()) = join(buyer.pay(&order, "tok_success"), telling).await;

    assert_eq!(paid.is(200)["status"], "captured");
    // A message to the same payment is handled after those before it.
    buyer.pay(&order, "tok_success").await.refused(409, "invalid_transition");
    let timeline = buyer.timeline(&order).await;
    let captured = each(&timeline, "type").into_iter().filter(|it| *it == "payment.captured");
    assert_eq!((captured.count(), shop.available(&teapot).await), (1, 99));
    shop.audit();
}

#[actix_rt::test]
async fn the_emulator_tells_of_what_it_has_decided() {
    let shop = TestShop::with(&SETTINGS).await;
    let buyer = shop.sign_up().await;
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let mut live = buyer.follow(&topic(&order)).await;
    assert_eq!(buyer.pay(&order, "tok_delayed_success").await.is(200)["status"], "processing");
    // Nobody looks it up by themselves any more.
    shop.sql("UPDATE payments SET due_at = '2099-01-01 00:00:00'").unwrap();

    live.until("order.paid").await;

    assert_eq!(buyer.order(&order).await["payment"]["status"], "captured");
}

#[actix_rt::test]
async fn the_messages_of_a_provider_are_not_counted_among_the_changes_of_its_network() {
    let settings = [SETTINGS[0], ("RIALTO_RATE_LIMITS", "on")];
    let shop = TestShop::with(&settings).await;
    let (stranger, now) = (shop.stranger(), now());
    // More than anybody else may change at once.
    for _ in 0..450 {
        tell(&stranger, &signed("{}", now), "{}").await.is(200);
    }
    stranger.post("/carts", Value::Null).await.is(201);
}
