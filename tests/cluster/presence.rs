//! Who is looking, at two nodes: by Redis where there is one, and by the store they share where there is
//! none.

use serde_json::{Value, json};

use super::{
    SHARED,
    support::{TestShop, client::Client, purchase::topic, socket::Socket},
};

/// A socket that follows who is there, and who was there before.
async fn watch(admin: &Client) -> (Socket, Value) {
    let mut socket = admin.socket().await;
    let answer = socket.ask("subscribe", json!({ "topic": "admin:presence" })).await;
    assert_eq!(answer["ok"], true, "{answer}");
    (socket, answer["snapshot"]["admins"].clone())
}

/// Waits until one admin is there and looks at so many orders, or until nobody is.
async fn until(socket: &mut Socket, orders: usize) -> Value {
    loop {
        let push = socket.next().await;
        let admins = push["data"]["admins"].as_array().unwrap();
        assert_eq!(admins.len(), 1, "an admin at two nodes is one: {push}");
        if admins[0]["orders"].as_array().unwrap().len() == orders {
            return push;
        }
    }
}

async fn is_seen_at_both_nodes(settings: &[(&'static str, &str)]) {
    let one = TestShop::on_postgres(settings).await;
    let mut other = one.beside().await;
    let (admin, buyer) = (one.admin().await, one.sign_up().await);
    let teapot = one.variant("teapot").await;
    let (first, second) = (buyer.place(&teapot, 1).await, buyer.place(&teapot, 1).await);
    let there = admin.at(&other.address());
    let (mut here, nobody) = watch(&admin).await;
    assert_eq!(nobody, json!([]));
    until(&mut here, 0).await;

    // Looked at where nobody follows a topic of admins.
    let mut looking = there.follow(&topic(&first)).await;
    until(&mut here, 1).await;
    looking.follow(&topic(&second)).await;
    let both = until(&mut here, 2).await;
    let (mut beside, snapshot) = watch(&there).await;
    assert_eq!(snapshot, both["data"]["admins"]);
    looking.ask("unsubscribe", json!({ "topic": topic(&first) })).await;
    until(&mut here, 1).await;
    until(&mut beside, 1).await;

    other.kill();

    until(&mut here, 0).await;
    other.start_again().await;
    let mut again = admin.at(&other.address()).follow(&topic(&first)).await;
    until(&mut here, 1).await;
    assert_eq!(again.ask("ping", json!({})).await["ok"], true);
}

#[actix_rt::test]
async fn who_looks_at_one_node_is_seen_at_the_other_by_the_store_until_that_node_dies() {
    is_seen_at_both_nodes(&SHARED).await;
}

#[actix_rt::test]
async fn who_looks_at_one_node_is_seen_at_the_other_by_redis_until_that_node_dies() {
    let redis = std::env::var("TEST_REDIS_URL").expect("TEST_REDIS_URL is not set: run ./test");
    let settings: Vec<_> = SHARED.into_iter().chain([("REDIS_URL", redis.as_str())]).collect();
    is_seen_at_both_nodes(&settings).await;
}
