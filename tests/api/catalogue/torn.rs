//! One writes and many read: nobody ever sees half a change.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use crate::support::{TestShop, client::Client, purchase::euros};

/// How long they are at it.
const LASTING: Duration = Duration::from_secs(10);
const READERS: usize = 32;

/// What a product says at each turn of the writer: the same number everywhere.
fn said(number: i64, variants: &[Value]) -> Value {
    let variants: Vec<Value> = variants
        .iter()
        .map(|it| json!({ "id": it["id"], "price": euros(1_000 + number), "weight_grams": number }))
        .collect();
    json!({ "name": format!("Kettle {number}"), "description": number.to_string(), "variants": variants })
}

/// The number that all of a product says.
#[track_caller]
fn number(product: &Value) -> i64 {
    let number = product["price_from"]["amount"].as_i64().unwrap() - 1_000;
    assert_eq!(product["name"], format!("Kettle {number}"), "{product}");
    assert_eq!(product["description"], number.to_string(), "{product}");
    for variant in product["variants"].as_array().unwrap() {
        let told = (&variant["price"], &variant["weight_grams"]);
        assert_eq!(told, (&euros(1_000 + number), &json!(number)), "{product}");
    }
    number
}

#[actix_rt::test]
async fn a_writer_and_thirty_two_readers_never_see_a_torn_product() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let category = admin.post("/admin/categories", json!({ "name": "Torn" })).await.is(201);
    let variants = ["A", "B"].map(|sku| {
        json!({ "sku": sku, "options": { "Kind": sku }, "price": euros(1_000), "weight_grams": 0, "on_hand": 5 })
    });
    let product = admin
        .post(
            "/admin/products",
            json!({
                "name": "Kettle 0", "slug": "kettle", "description": "0", "status": "published",
                "category_id": category["id"], "variants": variants,
            }),
        )
        .await
        .is(201);
    let (began, written) = (Instant::now(), Cell::new(0));
    let write = async {
        let path = format!("/admin/products/{}", product["id"].as_str().unwrap());
        let variants = product["variants"].as_array().unwrap();
        while began.elapsed() < LASTING {
            let next = written.get() + 1;
            admin.patch(&path, said(next, variants)).await.is(200);
            written.set(next);
        }
    };
    let readers = (0..READERS).map(|at| read(shop.stranger(), at, began, &written));

    let ((), seen) = join(write, join_all(readers)).await;

    assert!(written.get() > 20 && seen.iter().all(|it| *it > 20), "{} {seen:?}", written.get());
}

/// Looks again and again, in another way each time; says how often.
async fn read(stranger: Client, at: usize, began: Instant, written: &Cell<i64>) -> usize {
    let paths = ["/products/kettle", "/products?category=torn", "/products?q=kettle"];
    let (mut count, mut last) = (0, 0);
    while began.elapsed() < LASTING {
        let path = paths[(at + count) % paths.len()];
        let before = written.get();
        let body = stranger.get(path).await.is(200);
        let product = if path.contains('?') { &body["items"][0] } else { &body };
        let number = number(product);
        assert!(number >= before.max(last), "{number} after {before} was written and {last} seen");
        (count, last) = (count + 1, number);
    }
    count
}
