//! Where couriers are: told to those who may follow what they have out, and kept no longer than that.

use std::time::Instant;

use serde_json::{Value, json};

use super::{assign, code_of, courier, first, out, packed, say};
use crate::{
    order::walk::manual,
    support::{client::Client, socket::Socket},
};

async fn here(courier: &Client, lat: f64, lon: f64) {
    courier.post("/courier/position", json!({ "lat": lat, "lon": lon })).await.is(204);
}

async fn follow(who: &Client, order: &Value) -> (Socket, Value) {
    let mut socket = who.socket().await;
    let topic = format!("delivery:{}", first(order));
    let answer = socket.ask("subscribe", json!({ "topic": topic })).await;
    assert_eq!(answer["ok"], true, "{answer}");
    (socket, answer)
}

#[actix_rt::test]
async fn the_buyer_and_the_shop_see_where_the_courier_is() {
    let shop = manual().await;
    let (buyer, courier, order) = out(&shop).await;
    let (mut socket, opened) = follow(&buyer, &order).await;
    let (mut staff, _) = follow(&shop.admin().await, &order).await;
    assert_eq!(opened["snapshot"]["position"], Value::Null);

    here(&courier, 52.5, 13.4).await;

    for follower in [&mut socket, &mut staff] {
        let push = follower.next().await;
        assert_eq!(push["type"], "delivery.changed");
        let position = &push["data"]["position"];
        assert_eq!((&position["lat"], &position["lon"]), (&json!(52.5), &json!(13.4)));
        assert!(position["at"].is_string());
        assert!(push["sequence"].as_i64() > opened["sequence"].as_i64());
        assert_eq!(push["data"].get("handover_code"), None, "one text goes to all who follow");
    }
    assert_eq!(buyer.order(&order).await["deliveries"][0]["position"]["lat"], 52.5);
    let timeline = buyer.timeline(&order).await;
    assert_eq!(timeline.last().unwrap()["type"], "delivery.out_for_delivery");

    let code = code_of(&buyer, &order).await;
    say(&courier, first(&order), json!({ "status": "delivered", "code": code })).await.is(200);
    assert_eq!(socket.next().await["data"]["position"], Value::Null);
    let kept = shop.found("SELECT id AS found FROM deliveries WHERE position IS NOT NULL");
    assert!(kept.is_empty(), "where they were is forgotten");
    let (_, again) = follow(&buyer, &order).await;
    assert!(again["sequence"].as_i64() > opened["sequence"].as_i64());
}

#[actix_rt::test]
async fn many_places_are_told_as_they_stand_at_most_once_a_second() {
    let shop = manual().await;
    let (buyer, courier, order) = out(&shop).await;
    let (mut socket, _) = follow(&buyer, &order).await;
    let began = Instant::now();

    for at in 1..=30 {
        here(&courier, f64::from(at), 0.0).await;
    }

    let (mut pushes, mut last) = (0_u32, 0.0);
    while last < 30.0 {
        let push = socket.next().await;
        let lat = push["data"]["position"]["lat"].as_f64().unwrap();
        assert!(lat > last, "{lat} after {last}");
        (pushes, last) = (pushes + 1, lat);
    }
    // The first may come at once, and each of the others a second later: however slow all else is.
    let took = began.elapsed();
    assert!(u64::from(pushes) <= 1 + took.as_secs(), "{pushes} in {took:?}");
}

#[actix_rt::test]
async fn only_what_is_out_with_the_courier_is_where_the_courier_is() {
    let shop = manual().await;
    let (buyer, courier, order) = packed(&shop).await;
    let (other_buyer, _, other_order) = out(&shop).await;
    let position = async |buyer: &Client, order: &Value| {
        buyer.order(order).await["deliveries"][0]["position"].clone()
    };

    here(&courier, 1.0, 1.0).await;
    assert_eq!(position(&buyer, &order).await, Value::Null);
    say(&courier, first(&order), json!({ "status": "in_transit" })).await.is(200);
    here(&courier, 2.0, 2.0).await;
    assert_eq!(position(&buyer, &order).await, Value::Null);
    say(&courier, first(&order), json!({ "status": "out_for_delivery" })).await.is(200);
    here(&courier, 3.0, 3.0).await;
    assert_eq!(position(&buyer, &order).await["lat"], 3.0);
    assert_eq!(position(&other_buyer, &other_order).await, Value::Null);

    // A step between two places undoes neither.
    let eta = json!({ "status": "out_for_delivery", "eta": "2026-12-24T12:00:00Z" });
    say(&courier, first(&order), eta).await.is(200);
    assert_eq!(position(&buyer, &order).await["lat"], 3.0);
    let another = super::courier(&shop).await;
    assign(&shop, &order, &another).await.is(200);
    assert_eq!(position(&buyer, &order).await, Value::Null);
    here(&courier, 4.0, 4.0).await;
    assert_eq!(position(&buyer, &order).await, Value::Null);
}

#[actix_rt::test]
async fn a_place_that_there_is_not_is_refused() {
    let shop = manual().await;
    let courier = courier(&shop).await;
    for (field, place) in [
        ("lat", json!({ "lon": 1 })),
        ("lon", json!({ "lat": 1 })),
        ("lat", json!({ "lat": 90.5, "lon": 1 })),
        ("lon", json!({ "lat": 1, "lon": -180.5 })),
        ("lat", json!({ "lat": "1", "lon": 1 })),
        ("speed", json!({ "lat": 1, "lon": 1, "speed": 3 })),
    ] {
        courier.post("/courier/position", place).await.invalid(&[field]);
    }
    let customer = shop.sign_up().await;
    let place = json!({ "lat": 1, "lon": 1 });
    customer.post("/courier/position", place.clone()).await.refused(403, "forbidden");
    courier.post("/courier/position", place).await.is(204);
}
