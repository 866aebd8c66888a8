//! Orders on two nodes: what comes back at one can be bought at the other, and money is given back
//! once, whichever node is asked.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{
    catalogue::until_available,
    support::{
        key,
        purchase::{euros, path},
    },
    two_nodes,
};

#[actix_rt::test]
async fn what_comes_back_at_one_node_can_be_bought_at_the_other() {
    let (one, other) = two_nodes().await;
    let (buyer, admin) = (one.sign_up().await, one.admin().await);
    let teapot = one.variant("teapot").await;
    let order = buyer.receive(&teapot).await;
    until_available(&other, "teapot", 99).await;
    let line = &order["items"][0]["id"];
    let one_unit = json!({ "items": [{ "id": line, "quantity": 1 }], "reason": "too small" });
    let asked = buyer.post(&format!("{}/returns", path(&order)), one_unit).await.is(201);
    let receive = format!("/admin/returns/{}/receive", asked["id"].as_str().unwrap());

    let back = json!({ "items": [{ "id": line, "quantity": 1, "restock": true }] });
    admin.post(&receive, back).await.is(200);

    until_available(&other, "teapot", 100).await;
    let there = buyer.at(&other.address()).order(&order).await;
    assert_eq!(
        (&there["status"], &there["payment"]["refunded"]),
        (&json!("returned"), &there["total"])
    );
}

#[actix_rt::test]
async fn refunds_at_two_nodes_at_once_are_one_for_each_key_and_never_too_much() {
    let (one, other) = two_nodes().await;
    let (buyer, here) = (one.sign_up().await, one.admin().await);
    let there = here.at(&other.address());
    // 12.50 and 4.90 for delivery: three times 5.00 fit.
    let order = buyer.buy(&one.variant("teapot").await, 1).await;
    let at = format!("/admin{}/refund", path(&order));
    let body = json!({ "amount": euros(500), "reason": "a scratch" });
    let keys: Vec<String> = (0..6).map(|_| key()).collect();

    let asked = keys.iter().flat_map(|key| [here.once(key), there.once(key)]);
    let answers = join_all(asked.map(|admin| {
        let (at, body) = (at.clone(), body.clone());
        async move { admin.post(&at, body).await }
    }))
    .await;

    for pair in answers.chunks(2) {
        assert_eq!(pair[0].status, pair[1].status);
        if pair[0].status == 200 {
            assert_eq!(pair[0].text, pair[1].text);
        }
    }
    assert_eq!(answers.iter().filter(|it| it.status == 200).count(), 6);
    let after = buyer.order(&order).await;
    let refunds: Vec<&Value> = after["refunds"].as_array().unwrap().iter().collect();
    assert_eq!((refunds.len(), &after["payment"]["refunded"]), (3, &euros(1_500)));
}
