//! What those who run the shop do with an order whose parcels nobody else moves.

use serde_json::{Value, json};

use crate::support::{
    TestShop,
    client::{Answer, Client},
    key,
    purchase::{Variant, path},
};

/// A shop where nothing moves but by its admins.
pub async fn manual() -> TestShop {
    TestShop::with(&[("RIALTO_COURIER", "manual")]).await
}

/// Takes 10 % off every order.
pub fn discount(shop: &TestShop) {
    let sql = "INSERT INTO promotions (id, code, kind, value, products, categories, used, is_active, \
               version, created_at, updated_at) VALUES ('019ab1c2-7d3e-7f00-8000-5a1b2c3d4e5f', NULL, \
               'percentage', 10, '[]', '[]', 0, TRUE, 1, '2026-01-01 00:00:00', \
               '2026-01-01 00:00:00')";
    shop.sql(sql).unwrap();
}

/// Where an admin does something with an order.
pub fn desk(order: &Value, what: &str) -> String {
    format!("/admin{}/{what}", path(order))
}

/// Where an admin says how the order's parcel stands.
pub fn parcel(order: &Value) -> String {
    parcel_at(order, 0)
}

/// The same of one of its parcels.
pub fn parcel_at(order: &Value, at: usize) -> String {
    format!("/admin/deliveries/{}/events", order["deliveries"][at]["id"].as_str().unwrap())
}

/// Carries a paid order to its door.
pub async fn deliver(admin: &Client, order: &Value) -> Value {
    admin.post(&desk(order, "process"), Value::Null).await.is(200);
    admin.post(&desk(order, "ship"), Value::Null).await.is(200);
    for station in ["out_for_delivery", "delivered"] {
        admin.post(&parcel(order), json!({ "status": station })).await.is(200);
    }
    admin.order(order).await
}

/// An order of `quantity` units at its buyer's door.
pub async fn delivered(shop: &TestShop, buyer: &Client, variant: &Variant, quantity: i64) -> Value {
    let order = buyer.buy(variant, quantity).await;
    deliver(&shop.admin().await, &order).await
}

/// Units of the order's line at `at`.
pub fn units(order: &Value, at: usize, quantity: i64) -> Value {
    json!({ "id": order["items"][at]["id"], "quantity": quantity })
}

/// Has an admin give money back under a key of its own.
pub async fn refund(admin: &Client, order: &Value, body: Value) -> Answer {
    admin.once(&key()).post(&desk(order, "refund"), body).await
}

/// All that came and went of a variant.
pub async fn ledger(shop: &TestShop, variant: &Variant) -> Vec<(i64, String)> {
    let path = format!("/admin/variants/{}/stock?limit=100", variant.id);
    let page = shop.admin().await.get(&path).await.is(200);
    assert!(page["next_cursor"].is_null(), "it does not fit a page");
    let moves = page["items"].as_array().unwrap().iter();
    let moves: Vec<(i64, String)> = moves
        .map(|it| (it["units"].as_i64().unwrap(), it["reason"].as_str().unwrap().to_owned()))
        .collect();
    let sum: i64 = moves.iter().map(|(units, _)| units).sum();
    assert_eq!(page["on_hand"], sum, "what is on hand is what came and did not go");
    moves
}

/// How many units of them came, or went, for this reason.
pub fn moved(ledger: &[(i64, String)], reason: &str) -> i64 {
    ledger.iter().filter(|(_, why)| why == reason).map(|(units, _)| units).sum()
}
