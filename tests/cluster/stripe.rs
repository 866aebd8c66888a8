//! Payments by Stripe, against `localstripe`: a stand-in that is not ours and keeps what it is told.
//!
//! It knows no `Idempotency-Key` and gives back more than was taken, if it is asked to: what hangs on
//! these is tested in `src/gateway/payment/stripe/tests.rs`.

use std::{env, fs};

use awc::http::header::AUTHORIZATION;
use serde_json::{Value, json};

use crate::support::{
    TestShop, client, each, key,
    mail::until,
    purchase::{euros, path, topic},
};

const KEY: &str = "sk_test_12345";
const SECRET: &str = "whsec_k7Zp0QmXv3TnB9sRdY5wLhC2fJgE8uAa";

fn url() -> String {
    env::var("TEST_STRIPE_URL").expect("TEST_STRIPE_URL is not set: run ./test")
}

async fn shop() -> TestShop {
    let url = url();
    TestShop::with(&[
        ("RIALTO_PAYMENT_PROVIDER", "stripe"),
        ("STRIPE_API_KEY", KEY),
        ("RIALTO_STRIPE_WEBHOOK_SECRETS", &format!("whsec_newer,{SECRET}")),
        ("RIALTO_STRIPE_URL", &url),
    ])
    .await
}

/// Asks the stand-in itself.
async fn ask(path: &str) -> Value {
    let request = client::http().get(format!("{}{path}", url()));
    let request = request.insert_header((AUTHORIZATION, format!("Bearer {KEY}")));
    let mut answer = request.send().await.unwrap();
    serde_json::from_slice(&answer.body().limit(10_000_000).await.unwrap()).unwrap()
}

/// The intents that were made for an order, the newest first.
async fn intents(order: &Value) -> Vec<Value> {
    let all = ask("/v1/payment_intents?limit=1000").await;
    let of = |it: &&Value| it["metadata"]["order_id"] == order["id"];
    all["data"].as_array().unwrap().iter().filter(of).cloned().collect()
}

/// Has the stand-in make a card of this number.
async fn card(number: &str) -> String {
    let form = [
        ("type", "card"),
        ("card[number]", number),
        ("card[exp_month]", "12"),
        ("card[exp_year]", "2030"),
        ("card[cvc]", "123"),
    ];
    let request = client::http().post(format!("{}/v1/payment_methods", url()));
    let request = request.insert_header((AUTHORIZATION, format!("Bearer {KEY}")));
    let mut answer = request.send_form(&form).await.unwrap();
    let made: Value = serde_json::from_slice(&answer.body().await.unwrap()).unwrap();
    made["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
}

#[actix_rt::test]
async fn an_order_is_paid_and_given_back_when_it_is_called_off() {
    let shop = shop().await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    let order = buyer.place(&teapot, 2).await;

    let payment = buyer.pay(&order, "pm_card_visa").await.is(200);

    assert_eq!(payment["status"], "captured");
    let [intent] = &intents(&order).await[..] else { panic!("one intent") };
    assert_eq!(
        (&intent["status"], &intent["amount"]),
        (&json!("succeeded"), &order["total"]["amount"])
    );
    assert_eq!((&intent["currency"], &intent["capture_method"]), (&json!("eur"), &json!("manual")));
    assert_eq!(buyer.order(&order).await["status"], "paid");

    let cancelled = buyer.post(&format!("{}/cancel", path(&order)), Value::Null).await.is(200);

    assert_eq!(cancelled["payment"]["status"], "refunded");
    let [intent] = &intents(&order).await[..] else { panic!("one intent") };
    assert_eq!(intent["latest_charge"]["amount_refunded"], order["total"]["amount"]);
    assert_eq!(shop.available(&teapot).await, 100);
}

#[actix_rt::test]
async fn a_card_that_is_declined_or_wants_the_buyer_again_leaves_the_order_to_be_paid() {
    let shop = shop().await;
    let buyer = shop.sign_up().await;
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let wants_more = card("4000002500003155").await;
    let path = format!("/payments/{}/confirm", order["payment"]["id"].as_str().unwrap());

    for (token, code) in [
        ("pm_card_chargeCustomerFail", "card_declined"),
        (wants_more.as_str(), "authentication_required"),
        // The stand-in says no more of it than that there is none.
        ("pm_nobody", "card_declined"),
    ] {
        let payment = buyer.pay(&order, token).await.is(200);
        let told = (&payment["status"], &payment["failure_code"]);
        assert_eq!(told, (&json!("failed"), &json!(code)), "{token}");
    }
    for wrong in ["tok_success", "4242424242424242"] {
        let answer = buyer.once(&key()).post(&path, json!({ "token": wrong })).await;
        answer.refused(400, "invalid_token");
    }
    let payment = buyer.pay(&order, "pm_card_visa").await.is(200);

    assert_eq!(payment["status"], "captured");
    let mut statuses: Vec<String> =
        intents(&order).await.iter().map(|it| it["status"].as_str().unwrap().to_owned()).collect();
    statuses.sort();
    // None of them can be taken any more but the last.
    assert_eq!(statuses, ["canceled", "requires_payment_method", "succeeded"]);
}

#[actix_rt::test]
async fn what_stripe_tells_is_believed_and_changes_nothing_that_is_known() {
    let shop = shop().await;
    let register = json!({
        "url": format!("http://{}/api/v1/webhooks/payments/stripe", shop.address()),
        "secret": SECRET,
        "events": ["payment_intent.succeeded"],
    });
    let id = key();
    let sent = client::http().post(format!("{}/_config/webhooks/{id}", url())).send_json(&register);
    assert_eq!(sent.await.unwrap().status().as_u16(), 200);
    let buyer = shop.sign_up().await;
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let told = || {
        let log = fs::read_to_string(env::var("TEST_STRIPE_LOG").unwrap()).unwrap();
        log.matches("webhook \"payment_intent.succeeded\" successfully delivered").count()
    };
    let before = told();

    assert_eq!(buyer.pay(&order, "pm_card_visa").await.is(200)["status"], "captured");

    until("a webhook", || (told() > before).then_some(())).await;
    let paid = buyer.order(&order).await;
    assert_eq!(paid["payment"]["status"], "captured");
    let timeline = buyer.timeline(&order).await;
    let captured = each(&timeline, "type").into_iter().filter(|it| *it == "payment.captured");
    assert_eq!(captured.count(), 1);
    assert_eq!(paid["payment"]["refunded"], euros(0));
}

#[actix_rt::test]
async fn an_order_that_stripe_does_not_answer_for_expires_and_is_settled_when_it_is_back() {
    let mut shop = TestShop::with(&[
        ("RIALTO_PAYMENT_PROVIDER", "stripe"),
        ("STRIPE_API_KEY", KEY),
        ("RIALTO_STRIPE_WEBHOOK_SECRETS", SECRET),
        // Nobody listens there.
        ("RIALTO_STRIPE_URL", "http://127.0.0.1:1"),
        ("RIALTO_PAYMENT_TTL", "2s"),
    ])
    .await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    let order = buyer.place(&teapot, 1).await;
    let mut live = buyer.follow(&topic(&order)).await;
    assert_eq!(buyer.pay(&order, "pm_card_visa").await.is(200)["status"], "processing");
    live.until("order.cancelled").await;
    assert_eq!(shop.available(&teapot).await, 100);

    shop.set("RIALTO_STRIPE_URL", &url());
    shop.start_again().await;

    buyer.follow(&topic(&order)).await.until("payment.cancelled").await;
    let [intent] = &intents(&order).await[..] else { panic!("one intent") };
    assert_eq!(intent["status"], "canceled", "the money that was set aside is let go");
    assert_eq!(buyer.order(&order).await["payment"]["status"], "cancelled");
}
