//! PostgreSQL away, or held by somebody: who asks is told so in time, nothing is half done, and all
//! goes on once it is back.

use std::time::Duration;

use futures_util::future::{join, join_all};
use serde_json::json;
use tokio::time::Instant;

use crate::support::{
    TestShop,
    client::{Answer, Client},
    key,
    purchase::checkout,
    soon,
};

mod clock;

/// How long whoever asks waits at most for an answer, with some time for a machine that is busy.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

fn is_told_to_come_back(answer: &Answer) {
    answer.refused(503, "busy");
    assert_eq!(answer.header("retry-after"), Some("1"));
}

async fn until_ready(stranger: &Client) {
    soon("a shop that is ready", async { while stranger.get("/readyz").await.status != 200 {} })
        .await;
}

#[actix_rt::test]
async fn a_database_that_is_away_in_the_middle_of_a_purchase_leaves_no_half_of_it() {
    let shop = TestShop::on_postgres(&[]).await;
    let (buyer, stranger) = (shop.sign_up().await, shop.stranger());
    let teapot = shop.variant("teapot").await;
    for step in ["place", "pay"] {
        let (once, path, body) = match step {
            "place" => {
                buyer.add(&teapot, 1).await;
                (buyer.once(&key()), "/checkout".to_owned(), checkout())
            }
            _ => {
                let [order] = &buyer.orders().await[..] else { panic!("not one order") };
                let path =
                    format!("/payments/{}/confirm", order["payment"]["id"].as_str().unwrap());
                (buyer.once(&key()), path, json!({ "token": "tok_success" }))
            }
        };
        let mut lock = shop.lock();
        let asked = once.post(&path, body.clone());
        let away = async {
            shop.waits_for(&mut lock).await;
            shop.cut_off()
        };
        let (answer, outage) = join(asked, away).await;
        is_told_to_come_back(&answer);
        drop(lock);

        let began = Instant::now();
        for answer in [
            once.post(&path, body.clone()).await,
            buyer.get("/orders").await,
            stranger.get("/readyz").await,
        ] {
            is_told_to_come_back(&answer);
        }
        assert!(began.elapsed() < ANSWERED_WITHIN, "{:?}", began.elapsed());
        assert_eq!(stranger.get("/products").await.status, 200, "the catalogue is in memory");
        drop(outage);
        until_ready(&stranger).await;
        let again = once.post(&path, body.clone()).await;
        assert!(matches!(again.status, 200 | 201), "{}", again.text);
        assert_eq!(once.post(&path, body).await.text, again.text);
        shop.settle().await;
        shop.audit();
    }
    let [order] = &buyer.orders().await[..] else { panic!("not one order") };
    assert_eq!((&order["status"], shop.available(&teapot).await), (&json!("paid"), 99));
}

#[actix_rt::test]
async fn readers_that_are_all_held_up_answer_in_time_and_the_catalogue_at_once() {
    let shop = TestShop::on_postgres(&[]).await;
    let (buyer, stranger) = (shop.sign_up().await, shop.stranger());
    let order = buyer.buy(&shop.variant("teapot").await, 1).await;
    let began = Instant::now();
    let hold = shop.hold_table("orders");

    // As many as there are connections that read.
    let held = join_all((0..4).map(|_| buyer.get("/orders"))).await;

    assert!(began.elapsed() < ANSWERED_WITHIN, "{:?}", began.elapsed());
    held.iter().for_each(is_told_to_come_back);
    assert_eq!(stranger.get("/products").await.status, 200);
    drop(hold);
    assert_eq!(buyer.order(&order).await, order);
}
