//! Delivery: what it costs to get something to a door.

use serde_json::json;
use uuid::Uuid;

mod attempts;
mod courier;
mod live;
mod parcels;
mod rest;

use crate::support::{
    TestShop, each,
    purchase::{address, euros},
};

#[actix_rt::test]
async fn the_ways_to_a_door_are_quoted_for_the_cart_or_for_the_items_named() {
    let shop = TestShop::start().await;
    let (buyer, stranger) = (shop.sign_up().await, shop.stranger());
    let teapot = shop.variant("teapot").await;
    buyer.add(&teapot, 1).await;
    let items = |quantity: i64| {
        let items = json!([{ "variant_id": teapot.id, "quantity": quantity }]);
        json!({ "address": address(), "items": items })
    };

    let cart = buyer.post("/delivery/quotes", json!({ "address": address() })).await.is(200);
    let one = stranger.post("/delivery/quotes", items(1)).await.is(200);
    let more_than_there_are = stranger.post("/delivery/quotes", items(999)).await.is(200);

    let ways = cart["quotes"].as_array().unwrap();
    assert_eq!(each(ways, "method"), ["standard", "express"]);
    assert_eq!(each(ways, "price"), [&euros(490), &euros(990)]);
    assert!(ways.iter().all(|it| it["eta_min"].as_str() <= it["eta_max"].as_str()));
    assert_eq!(each(one["quotes"].as_array().unwrap(), "price"), each(ways, "price"));
    assert_eq!(more_than_there_are["quotes"][0]["price"], euros(0));
}

#[actix_rt::test]
async fn a_quote_that_is_asked_for_wrongly_is_refused() {
    let shop = TestShop::start().await;
    let (buyer, stranger) = (shop.sign_up().await, shop.stranger());
    let wrong = json!({ "name": "", "line1": "x".repeat(201), "city": "B", "postal_code": "1", "country": "Germany" });
    let ask = |items| json!({ "address": address(), "items": items });
    let unknown = json!([{ "variant_id": Uuid::now_v7(), "quantity": 1 }]);
    let none = json!([{ "variant_id": Uuid::now_v7(), "quantity": 0 }]);

    let answer = buyer.post("/delivery/quotes", json!({ "address": wrong })).await;
    answer.invalid(&["address.name", "address.line1", "address.country"]);
    buyer.post("/delivery/quotes", json!({})).await.invalid(&["address"]);
    buyer.post("/delivery/quotes", ask(unknown)).await.refused(404, "not_found");
    buyer.post("/delivery/quotes", ask(none)).await.invalid(&["items[0].quantity"]);
    buyer.post("/delivery/quotes", ask(json!([]))).await.invalid(&["items"]);
    let nobody = stranger.post("/delivery/quotes", json!({ "address": address() })).await;
    nobody.refused(401, "unauthenticated");
}
