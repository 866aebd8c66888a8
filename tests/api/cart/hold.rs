//! Holds: what a cart holds nobody else can buy, and every way in which a hold ends.

use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use crate::support::{TestShop, client::Client, each, purchase::Variant};

/// A shop, and somebody whose cart holds two of its three pianos.
async fn holding(settings: &[(&'static str, &str)]) -> (TestShop, Client, Variant) {
    let shop = TestShop::with(settings).await;
    let (buyer, piano) = (shop.sign_up().await, shop.variant("piano").await);
    buyer.add(&piano, 2).await;
    buyer.hold().await;
    (shop, buyer, piano)
}

#[actix_rt::test]
async fn what_is_held_nobody_else_can_buy_until_it_is_given_back() {
    let shop = TestShop::start().await;
    let (buyer, other) = (shop.sign_up().await, shop.guest().await);
    let piano = shop.variant("piano").await;
    let free = buyer.add(&piano, 2).await;
    assert_eq!(free["hold"], Value::Null);

    let held = buyer.hold().await;
    assert_eq!((&held["version"], &held["problems"]), (&json!(2), &json!([])));
    assert!(held["hold"]["expires_at"].is_string(), "{held}");
    assert_eq!((shop.available(&piano).await, shop.reserved(&piano).await), (1, 2));
    let cart = other.add(&piano, 3).await;
    let problem = json!([{
        "code": "insufficient_stock",
        "item_id": cart["items"][0]["id"],
        "available": 1,
    }]);
    assert_eq!(cart["problems"], problem);
    other.check_out_as_guest().await.refused(409, "out_of_stock");
    let refused = other.post("/cart/hold", Value::Null).await;
    assert_eq!(refused.refused(409, "out_of_stock")["available"], 1);
    assert_eq!(other.cart().await, cart);

    let again = buyer.on_another_device().hold().await;
    assert_eq!(again, held, "a repeat neither extends it nor holds more");
    let released = buyer.delete("/cart/hold").await.is(200);
    assert_eq!((&released["hold"], &released["version"]), (&Value::Null, &json!(3)));
    assert_eq!((shop.available(&piano).await, shop.reserved(&piano).await), (3, 0));
    assert_eq!(buyer.delete("/cart/hold").await.is(200), released);
    other.check_out_as_guest().await.is(201);
}

#[actix_rt::test]
async fn all_that_is_in_the_cart_is_held_or_nothing_is() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let (teapot, piano, lamp) =
        (shop.variant("teapot").await, shop.variant("piano").await, shop.variant("lamp").await);
    buyer.post("/cart/hold", Value::Null).await.refused(409, "cart_empty");
    buyer.add(&teapot, 1).await;
    buyer.add(&piano, 4).await;
    let cart = buyer.add(&lamp, 1).await;

    let refused = buyer.post("/cart/hold", Value::Null).await;

    let refused = refused.refused(409, "out_of_stock");
    let short = |at: usize, variant: &Variant, available: i64| {
        json!({
            "code": "out_of_stock",
            "item_id": cart["items"][at]["id"],
            "variant_id": variant.id,
            "available": available,
        })
    };
    assert_eq!(refused["items"], json!([short(1, &piano, 3), short(2, &lamp, 0)]));
    let first = ["item_id", "variant_id", "available"].map(|it| &refused[it]);
    assert_eq!(first, [&cart["items"][1]["id"], &json!(piano.id), &json!(3)]);
    assert_eq!(buyer.cart().await, cart);
    assert_eq!(shop.reserved(&teapot).await, 0);
}

#[actix_rt::test]
async fn what_is_sold_no_more_cannot_be_held() {
    let shop = TestShop::start().await;
    let (buyer, teapot) = (shop.sign_up().await, shop.variant("teapot").await);
    buyer.add(&teapot, 1).await;
    let gone = format!("/admin/products/{}/archive", teapot.product);
    shop.admin().await.post(&gone, Value::Null).await.is(200);

    buyer.post("/cart/hold", Value::Null).await.refused(409, "unavailable");

    assert_eq!(buyer.cart().await["hold"], Value::Null);
}

#[actix_rt::test]
async fn every_edit_of_a_line_ends_the_hold_and_a_coupon_does_not() {
    let (shop, buyer, piano) = holding(&[]).await;
    shop.promotion("SPRING", ("percentage", 10), &[]);
    let mug = shop.variant("mug").await;
    let held = buyer.hold().await;

    let cart = buyer.coupon("SPRING").await.is(200);
    assert_eq!(cart["hold"], held["hold"]);
    let line = format!("/cart/items/{}", held["items"][0]["id"].as_str().unwrap());
    assert_eq!(buyer.add(&mug, 1).await["hold"], Value::Null);
    assert_eq!(shop.reserved(&piano).await, 0);
    for quantity in [1, 3, 2] {
        buyer.hold().await;
        let cart = buyer.patch(&line, json!({ "quantity": quantity })).await.is(200);
        assert_eq!((&cart["hold"], &cart["problems"]), (&Value::Null, &json!([])));
        assert_eq!((shop.reserved(&piano).await, shop.reserved(&mug).await), (0, 0));
    }
    buyer.hold().await;
    buyer.delete(&line).await.is(200);
    assert_eq!((shop.reserved(&piano).await, shop.reserved(&mug).await), (0, 0));
    buyer.hold().await;
    buyer.delete("/cart").await.is(200);
    assert_eq!(shop.reserved(&mug).await, 0);
}

#[actix_rt::test]
async fn an_edit_that_is_refused_leaves_the_hold_as_it_is() {
    let (shop, buyer, piano) = holding(&[]).await;
    let held = buyer.cart().await;
    let line = format!("/cart/items/{}", held["items"][0]["id"].as_str().unwrap());

    buyer.patch(&line, json!({ "quantity": 0 })).await.invalid(&["quantity"]);
    buyer.delete("/cart/items/1").await.refused(404, "not_found");
    let more = json!({ "variant_id": piano.id, "quantity": 998 });
    buyer.post("/cart/items", more).await.refused(409, "quantity_limit");

    assert_eq!((buyer.cart().await, shop.reserved(&piano).await), (held, 2));
}

#[actix_rt::test]
async fn a_checkout_turns_what_is_held_into_the_order_and_reserves_it_once() {
    let (shop, buyer, piano) = holding(&[]).await;

    let order = buyer.check_out().await.is(201)["order"].clone();

    assert_eq!(buyer.cart().await["hold"], Value::Null);
    assert_eq!(shop.reserved(&piano).await, 2);
    let cancel = format!("/orders/{}/cancel", order["id"].as_str().unwrap());
    buyer.post(&cancel, Value::Null).await.is(200);
    assert_eq!((shop.reserved(&piano).await, shop.available(&piano).await), (0, 3));
}

#[actix_rt::test]
async fn a_checkout_after_the_hold_is_over_needs_none() {
    let (shop, buyer, piano) = holding(&[]).await;

    shop.sql("UPDATE carts SET held_until = '2026-01-01 00:00:00'").unwrap();

    buyer.check_out().await.is(201);
    assert_eq!(shop.reserved(&piano).await, 2);
}

#[actix_rt::test]
async fn a_hold_that_is_over_ends_by_itself_and_is_told_to_all_devices_and_the_admins() {
    let shop = TestShop::with(&[("RIALTO_HOLD_TTL", "1s")]).await;
    let (buyer, piano) = (shop.sign_up().await, shop.variant("piano").await);
    let mut feed = shop.admin().await.follow("admin:feed").await;
    buyer.add(&piano, 2).await;
    let mut socket = buyer.socket().await;
    let answer = socket.ask("subscribe", json!({ "topic": "cart" })).await;
    assert_eq!(answer["snapshot"]["hold"], Value::Null);

    let held = buyer.hold().await;
    while socket.next().await["data"] != held {}
    let free = loop {
        let cart = socket.next().await["data"].clone();
        if cart["hold"].is_null() {
            break cart;
        }
    };

    assert_eq!((&free["version"], &free), (&json!(3), &buyer.cart().await));
    assert_eq!(shop.available(&piano).await, 3);
    let told = feed.until("cart.released").await;
    let (begun, ended) = (told.iter().find(|it| it["type"] == "cart.held"), told.last().unwrap());
    let data = json!({
        "cart_id": held["id"],
        "variants": [piano.id],
        "expires_at": held["hold"]["expires_at"],
    });
    assert_eq!(begun.unwrap()["data"], data);
    let data = json!({ "cart_id": held["id"], "variants": [piano.id], "why": "expired" });
    assert_eq!(ended["data"], data);
    assert!(
        buyer.hold().await["hold"]["expires_at"].as_str() > held["hold"]["expires_at"].as_str()
    );
}

#[actix_rt::test]
async fn a_hold_outlives_a_crash_and_then_ends_in_its_time() {
    let (mut shop, buyer, piano) = holding(&[("RIALTO_HOLD_TTL", "2s")]).await;
    let held = buyer.cart().await;

    shop.kill();
    shop.start_again().await;

    let mut socket = buyer.socket().await;
    let answer = socket.ask("subscribe", json!({ "topic": "cart" })).await;
    let mut cart = answer["snapshot"].clone();
    // On a machine that is busy the hold may be over before the program is back.
    if !cart["hold"].is_null() {
        assert_eq!(cart, held);
    }
    while !cart["hold"].is_null() {
        cart = socket.next().await["data"].clone();
    }
    assert_eq!((&cart["items"], cart["version"].as_i64()), (&held["items"], Some(3)));
    assert_eq!((shop.reserved(&piano).await, shop.available(&piano).await), (0, 3));
}

#[actix_rt::test]
async fn of_ten_who_want_to_hold_three_at_once_three_do() {
    let shop = TestShop::start().await;
    let piano = shop.variant("piano").await;
    let guests = join_all((0..10).map(|_| shop.guest())).await;
    join_all(guests.iter().map(|guest| guest.add(&piano, 1))).await;

    let answers = join_all(guests.iter().map(|it| it.post("/cart/hold", Value::Null))).await;

    for refused in answers.iter().filter(|it| it.status != 200) {
        assert_eq!(refused.refused(409, "out_of_stock")["available"], 0);
    }
    assert_eq!(answers.iter().filter(|it| it.status == 200).count(), 3);
    assert_eq!((shop.reserved(&piano).await, shop.available(&piano).await), (3, 0));
}

#[actix_rt::test]
async fn whatever_many_do_at_once_just_what_they_hold_and_have_ordered_is_reserved() {
    let shop = TestShop::start().await;
    let (teapot, piano) = (shop.variant("teapot").await, shop.variant("piano").await);
    let buyers = join_all((0..6).map(|_| shop.guest())).await;

    let orders = join_all(buyers.iter().enumerate().map(async |(at, buyer)| {
        let mut orders = Vec::new();
        for round in 0..8 {
            buyer.add(if (at + round) % 2 == 0 { &teapot } else { &piano }, 1).await;
            let device = buyer.on_another_device();
            let (held, _) =
                join(buyer.post("/cart/hold", Value::Null), device.delete("/cart/hold")).await;
            assert!(matches!(held.status, 200 | 409), "{}", held.text);
            match (at + round) % 4 {
                0 => drop(buyer.delete("/cart").await.is(200)),
                1 => orders.push(buyer.check_out_as_guest().await.body["order"].clone()),
                _ => {}
            }
        }
        orders
    }))
    .await;

    let carts = join_all(buyers.iter().map(Client::cart)).await;
    let held = carts.iter().filter(|it| !it["hold"].is_null());
    for variant in [&teapot, &piano] {
        let taken = held.clone().chain(orders.iter().flatten());
        let lines = taken.filter_map(|it| it["items"].as_array()).flatten();
        let units = lines.filter(|it| it["variant_id"] == variant.id);
        let units: i64 = units.map(|it| it["quantity"].as_i64().unwrap()).sum();
        assert_eq!(shop.reserved(variant).await, units);
    }
}

#[actix_rt::test]
async fn the_audit_log_names_holds_and_their_ends() {
    let (shop, buyer, _) = holding(&[]).await;
    buyer.delete("/cart/hold").await.is(200);

    let path = format!("/admin/audit?object=cart:{}", buyer.user_id());
    let log = shop.admin().await.get(&path).await;

    let log = log.is(200);
    let mut actions = each(log["items"].as_array().unwrap(), "action");
    actions.sort_by_key(|it| it.as_str());
    assert_eq!(actions, ["cart.changed", "cart.held", "cart.released"]);
}
