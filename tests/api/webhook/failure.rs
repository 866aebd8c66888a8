//! What does not arrive is tried again, however the shop ends; who is gone is told no more.

use serde_json::{Value, json};

use super::{OPEN, PAID};
use crate::support::{
    TestShop,
    receiver::{Answer, Receiver, place},
};

#[actix_rt::test]
async fn what_is_refused_or_not_answered_is_sent_again_under_its_id() {
    let (shop, receiver) = (TestShop::with(&OPEN).await, Receiver::open());
    receiver.answer([Answer::Status(500), Answer::Never]);
    let hook = shop.hook(&receiver.url, &["order.placed"]).await;
    shop.sign_up().await.place(&shop.variant("teapot").await, 1).await;

    let failed = |all: &[Value]| all.iter().any(|it| it["error"] == "refused");
    let log = shop.deliveries_until(&hook, failed).await;
    assert_eq!((&log[0]["http_status"], &log[0]["answer"]), (&json!(500), &json!("so be it")));
    assert!(shop.webhook(&hook).await["failing_since"].is_string());
    let received = receiver.until(|all| all.len() == 3).await;

    assert!(received.iter().all(|it| it.id == received[0].id && it.text == received[0].text));
    assert_ne!(received[0].timestamp, received[2].timestamp, "15 s have passed");
    let delivered = |all: &[Value]| all[0]["status"] == "delivered";
    let log = shop.deliveries_until(&hook, delivered).await;
    assert_eq!((&log[0]["attempts"], &log[0]["error"]), (&json!(3), &Value::Null));
    assert_eq!(shop.webhook(&hook).await["failing_since"], Value::Null);
    assert_eq!(shop.figure("rialto_webhooks_delivered_total").await, 1);
    assert_eq!(shop.figure("rialto_webhooks_failed_total").await, 2);
}

#[actix_rt::test]
async fn whoever_answers_410_is_told_no_more() {
    let (shop, receiver) = (TestShop::with(&OPEN).await, Receiver::open());
    receiver.always(Answer::Status(410));
    let hook = shop.hook(&receiver.url, &[]).await;
    let buyer = shop.sign_up().await;
    buyer.buy(&shop.variant("teapot").await, 1).await;

    let ended = |all: &[Value]| !all.is_empty() && all.iter().all(|it| it["status"] == "failed");
    shop.deliveries_until(&hook, ended).await;

    let shown = shop.webhook(&hook).await;
    assert_eq!((&shown["is_enabled"], &shown["disabled_reason"]), (&json!(false), &json!("gone")));
    assert_eq!(receiver.received().len(), 1, "the others were not even tried");
    let audit = shop.admin().await.get("/admin/audit?action=webhook.disabled").await.is(200);
    assert_eq!(audit["items"][0]["after"]["disabled_reason"], "gone");
    assert_eq!(audit["items"][0]["actor"], "system");
    assert_eq!(shop.figure("rialto_webhooks_disabled_total").await, 1);
}

#[actix_rt::test]
async fn one_at_which_nothing_has_arrived_for_five_days_is_told_no_more() {
    let (shop, receiver) = (TestShop::with(&OPEN).await, Receiver::open());
    receiver.always(Answer::Status(503));
    let hook = shop.hook(&receiver.url, &["order.placed"]).await;
    let (buyer, teapot) = (shop.sign_up().await, shop.variant("teapot").await);
    buyer.place(&teapot, 1).await;
    shop.deliveries_until(&hook, |all| all.iter().any(|it| it["error"] == "refused")).await;
    assert_eq!(shop.webhook(&hook).await["is_enabled"], true);

    shop.sql("UPDATE webhooks SET failing_since = '2026-01-01 00:00:00'").unwrap();
    buyer.place(&teapot, 1).await;

    shop.deliveries_until(&hook, |all| all.iter().all(|it| it["status"] == "failed")).await;
    assert_eq!(shop.webhook(&hook).await["disabled_reason"], "failing");
}

#[actix_rt::test]
async fn a_power_cut_leaves_no_message_out() {
    let mut shop = TestShop::with(&OPEN).await;
    let receiver = Receiver::open();
    let hook = shop.hook(&receiver.url, &[]).await;
    let (buyer, teapot) = (shop.sign_up().await, shop.variant("teapot").await);
    let mut orders = Vec::new();
    for _ in 0..4 {
        orders.push(buyer.buy(&teapot, 1).await);
    }
    // The next one is in hand when the power goes.
    receiver.until(|all| all.len() > 3).await;
    receiver.answer([Answer::Never]);
    orders.push(buyer.buy(&teapot, 1).await);

    shop.kill();
    // As if the minute had passed in which another node may yet have a message in hand.
    shop.sql("UPDATE webhook_deliveries SET due_at = created_at WHERE status = 'sending'").unwrap();
    shop.start_again().await;

    for order in &orders {
        let all = receiver
            .until(|all| all.iter().any(|it| it.is_of(order) && it.kind() == PAID[4]))
            .await;
        let told = |kind: &str| all.iter().any(|it| it.is_of(order) && it.kind() == kind);
        assert!(PAID.iter().all(|kind| told(kind)), "{all:?}");
    }
    shop.log_in_admin().await.get(&place(&hook)).await.is(200);
}
