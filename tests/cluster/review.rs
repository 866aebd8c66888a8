//! Reviews at two nodes at once: the rating is what all of them come to.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{support::client::Client, two_nodes};

#[actix_rt::test]
async fn what_is_said_hidden_and_taken_back_at_two_nodes_at_once_is_counted_as_it_stands() {
    let (one, other) = two_nodes().await;
    let (teapot, mug) = (one.variant("teapot").await, one.variant("mug").await);
    let shops = [&one, &other];
    let mut owners: Vec<Client> = Vec::new();
    for _ in 0..12 {
        owners.push(one.sign_up().await);
    }
    join_all(owners.iter().map(|owner| async {
        owner.add(&mug, 1).await;
        owner.receive(&teapot).await;
    }))
    .await;
    let admin = one.admin().await;

    join_all(owners.iter().enumerate().map(|(at, owner)| {
        let (admin, shops) = (&admin, &shops);
        async move {
            for round in 0..12 {
                let there = owner.at(&shops[(at + round) % 2].address());
                let path =
                    ["/products/teapot/reviews", "/products/mug/reviews"][(at + round / 2) % 2];
                let rating = (at * 5 + round) % 5 + 1;
                let said = there.post(path, json!({ "rating": rating })).await;
                assert!(matches!(said.status, 200 | 201), "{}", said.text);
                if round % 4 == 1 {
                    let hide = format!("/admin/reviews/{}/hide", said.body["id"].as_str().unwrap());
                    let node = admin.at(&shops[at % 2].address());
                    node.post(&hide, json!({ "reason": "spam" })).await;
                }
                if round % 5 == 3 {
                    there.delete(&format!("{path}/mine")).await;
                }
            }
        }
    }))
    .await;

    for product in ["teapot", "mug"] {
        let path = format!("/products/{product}/reviews?limit=100");
        let listed = other.stranger().get(&path).await.is(200)["items"].clone();
        let listed: Vec<Value> = listed.as_array().unwrap().clone();
        let count = |stars: i64| listed.iter().filter(|it| it["rating"] == stars).count();
        let due = json!([1, 2, 3, 4, 5].map(count));
        assert!(!listed.is_empty(), "{product}");
        for shop in shops {
            told(shop.stranger(), product, &due).await;
        }
    }
}

/// Asks until the node says that a product is rated so; it has to in time.
async fn told(stranger: Client, product: &str, histogram: &Value) {
    let path = format!("/products/{product}");
    let rated =
        async { while stranger.get(&path).await.is(200)["rating"]["histogram"] != *histogram {} };
    crate::support::soon("the rating", rated).await;
}
