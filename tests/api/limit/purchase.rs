//! What is bought: holds, coupons, payments that are declined, and orders that nobody pays.

use std::time::Instant;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{BEHIND_A_PROXY, from};
use crate::support::{
    TestShop,
    client::{Answer, Client},
    key,
    limit::{ON, allowed, too_many, until_too_many},
    purchase::checkout,
};

/// As often as a cart can be held.
const HOLDS: usize = 12;

async fn hold(client: &Client) -> Answer {
    client.post("/cart/hold", Value::Null).await
}

async fn hold_and_release(client: &Client, times: usize) {
    for _ in 0..times {
        client.hold().await;
        client.delete("/cart/hold").await.is(200);
    }
}

#[actix_rt::test]
async fn a_cart_is_held_a_dozen_times_and_then_there_is_a_wait_until_it_is_checked_out() {
    let shop = TestShop::with(&[ON]).await;
    let (buyer, other) = (shop.sign_up().await, shop.guest().await);
    let candle = shop.variant("candle").await;
    buyer.add(&candle, 1).await;
    hold_and_release(&buyer, HOLDS - 1).await;

    buyer.check_out().await.is(201);
    buyer.add(&candle, 1).await;
    hold_and_release(&buyer, HOLDS).await;

    too_many(&hold(&buyer).await, 60);
    assert_eq!(buyer.cart().await["hold"], Value::Null);
    other.add(&candle, 1).await;
    other.hold().await;
    buyer.check_out().await.is(201);
}

#[actix_rt::test]
async fn what_holds_nothing_more_is_not_counted() {
    let shop = TestShop::with(&[ON]).await;
    let (buyer, piano) = (shop.sign_up().await, shop.variant("piano").await);

    for _ in 0..HOLDS + 1 {
        hold(&buyer).await.refused(409, "cart_empty");
    }
    buyer.add(&piano, 2).await;
    let held = buyer.hold().await;
    for _ in 0..HOLDS + 1 {
        assert_eq!(buyer.hold().await, held);
    }
}

#[actix_rt::test]
async fn a_network_holds_sixty_times_an_hour_with_whatever_carts() {
    let shop = TestShop::with(&BEHIND_A_PROXY).await;
    let candle = shop.variant("candle").await;
    let guest = |address: &'static str| {
        let shop = &shop;
        async move { from(&shop.guest().await, address) }
    };

    for _ in 0..60 / HOLDS {
        let buyer = guest("192.0.2.1").await;
        buyer.add(&candle, 1).await;
        hold_and_release(&buyer, HOLDS).await;
    }

    let buyer = guest("192.0.2.1").await;
    buyer.add(&candle, 1).await;
    too_many(&hold(&buyer).await, 3600);
    let elsewhere = guest("192.0.2.2").await;
    elsewhere.add(&candle, 1).await;
    elsewhere.hold().await;
}

#[actix_rt::test]
async fn coupons_are_guessed_ten_times_and_a_right_one_forgives_no_wrong_one() {
    let shop = TestShop::with(&BEHIND_A_PROXY).await;
    shop.promotion("SPRING", ("percentage", 10), &[]);
    let buyer = from(&shop.sign_up().await, "192.0.2.1");
    let (began, mut number) = (Instant::now(), 0);

    let guesses = until_too_many(404, || {
        number += 1;
        let (buyer, code) = (buyer.clone(), format!("GUESS-{number}"));
        async move {
            if number == 5 {
                buyer.coupon("SPRING").await.is(200);
            }
            buyer.coupon(&code).await
        }
    })
    .await;

    assert!((10..=allowed(10, began)).contains(&guesses), "{guesses}");
    from(&shop.guest().await, "192.0.2.2").coupon("SPRING").await.is(200);
}

#[actix_rt::test]
async fn a_new_cart_is_no_new_start_for_whoever_guesses_coupons() {
    let shop = TestShop::with(&[ON]).await;
    let began = Instant::now();

    let guesses = until_too_many(404, || {
        let shop = &shop;
        async move { shop.guest().await.coupon("GUESS").await }
    })
    .await;

    assert!((30..=allowed(30, began)).contains(&guesses), "{guesses}");
}

#[actix_rt::test]
async fn cards_are_declined_twenty_times_on_whatever_orders_and_then_there_is_a_wait() {
    let shop = TestShop::with(&BEHIND_A_PROXY).await;
    let buyer = from(&shop.sign_up().await, "192.0.2.1");
    let other = from(&shop.guest().await, "192.0.2.2");
    let candle = shop.variant("candle").await;
    let mut orders = Vec::new();
    for _ in 0..5 {
        orders.push(buyer.place(&candle, 1).await);
    }
    assert_eq!(buyer.pay(&orders[0], "tok_success").await.is(200)["status"], "captured");
    let path = format!("/payments/{}/confirm", orders[1]["payment"]["id"].as_str().unwrap());
    let (first, declined) = (buyer.once(&key()), json!({ "token": "tok_declined" }));
    let before = first.post(&path, declined.clone()).await.is(200);
    for _ in 0..30 {
        assert!(first.post(&path, declined.clone()).await.is_replayed(), "a repeat is no try");
    }
    let (began, mut tried) = (Instant::now(), 1);

    let refused = loop {
        let answer = buyer.pay(&orders[1 + tried / 6], "tok_declined").await;
        if answer.status != 200 {
            break answer;
        }
        tried += 1;
    };

    too_many(&refused, 60);
    assert!((20..=allowed(20, began)).contains(&tried), "{tried}");
    let again = first.post(&path, declined).await;
    assert!(again.is_replayed(), "what was answered is answered again");
    assert_eq!(again.is(200), before);
    other.add(&candle, 1).await;
    let placed = other.check_out_as_guest().await.is(201);
    let holder = other.with("X-Order-Token", placed["order_token"].as_str().unwrap());
    assert_eq!(holder.pay(&placed["order"], "tok_success").await.is(200)["status"], "captured");
}

#[actix_rt::test]
async fn the_same_try_forty_times_at_once_is_one_and_answered_each_time() {
    let shop = TestShop::with(&[ON]).await;
    let (buyer, candle) = (shop.sign_up().await, shop.variant("candle").await);
    buyer.add(&candle, 1).await;
    let many = async |client: &Client, path: &str, body: Value| {
        let answers = join_all((0..40).map(|_| client.post(path, body.clone()))).await;
        for answer in &answers {
            assert_eq!((answer.status, &answer.body), (answers[0].status, &answers[0].body));
        }
        answers[0].body.clone()
    };

    assert!(many(&buyer, "/cart/hold", Value::Null).await["hold"].is_object());
    let placed = many(&buyer.once(&key()), "/checkout", checkout()).await;
    assert_eq!(placed["order"]["status"], "pending_payment");
    let confirm = format!("/payments/{}/confirm", placed["payment"]["id"].as_str().unwrap());
    for (token, status) in [("tok_declined", "failed"), ("tok_success", "captured")] {
        let payment = many(&buyer.once(&key()), &confirm, json!({ "token": token })).await;
        assert_eq!(payment["status"], status);
    }
    assert_eq!(buyer.orders().await.len(), 1);
}

#[actix_rt::test]
async fn thirty_orders_of_an_hour_can_wait_for_their_payment() {
    let shop = TestShop::with(&[ON]).await;
    let (buyer, candle) = (shop.sign_up().await, shop.variant("candle").await);
    let mut orders = Vec::new();
    for _ in 0..30 {
        orders.push(buyer.place(&candle, 1).await);
    }
    buyer.add(&candle, 1).await;
    let once = buyer.once(&key());
    let refused = once.post("/checkout", checkout()).await;
    too_many(&refused, 3600);

    assert_eq!(buyer.pay(&orders[0], "tok_success").await.is(200)["status"], "captured");

    once.post("/checkout", checkout()).await.is(201);
    buyer.add(&candle, 1).await;
    too_many(&buyer.check_out().await, 3600);
    shop.sign_up().await.place(&candle, 1).await;
}
