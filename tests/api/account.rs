//! Accounts: who may come in, and how a session goes on and ends.

use futures_util::future::join;
use serde_json::{Value, json};

use crate::support::{PASSWORD, TestShop};

fn account(email: &str) -> Value {
    json!({ "email": email, "password": PASSWORD, "name": "Ada" })
}

#[actix_rt::test]
async fn whoever_registers_is_signed_in_and_can_sign_in_again() {
    let shop = TestShop::start().await;
    let stranger = shop.stranger();

    let session = stranger.post("/auth/register", account("ada@example.com")).await.is(201);
    let me = stranger.clone().signed_in(session.clone()).get("/me").await.is(200);
    let login = json!({ "email": "Ada@Example.com", "password": PASSWORD });
    let again = stranger.post("/auth/login", login).await.is(200);

    assert_eq!(
        (&session["token_type"], session["expires_in"].as_i64()),
        (&json!("Bearer"), Some(900))
    );
    assert_eq!(me, session["user"]);
    assert_eq!((&me["email"], &me["role"]), (&json!("ada@example.com"), &json!("customer")));
    assert_eq!((&me["status"], &me["email_confirmed"]), (&json!("active"), &json!(false)));
    assert!(me.get("password_hash").is_none());
    assert_eq!(again["user"], me);
    assert_ne!(again["access_token"], session["access_token"]);
}

#[actix_rt::test]
async fn an_address_has_one_account_however_it_is_spelled() {
    let shop = TestShop::start().await;
    let stranger = shop.stranger();
    stranger.post("/auth/register", account("ada@example.com")).await.is(201);

    let twin = stranger.post("/auth/register", account(" ADA@example.com")).await;

    twin.refused(409, "email_taken");
}

#[actix_rt::test]
async fn an_account_that_breaks_a_rule_is_refused_with_every_field_named() {
    let shop = TestShop::start().await;
    let stranger = shop.stranger();
    let wrong = json!({ "email": "ada", "password": "short", "name": " " });
    let long = json!({ "email": "a@example.com", "password": PASSWORD, "name": "a".repeat(101) });
    let admin =
        json!({ "email": "a@example.com", "password": PASSWORD, "name": "A", "role": "admin" });

    stranger.post("/auth/register", wrong).await.invalid(&["email", "name", "password"]);
    stranger.post("/auth/register", long).await.invalid(&["name"]);
    stranger.post("/auth/register", admin).await.invalid(&["role"]);
    stranger.post("/auth/register", json!({})).await.invalid(&["email"]);
    stranger.post("/auth/register", json!([])).await.invalid(&[""]);
}

#[actix_rt::test]
async fn a_wrong_password_and_an_unknown_address_are_answered_alike() {
    let shop = TestShop::start().await;
    let stranger = shop.stranger();
    stranger.post("/auth/register", account("ada@example.com")).await.is(201);
    let login = |email: &str| json!({ "email": email, "password": "wrong horse battery" });

    let wrong = stranger.post("/auth/login", login("ada@example.com")).await;
    let unknown = stranger.post("/auth/login", login("eve@example.com")).await;

    let (wrong, unknown) =
        (wrong.refused(401, "invalid_credentials"), unknown.refused(401, "invalid_credentials"));
    for name in ["type", "title", "detail", "errors"] {
        assert_eq!(wrong[name], unknown[name]);
    }
}

#[actix_rt::test]
async fn a_token_that_is_not_ours_opens_nothing() {
    let shop = TestShop::start().await;
    let (buyer, stranger) = (shop.sign_up().await, shop.stranger());
    let token = buyer.access_token();
    let (head, rest) = token.split_once('.').unwrap();
    let (claims, _) = rest.split_once('.').unwrap();
    // {"alg":"none"}
    let unsigned = format!("eyJhbGciOiJub25lIn0.{claims}.");
    let cut = format!("{head}.{claims}.");

    for wrong in ["", "x", "a.b.c", &unsigned, &cut, &"a".repeat(5000)] {
        let bearer = format!("Bearer {wrong}");
        stranger.with("Authorization", &bearer).get("/me").await.refused(401, "invalid_token");
    }
    let basic = stranger.with("Authorization", "Basic YTpi").get("/me").await;
    basic.refused(401, "invalid_token");
    let nobody = stranger.get("/me").await;
    nobody.refused(401, "unauthenticated");
    assert_eq!(nobody.header("www-authenticate"), Some("Bearer"));
}

#[actix_rt::test]
async fn two_refreshes_at_once_each_get_a_pair_of_the_same_session() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let spend = |session: &Value| json!({ "refresh_token": session["refresh_token"] });
    let stranger = shop.stranger();

    let both = join(
        stranger.post("/auth/refresh", spend(&buyer.session)),
        stranger.post("/auth/refresh", spend(&buyer.session)),
    );
    let (one, other) = both.await;

    let (one, other) = (one.is(200), other.is(200));
    assert_ne!(one["refresh_token"], other["refresh_token"]);
    for session in [one, other] {
        assert_eq!(session["user"]["id"], buyer.user_id());
        stranger.post("/auth/refresh", spend(&session)).await.is(200);
        stranger.clone().signed_in(session).get("/me").await.is(200);
    }
}

#[actix_rt::test]
async fn a_refresh_token_that_was_never_given_is_refused() {
    let shop = TestShop::start().await;
    let stranger = shop.stranger();
    let buyer = shop.sign_up().await;
    let (session, _) = buyer.session["refresh_token"].as_str().unwrap().split_once('.').unwrap();
    let forged = format!("{session}.{}", "A".repeat(43));

    for wrong in ["", "x", forged.as_str(), buyer.access_token()] {
        let answer = stranger.post("/auth/refresh", json!({ "refresh_token": wrong })).await;
        answer.refused(401, "invalid_refresh_token");
    }
    buyer.get("/me").await.is(200);
}

#[actix_rt::test]
async fn a_log_out_ends_the_tokens_of_that_session_and_of_no_other() {
    let shop = TestShop::start().await;
    let here = shop.sign_up().await;
    let login = json!({ "email": here.session["user"]["email"], "password": PASSWORD });
    let session = shop.stranger().post("/auth/login", login).await.is(200);
    let there = shop.stranger().signed_in(session);

    here.post("/auth/logout", Value::Null).await.is(204);

    here.get("/me").await.refused(401, "session_revoked");
    let refresh = json!({ "refresh_token": here.session["refresh_token"] });
    shop.stranger().post("/auth/refresh", refresh).await.refused(401, "invalid_refresh_token");
    there.get("/me").await.is(200);
}

#[actix_rt::test]
async fn a_log_out_outlives_a_restart() {
    let mut shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let other = shop.sign_up().await;
    buyer.post("/auth/logout", Value::Null).await.is(204);

    shop.kill();
    shop.start_again().await;

    buyer.get("/me").await.refused(401, "session_revoked");
    other.get("/me").await.is(200);
}
