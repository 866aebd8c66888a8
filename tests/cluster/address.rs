//! Addresses at two nodes at once: neither has the say alone.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{support::purchase::address, two_nodes};

#[actix_rt::test]
async fn at_two_nodes_at_once_fifty_addresses_are_kept_and_one_is_the_default() {
    let (one, other) = two_nodes().await;
    let here = one.sign_up().await;
    let there = here.at(&other.address());
    let both = |number: usize| if number.is_multiple_of(2) { &here } else { &there };

    let saved = join_all((0..60).map(|it| both(it).post("/me/addresses", address()))).await;
    let (kept, refused): (Vec<_>, Vec<_>) = saved.into_iter().partition(|it| it.status == 201);
    let chosen = join_all(kept.iter().take(10).enumerate().map(|(number, it)| {
        let path = format!("/me/addresses/{}", it.body["id"].as_str().unwrap());
        async move { both(number).patch(&path, json!({ "is_default": true })).await }
    }))
    .await;

    assert_eq!((kept.len(), refused.len()), (50, 10));
    for answer in refused {
        answer.refused(409, "too_many_addresses");
    }
    assert!(chosen.iter().all(|it| it.status == 200), "{chosen:?}");
    let all = here.get("/me/addresses?limit=100").await.is(200)["items"].clone();
    let all: Vec<Value> = all.as_array().unwrap().clone();
    let defaults = all.iter().filter(|it| it["is_default"] == true).count();
    assert_eq!((all.len(), defaults), (50, 1));
}
