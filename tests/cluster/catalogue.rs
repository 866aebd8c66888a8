//! What is changed of the catalogue at one node is seen at the other within a second.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, interval};

use super::{SHARED, own_redis, support::TestShop, two_nodes};

/// How long the other node may take.
const SOON: Duration = Duration::from_secs(1);
/// Looks take turns with all else that runs on this machine: what is late by that is not the
/// node's doing.
const SLACK: Duration = Duration::from_secs(4);

/// Looks at a node until it answers so, and says how long that took.
async fn until(shop: &TestShop, path: &str, is_so: impl Fn(&Value) -> bool) -> Duration {
    let (began, mut look) = (Instant::now(), interval(Duration::from_millis(20)));
    loop {
        look.tick().await;
        let answer = shop.stranger().get(path).await;
        if answer.status == 200 && is_so(&answer.body) {
            return began.elapsed();
        }
        assert!(began.elapsed() < SOON + SLACK, "{path}: {}", answer.text);
    }
}

/// Looks at a node until it shows that so many of a product can be bought.
pub async fn until_available(shop: &TestShop, slug: &str, due: i64) {
    until(shop, &format!("/products/{slug}"), |it| *units(it) == due).await;
}

fn units(product: &Value) -> &Value {
    &product["variants"][0]["stock"]["available"]
}

#[actix_rt::test]
async fn stock_that_changes_at_one_node_is_shown_and_told_at_the_other() {
    let (one, other) = two_nodes().await;
    let teapot = one.variant("teapot").await;
    let product = other.stranger().get("/products/teapot").await.is(200);
    let topic = format!("product:{}", product["id"].as_str().unwrap());
    let mut socket = other.stranger().socket().await;
    socket.ask("subscribe", json!({ "topic": topic })).await;

    one.stock(&teapot, 50).await;
    until(&other, "/products/teapot", |it| *units(it) == 50).await;
    let told = socket.next().await;
    let buyer = one.sign_up().await;
    let order = buyer.place(&teapot, 4).await;
    until(&other, "/products/teapot", |it| *units(it) == 46).await;
    let sold = socket.next().await;
    let path = format!("/orders/{}/cancel", order["id"].as_str().unwrap());
    buyer.post(&path, json!({})).await.is(200);
    until(&other, "/products/teapot", |it| *units(it) == 50).await;

    assert_eq!((units(&told["data"]), units(&sold["data"])), (&json!(50), &json!(46)));
    let here = one.stranger().get("/products/teapot").await;
    let there = other.stranger().get("/products/teapot").await;
    assert_eq!(here.header("etag"), there.header("etag"));
}

#[actix_rt::test]
async fn the_catalogue_needs_no_redis() {
    let mut redis = own_redis::Redis::start().await;
    let url = redis.url();
    let settings: Vec<(&str, &str)> =
        SHARED.iter().copied().chain([("REDIS_URL", url.as_str())]).collect();
    let shop = TestShop::on_postgres(&settings).await;
    let before = shop.stranger().get("/products?q=teapot").await;

    redis.stop();

    let after = shop.stranger().get("/products?q=teapot").await;
    assert_eq!((after.status, &after.text), (200, &before.text));
    assert_eq!(after.header("etag"), before.header("etag"));
    for path in ["/products/mug", "/categories", "/products?sort=popular"] {
        shop.stranger().get(path).await.is(200);
    }
}
