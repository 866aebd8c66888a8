//! The catalogue: what anybody can see, and how little a second look costs.

use serde_json::{Value, json};

use crate::support::{TestShop, each, purchase::euros};

mod live;
mod search;
mod torn;

#[actix_rt::test]
async fn a_stranger_finds_a_product_and_what_it_costs() {
    let shop = TestShop::start().await;
    let stranger = shop.stranger();

    let product = stranger.get("/products/shirt").await.is(200);

    assert_eq!((&product["name"], &product["price_from"]), (&json!("Linen Shirt"), &euros(4990)));
    let variants = product["variants"].as_array().unwrap();
    assert_eq!(each(variants, "sku"), ["SHIRT-S", "SHIRT-M", "SHIRT-L"]);
    assert_eq!(variants[2]["options"], json!({ "Size": "L", "Colour": "White" }));
    assert_eq!(variants[0]["stock"], json!({ "available": 30, "status": "in_stock" }));
    let by_id = format!("/products/{}", product["id"].as_str().unwrap());
    assert_eq!(stranger.get(&by_id).await.is(200), product);
    let teapot = stranger.get("/products/teapot").await.is(200);
    assert_eq!(teapot["variants"][0]["compare_at_price"], euros(1500));
}

#[actix_rt::test]
async fn only_what_can_be_bought_now_is_listed_if_that_is_asked_for() {
    let shop = TestShop::start().await;
    let stranger = shop.stranger();
    let slugs = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap();
        let mut slugs: Vec<_> =
            items.iter().map(|it| it["slug"].as_str().unwrap().to_owned()).collect();
        slugs.sort();
        slugs
    };

    let all = stranger.get("/products").await.is(200);
    let now = stranger.get("/products?in_stock=true").await.is(200);

    assert_eq!(slugs(&all), ["candle", "lamp", "mug", "piano", "shirt", "teapot"]);
    assert_eq!(slugs(&now), ["candle", "mug", "piano", "shirt", "teapot"]);
    assert_eq!((&all["total"], &now["total"]), (&json!(6), &json!(5)));
    assert!(all["facets"].is_array());
}

#[actix_rt::test]
async fn pages_follow_each_other_without_a_gap_or_a_repeat() {
    let shop = TestShop::start().await;
    let stranger = shop.stranger();
    let mut seen = Vec::new();
    let mut path = "/products?limit=4".to_owned();

    for _ in 0..2 {
        let page = stranger.get(&path).await.is(200);
        seen.extend(page["items"].as_array().unwrap().iter().map(|it| it["id"].to_string()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/products?limit=4&cursor={cursor}");
    }

    assert_eq!(seen.len(), 6);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 6);
}

#[actix_rt::test]
async fn a_listing_that_is_asked_for_wrongly_is_refused() {
    let shop = TestShop::start().await;
    let stranger = shop.stranger();

    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("price_min=-1", "price_min"),
        ("price_max=1.5", "price_max"),
        ("in_stock=perhaps", "in_stock"),
        ("colour=red", "colour"),
    ] {
        stranger.get(&format!("/products?{query}")).await.invalid(&[field]);
    }
    for cursor in ["x", "%00", "e30", &"A".repeat(2000)] {
        let answer = stranger.get(&format!("/products?cursor={cursor}")).await;
        answer.refused(400, "invalid_cursor");
    }
    stranger.get("/products/no-such-thing").await.refused(404, "not_found");
    stranger.get("/images/no-such-thing").await.refused(404, "not_found");
}

#[actix_rt::test]
async fn what_has_not_changed_is_not_sent_twice() {
    let shop = TestShop::start().await;
    let (stranger, buyer) = (shop.stranger(), shop.sign_up().await);
    let first = stranger.get("/products/teapot").await;
    let tag = first.header("etag").unwrap().to_owned();
    assert!(first.header("cache-control").is_some());

    let knowing = stranger.with("If-None-Match", &tag);
    let second = knowing.get("/products/teapot").await;
    buyer.place(&shop.variant("teapot").await, 1).await;
    let third = knowing.get("/products/teapot").await;

    assert_eq!((second.status, second.text.as_str()), (304, ""));
    assert_eq!(third.is(200)["variants"][0]["stock"]["available"], 99);
}

#[actix_rt::test]
async fn categories_are_a_tree() {
    let shop = TestShop::start().await;

    let tree = shop.stranger().get("/categories").await.is(200);

    let roots = tree["items"].as_array().unwrap();
    let mut names: Vec<&str> = roots.iter().map(|it| it["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Clothes", "Kitchen", "Living"]);
    for root in roots {
        assert!(root["children"].is_array() && root["parent_id"].is_null());
        assert!(root["product_count"].as_i64() > Some(0));
    }
}
