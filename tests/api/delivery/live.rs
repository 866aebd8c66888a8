//! The topic of a parcel: who follows it, and what they hear when it moves.

use serde_json::{Value, json};

use crate::{
    order::walk::{desk, manual, parcel},
    support::{TestShop, client::Client, socket::Socket},
};

/// The topic of the first parcel of an order.
fn topic(order: &Value) -> String {
    format!("delivery:{}", order["deliveries"][0]["id"].as_str().unwrap())
}

/// An order that has left, and its buyer.
async fn shipped(shop: &TestShop) -> (Client, Value) {
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let order = buyer.buy(&shop.variant("teapot").await, 1).await;
    admin.post(&desk(&order, "process"), Value::Null).await.is(200);
    (buyer, admin.post(&desk(&order, "ship"), Value::Null).await.is(200))
}

async fn follow(socket: &mut Socket, order: &Value) -> Value {
    let answer = socket.ask("subscribe", json!({ "topic": topic(order) })).await;
    assert_eq!((&answer["ok"], &answer["topic"]), (&json!(true), &json!(topic(order))), "{answer}");
    answer
}

#[actix_rt::test]
async fn a_parcel_is_followed_from_where_it_is_to_the_door() {
    let shop = manual().await;
    let (buyer, order) = shipped(&shop).await;
    let admin = shop.admin().await;
    let mut socket = buyer.socket().await;

    let answer = follow(&mut socket, &order).await;
    assert_eq!(answer["snapshot"], order["deliveries"][0]);
    assert_eq!(answer["snapshot"]["location"], Value::Null);

    let mut sequence = answer["sequence"].as_i64().unwrap();
    let place = json!({ "city": "Kassel", "lat": 51.31, "lon": 9.48 });
    for (station, location) in
        [("in_transit", Some(&place)), ("out_for_delivery", None), ("delivered", None)]
    {
        let eta = "2026-12-24T12:00:00Z";
        let said = json!({ "status": station, "location": location, "eta": eta });
        let told = admin.post(&parcel(&order), said).await.is(200);
        let push = socket.next().await;
        assert_eq!(
            (&push["topic"], &push["type"]),
            (&json!(topic(&order)), &json!("delivery.changed"))
        );
        assert_eq!(push["data"], told);
        assert_eq!((&push["data"]["status"], &push["data"]["location"]), (&json!(station), &place));
        assert!(push["sequence"].as_i64().unwrap() > sequence);
        sequence = push["sequence"].as_i64().unwrap();
    }
    assert_eq!(buyer.order(&order).await["deliveries"][0]["location"], place);
}

#[actix_rt::test]
async fn many_moves_at_once_are_told_as_they_stand_once_a_second() {
    let shop = manual().await;
    let (buyer, order) = shipped(&shop).await;
    let admin = shop.admin().await;
    let mut socket = buyer.socket().await;
    follow(&mut socket, &order).await;

    for at in 0..40 {
        let said = json!({ "status": "in_transit", "location": { "at": at } });
        admin.post(&parcel(&order), said).await.is(200);
    }

    let mut pushes = 1;
    while socket.next().await["data"]["location"]["at"] != 39 {
        pushes += 1;
    }
    assert!(pushes < 40, "each move was told by itself");
}

#[actix_rt::test]
async fn a_parcel_is_followed_by_whoever_may_see_its_order_and_by_nobody_else() {
    let shop = manual().await;
    let (_, order) = shipped(&shop).await;
    let ask = json!({ "topic": topic(&order) });

    let mut admin = shop.admin().await.socket().await;
    follow(&mut admin, &order).await;
    let mut stranger = shop.sign_up().await.socket().await;
    assert_eq!(stranger.refused("subscribe", ask.clone()).await, "not_found");
    let mut nobody = shop.stranger().socket().await;
    assert_eq!(nobody.refused("subscribe", ask).await, "unauthenticated");
    let guest = shop.guest().await;
    guest.add(&shop.variant("teapot").await, 1).await;
    let placed = guest.check_out_as_guest().await.is(201);
    let token = placed["order_token"].as_str().unwrap();
    let holder = shop.stranger().with("X-Order-Token", token);
    holder.pay(&placed["order"], "tok_success").await.is(200);
    let order = holder.order(&placed["order"]).await;
    let ask = |token: &str| json!({ "topic": topic(&order), "order_token": token });
    assert_eq!(nobody.refused("subscribe", ask("wrong")).await, "not_found");
    assert_eq!(nobody.ask("subscribe", ask(token)).await["ok"], true);
    let unknown = json!({ "topic": "delivery:019ab1c2-7d3e-7f00-8000-5a1b2c3d4e5f" });
    assert_eq!(stranger.refused("subscribe", unknown).await, "not_found");
}
