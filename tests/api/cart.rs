//! Carts: what an edit does, what is refused, and that edits at once all count.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{TestShop, each, purchase::euros};

mod coupon;
mod hold;
mod idle;
mod live;
mod merge;
mod problem;
mod socket;

#[actix_rt::test]
async fn an_edit_answers_with_the_whole_cart() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let (teapot, mug) = (shop.variant("teapot").await, shop.variant("mug").await);

    buyer.add(&teapot, 1).await;
    buyer.add(&mug, 1).await;
    let added = buyer.add(&teapot, 2).await;

    let lines = added["items"].as_array().unwrap();
    assert_eq!(each(lines, "quantity"), [3, 1]);
    assert_eq!((&added["version"], &added["currency"]), (&json!(3), &json!("EUR")));
    assert_eq!((&added["subtotal"], &added["total"]), (&euros(4550), &euros(4550)));
    let line = format!("/cart/items/{}", lines[0]["id"].as_str().unwrap());
    let changed = buyer.patch(&line, json!({ "quantity": 1 })).await.is(200);
    assert_eq!(changed["items"][0]["line_total"], euros(1250));
    let removed = buyer.delete(&line).await.is(200);
    assert_eq!(each(removed["items"].as_array().unwrap(), "sku"), ["MUG-BLUE"]);
    let cleared = buyer.delete("/cart").await.is(200);
    assert_eq!((&cleared["items"], &cleared["version"]), (&json!([]), &json!(6)));
    assert_eq!(buyer.cart().await, cleared);
}

#[actix_rt::test]
async fn an_edit_that_breaks_a_rule_changes_nothing() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    let cart = buyer.add(&teapot, 2).await;
    let add = |quantity: Value| json!({ "variant_id": teapot.id, "quantity": quantity });

    for quantity in [json!(0), json!(-1), json!(1000), json!(1_000_000_000), json!(i64::MIN)] {
        buyer.post("/cart/items", add(quantity)).await.invalid(&["quantity"]);
    }
    for quantity in [json!(1.5), json!(1e300), json!("1"), json!(null), json!(true), json!([1])] {
        buyer.post("/cart/items", add(quantity)).await.invalid(&["quantity"]);
    }
    let wrong = [
        (json!({ "variant_id": teapot.id }), "quantity"),
        (json!({ "quantity": 1 }), "variant_id"),
        (json!({ "variant_id": teapot.id, "quantity": 1, "price": 1 }), "price"),
        (json!({ "variant_id": 7, "quantity": 1 }), "variant_id"),
        (json!({ "variant_id": "teapot", "quantity": 1 }), "variant_id"),
        (json!("teapot"), ""),
    ];
    for (body, field) in wrong {
        buyer.post("/cart/items", body).await.invalid(&[field]);
    }
    let unknown = json!({ "variant_id": Uuid::now_v7(), "quantity": 1 });
    buyer.post("/cart/items", unknown).await.refused(404, "not_found");
    let product = json!({ "variant_id": teapot.product, "quantity": 1 });
    buyer.post("/cart/items", product).await.refused(404, "not_found");

    assert_eq!(buyer.cart().await, cart);
}

#[actix_rt::test]
async fn a_line_that_is_changed_wrongly_stays_as_it_is() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let cart = buyer.add(&shop.variant("teapot").await, 2).await;
    let line = format!("/cart/items/{}", cart["items"][0]["id"].as_str().unwrap());

    for quantity in [json!(0), json!(-1), json!(1_000_000_000), json!(1.5), json!("2")] {
        buyer.patch(&line, json!({ "quantity": quantity })).await.invalid(&["quantity"]);
    }
    buyer.patch(&line, json!({})).await.invalid(&["quantity"]);
    buyer.patch(&line, json!({ "quantity": 1, "x": 1 })).await.invalid(&["x"]);
    for unknown in [Uuid::now_v7().to_string(), "1".to_owned(), "%00".to_owned()] {
        let path = format!("/cart/items/{unknown}");
        buyer.patch(&path, json!({ "quantity": 1 })).await.refused(404, "not_found");
        buyer.delete(&path).await.refused(404, "not_found");
    }

    assert_eq!(buyer.cart().await, cart);
}

#[actix_rt::test]
async fn nobody_touches_the_line_of_another() {
    let shop = TestShop::start().await;
    let (owner, other) = (shop.sign_up().await, shop.sign_up().await);
    let teapot = shop.variant("teapot").await;
    let (cart, others) = (owner.add(&teapot, 2).await, other.add(&teapot, 1).await);
    let line = format!("/cart/items/{}", cart["items"][0]["id"].as_str().unwrap());

    other.patch(&line, json!({ "quantity": 9 })).await.refused(404, "not_found");
    other.delete(&line).await.refused(404, "not_found");
    shop.guest().await.delete(&line).await.refused(404, "not_found");
    shop.stranger().delete(&line).await.refused(401, "unauthenticated");

    assert_eq!(owner.cart().await, cart);
    assert_eq!(other.cart().await, others);
}

#[actix_rt::test]
async fn a_line_holds_999_units_and_says_so() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    let full = buyer.add(&teapot, 999).await;

    let body = json!({ "variant_id": teapot.id, "quantity": 1 });
    buyer.post("/cart/items", body).await.refused(409, "quantity_limit");

    assert_eq!(buyer.cart().await, full);
}

#[actix_rt::test]
async fn stock_refuses_no_edit_but_shows_as_a_problem() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let (lamp, piano) = (shop.variant("lamp").await, shop.variant("piano").await);

    buyer.add(&lamp, 1).await;
    let cart = buyer.add(&piano, 4).await;

    let lines = cart["items"].as_array().unwrap();
    assert_eq!(each(lines, "problem"), ["out_of_stock", "insufficient_stock"]);
    let problems = cart["problems"].as_array().unwrap();
    assert_eq!(each(problems, "available"), [0, 3]);
    assert_eq!(each(problems, "item_id"), each(lines, "id"));
}

#[actix_rt::test]
async fn a_hundred_edits_from_five_devices_at_once_all_count() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    let devices: Vec<_> = (0..5).map(|_| buyer.on_another_device()).collect();

    join_all(devices.iter().map(|device| async {
        for _ in 0..10 {
            device.add(&teapot, 1).await;
        }
    }))
    .await;
    let at_once = devices.iter().flat_map(|device| (0..10).map(|_| device.add(&teapot, 1)));
    join_all(at_once).await;

    let cart = buyer.cart().await;
    assert_eq!(cart["items"].as_array().unwrap().len(), 1);
    assert_eq!((&cart["items"][0]["quantity"], &cart["version"]), (&json!(100), &json!(100)));
}

#[actix_rt::test]
async fn a_cart_is_as_it_was_after_a_crash() {
    let mut shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let cart = buyer.add(&shop.variant("mug").await, 7).await;

    shop.kill();
    shop.start_again().await;

    assert_eq!(buyer.cart().await, cart);
    assert_eq!(buyer.add(&shop.variant("mug").await, 1).await["items"][0]["quantity"], 8);
}
