//! Two at once: whoever is first, order, payment and stock tell the same of it.

use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use crate::support::{TestShop, client::Client, each, key, purchase::path};

/// How many pairs.
const PAIRS: i64 = 20;

/// Orders of a unit each, of as many buyers.
async fn orders(shop: &TestShop) -> Vec<(Client, Value)> {
    let teapot = shop.variant("teapot").await;
    let mut all = Vec::new();
    for _ in 0..PAIRS {
        let buyer = shop.sign_up().await;
        let order = buyer.place(&teapot, 1).await;
        all.push((buyer, order));
    }
    all
}

/// How often each event stands in the timeline of an order, and how it stands itself.
async fn tells(buyer: &Client, order: &Value) -> (Value, Value, impl Fn(&str) -> usize) {
    let now = buyer.order(order).await;
    let timeline = buyer.timeline(order).await;
    let kinds: Vec<Value> = each(&timeline, "type").into_iter().cloned().collect();
    let count = move |kind: &str| kinds.iter().filter(|it| *it == kind).count();
    (now["status"].clone(), now["payment"]["status"].clone(), count)
}

#[actix_rt::test]
async fn who_walks_away_while_paying_has_either_paid_or_left() {
    let shop = TestShop::start().await;
    let all = orders(&shop).await;

    let ends = join_all(all.iter().map(async |(buyer, order)| {
        let id = order["payment"]["id"].as_str().unwrap();
        let cancel = format!("/payments/{id}/cancel");
        let pay = buyer.pay(order, "tok_success");
        let (paid, left) = join(pay, buyer.post(&cancel, Value::Null)).await;
        let (status, payment, count) = tells(buyer, order).await;
        match (status.as_str().unwrap(), payment.as_str().unwrap()) {
            ("paid", "captured") => {
                assert_eq!((paid.status, left.status), (200, 409));
                assert_eq!((count("order.paid"), count("order.cancelled")), (1, 0));
                1
            }
            ("cancelled", "cancelled" | "refunded") => {
                assert_eq!(left.status, 200);
                assert_eq!((count("order.paid"), count("order.cancelled")), (0, 1));
                assert_eq!(count("payment.captured"), count("payment.refunded"));
                0
            }
            other => panic!("{other:?}"),
        }
    }))
    .await;

    let sold: i64 = ends.iter().sum();
    assert_eq!(shop.available(&shop.variant("teapot").await).await, 100 - sold);
}

#[actix_rt::test]
async fn an_order_that_is_called_off_while_it_is_paid_costs_nothing() {
    let shop = TestShop::start().await;
    let all = orders(&shop).await;

    join_all(all.iter().map(async |(buyer, order)| {
        let cancel = format!("{}/cancel", path(order));
        let pay = buyer.pay(order, "tok_success");
        let (paid, off) = join(pay, buyer.post(&cancel, Value::Null)).await;
        off.is(200);
        let (status, payment, count) = tells(buyer, order).await;
        assert_eq!(status, "cancelled");
        assert_eq!(count("order.cancelled"), 1);
        assert_eq!(count("payment.captured"), count("payment.refunded"));
        match paid.status {
            409 => assert_eq!(payment, "cancelled"),
            200 => assert_eq!(payment, "refunded"),
            other => panic!("{other}: {}", paid.text),
        }
    }))
    .await;

    assert_eq!(shop.available(&shop.variant("teapot").await).await, 100);
}

#[actix_rt::test]
async fn one_payment_confirmed_many_times_at_once_is_taken_once() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    let order = buyer.place(&teapot, 1).await;
    let path = format!("/payments/{}/confirm", order["payment"]["id"].as_str().unwrap());
    let (one, body) = (key(), json!({ "token": "tok_success" }));

    // Half of them repeat one try, the others are tries of their own.
    let tries = join_all((0..20).map(async |at| {
        let key = if at % 2 == 0 { one.clone() } else { key() };
        let client = buyer.on_another_device().once(&key);
        client.post(&path, body.clone()).await
    }))
    .await;

    let captured = |it: &&crate::support::client::Answer| it.status == 200;
    assert!(tries.iter().filter(captured).all(|it| it.body["status"] == "captured"));
    assert!(tries.iter().filter(captured).count() >= 1);
    for refused in tries.iter().filter(|it| it.status != 200) {
        refused.refused(409, "invalid_transition");
    }
    let (status, payment, count) = tells(&buyer, &order).await;
    assert_eq!((status, payment), (json!("paid"), json!("captured")));
    assert_eq!((count("payment.captured"), count("order.paid")), (1, 1));
    assert_eq!(shop.available(&teapot).await, 99);
}

#[actix_rt::test]
async fn a_paid_order_that_is_called_off_by_many_at_once_is_given_back_once() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    let order = buyer.buy(&teapot, 3).await;
    let cancel = format!("{}/cancel", path(&order));

    let tries = join_all((0..10).map(async |_| {
        let client = buyer.on_another_device();
        client.post(&cancel, Value::Null).await.status
    }))
    .await;

    assert_eq!(tries.iter().filter(|it| **it == 200).count(), 1, "{tries:?}");
    assert!(tries.iter().all(|it| matches!(it, 200 | 409)), "{tries:?}");
    let (status, payment, count) = tells(&buyer, &order).await;
    assert_eq!((status, payment), (json!("cancelled"), json!("refunded")));
    assert_eq!((count("payment.refunded"), count("order.cancelled")), (1, 1));
    let refunded = &buyer.order(&order).await["payment"]["refunded"];
    assert_eq!(refunded, &order["total"]);
    assert_eq!(shop.available(&teapot).await, 100);
}
