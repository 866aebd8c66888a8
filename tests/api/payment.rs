//! Payments: every way in which one can end, and what it does to the order and to the stock.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{TestShop, each, key, purchase::topic};

mod late;
mod race;
mod webhook;

#[actix_rt::test]
async fn a_declined_card_leaves_the_order_to_be_paid_by_another() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let order = buyer.place(&shop.variant("teapot").await, 1).await;

    for (token, code) in [
        ("tok_declined", "card_declined"),
        ("tok_insufficient_funds", "insufficient_funds"),
        ("tok_expired_card", "expired_card"),
        ("tok_provider_error", "provider_error"),
    ] {
        let payment = buyer.pay(&order, token).await.is(200);
        assert_eq!(
            (&payment["status"], &payment["failure_code"]),
            (&json!("failed"), &json!(code))
        );
        assert_eq!(buyer.order(&order).await["status"], "pending_payment");
    }
    let payment = buyer.pay(&order, "tok_success").await.is(200);

    assert_eq!((&payment["status"], &payment["failure_code"]), (&json!("captured"), &Value::Null));
    assert_eq!(buyer.order(&order).await["status"], "paid");
    let timeline = buyer.timeline(&order).await;
    assert_eq!(each(&timeline, "type")[1..=4], ["payment.failed"; 4]);
    assert_eq!(shop.available(&shop.variant("teapot").await).await, 99);
}

#[actix_rt::test]
async fn what_stands_for_no_card_is_refused_and_leaves_the_key_free() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let confirm = format!("/payments/{}/confirm", order["payment"]["id"].as_str().unwrap());
    let once = buyer.once(&key());

    for wrong in ["", "tok_", "4242424242424242", "TOK_SUCCESS", "tok_success ", &"t".repeat(999)] {
        let answer = once.post(&confirm, json!({ "token": wrong })).await;
        answer.refused(400, "invalid_token");
    }
    once.post(&confirm, json!({ "token": 1 })).await.invalid(&["token"]);
    once.post(&confirm, json!({})).await.invalid(&["token"]);
    once.post(&confirm, json!({ "token": "tok_success", "amount": 1 })).await.invalid(&["amount"]);

    assert_eq!(buyer.order(&order).await, order);
    let payment = once.post(&confirm, json!({ "token": "tok_success" })).await;
    assert!(!payment.is_replayed());
    assert_eq!(payment.is(200)["status"], "captured");
}

#[actix_rt::test]
async fn a_provider_that_does_not_answer_is_asked_again_until_it_has() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let mut live = buyer.follow(&topic(&order)).await;
    let began = Instant::now();

    let payment = buyer.pay(&order, "tok_timeout").await.is(200);

    assert_eq!(payment["status"], "processing");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    live.until("order.paid").await;
    let paid = buyer.order(&order).await;
    assert_eq!((&paid["status"], &paid["payment"]["status"]), (&json!("paid"), &json!("captured")));
}

#[actix_rt::test]
async fn a_payment_that_is_decided_later_is_told_when_it_is() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    let (good, bad) = (buyer.place(&teapot, 1).await, buyer.place(&teapot, 1).await);
    let mut socket = buyer.socket().await;
    socket.follow(&topic(&good)).await;
    socket.follow(&topic(&bad)).await;

    for (order, token) in [(&good, "tok_delayed_success"), (&bad, "tok_delayed_failure")] {
        assert_eq!(buyer.pay(order, token).await.is(200)["status"], "processing");
    }

    let (mut paid, mut failed) = (false, false);
    while !(paid && failed) {
        let push = socket.next().await;
        paid |= push["type"] == "order.paid" && push["topic"] == topic(&good);
        failed |= push["type"] == "payment.failed" && push["topic"] == topic(&bad);
    }
    assert_eq!(buyer.order(&good).await["payment"]["status"], "captured");
    let left = buyer.order(&bad).await;
    assert_eq!(
        (&left["status"], &left["payment"]["status"]),
        (&json!("pending_payment"), &json!("failed"))
    );
    assert_eq!(buyer.pay(&bad, "tok_success").await.is(200)["status"], "captured");
}

#[actix_rt::test]
async fn a_buyer_who_walks_away_leaves_the_stock_to_others() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    let order = buyer.place(&teapot, 5).await;
    let cancel = format!("/payments/{}/cancel", order["payment"]["id"].as_str().unwrap());
    assert_eq!(shop.available(&teapot).await, 95);

    let payment = buyer.post(&cancel, Value::Null).await.is(200);

    assert_eq!(payment["status"], "cancelled");
    assert_eq!(buyer.order(&order).await["status"], "cancelled");
    assert_eq!(shop.available(&teapot).await, 100);
    buyer.post(&cancel, Value::Null).await.refused(409, "invalid_transition");
    let late = buyer.pay(&order, "tok_success").await;
    assert_eq!(late.refused(409, "invalid_transition")["state"], "cancelled");
    assert_eq!(shop.available(&teapot).await, 100);
}

#[actix_rt::test]
async fn nobody_walks_away_from_what_is_paid_or_pays_it_twice() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    let order = buyer.buy(&teapot, 1).await;
    let cancel = format!("/payments/{}/cancel", order["payment"]["id"].as_str().unwrap());

    buyer.post(&cancel, Value::Null).await.refused(409, "invalid_transition");
    buyer.pay(&order, "tok_success").await.refused(409, "invalid_transition");

    assert_eq!(buyer.order(&order).await, order);
    assert_eq!(shop.available(&teapot).await, 99);
}

#[actix_rt::test]
async fn nobody_sees_or_touches_the_payment_of_another() {
    let shop = TestShop::start().await;
    let (owner, other) = (shop.sign_up().await, shop.sign_up().await);
    let order = owner.place(&shop.variant("teapot").await, 1).await;
    let payment = format!("/payments/{}", order["payment"]["id"].as_str().unwrap());
    let token = json!({ "token": "tok_success" });
    let (confirm, cancel) = (format!("{payment}/confirm"), format!("{payment}/cancel"));

    other.get(&payment).await.refused(404, "not_found");
    other.once("k").post(&confirm, token.clone()).await.refused(404, "not_found");
    other.post(&cancel, Value::Null).await.refused(404, "not_found");
    let guest = shop.stranger().with("X-Order-Token", &"A".repeat(43));
    guest.get(&payment).await.refused(404, "not_found");
    guest.once("k").post(&confirm, token).await.refused(404, "not_found");
    shop.stranger().get(&payment).await.refused(401, "unauthenticated");

    assert_eq!(owner.order(&order).await, order);
}

#[actix_rt::test]
async fn an_order_that_is_not_paid_in_time_expires_and_frees_its_stock() {
    let shop = TestShop::with(&[("RIALTO_PAYMENT_TTL", "1s")]).await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    let order = buyer.place(&teapot, 5).await;
    let mut live = buyer.follow(&topic(&order)).await;
    assert_eq!(shop.available(&teapot).await, 95);

    let heard = live.until("order.cancelled").await;

    let kinds = ["order.placed", "payment.cancelled", "order.expired", "order.cancelled"];
    assert_eq!(each(&heard, "type"), kinds);
    let expired = buyer.order(&order).await;
    assert_eq!(
        (&expired["status"], &expired["payment"]["status"]),
        (&json!("cancelled"), &json!("cancelled"))
    );
    assert_eq!(shop.available(&teapot).await, 100);
    buyer.pay(&order, "tok_success").await.refused(409, "invalid_transition");
}

#[actix_rt::test]
async fn a_success_that_is_told_twice_is_one() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    let order = buyer.place(&teapot, 1).await;

    let payment = buyer.pay(&order, "tok_duplicate_webhook").await.is(200);

    assert_eq!(payment["status"], "captured");
    // Both webhooks are on their way while this one is bought.
    buyer.buy(&teapot, 1).await;
    let timeline = buyer.timeline(&order).await;
    let kinds = [
        "order.placed",
        "payment.authorized",
        "payment.captured",
        "order.paid",
        "delivery.created",
    ];
    assert_eq!(each(&timeline, "type"), kinds);
    assert_eq!(shop.available(&teapot).await, 98);
}

#[actix_rt::test]
async fn a_payment_that_the_server_died_over_is_settled_after_its_restart() {
    let mut shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let payment = buyer.pay(&order, "tok_delayed_success").await.is(200);
    assert_eq!(payment["status"], "processing");

    shop.kill();
    shop.start_again().await;

    let mut live = buyer.follow(&topic(&order)).await;
    let heard = live.until("order.paid").await;
    let captured = each(&heard, "type").into_iter().filter(|it| *it == "payment.captured");
    assert_eq!(captured.count(), 1);
    assert_eq!(buyer.order(&order).await["payment"]["status"], "captured");
}
