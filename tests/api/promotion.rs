//! Promotions: what they take off, to the cent, and never more often than they may.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    TestShop,
    client::Client,
    purchase::{checkout, euros},
};

async fn promote(shop: &TestShop, rule: Value) -> Value {
    shop.admin().await.post("/admin/promotions", rule).await.is(201)
}

async fn promotion(admin: &Client, promotion: &Value) -> Value {
    admin.get(&format!("/admin/promotions/{}", promotion["id"].as_str().unwrap())).await.is(200)
}

fn amount(money: &Value) -> i64 {
    money["amount"].as_i64().unwrap()
}

#[actix_rt::test]
async fn a_promotion_without_a_code_applies_of_itself_and_is_spread_over_the_lines() {
    let shop = TestShop::start().await;
    let (teapot, candle) = (shop.variant("teapot").await, shop.variant("candle").await);
    promote(&shop, json!({ "kind": "amount", "value": 1_001 })).await;
    let buyer = shop.sign_up().await;
    buyer.add(&teapot, 1).await;

    let cart = buyer.add(&candle, 3).await;
    let order = buyer.check_out().await.is(201)["order"].clone();

    assert_eq!(cart["discount"], euros(1_001));
    assert_eq!(amount(&cart["total"]), amount(&cart["subtotal"]) - 1_001);
    assert_eq!(cart["promotions"][0]["discount"], euros(1_001));
    let of_lines: Vec<i64> =
        order["items"].as_array().unwrap().iter().map(|it| amount(&it["discount"])).collect();
    assert_eq!(of_lines.iter().sum::<i64>(), 1_001);
    assert!(of_lines.iter().all(|it| *it > 0), "{of_lines:?}");
    let goods = amount(&order["subtotal"]) - 1_001;
    assert_eq!(amount(&order["total"]), goods + amount(&order["delivery_price"]));
}

#[actix_rt::test]
async fn a_promotion_is_for_the_products_and_categories_that_it_names() {
    let shop = TestShop::start().await;
    let (teapot, candle) = (shop.variant("teapot").await, shop.variant("candle").await);
    let product = shop.stranger().get("/products/candle").await.is(200);
    let category = product["category"]["slug"].clone();
    promote(&shop, json!({ "kind": "percentage", "value": 50, "products": ["teapot"] })).await;
    promote(&shop, json!({ "kind": "percentage", "value": 10, "categories": [category] })).await;
    let buyer = shop.sign_up().await;

    let of_teapot = buyer.add(&teapot, 1).await;
    let of_both = buyer.add(&candle, 1).await;

    let half = (teapot.price + 1) / 2;
    assert!(amount(&of_teapot["discount"]) >= half, "{of_teapot}");
    assert!(amount(&of_both["discount"]) > amount(&of_teapot["discount"]), "{of_both}");
}

#[actix_rt::test]
async fn thirty_buyers_at_once_have_a_promotion_just_as_often_as_it_may_be_had() {
    let shop = TestShop::start().await;
    let teapot = shop.variant("teapot").await;
    let rule = json!({ "kind": "amount", "value": 100, "usage_limit": 10 });
    let made = promote(&shop, rule).await;
    let mut buyers = Vec::new();
    for _ in 0..30 {
        buyers.push(shop.sign_up().await);
    }
    join_all(buyers.iter().map(|it| it.add(&teapot, 1))).await;

    let placed = join_all(buyers.iter().map(Client::check_out)).await;

    let orders: Vec<Value> = placed.into_iter().map(|it| it.is(201)["order"].clone()).collect();
    let cheaper: Vec<usize> = (0..30).filter(|at| orders[*at]["discount"] == euros(100)).collect();
    assert_eq!(cheaper.len(), 10);
    let admin = shop.admin().await;
    assert_eq!(promotion(&admin, &made).await["used"], 10);

    // Called off, it is free for another one.
    let lucky = cheaper[0];
    let path = format!("/orders/{}/cancel", orders[lucky]["id"].as_str().unwrap());
    buyers[lucky].post(&path, json!({})).await.is(200);
    assert_eq!(promotion(&admin, &made).await["used"], 9);
    let next = shop.sign_up().await.place(&teapot, 1).await;
    assert_eq!(next["discount"], euros(100));
    assert_eq!(promotion(&admin, &made).await["used"], 10);
}

#[actix_rt::test]
async fn a_customer_has_a_promotion_as_often_as_one_may_and_others_still_have_it() {
    let shop = TestShop::start().await;
    let teapot = shop.variant("teapot").await;
    promote(&shop, json!({ "kind": "amount", "value": 100, "per_customer_limit": 1 })).await;
    let (one, other) = (shop.sign_up().await, shop.sign_up().await);

    let discounts = [
        one.place(&teapot, 1).await["discount"].clone(),
        one.place(&teapot, 1).await["discount"].clone(),
        other.place(&teapot, 1).await["discount"].clone(),
    ];

    assert_eq!(discounts, [euros(100), euros(0), euros(100)]);
}

#[actix_rt::test]
async fn free_delivery_is_quoted_and_placed_alike() {
    let shop = TestShop::start().await;
    let teapot = shop.variant("teapot").await;
    let rule = json!({ "kind": "free_delivery", "min_total": euros(teapot.price + 1) });
    promote(&shop, rule).await;
    let buyer = shop.sign_up().await;
    let ask = json!({ "address": checkout()["address"] });

    buyer.add(&teapot, 1).await;
    let below = buyer.post("/delivery/quotes", ask.clone()).await.is(200);
    buyer.add(&teapot, 1).await;
    let above = buyer.post("/delivery/quotes", ask).await.is(200);
    let order = buyer.check_out().await.is(201)["order"].clone();

    assert!(amount(&below["quotes"][0]["price"]) > 0);
    assert_eq!(above["quotes"][0]["price"], euros(0));
    assert_eq!(order["delivery_price"], euros(0));
}

#[actix_rt::test]
async fn a_promotion_is_made_changed_and_ended_by_admins() {
    let shop = TestShop::start().await;
    let (admin, teapot) = (shop.admin().await, shop.variant("teapot").await);
    let rule = json!({ "code": "spring", "kind": "percentage", "value": 10, "usage_limit": 5 });
    let made = admin.post("/admin/promotions", rule.clone()).await.is(201);
    let path = format!("/admin/promotions/{}", made["id"].as_str().unwrap());

    assert_eq!(
        (&made["code"], &made["used"], &made["version"]),
        (&json!("SPRING"), &json!(0), &json!(1))
    );
    admin.post("/admin/promotions", rule.clone()).await.refused(409, "code_taken");
    let mut other = rule.clone();
    other["value"] = json!(20);
    admin.with("If-Match", "\"7\"").put(&path, other.clone()).await.refused(412, "stale_version");
    let changed = admin.with("If-Match", "\"1\"").put(&path, other.clone()).await.is(200);
    assert_eq!((&changed["value"], &changed["version"]), (&json!(20), &json!(2)));
    other["is_active"] = json!(false);
    admin.put(&path, other).await.is(200);
    let listed = admin.get("/admin/promotions").await.is(200);
    assert_eq!(listed["items"][0]["is_active"], json!(false));

    let uncounted = json!({ "kind": "amount", "value": 1 });
    let made = admin.post("/admin/promotions", uncounted).await.is(201);
    let path = format!("/admin/promotions/{}", made["id"].as_str().unwrap());
    let limited = json!({ "kind": "amount", "value": 1, "usage_limit": 5 });
    admin.put(&path, limited).await.refused(409, "promotion_not_counted");
    assert_eq!(shop.sign_up().await.place(&teapot, 1).await["discount"], euros(1));
    assert_eq!(promotion(&admin, &made).await["used"], 1);
}

#[actix_rt::test]
async fn a_rule_that_makes_no_sense_is_refused_and_says_why() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let invalid = async |rule: Value, fields: &[&str]| {
        admin.post("/admin/promotions", rule).await.invalid(fields);
    };

    invalid(json!({ "kind": "percentage", "value": 101 }), &["value"]).await;
    invalid(json!({ "kind": "amount" }), &["value"]).await;
    invalid(json!({ "code": "a b", "kind": "n_for_m", "value": 1 }), &["code", "value"]).await;
    let limits = json!({ "kind": "free_delivery", "usage_limit": 0, "per_customer_limit": -1 });
    invalid(limits, &["usage_limit", "per_customer_limit"]).await;
    let window = json!({ "kind": "free_delivery", "starts_at": "2026-02-01T00:00:00Z",
        "ends_at": "2026-02-01T00:00:00Z" });
    invalid(window, &["ends_at"]).await;
    let unknown = json!({ "kind": "free_delivery", "products": ["none"], "categories": ["none"] });
    invalid(unknown, &["products", "categories"]).await;
    let dollars = json!({ "amount": 1, "currency": "USD" });
    invalid(json!({ "kind": "free_delivery", "min_total": dollars }), &["min_total"]).await;
    assert_eq!(admin.get("/admin/promotions").await.is(200)["items"], json!([]));
}

#[actix_rt::test]
async fn what_costs_nothing_is_paid_without_anybody_moving_money() {
    let shop = TestShop::start().await;
    let teapot = shop.variant("teapot").await;
    promote(&shop, json!({ "kind": "percentage", "value": 100 })).await;
    promote(&shop, json!({ "kind": "free_delivery" })).await;
    let buyer = shop.sign_up().await;

    let order = buyer.buy(&teapot, 1).await;
    let path = format!("/orders/{}/cancel", order["id"].as_str().unwrap());
    let cancelled = buyer.post(&path, json!({})).await.is(200);

    assert_eq!((&order["total"], &order["status"]), (&euros(0), &json!("paid")));
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(shop.available(&teapot).await, 100);
}
