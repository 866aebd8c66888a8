//! The tariff: taxes and delivery by zone, the same at the quote and at the checkout.

use serde_json::{Value, json};

use crate::support::{
    TestShop,
    client::Client,
    key,
    purchase::{checkout, euros},
};

fn amount(money: &Value) -> i64 {
    money["amount"].as_i64().unwrap()
}

/// The tariff in force, with another rule for Germany.
async fn at_home(admin: &Client, change: impl FnOnce(&mut Value)) -> Value {
    let mut tariff = admin.get("/admin/tariff").await.is(200);
    let zones = json!({ "zones": tariff["zones"].take() });
    let mut zones = zones;
    change(&mut zones["zones"][0]);
    zones
}

#[actix_rt::test]
async fn prices_at_home_hold_their_tax_and_say_how_much() {
    let shop = TestShop::start().await;
    let teapot = shop.variant("teapot").await;

    let order = shop.sign_up().await.place(&teapot, 1).await;

    let held = (teapot.price * 1_900 + 11_900 / 2) / 11_900;
    assert_eq!((&order["tax"], &order["tax_included"]), (&euros(0), &euros(held)));
    assert_eq!(amount(&order["total"]), teapot.price + amount(&order["delivery_price"]));
}

#[actix_rt::test]
async fn a_tax_that_is_not_in_the_prices_comes_on_top_of_each_line() {
    let shop = TestShop::start().await;
    let (admin, teapot) = (shop.admin().await, shop.variant("teapot").await);
    let candle = shop.variant("candle").await;
    let tariff = at_home(&admin, |zone| zone["tax"] = json!({ "rate": 825, "is_included": false }));
    admin.put("/admin/tariff", tariff.await).await.is(200);
    let buyer = shop.sign_up().await;
    buyer.add(&teapot, 1).await;

    let order = buyer.place(&candle, 3).await;

    let lines = order["items"].as_array().unwrap();
    let taxes: i64 = lines.iter().map(|it| amount(&it["tax"])).sum();
    for line in lines {
        let due = (amount(&line["line_total"]) * 825 + 5_000) / 10_000;
        assert_eq!(line["tax"], euros(due), "{line}");
    }
    assert_eq!((&order["tax"], &order["tax_included"]), (&euros(taxes), &euros(0)));
    let goods = amount(&order["subtotal"]) + taxes;
    assert_eq!(amount(&order["total"]), goods + amount(&order["delivery_price"]));
    assert_eq!(order["payment"]["amount"], order["total"]);
}

#[actix_rt::test]
async fn another_tariff_is_quoted_and_placed_from_then_on_and_old_orders_stay() {
    let shop = TestShop::start().await;
    let (admin, candle) = (shop.admin().await, shop.variant("candle").await);
    let buyer = shop.sign_up().await;
    let before = buyer.place(&candle, 1).await;
    let by_weight = json!([{ "up_to": 1, "price": 1 }, { "up_to": null, "price": 777 }]);
    let tariff = at_home(&admin, |zone| {
        zone["methods"][0]["steps"] = by_weight;
        zone["methods"][0]["free_over"] = json!(candle.price * 2 - 1);
    });
    admin.put("/admin/tariff", tariff.await).await.is(200);
    let ask = json!({ "address": checkout()["address"] });
    let mut placed = Vec::new();
    for units in [1, 2] {
        buyer.add(&candle, units).await;
        let quoted = buyer.post("/delivery/quotes", ask.clone()).await.is(200);
        let standard = quoted["quotes"].as_array().unwrap().iter();
        let standard = standard.clone().find(|it| it["method"] == "standard").unwrap();
        let order = buyer.check_out().await.is(201)["order"].clone();
        assert_eq!(order["delivery_price"], standard["price"], "{units}");
        placed.push(order["delivery_price"].clone());
    }

    assert_eq!(placed, [euros(777), euros(0)]);
    assert_eq!(buyer.order(&before).await["delivery_price"], euros(490));
}

#[actix_rt::test]
async fn where_nothing_is_sent_nothing_is_quoted_or_placed() {
    let shop = TestShop::start().await;
    let (admin, candle) = (shop.admin().await, shop.variant("candle").await);
    let tariff = at_home(&admin, |zone| {
        zone["methods"].as_array_mut().unwrap().retain(|it| it["method"] == "standard");
    });
    admin.put("/admin/tariff", tariff.await).await.is(200);
    let buyer = shop.sign_up().await;
    let cart = buyer.add(&candle, 1).await;
    let mut express = checkout();
    express["delivery_method"] = json!("express");
    let ask = json!({ "address": checkout()["address"] });

    let quotes = buyer.post("/delivery/quotes", ask).await.is(200)["quotes"].clone();
    let refused = buyer.once(&key()).post("/checkout", express).await;

    assert_eq!(quotes.as_array().unwrap().len(), 1);
    refused.refused(409, "delivery_unavailable");
    assert_eq!(buyer.cart().await, cart);
}

#[actix_rt::test]
async fn a_tariff_is_changed_whole_by_who_has_seen_it_and_nonsense_is_refused() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let before = admin.get("/admin/tariff").await.is(200);
    let wrong = at_home(&admin, |zone| {
        zone["tax"]["rate"] = json!(10_001);
    });
    admin.put("/admin/tariff", wrong.await).await.invalid(&["zones[0].tax.rate"]);
    let right = at_home(&admin, |zone| zone["name"] = json!("Home")).await;
    admin
        .with("If-Match", "\"9\"")
        .put("/admin/tariff", right.clone())
        .await
        .refused(412, "stale_version");
    assert_eq!(admin.get("/admin/tariff").await.is(200), before);

    let after = admin.with("If-Match", "\"1\"").put("/admin/tariff", right).await.is(200);

    assert_eq!((&after["version"], &after["zones"][0]["name"]), (&json!(2), &json!("Home")));
    assert_eq!(admin.get("/admin/tariff").await.is(200), after);
}
