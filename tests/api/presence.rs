//! `admin:presence`: which of those who run the shop are looking, and at which orders.

use serde_json::{Value, json};

use crate::support::{
    PASSWORD, TestShop, client::Client, limit::login, purchase::topic, socket::Socket,
};

/// Follows who is there, and answers who was there before.
async fn watch(socket: &mut Socket) -> Value {
    let answer = socket.ask("subscribe", json!({ "topic": "admin:presence" })).await;
    assert_eq!((&answer["ok"], &answer["topic"]), (&json!(true), &json!("admin:presence")));
    answer["snapshot"]["admins"].clone()
}

/// Waits until these are there and look at these orders, and no others.
async fn until(socket: &mut Socket, due: &[(&Client, &[&Value])]) -> Value {
    let due: Vec<Value> = due
        .iter()
        .map(|(admin, orders)| {
            let mut orders: Vec<&Value> = orders.iter().map(|it| &it["id"]).collect();
            orders.sort_by_key(|it| it.to_string());
            json!([admin.user_id(), orders])
        })
        .collect();
    loop {
        let push = socket.next().await;
        if push["topic"] != "admin:presence" {
            continue;
        }
        assert_eq!(push["type"], "presence.changed");
        let there = push["data"]["admins"].as_array().unwrap().iter();
        let there: Vec<Value> = there.map(|it| json!([it["user_id"], it["orders"]])).collect();
        if there == due {
            return push;
        }
    }
}

/// Somebody else who runs the shop.
async fn another_admin(shop: &TestShop) -> Client {
    let bob = shop.sign_up_as("bob@example.com", "Bob").await;
    let role = format!("/admin/users/{}/role", bob.user_id());
    shop.admin().await.put(&role, json!({ "role": "admin" })).await.is(200);
    let session = shop.stranger().post("/auth/login", login("bob@example.com", PASSWORD)).await;
    shop.stranger().signed_in(session.is(200))
}

#[actix_rt::test]
async fn admins_see_each_other_come_look_at_orders_and_leave() {
    let shop = TestShop::start().await;
    let (ada, bob) = (shop.admin().await, another_admin(&shop).await);
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    let (first, second) = (buyer.place(&teapot, 1).await, buyer.place(&teapot, 1).await);
    // Whose order it is looks at it too, and is nobody whom admins see.
    let mut own = buyer.follow(&topic(&first)).await;
    let mut adas = ada.socket().await;

    assert_eq!(watch(&mut adas).await, json!([]));
    let alone = until(&mut adas, &[(&ada, &[])]).await;
    assert!(alone["data"]["admins"][0]["name"].is_string());

    let mut bobs = bob.follow(&topic(&first)).await;
    bobs.follow("admin:feed").await;
    let both = until(&mut adas, &[(&ada, &[]), (&bob, &[&first])]).await;
    assert_eq!(both["data"]["admins"][1]["name"], "Bob");
    let mut second_window = bob.follow(&topic(&second)).await;
    until(&mut adas, &[(&ada, &[]), (&bob, &[&first, &second])]).await;
    assert_eq!(watch(&mut second_window).await.as_array().unwrap().len(), 2);
    bobs.ask("unsubscribe", json!({ "topic": topic(&first) })).await;
    until(&mut adas, &[(&ada, &[]), (&bob, &[&second])]).await;

    bobs.close().await;
    second_window.ask("unsubscribe", json!({ "topic": topic(&second) })).await;
    until(&mut adas, &[(&ada, &[]), (&bob, &[])]).await;
    drop(second_window);
    let left = until(&mut adas, &[(&ada, &[])]).await;
    assert!(left["sequence"].as_i64() > both["sequence"].as_i64());
    assert_eq!(own.ask("ping", json!({})).await["ok"], true);
}

#[actix_rt::test]
async fn who_is_put_out_is_not_there_any_more() {
    let shop = TestShop::start().await;
    let (ada, bob) = (shop.admin().await, another_admin(&shop).await);
    let (mut adas, mut bobs) = (ada.socket().await, bob.socket().await);
    watch(&mut bobs).await;
    // Whoever has the answer is there a moment later: they are told in the order in which they came.
    until(&mut bobs, &[(&bob, &[])]).await;
    watch(&mut adas).await;
    until(&mut adas, &[(&bob, &[]), (&ada, &[])]).await;

    let role = format!("/admin/users/{}/role", bob.user_id());
    ada.put(&role, json!({ "role": "customer" })).await.is(200);

    until(&mut adas, &[(&ada, &[])]).await;
    assert_eq!(bobs.closed().await.0, 3503);
}

#[actix_rt::test]
async fn an_order_that_is_not_there_is_looked_at_by_nobody() {
    let shop = TestShop::start().await;
    let (ada, buyer) = (shop.admin().await, shop.sign_up().await);
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let mut socket = ada.socket().await;
    watch(&mut socket).await;
    until(&mut socket, &[(&ada, &[])]).await;

    let unknown = json!({ "topic": "order:00000000-0000-7000-8000-000000000000" });
    assert_eq!(socket.refused("subscribe", unknown).await, "not_found");
    socket.follow(&topic(&order)).await;

    let told = loop {
        let push = socket.next().await;
        if push["type"] == "presence.changed" {
            break push;
        }
    };
    assert_eq!(told["data"]["admins"][0]["orders"], json!([order["id"]]), "{told}");
}

#[actix_rt::test]
async fn who_is_there_is_for_those_who_run_the_shop() {
    let shop = TestShop::start().await;
    let ask = json!({ "topic": "admin:presence" });

    let mut nobodys = shop.stranger().socket().await;
    let mut buyers = shop.sign_up().await.socket().await;

    assert_eq!(nobodys.refused("subscribe", ask.clone()).await, "unauthenticated");
    assert_eq!(buyers.refused("subscribe", ask).await, "forbidden");
}
