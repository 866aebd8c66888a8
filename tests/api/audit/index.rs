//! What is looked up by the log's index and what is read from its end are one log.

use futures_util::future::join;
use serde_json::Value;

use super::{chain::ALL_INDEXED, entries, log};
use crate::support::{TestShop, client::Client, gapless, mail::until, time};

/// How many edits each of two make: of the entries, the first are in the index then, and the last not.
const EDITS: usize = 300;

/// What a question lets through.
type Lets<'l> = &'l dyn Fn(&Value) -> bool;

fn places(entries: &[Value]) -> Vec<i64> {
    entries.iter().map(|it| it["sequence"].as_i64().unwrap()).collect()
}

/// How far the log of a shop is in the index of which two made most entries; and one of the two.
async fn half_indexed(shop: &TestShop) -> (usize, Client) {
    let (ada, byron) = (shop.sign_up().await, shop.sign_up().await);
    let (teapot, lamp) = (shop.variant("teapot").await, shop.variant("lamp").await);
    for _ in 0..EDITS {
        join(ada.add(&teapot, 1), byron.add(&lamp, 1)).await;
    }
    const LAST: &str = "SELECT CAST(COALESCE(MAX(sequence), 0) AS TEXT) AS found FROM audit_index";
    let last = until("an index", || shop.found(LAST).pop().filter(|it| it != "0")).await;
    (last.parse().unwrap(), ada)
}

#[actix_rt::test]
async fn what_is_found_is_the_same_in_the_index_and_behind_it() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let (indexed, ada) = half_indexed(&shop).await;
    let ada = ada.user_id();

    let log = log(&shop).await;

    assert!((100..log.len() - 50).contains(&indexed), "{indexed} of {}", log.len());
    assert_eq!(places(&log), gapless(log.len()));
    let middle = &log[indexed - 10];
    let (at, edited) = (time(&middle["at"]), middle["object"]["id"].as_str().unwrap());
    let from = middle["at"].as_str().unwrap();
    let is_ada = |it: &Value| it["actor"] == ada;
    let cases: [(String, Lets<'_>); 6] = [
        (format!("&actor={ada}"), &is_ada),
        ("&action=cart.changed".to_owned(), &|it| it["action"] == "cart.changed"),
        ("&object=cart".to_owned(), &|it| it["object"]["kind"] == "cart"),
        (format!("&object={edited}"), &|it| it["object"]["id"] == edited),
        (format!("&object=cart&from={from}"), &|it| {
            it["object"]["kind"] == "cart" && time(&it["at"]) >= at
        }),
        (format!("&actor={ada}&to={from}"), &|it| is_ada(it) && time(&it["at"]) < at),
    ];
    for (query, lets) in cases {
        let due: Vec<Value> = log.iter().rev().filter(|it| lets(it)).cloned().collect();
        assert!(due.len() >= 9, "{query}: {due:?}");
        assert_eq!(places(&entries(&admin, &query).await), places(&due), "{query}");
    }
}

#[actix_rt::test]
async fn an_entry_of_a_clock_that_was_set_back_is_shown_where_its_time_is() {
    let shop = TestShop::start().await;
    let (admin, ada) = (shop.admin().await, shop.sign_up().await);
    shop.sql(ALL_INDEXED).unwrap();
    shop.let_the_log_be_changed();
    ada.add(&shop.variant("teapot").await, 1).await;
    let edit = "SELECT MAX(sequence) FROM audit WHERE action = 'cart.changed'";
    shop.sql(&format!("UPDATE audit SET at = '2020-01-01 00:00:00' WHERE sequence = ({edit})"))
        .unwrap();

    let found = entries(&admin, "").await;

    let edits: Vec<usize> =
        (0..).zip(&found).filter(|(_, it)| is_edit(it)).map(|it| it.0).collect();
    assert_eq!(edits, [found.len() - 1]);
}

fn is_edit(entry: &Value) -> bool {
    entry["action"] == "cart.changed"
}
