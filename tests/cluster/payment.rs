//! Two nodes at the same payment: what one takes while the other calls it off.

use futures_util::future::{join, join_all};
use serde_json::Value;

use crate::{
    support::{each, purchase::topic},
    two_nodes,
};

/// How many pairs.
const PAIRS: i64 = 20;

#[actix_rt::test]
async fn who_walks_away_at_one_node_while_paying_at_the_other_has_either_paid_or_left() {
    let (one, other) = two_nodes().await;
    let teapot = one.variant("teapot").await;
    let mut all = Vec::new();
    for _ in 0..PAIRS {
        let buyer = one.sign_up().await;
        let order = buyer.place(&teapot, 1).await;
        all.push((buyer, order));
    }
    let there = other.address();

    let ends = join_all(all.iter().map(async |(buyer, order)| {
        let cancel = format!("/payments/{}/cancel", order["payment"]["id"].as_str().unwrap());
        let away = buyer.at(&there);
        let pay = buyer.pay(order, "tok_success");
        let (paid, left) = join(pay, away.post(&cancel, Value::Null)).await;
        assert!(matches!(paid.status, 200 | 409), "{}", paid.text);
        let mut live = buyer.follow(&topic(order)).await;
        if left.status == 409 {
            live.until("order.paid").await;
            return 1;
        }
        left.is(200);
        // Whatever was taken goes back.
        let mut kinds = Vec::new();
        while !kinds.iter().any(|it| it == "payment.cancelled" || it == "payment.refunded") {
            kinds.push(live.next().await["type"].clone());
        }
        let timeline = buyer.timeline(order).await;
        let count = |kind: &str| each(&timeline, "type").iter().filter(|it| **it == kind).count();
        assert_eq!((count("order.paid"), count("order.cancelled")), (0, 1));
        assert_eq!(count("payment.captured"), count("payment.refunded"));
        assert_eq!(buyer.order(order).await["status"], "cancelled");
        0
    }))
    .await;

    let sold: i64 = ends.iter().sum();
    assert_eq!(one.available(&teapot).await, 100 - sold);
}
