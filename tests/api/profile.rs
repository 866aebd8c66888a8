//! Profiles: what users say of themselves, and how they are forgotten.

use serde_json::{Value, json};

use crate::support::{PASSWORD, TestShop, mail::saying};

#[actix_rt::test]
async fn a_profile_is_changed_field_by_field() {
    let shop = TestShop::start().await;
    let ada = shop.sign_up().await;
    let change = json!({ "name": " Ada Lovelace ", "phone": "+49 30 12345678", "locale": "de-at" });

    let changed = ada.patch("/me", change).await.is(200);
    let forgot = ada.patch("/me", json!({ "phone": null })).await.is(200);

    assert_eq!(changed["name"], "Ada Lovelace");
    assert_eq!((&changed["phone"], &changed["locale"]), (&json!("+493012345678"), &json!("de-AT")));
    assert_eq!(changed["settings"]["locale"], "de-AT");
    assert_eq!((&forgot["phone"], &forgot["name"]), (&Value::Null, &json!("Ada Lovelace")));
    assert_eq!(ada.get("/me").await.is(200), forgot);
    ada.patch("/me", json!({})).await.is(200);
}

#[actix_rt::test]
async fn a_profile_that_breaks_a_rule_is_refused_and_stays() {
    let shop = TestShop::start().await;
    let ada = shop.sign_up().await;
    let before = ada.get("/me").await.is(200);

    let wrong = json!({ "name": "", "phone": "12", "locale": "xx" });
    ada.patch("/me", wrong).await.invalid(&["name", "phone", "locale"]);
    ada.patch("/me", json!({ "role": "admin" })).await.invalid(&["role"]);
    ada.patch("/me", json!({ "email": "x@example.com" })).await.invalid(&["email"]);

    assert_eq!(ada.get("/me").await.is(200), before);
}

#[actix_rt::test]
async fn who_deletes_their_account_is_forgotten_and_their_orders_stay() {
    let shop = TestShop::start().await;
    let ada = shop.sign_up_as("ada@example.com", "Ada Byron").await;
    let mut socket = ada.socket().await;
    let order = ada.buy(&shop.variant("teapot").await, 1).await;

    ada.delete("/me").await.is(204);

    ada.get("/me").await.refused(401, "session_revoked");
    assert_eq!(socket.closed().await.0, 3503);
    let login = json!({ "email": "ada@example.com", "password": PASSWORD });
    let gone = shop.stranger().post("/auth/login", login).await;
    gone.refused(401, "invalid_credentials");
    let kept = shop.admin().await.order(&order).await;
    assert_eq!((&kept["number"], &kept["total"]), (&order["number"], &order["total"]));
    // The address is free again, for somebody who has nothing to do with the account.
    let next = shop.sign_up_as("ada@example.com", "Another").await;
    assert_ne!(next.user_id(), ada.user_id());
    assert_eq!(next.get("/orders").await.is(200)["items"], json!([]));
}

#[actix_rt::test]
async fn a_link_that_is_on_its_way_opens_no_account_that_is_deleted() {
    let shop = TestShop::start().await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    let folder = shop.folder().join("mail");
    saying(&folder, "ada@example.com", "/confirm?token=").await;
    let token = crate::support::mail::token(&folder, "ada@example.com", "confirm").await;

    ada.delete("/me").await.is(204);

    let confirm = shop.stranger().post("/auth/email/confirm", json!({ "token": token })).await;
    confirm.refused(400, "invalid_link");
}

#[actix_rt::test]
async fn the_last_admin_stays() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;

    admin.delete("/me").await.refused(409, "last_admin");

    admin.get("/me").await.is(200);
}
