//! Two nodes follow one feed, and each event is told by one of them.

use futures_util::future::join_all;

use crate::{
    support::{TestShop, client::Client, mail::until},
    two_nodes,
};

/// Orders of which their buyer has not been told exactly once that they were placed.
const NOT_TOLD_ONCE: &str = "SELECT o.id AS found FROM orders o WHERE \
    (SELECT COUNT(*) FROM notifications n WHERE n.user_id = o.user_id \
        AND n.kind = 'order.placed' AND n.data LIKE '%' || o.id || '%') <> 1 \
    OR (SELECT COUNT(*) FROM mails m WHERE m.order_id = o.id \
        AND m.letter LIKE '%order.placed%') <> 1";

/// Each of them places so many orders, one at a node and the next at the other.
async fn place(shop: &TestShop, buyers: &[Client], nodes: [&TestShop; 2], each: usize) {
    let candle = shop.variant("candle").await;
    join_all(buyers.iter().map(|buyer| async {
        for node in nodes.iter().cycle().take(each) {
            buyer.at(&node.address()).place(&candle, 1).await;
        }
    }))
    .await;
}

#[actix_rt::test]
async fn two_nodes_tell_of_each_order_once_also_where_one_of_them_dies() {
    let (mut one, other) = two_nodes().await;
    let mut buyers = Vec::new();
    for _ in 0..8 {
        buyers.push(one.sign_up().await);
    }

    place(&other, &buyers, [&one, &other], 4).await;
    until("all notices", || other.found(NOT_TOLD_ONCE).is_empty().then_some(())).await;
    place(&other, &buyers, [&one, &one], 1).await;
    one.kill();

    until("those that a node has left", || other.found(NOT_TOLD_ONCE).is_empty().then_some(()))
        .await;
    for buyer in &buyers {
        let told = buyer.at(&other.address()).get("/me/notifications").await.is(200);
        assert_eq!(told["unread_count"], 5, "{told}");
    }
}
