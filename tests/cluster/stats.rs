//! The shop's figures at two nodes: what is sold at one is counted at the other.

use serde_json::json;

use super::two_nodes;

#[actix_rt::test]
async fn what_is_sold_at_one_node_is_counted_at_the_other() {
    let (one, other) = two_nodes().await;
    let (admin, buyer) = (one.admin().await, one.sign_up().await);
    let teapot = one.variant("teapot").await;
    let first = buyer.buy(&teapot, 1).await;
    let mut there = admin.at(&other.address()).socket().await;

    let answer = there.ask("subscribe", json!({ "topic": "admin:stats" })).await;
    buyer.buy(&teapot, 1).await;

    let snapshot = &answer["snapshot"];
    assert_eq!((&snapshot["orders"], &snapshot["revenue"]), (&json!(1), &first["total"]));
    let both = json!(2 * first["total"]["amount"].as_i64().unwrap());
    loop {
        let push = there.next().await;
        assert_eq!(push["data"]["node"], there.welcome["node"]);
        if push["data"]["orders"] == 2 && push["data"]["revenue"]["amount"] == both {
            break;
        }
    }
}
