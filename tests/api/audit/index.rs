//! What is looked up by the log's index and what is read from its end are one log.

use futures_util::future::join;
use serde_json::Value;

use super::log;
use crate::support::{TestShop, client::Client, mail::until};

/// How many edits each of two make: of the entries, the first are in the index then, and the last not.
const EDITS: usize = 300;

/// What a question lets through.
type Lets<'l> = &'l dyn Fn(&Value) -> bool;

/// The places of what `query` finds, page by page.
async fn find(admin: &Client, query: &str) -> Vec<i64> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("/admin/audit?limit=100&{query}{cursor}")).await.is(200);
        all.extend(page["items"].as_array().unwrap().iter().map(place));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

fn place(entry: &Value) -> i64 {
    entry["sequence"].as_i64().unwrap()
}

#[actix_rt::test]
async fn what_is_found_is_the_same_in_the_index_and_behind_it() {
    let shop = TestShop::start().await;
    let (admin, ada, byron) = (shop.admin().await, shop.sign_up().await, shop.sign_up().await);
    let (teapot, lamp) = (shop.variant("teapot").await, shop.variant("lamp").await);
    for _ in 0..EDITS {
        join(ada.add(&teapot, 1), byron.add(&lamp, 1)).await;
    }
    let indexed =
        || shop.found("SELECT CAST(COALESCE(MAX(sequence), 0) AS TEXT) AS found FROM audit_index");
    let indexed = until("an index", || indexed().pop().filter(|it| it != "0")).await;
    let indexed: usize = indexed.parse().unwrap();

    let log = log(&shop).await;

    assert!((100..log.len() - 50).contains(&indexed), "{indexed} of {}", log.len());
    let places: Vec<i64> = log.iter().map(place).collect();
    assert!(places.iter().copied().eq((1..).take(log.len())), "{places:?}");
    let middle = &log[indexed - 10];
    let (at, edited) = (middle["at"].as_str().unwrap(), &middle["object"]["id"]);
    let (ada, edited) = (ada.user_id(), edited.as_str().unwrap());
    let cases: [(String, Lets<'_>); 6] = [
        (format!("actor={ada}"), &|it| it["actor"] == ada),
        ("action=cart.changed".to_owned(), &|it| it["action"] == "cart.changed"),
        ("object=cart".to_owned(), &|it| it["object"]["kind"] == "cart"),
        (format!("object={edited}"), &|it| it["object"]["id"] == edited),
        (format!("object=cart&from={at}"), &|it| {
            it["object"]["kind"] == "cart" && it["at"].as_str().unwrap() >= at
        }),
        (format!("actor={ada}&to={at}"), &|it| {
            it["actor"] == ada && it["at"].as_str().unwrap() < at
        }),
    ];
    for (query, lets) in cases {
        let due: Vec<i64> = log.iter().rev().filter(|it| lets(it)).map(place).collect();
        assert!(due.len() >= 9, "{query}: {due:?}");
        assert_eq!(find(&admin, &query).await, due, "{query}");
    }
}
