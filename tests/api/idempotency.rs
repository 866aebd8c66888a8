//! Checkouts and confirmations that are sent again: once is what they do, and all are told alike.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    TestShop, each, key,
    purchase::{checkout, path},
};

#[actix_rt::test]
async fn the_same_checkout_twenty_times_at_once_is_one_order_and_twenty_equal_answers() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    buyer.add(&teapot, 1).await;
    let once = buyer.once(&key());

    let answers = join_all((0..20).map(|_| once.post("/checkout", checkout()))).await;

    let first = &answers[0].text;
    for answer in &answers {
        assert_eq!((answer.status, &answer.text), (201, first));
    }
    assert_eq!(answers.iter().filter(|it| it.is_replayed()).count(), 19);
    assert_eq!(buyer.orders().await.len(), 1);
    assert_eq!(shop.available(&teapot).await, 99);
}

#[actix_rt::test]
async fn one_cart_checked_out_under_twenty_keys_at_once_is_one_order() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    buyer.add(&teapot, 1).await;

    let answers = join_all((0..20).map(|_| buyer.check_out())).await;

    for refused in answers.iter().filter(|it| it.status != 201) {
        refused.refused(409, "cart_empty");
    }
    assert_eq!(answers.iter().filter(|it| it.status == 201).count(), 1);
    assert_eq!((buyer.orders().await.len(), shop.available(&teapot).await), (1, 99));
    shop.audit();
}

#[actix_rt::test]
async fn a_key_that_was_used_serves_no_other_checkout_good_or_bad() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    buyer.add(&shop.variant("teapot").await, 1).await;
    let once = buyer.once(&key());
    let first = once.post("/checkout", checkout()).await;
    let mut other = checkout();
    other["address"]["line1"] = json!("Lindenstr. 6");

    once.post("/checkout", other.clone()).await.refused(422, "idempotency_key_reused");
    other["address"]["country"] = json!("nowhere");
    once.post("/checkout", other).await.refused(422, "idempotency_key_reused");
    let again = once.post("/checkout", checkout()).await;

    assert_eq!((again.status, again.is_replayed(), &again.text), (201, true, &first.text));
    assert_eq!(buyer.orders().await.len(), 1);
}

#[actix_rt::test]
async fn a_body_that_was_refused_as_invalid_leaves_its_key_free() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    buyer.add(&shop.variant("teapot").await, 1).await;
    let once = buyer.once(&key());

    once.post("/checkout", json!({})).await.invalid(&["delivery_method"]);
    let good = once.post("/checkout", checkout()).await;

    assert!(!good.is_replayed());
    good.is(201);
}

#[actix_rt::test]
async fn a_checkout_that_was_refused_stays_refused_under_its_key() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let lamp = shop.variant("lamp").await;
    buyer.add(&lamp, 1).await;
    let once = buyer.once(&key());
    let refused = once.post("/checkout", checkout()).await;
    refused.refused(409, "out_of_stock");
    shop.stock(&lamp, 5).await;

    let again = once.post("/checkout", checkout()).await;

    let (told, first) = (again.refused(409, "out_of_stock"), &refused.body);
    assert!(again.is_replayed() && !refused.is_replayed());
    assert_eq!((&told["detail"], &told["available"]), (&first["detail"], &first["available"]));
    assert_eq!(shop.available(&lamp).await, 5);
    buyer.check_out().await.is(201);
}

#[actix_rt::test]
async fn two_people_may_use_the_same_key() {
    let shop = TestShop::start().await;
    let (one, other) = (shop.sign_up().await, shop.sign_up().await);
    let mug = shop.variant("mug").await;
    one.add(&mug, 1).await;
    other.add(&mug, 1).await;

    let first = one.once("monday").post("/checkout", checkout()).await.is(201);
    let second = other.once("monday").post("/checkout", checkout()).await;

    assert!(!second.is_replayed());
    assert_ne!(second.is(201)["order"]["id"], first["order"]["id"]);
}

#[actix_rt::test]
async fn an_answer_is_the_same_after_a_crash() {
    let mut shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    buyer.add(&teapot, 1).await;
    let once = buyer.once(&key());
    let first = once.post("/checkout", checkout()).await;

    shop.kill();
    shop.start_again().await;
    let again = once.post("/checkout", checkout()).await;

    assert_eq!((again.status, again.is_replayed(), &again.text), (201, true, &first.text));
    assert_eq!(buyer.orders().await.len(), 1);
    assert_eq!(shop.available(&teapot).await, 99);
}

#[actix_rt::test]
async fn the_same_confirmation_twenty_times_at_once_charges_once() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let (once, token) = (buyer.once(&key()), json!({ "token": "tok_success" }));
    let confirm = format!("/payments/{}/confirm", order["payment"]["id"].as_str().unwrap());

    let answers = join_all((0..20).map(|_| once.post(&confirm, token.clone()))).await;

    let first = &answers[0].text;
    for answer in &answers {
        assert_eq!((answer.status, &answer.text), (200, first));
    }
    assert_eq!(answers.iter().filter(|it| it.is_replayed()).count(), 19);
    let timeline = buyer.timeline(&order).await;
    let captured = each(&timeline, "type").into_iter().filter(|it| *it == "payment.captured");
    assert_eq!(captured.count(), 1);
    let other = json!({ "token": "tok_declined" });
    once.post(&confirm, other).await.refused(422, "idempotency_key_reused");
}

#[actix_rt::test]
async fn a_confirmation_without_a_good_key_changes_nothing() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let (confirm, token) = (
        format!("/payments/{}/confirm", order["payment"]["id"].as_str().unwrap()),
        json!({ "token": "tok_success" }),
    );

    buyer.post(&confirm, token.clone()).await.refused(400, "idempotency_key_required");
    let long = buyer.once(&"k".repeat(256)).post(&confirm, token).await;
    long.refused(400, "invalid_idempotency_key");

    assert_eq!(buyer.get(&path(&order)).await.is(200), order);
    assert_ne!(order["status"], Value::Null);
}
