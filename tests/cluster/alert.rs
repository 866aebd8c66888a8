//! Two nodes follow one feed, and whoever waits for something is told of it by one of them.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    support::{TestShop, client::Client, mail::until},
    two_nodes,
};

/// Those who have not got exactly one notice and one letter, of all who have waited.
const NOT_TOLD_ONCE: &str = "SELECT a.id AS found FROM stock_alerts a WHERE a.told_at IS NULL \
    OR (SELECT COUNT(*) FROM notifications n WHERE n.user_id = a.user_id \
        AND n.kind = 'variant.back_in_stock') <> 1 \
    OR (SELECT COUNT(*) FROM mails m WHERE m.user_id = a.user_id \
        AND m.letter LIKE '%back_in_stock%') <> 1";

/// Signs up as many, and has them wait, one at a node and the next at the other.
async fn people(nodes: [&TestShop; 2], count: usize, variant: &str) -> Vec<Client> {
    let path = format!("/variants/{variant}/stock-alerts");
    join_all(nodes.iter().cycle().take(count).map(|node| async {
        let person = node.sign_up().await;
        person.post(&path, Value::Null).await.is(201);
        person
    }))
    .await
}

#[actix_rt::test]
async fn two_nodes_tell_whoever_waits_once_also_where_one_of_them_dies() {
    let (mut one, other) = two_nodes().await;
    let (teapot, shirt) = (other.variant("teapot").await, other.variant("shirt").await);
    one.stock(&teapot, 0).await;
    other.stock(&shirt, 0).await;

    people([&one, &other], 12, &teapot.id).await;
    one.stock(&teapot, 3).await;
    until("all who wait", || other.found(NOT_TOLD_ONCE).is_empty().then_some(())).await;
    let more = people([&other, &one], 12, &shirt.id).await;
    let admin = one.admin().await;
    let stock = format!("/admin/variants/{}/stock", shirt.id);
    admin.post(&stock, json!({ "set": 3, "reason": "counted" })).await.is(200);
    one.kill();

    until("those that a node has left", || other.found(NOT_TOLD_ONCE).is_empty().then_some(()))
        .await;
    assert_eq!(other.found("SELECT id AS found FROM stock_alerts").len(), 24);
    for person in &more {
        let told = person.at(&other.address()).get("/me/notifications").await.is(200);
        assert_eq!(told["unread_count"], 1, "{told}");
    }
}
