//! Other programs are told of what happens, once each and in order, as long as they answer. That what
//! they are sent is signed as the specification has it, `tests/cluster/webhook.rs` asks its own library.

use serde_json::{Value, json};

use crate::support::{
    TestShop, each, gapless,
    receiver::{Answer, Receiver, place},
};

mod failure;
mod guard;

/// A receiver on this machine may be told, and is told again soon.
const OPEN: [(&str, &str); 3] = [
    ("RIALTO_WEBHOOK_PRIVATE", "on"),
    ("RIALTO_WEBHOOK_RETRY", "50ms"),
    ("RIALTO_COURIER", "manual"),
];
/// What happens to an order that is paid.
const PAID: [&str; 5] =
    ["order.placed", "payment.authorized", "payment.captured", "order.paid", "delivery.created"];

fn is_done(all: &[Value]) -> bool {
    all.iter().all(|it| it["status"] == "delivered")
}

#[actix_rt::test]
async fn what_happens_to_an_order_is_told_once_each_and_in_order() {
    let (shop, receiver) = (TestShop::with(&OPEN).await, Receiver::open());
    let hook = shop.hook(&receiver.url, &[]).await;
    let buyer = shop.sign_up().await;
    let order = buyer.buy(&shop.variant("teapot").await, 1).await;

    receiver.until_kind("delivery.created").await;
    let log = shop.deliveries_until(&hook, is_done).await;

    let received = receiver.received();
    let of_order: Vec<_> = received.iter().filter(|it| it.is_of(&order)).collect();
    assert_eq!(of_order.iter().map(|it| it.kind()).collect::<Vec<_>>(), PAID);
    let data: Vec<Value> = of_order.iter().map(|it| it.body["data"].clone()).collect();
    assert_eq!(each(&data, "order_sequence"), gapless(5));
    assert!(data.iter().all(|it| it["user_id"] == buyer.user_id()));
    assert!(of_order.iter().all(|it| it.body["data"]["event_id"] == json!(it.id)));
    let timeline = buyer.timeline(&order).await;
    let told: Vec<&Value> = of_order.iter().map(|it| &it.body["timestamp"]).collect();
    assert_eq!(told, each(&timeline, "at"));
    // The log has the newest first, and nothing that was not sent.
    let sent: Vec<&str> = received.iter().rev().map(|it| it.id.as_str()).collect();
    assert_eq!(each(&log, "id"), sent);
    for it in &log {
        assert_eq!((&it["attempts"], &it["http_status"]), (&json!(1), &json!(204)), "{it}");
        assert!(it["error"].is_null() && it["next_attempt_at"].is_null(), "{it}");
        assert!(it["duration_ms"].as_i64().unwrap() >= 0, "{it}");
    }
}

#[actix_rt::test]
async fn an_endpoint_is_told_of_its_types_alone() {
    let (shop, receiver) = (TestShop::with(&OPEN).await, Receiver::open());
    let hook = shop.hook(&receiver.url, &["order.placed", "delivery.created"]).await;
    let buyer = shop.sign_up().await;
    buyer.buy(&shop.variant("teapot").await, 1).await;

    let received = receiver.until_kind("delivery.created").await;

    assert_eq!(received.iter().map(|it| it.kind()).collect::<Vec<_>>(), [PAID[0], PAID[4]]);
    assert_eq!(shop.webhook(&hook).await["types"], json!(["order.placed", "delivery.created"]));
}

#[actix_rt::test]
async fn what_happened_before_and_while_it_was_disabled_is_not_told() {
    let (shop, receiver) = (TestShop::with(&OPEN).await, Receiver::open());
    let (admin, teapot) = (shop.admin().await, shop.variant("teapot").await);
    let buyer = shop.sign_up().await;
    buyer.place(&teapot, 1).await;
    let hook = shop.hook(&receiver.url, &["order.placed"]).await;
    let first = buyer.place(&teapot, 1).await;
    receiver.until_kind("order.placed").await;

    let off = admin.patch(&place(&hook), json!({ "is_enabled": false })).await.is(200);
    buyer.place(&teapot, 1).await;
    let on = admin.patch(&place(&hook), json!({ "is_enabled": true })).await.is(200);
    let last = buyer.place(&teapot, 1).await;

    let received = receiver.until(|all| all.len() > 1).await;
    assert_eq!((&off["is_enabled"], &off["disabled_reason"]), (&json!(false), &json!("asked")));
    assert_eq!((&on["is_enabled"], &on["disabled_reason"]), (&json!(true), &Value::Null));
    assert!(received[0].is_of(&first) && received[1].is_of(&last), "{received:?}");
}

#[actix_rt::test]
async fn a_message_is_sent_again_under_its_id_when_somebody_asks_for_it() {
    let (shop, receiver) = (TestShop::with(&OPEN).await, Receiver::open());
    let (admin, hook) = (shop.admin().await, shop.hook(&receiver.url, &["order.placed"]).await);
    shop.sign_up().await.place(&shop.variant("teapot").await, 1).await;
    receiver.until_kind("order.placed").await;
    let log = shop.deliveries_until(&hook, |all| !all.is_empty() && is_done(all)).await;
    let id = log[0]["id"].as_str().unwrap();
    let resend = format!("{}/deliveries/{id}/resend", place(&hook));

    let waiting = admin.post(&resend, Value::Null).await.is(202);

    assert_eq!(waiting["status"], "waiting");
    let received = receiver.until(|all| all.len() == 2).await;
    assert_eq!((&received[0].id, &received[0].text), (&received[1].id, &received[1].text));
    let log = shop.deliveries_until(&hook, is_done).await;
    assert_eq!(log[0]["attempts"], 2);

    let other = shop.hook(&receiver.url, &["order.placed"]).await;
    let of_other = format!("{}/deliveries/{id}/resend", place(&other));
    admin.post(&of_other, Value::Null).await.refused(404, "not_found");
    admin.patch(&place(&hook), json!({ "is_enabled": false })).await.is(200);
    admin.post(&resend, Value::Null).await.refused(409, "webhook_disabled");
    admin.delete(&place(&hook)).await.is(204);
    admin.post(&resend, Value::Null).await.refused(404, "not_found");
    admin.get(&place(&hook)).await.refused(404, "not_found");
}

#[actix_rt::test]
async fn a_secret_is_shown_when_it_is_made_and_signs_for_a_while_beside_the_next_one() {
    let (shop, receiver) = (TestShop::with(&OPEN).await, Receiver::open());
    let (admin, teapot) = (shop.admin().await, shop.variant("teapot").await);
    let buyer = shop.sign_up().await;
    let hook = shop.hook(&receiver.url, &["order.placed"]).await;
    buyer.place(&teapot, 1).await;
    receiver.until(|all| all.len() == 1).await;

    let rotate = format!("{}/rotate", place(&hook));
    let rotated = admin.post(&rotate, Value::Null).await.is(200);
    buyer.place(&teapot, 1).await;

    let received = receiver.until(|all| all.len() == 2).await;
    let signatures: Vec<usize> =
        received.iter().map(|it| it.signature.matches("v1,").count()).collect();
    assert_eq!(signatures, [1, 2]);
    let (old, new) = (hook["secret"].as_str().unwrap(), rotated["secret"].as_str().unwrap());
    assert!(old.starts_with("whsec_") && new.starts_with("whsec_") && old != new);
    let shown = shop.webhook(&hook).await;
    assert!(shown.get("secret").is_none() && shown["old_secret_until"].is_string(), "{shown}");
    let audit = admin.get("/admin/audit?limit=100").await;
    for action in ["webhook.created", "webhook.secret_rotated"] {
        assert!(audit.text.contains(action), "{}", audit.text);
    }
    for secret in [old, new] {
        assert!(!audit.text.contains(secret) && !shop.log().contains(secret));
    }
    assert!(!audit.text.contains("/hooks"), "{}", audit.text);
}

#[actix_rt::test]
async fn whoever_changes_an_older_version_is_told() {
    let (shop, receiver) = (TestShop::with(&OPEN).await, Receiver::open());
    let (admin, hook) = (shop.admin().await, shop.hook(&receiver.url, &[]).await);
    let seen = admin.with("If-Match", "\"1\"");

    let changed = seen.patch(&place(&hook), json!({ "description": " To the books " })).await;

    assert_eq!(changed.is(200)["description"], "To the books");
    let again = seen.patch(&place(&hook), json!({ "types": ["order.paid"] })).await;
    again.refused(412, "stale_version");
    let page = admin.get("/admin/webhooks").await.is(200);
    assert_eq!(page["items"][0]["id"], hook["id"]);
    assert_eq!(page["items"][0]["types"], json!([]));
}

#[actix_rt::test]
async fn one_that_does_not_answer_holds_up_no_other() {
    let (shop, silent, quick) = (TestShop::with(&OPEN).await, Receiver::open(), Receiver::open());
    silent.always(Answer::Never);
    for receiver in [&silent, &quick] {
        shop.hook(&receiver.url, &["order.placed"]).await;
    }
    let (buyer, teapot) = (shop.sign_up().await, shop.variant("teapot").await);

    for _ in 0..3 {
        buyer.place(&teapot, 1).await;
    }

    quick.until(|all| all.len() == 3).await;
    silent.until(|all| all.len() == 1).await;
    assert_eq!(silent.received().len(), 1, "one message at a time");
}
