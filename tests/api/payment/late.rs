//! Answers that come when the order is off already: the order stays off, and the money follows.

use serde_json::{Value, json};

use crate::support::{
    TestShop,
    client::Client,
    each,
    purchase::{euros, path, topic},
};

/// Long enough to confirm in.
const SHORT: (&str, &str) = ("RIALTO_PAYMENT_TTL", "2s");
/// The delayed cards are decided when that is over; each answer but a look-up's comes too late.
const SLOW: (&str, &str) = ("RIALTO_EMULATOR_DELAY", "4s");

/// How order and payment stand.
async fn stands(buyer: &Client, order: &Value) -> (Value, Value) {
    let order = buyer.order(order).await;
    (order["status"].clone(), order["payment"]["status"].clone())
}

fn are(order: &str, payment: &str) -> (Value, Value) {
    (json!(order), json!(payment))
}

#[actix_rt::test]
async fn money_that_was_taken_after_the_order_expired_goes_back() {
    let shop = TestShop::with(&[SHORT]).await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    let order = buyer.place(&teapot, 5).await;
    let mut live = buyer.follow(&topic(&order)).await;

    let payment = buyer.pay(&order, "tok_late_success").await.is(200);
    assert_eq!(payment["status"], "processing");
    let heard = live.until("payment.refunded").await;

    let kinds = [
        "order.placed",
        "order.expired",
        "order.cancelled",
        "payment.authorized",
        "payment.captured",
        "payment.refunded",
    ];
    assert_eq!(each(&heard, "type"), kinds);
    assert_eq!(heard[2]["data"]["payment_status"], "processing");
    let order = buyer.order(&order).await;
    assert_eq!(stands(&buyer, &order).await, are("cancelled", "refunded"));
    assert_eq!(order["payment"]["refunded"], order["total"]);
    let [refund] = &order["refunds"].as_array().unwrap()[..] else { panic!("{order}") };
    assert_eq!((&refund["status"], &refund["amount"]), (&json!("done"), &order["total"]));
    assert_eq!(refund["reason"], "the payment came after the order was cancelled");
    assert_eq!(order["deliveries"], json!([]));
    assert_eq!(shop.available(&teapot).await, 100);
}

#[actix_rt::test]
async fn money_that_was_only_set_aside_is_let_go_and_a_late_decline_ends_the_payment() {
    let shop = TestShop::with(&[SHORT, SLOW]).await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    for (token, told) in [
        ("tok_delayed_success", json!({ "voided": true })),
        ("tok_delayed_failure", json!({ "failure_code": "card_declined" })),
    ] {
        let order = buyer.place(&teapot, 1).await;
        let mut live = buyer.follow(&topic(&order)).await;
        assert_eq!(buyer.pay(&order, token).await.is(200)["status"], "processing");

        let heard = live.until("payment.cancelled").await;

        assert_eq!(each(&heard, "type")[1..3], ["order.expired", "order.cancelled"], "{token}");
        let last = &heard.last().unwrap()["data"];
        for (name, value) in told.as_object().unwrap() {
            assert_eq!(&last[name], value, "{last}");
        }
        assert_eq!(stands(&buyer, &order).await, are("cancelled", "cancelled"), "{token}");
        assert_eq!(buyer.order(&order).await["payment"]["refunded"], euros(0));
        assert_eq!(shop.available(&teapot).await, 100);
    }
}

#[actix_rt::test]
async fn a_silent_provider_keeps_no_order_from_expiring() {
    let shop = TestShop::with(&[("RIALTO_PAYMENT_TTL", "1500ms")]).await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    let order = buyer.place(&teapot, 1).await;
    let mut live = buyer.follow(&topic(&order)).await;

    // It takes longer to give the provider up than the order lasts.
    let payment = buyer.pay(&order, "tok_timeout").await.is(200);

    assert_eq!(payment["status"], "processing");
    let heard = live.until("payment.cancelled").await;
    assert_eq!(each(&heard, "type")[1..3], ["order.expired", "order.cancelled"]);
    assert_eq!(stands(&buyer, &order).await, are("cancelled", "cancelled"));
    assert_eq!(shop.available(&teapot).await, 100);
}

#[actix_rt::test]
async fn a_buyer_may_walk_away_while_the_provider_is_asked() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    for of_payment in [true, false] {
        let order = buyer.place(&teapot, 1).await;
        let mut live = buyer.follow(&topic(&order)).await;
        assert_eq!(buyer.pay(&order, "tok_delayed_success").await.is(200)["status"], "processing");
        let cancel = match of_payment {
            true => format!("/payments/{}/cancel", order["payment"]["id"].as_str().unwrap()),
            false => format!("{}/cancel", path(&order)),
        };

        buyer.post(&cancel, Value::Null).await.is(200);

        assert_eq!(stands(&buyer, &order).await, are("cancelled", "processing"));
        assert_eq!(shop.available(&teapot).await, 100, "the stock is free at once");
        buyer.post(&cancel, Value::Null).await.refused(409, "invalid_transition");
        live.until("payment.cancelled").await;
        assert_eq!(stands(&buyer, &order).await, are("cancelled", "cancelled"));
        buyer.pay(&order, "tok_success").await.refused(409, "invalid_transition");
    }
    assert_eq!(shop.available(&teapot).await, 100);
}

#[actix_rt::test]
async fn money_that_is_still_on_its_way_when_the_server_dies_goes_back_after_its_restart() {
    let mut shop = TestShop::with(&[("RIALTO_PAYMENT_TTL", "5s")]).await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    let order = buyer.place(&teapot, 1).await;
    buyer.pay(&order, "tok_late_success").await.is(200);
    let cancel = format!("{}/cancel", path(&order));
    buyer.post(&cancel, json!({ "reason": "changed my mind" })).await.is(200);

    shop.kill();
    shop.start_again().await;

    let mut live = buyer.follow(&topic(&order)).await;
    let heard = live.until("payment.refunded").await;
    let captured = each(&heard, "type").into_iter().filter(|it| *it == "payment.captured");
    assert_eq!(captured.count(), 1);
    assert_eq!(stands(&buyer, &order).await, are("cancelled", "refunded"));
    assert_eq!(shop.available(&teapot).await, 100);
}
