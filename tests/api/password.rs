//! Passwords: which are taken, what a login may be asked, and hashes that are made anew.

use futures_util::{StreamExt as _, future::join_all, stream::FuturesUnordered};
use serde_json::{Value, json};

use crate::support::{PASSWORD, TestShop};

fn login(email: &Value, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

#[actix_rt::test]
async fn a_password_that_is_guessed_first_is_refused_with_a_code_of_its_own() {
    let shop = TestShop::start().await;
    let stranger = shop.stranger();
    let register = |password: &str| json!({ "email": "ada.lovelace@example.com", "password": password, "name": "Ada" });

    for guessed in
        ["Password123", "qwertyuiop", "aaaaaaaaaaaa", "Ada.Lovelace", "ada.lovelace@Example.com"]
    {
        let refused = stranger.post("/auth/register", register(guessed)).await;
        refused.invalid(&["password"]);
        assert_eq!(refused.body["errors"][0]["code"], "common_password", "{guessed}");
    }
    stranger.post("/auth/register", register(PASSWORD)).await.is(201);
}

#[actix_rt::test]
async fn a_login_that_no_account_could_have_is_refused_before_anybody_looks() {
    let shop = TestShop::start().await;
    let (buyer, stranger) = (shop.sign_up().await, shop.stranger());
    let email = &buyer.session["user"]["email"];

    let malformed = stranger.post("/auth/login", login(&json!("ada"), PASSWORD)).await;
    malformed.invalid(&["email"]);
    for (email, password) in [(email, "short"), (&json!("nobody@example.com"), "short")] {
        stranger.post("/auth/login", login(email, password)).await.invalid(&["password"]);
    }
    stranger.post("/auth/login", login(email, &"x".repeat(513))).await.invalid(&["password"]);
    stranger.post("/auth/login", login(&json!(""), "")).await.invalid(&["email", "password"]);
    assert_eq!(stranger.get("/auth/login").await.status, 405);
    stranger.post("/auth/login", login(email, PASSWORD)).await.is(200);
}

#[actix_rt::test]
async fn with_bcrypt_a_password_that_it_would_cut_off_is_refused() {
    let shop = TestShop::with(&[("RIALTO_PASSWORD_HASH", "bcrypt:cost=4")]).await;
    let stranger = shop.stranger();
    let register =
        |password: &str| json!({ "email": "ada@example.com", "password": password, "name": "Ada" });
    let (whole, longer) = ("x y".repeat(24), "x y".repeat(24) + "z");

    let refused = stranger.post("/auth/register", register(&longer)).await;
    refused.invalid(&["password"]);
    assert_eq!(refused.body["errors"][0]["code"], "password_too_long");
    stranger.post("/auth/register", register(&whole)).await.is(201);

    let email = json!("ada@example.com");
    stranger.post("/auth/login", login(&email, &whole)).await.is(200);
    let longer = stranger.post("/auth/login", login(&email, &longer)).await;
    longer.refused(401, "invalid_credentials");
}

#[actix_rt::test]
async fn whoever_logs_in_after_a_change_of_the_setting_is_let_in_by_every_login() {
    let setting = "RIALTO_PASSWORD_HASH";
    let mut shop = TestShop::with(&[(setting, "bcrypt:cost=4")]).await;
    let email = shop.sign_up().await.session["user"]["email"].clone();

    for hashing in ["argon2id:m=64,t=1,p=1", "argon2id:m=8,t=1,p=1", "bcrypt:cost=5"] {
        shop.kill();
        shop.set(setting, hashing);
        shop.start_again().await;
        let stranger = shop.stranger();

        // Several find the old hash, and one of them puts the new one in its place.
        let logins = (0..4).map(|_| stranger.post("/auth/login", login(&email, PASSWORD)));
        for answer in join_all(logins).await {
            answer.is(200);
        }
        let wrong = stranger.post("/auth/login", login(&email, "wrong horse battery")).await;
        wrong.refused(401, "invalid_credentials");
        stranger.post("/auth/login", login(&email, PASSWORD)).await.is(200);
    }
}

#[actix_rt::test]
async fn logins_beyond_what_can_be_hashed_are_refused_while_products_are_served() {
    let shop = TestShop::with(&[("RIALTO_PASSWORD_HASH", "bcrypt:cost=13")]).await;
    let stranger = shop.stranger();
    let attempt = || {
        let stranger = stranger.clone();
        async move { stranger.post("/auth/login", login(&json!("a@example.com"), PASSWORD)).await }
    };

    // More than wait for all threads of any machine, where each hash takes half a second.
    let mut flood: FuturesUnordered<_> = (0..400).map(|_| attempt()).collect();
    for _ in 0..100 {
        let refused = flood.next().await.unwrap();
        refused.refused(503, "busy");
        assert_eq!(refused.header("retry-after"), Some("1"));
    }

    stranger.get("/products").await.is(200);
}
