//! Push subscriptions: what a browser gives, and what becomes of it.

use serde_json::{Value, json};

use crate::support::{PASSWORD, TestShop, browser};

fn subscription(name: &str) -> Value {
    browser::subscription(&format!("https://push.example.com/v2/{name}"))
}

#[actix_rt::test]
async fn a_browser_is_kept_once_until_its_user_takes_it_back() {
    let shop = TestShop::start().await;
    let (ada, eve) = (shop.sign_up().await, shop.sign_up().await);
    let push = "/me/push-subscriptions";

    let id = ada.post(push, subscription("one")).await.is(201)["id"].clone();
    let again = ada.post(push, subscription("one")).await.is(200);
    let other = ada.post(push, subscription("two")).await.is(201);

    assert_eq!(again, json!({ "id": id }));
    assert_ne!(other["id"], id);
    let path = format!("{push}/{}", id.as_str().unwrap());
    eve.delete(&path).await.refused(404, "not_found");
    ada.delete(&path).await.is(204);
    ada.delete(&path).await.refused(404, "not_found");
    assert_ne!(ada.post(push, subscription("one")).await.is(201)["id"], id);
    let told = shop.log();
    for secret in ["push.example.com", "BCVxsr7N", "BTBZMqHH6r4"] {
        assert!(!told.contains(secret), "the log says {secret}");
    }
}

#[actix_rt::test]
async fn a_browser_tells_nobody_of_who_used_it_before() {
    let shop = TestShop::start().await;
    let (ada, eve) = (shop.sign_up().await, shop.sign_up().await);
    let push = "/me/push-subscriptions";
    let old = ada.post(push, subscription("shared")).await.is(201)["id"].clone();

    let new = eve.post(push, subscription("shared")).await.is(201)["id"].clone();

    assert_ne!(old, new);
    let path = |id: &Value| format!("{push}/{}", id.as_str().unwrap());
    ada.delete(&path(&old)).await.refused(404, "not_found");
    ada.delete(&path(&new)).await.refused(404, "not_found");
    eve.delete(&path(&new)).await.is(204);
}

#[actix_rt::test]
async fn a_user_has_twenty_browsers_however_many_subscribe_at_once() {
    let shop = TestShop::start().await;
    let ada = shop.sign_up().await;
    let all: Vec<String> = (0..24).map(|number| number.to_string()).collect();

    let answers = futures_util::future::join_all(
        all.iter().map(|name| ada.post("/me/push-subscriptions", subscription(name))),
    );
    let answers = answers.await;

    assert_eq!(answers.iter().filter(|it| it.status == 201).count(), 20);
    answers.iter().filter(|it| it.status != 201).for_each(|it| {
        it.refused(409, "too_many_subscriptions");
    });
    // Those that are there still bring their keys up to date.
    let kept = answers.iter().position(|it| it.status == 201).unwrap();
    ada.post("/me/push-subscriptions", subscription(&all[kept])).await.is(200);
}

#[actix_rt::test]
async fn what_no_browser_gives_is_refused_field_by_field() {
    let shop = TestShop::start().await;
    let ada = shop.sign_up().await;
    let refused = async |path: &str, value: Value, field: &str| {
        let mut body = subscription("one");
        *body.pointer_mut(path).unwrap() = value;
        ada.post("/me/push-subscriptions", body).await.invalid(&[field]);
    };

    for endpoint in ["http://push.example.com/1", "https://127.0.0.1/1", "https://localhost/1"] {
        refused("/endpoint", json!(endpoint), "endpoint").await;
    }
    refused("/endpoint", json!(7), "endpoint").await;
    refused("/keys/p256dh", json!("BCVx"), "keys.p256dh").await;
    refused("/keys/auth", json!("BCVxsr7N_eNgVRqvHtD0zTZs"), "keys.auth").await;
    refused("/expirationTime", json!("soon"), "expirationTime").await;
    let wrong = json!({ "endpoint": "", "keys": { "p256dh": "", "auth": "" } });
    let wrong = ada.post("/me/push-subscriptions", wrong).await;
    wrong.invalid(&["endpoint", "keys.p256dh", "keys.auth"]);
}

#[actix_rt::test]
async fn a_deleted_account_leaves_no_inbox_and_no_browser() {
    let shop = TestShop::start().await;
    let (ada, eve) = (shop.sign_up().await, shop.sign_up().await);
    let login = json!({ "email": ada.session["user"]["email"], "password": PASSWORD });
    shop.stranger().with("User-Agent", "Phone/1").post("/auth/login", login).await.is(200);
    let told = ada.get("/me/notifications").await.is(200);
    let notification = told["items"][0]["id"].as_str().unwrap();
    ada.post("/me/push-subscriptions", subscription("one")).await.is(201);
    // No two rows have one id, or one endpoint.
    let user = eve.user_id();
    let another = [
        format!(
            "INSERT INTO notifications VALUES \
             ('{notification}', '{user}', 'account.password_changed', '{{}}', '2026-01-01', NULL)"
        ),
        format!(
            "INSERT INTO push_subscriptions VALUES ('1', '{user}', \
             'https://push.example.com/v2/one', '{}', '{}', '2026-01-01')",
            "x".repeat(87),
            "x".repeat(22)
        ),
    ];
    assert!(another.iter().all(|sql| shop.sql(sql).is_err()));

    ada.delete("/me").await.is(204);

    for sql in &another {
        shop.sql(sql).unwrap();
    }
}
