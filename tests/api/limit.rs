//! Limits: what is guessed, used up or flooded is refused in time, and nobody else notices.

use std::time::Instant;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    PASSWORD, TestShop,
    client::{Answer, Client},
    limit::{ON, allowed, login, too_many, until_refused},
};

mod account;
mod purchase;

const BEHIND_A_PROXY: [(&str, &str); 2] = [ON, ("RIALTO_TRUSTED_PROXIES", "127.0.0.1")];

fn account(email: &str) -> Value {
    json!({ "email": email, "password": PASSWORD, "name": "Ada" })
}

/// The same, as a proxy says where it comes from.
fn from(client: &Client, address: &str) -> Client {
    client.with("X-Forwarded-For", address)
}

async fn log_in(client: &Client, email: &str, password: &str) -> Answer {
    client.post("/auth/login", login(email, password)).await
}

#[actix_rt::test]
async fn an_account_whose_password_is_guessed_has_to_wait_whoever_guesses() {
    let shop = TestShop::with(&BEHIND_A_PROXY).await;
    let (stranger, owner) =
        (from(&shop.stranger(), "192.0.2.1"), from(&shop.stranger(), "192.0.2.2"));
    for email in ["ada@example.com", "eve@example.com"] {
        owner.post("/auth/register", account(email)).await.is(201);
    }

    let began = Instant::now();
    let guesses = until_refused(|| log_in(&stranger, "ada@example.com", "wrong password")).await;

    assert!((5..=allowed(5, began)).contains(&guesses), "{guesses}");
    let unknown = until_refused(|| log_in(&stranger, "nobody@example.com", PASSWORD)).await;
    assert!((5..=allowed(5, began)).contains(&unknown), "{unknown}: it tells who has an account");
    log_in(&owner, "eve@example.com", PASSWORD).await.is(200);
}

#[actix_rt::test]
async fn a_right_password_forgives_the_wrong_ones_before_it() {
    let shop = TestShop::with(&[ON]).await;
    let stranger = shop.stranger();
    stranger.post("/auth/register", account("ada@example.com")).await.is(201);

    for _ in 0..3 {
        for _ in 0..4 {
            let wrong = log_in(&stranger, "ada@example.com", "wrong password").await;
            wrong.refused(401, "invalid_credentials");
        }
        log_in(&stranger, "ada@example.com", PASSWORD).await.is(200);
    }
    for _ in 0..20 {
        log_in(&stranger, "ada@example.com", PASSWORD).await.is(200);
    }
}

#[actix_rt::test]
async fn an_address_that_tries_one_account_after_the_other_has_to_wait() {
    let shop = TestShop::with(&BEHIND_A_PROXY).await;
    let (guesser, owner) =
        (from(&shop.stranger(), "2001:db8::1"), from(&shop.stranger(), "2001:db8:0:1::1"));
    owner.post("/auth/register", account("ada@example.com")).await.is(201);
    let began = Instant::now();
    let mut number = 0;

    // Each from another address of its own network, and one of them good in between.
    let guesses = until_refused(|| {
        number += 1;
        let (email, at) = (format!("{number}@example.com"), format!("2001:db8::{number}"));
        let guesser = from(&guesser, &at);
        async move { log_in(&guesser, &email, PASSWORD).await }
    })
    .await;

    assert!((20..=allowed(20, began)).contains(&guesses), "{guesses}");
    log_in(&owner, "ada@example.com", PASSWORD).await.is(200);
}

#[actix_rt::test]
async fn of_fifty_guesses_at_once_no_more_are_looked_at_than_may_be() {
    let shop = TestShop::with(&[ON]).await;
    let stranger = shop.stranger();
    stranger.post("/auth/register", account("ada@example.com")).await.is(201);
    let began = Instant::now();

    let guess = || log_in(&stranger, "ada@example.com", "wrong password");
    let answers = join_all((0..50).map(|_| guess())).await;

    let (looked_at, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|it| it.status == 401);
    assert!((5..=allowed(5, began)).contains(&looked_at.len()), "{}", looked_at.len());
    refused.into_iter().for_each(|it| too_many(it, 60));
}

#[actix_rt::test]
async fn an_address_makes_twenty_accounts_an_hour_whatever_it_says_of_itself() {
    let shop = TestShop::with(&[ON]).await;
    let register = |number: usize| {
        let client = from(&shop.stranger(), &format!("192.0.2.{number}"));
        let account = account(&format!("{number}@example.com"));
        async move { client.post("/auth/register", account).await }
    };

    for number in 0..20 {
        register(number).await.is(201);
    }

    let again = register(20).await;
    too_many(&again, 3600);
    let seconds: u64 = again.header("retry-after").unwrap().parse().unwrap();
    assert!(seconds > 3500, "{seconds}");
}

#[actix_rt::test]
async fn behind_a_proxy_each_client_has_limits_of_its_own() {
    let shop = TestShop::with(&BEHIND_A_PROXY).await;
    let register = |number: usize| {
        let client = from(&shop.stranger(), &format!("198.51.100.1, 192.0.2.{number}"));
        let account = account(&format!("{number}@example.com"));
        async move { client.post("/auth/register", account).await }
    };

    for number in 0..21 {
        register(number).await.is(201);
    }
}

#[actix_rt::test]
async fn tokens_that_renew_nothing_are_thirty_a_minute_and_hold_up_no_good_one() {
    let shop = TestShop::with(&[ON]).await;
    let buyer = shop.sign_up().await;
    let stranger = shop.stranger();
    let refresh = |token: String| {
        let body = json!({ "refresh_token": token });
        async { stranger.post("/auth/refresh", body).await }
    };
    let session = buyer.session["refresh_token"].as_str().unwrap().split_once('.').unwrap().0;

    for number in 0..30 {
        let junk = match number % 3 {
            0 => "junk".to_owned(),
            1 => format!("{session}.{}", "A".repeat(number)),
            _ => format!("{session}.{number:A>43}"),
        };
        refresh(junk).await.refused(401, "invalid_refresh_token");
    }
    too_many(&refresh("junk".to_owned()).await, 60);
    too_many(&refresh(format!("{session}.{:A>43}", "B")).await, 60);

    refresh(buyer.session["refresh_token"].as_str().unwrap().to_owned()).await.is(200);
}

#[actix_rt::test]
async fn a_flood_of_changes_is_refused_and_stops_nobody_else() {
    let shop = TestShop::with(&[ON]).await;
    let (buyer, stranger) = (shop.sign_up().await, shop.stranger());
    let flood = || join_all((0..200).map(|_| stranger.post("/carts", Value::Null)));

    let mut refused = None;
    for _ in 0..50 {
        refused = flood().await.into_iter().find(|it| it.status != 201);
        if refused.is_some() {
            break;
        }
    }

    too_many(&refused.expect("everything was let through"), 1);
    stranger.get("/products").await.is(200);
    for _ in 0..10 {
        buyer.delete("/cart").await.is(200);
    }
}

#[actix_rt::test]
async fn what_is_refused_is_counted_by_rule() {
    let shop = TestShop::with(&[ON]).await;
    let stranger = shop.stranger();
    until_refused(|| log_in(&stranger, "ada@example.com", "wrong password")).await;

    let metrics = stranger.get("/metrics").await.text;

    let counted = "rialto_limits_refused_total{rule=\"login_account\"} 1";
    assert!(metrics.lines().any(|it| it == counted), "{metrics}");
}
