//! Settings: what a user chooses for themselves, and what they can't.

use serde_json::{Value, json};

use crate::support::{
    TestShop,
    client::{Answer, Client},
};

async fn put(client: &Client, body: Value) -> Answer {
    client.put("/me/settings", body).await
}

#[actix_rt::test]
async fn a_new_account_has_the_defaults() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;

    let settings = buyer.get("/me/settings").await.is(200);

    let expected = json!({
        "locale": "en",
        "currency": "EUR",
        "time_zone": "UTC",
        "theme": "system",
        "notifications": {
            "orders": ["in_app", "email", "push"],
            "delivery": ["in_app", "email", "push"],
            "security": ["in_app", "email"],
            "stock": ["in_app", "email", "push"],
            "messages": ["in_app", "email", "push"],
            "news": [],
            "types": {},
        },
        "privacy": { "analytics": false, "personalisation": false },
    });
    assert_eq!(settings, expected);
    let me = buyer.get("/me").await.is(200);
    assert_eq!((&me["settings"], &me["locale"]), (&settings, &json!("en")));
}

#[actix_rt::test]
async fn settings_are_replaced_as_a_whole() {
    let mut shop = TestShop::start().await;
    let (buyer, other) = (shop.sign_up().await, shop.sign_up().await);
    let chosen = json!({
        "locale": "DE-at",
        "currency": "CHF",
        "time_zone": "europe/vienna",
        "theme": "dark",
        "notifications": {
            "news": ["email", "email"],
            "security": ["sms", "email"],
            "types": { "order.paid": ["push", "in_app"] },
        },
        "privacy": { "analytics": true },
    });

    let kept = put(&buyer, chosen).await.is(200);

    assert_eq!((&kept["locale"], &kept["time_zone"]), (&json!("de-AT"), &json!("Europe/Vienna")));
    assert_eq!((&kept["currency"], &kept["theme"]), (&json!("CHF"), &json!("dark")));
    assert_eq!(kept["notifications"]["news"], json!(["email"]));
    assert_eq!(kept["notifications"]["security"], json!(["email", "sms"]));
    assert_eq!(kept["notifications"]["orders"], json!(["in_app", "email", "push"]));
    assert_eq!(kept["notifications"]["types"], json!({ "order.paid": ["in_app", "push"] }));
    assert_eq!(kept["privacy"], json!({ "analytics": true, "personalisation": false }));
    shop.kill();
    shop.start_again().await;
    let me = buyer.get("/me").await.is(200);
    assert_eq!((&me["settings"], &me["locale"]), (&kept, &json!("de-AT")));
    assert_eq!(other.get("/me/settings").await.is(200)["theme"], "system");

    let usual = put(&buyer, json!({})).await.is(200);
    assert_eq!(usual, other.get("/me/settings").await.is(200));
}

#[actix_rt::test]
async fn a_choice_that_there_is_not_is_refused_by_its_name() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let many = json!({ "locale": "fr", "currency": "DEM", "time_zone": "Berlin" });
    let refusals = [
        (many, vec!["locale", "currency", "time_zone"]),
        (json!({ "theme": "pink" }), vec!["theme"]),
        (json!({ "font": "Fraktur" }), vec!["font"]),
        (json!({ "notifications": { "gossip": [] } }), vec!["notifications.gossip"]),
        (json!({ "notifications": { "news": ["fax"] } }), vec!["notifications.news[0]"]),
        (json!({ "notifications": { "security": ["sms"] } }), vec!["notifications.security"]),
        (
            json!({ "notifications": { "types": { "account.new_device": [] } } }),
            vec!["notifications.types"],
        ),
        (json!({ "notifications": { "types": { "gossip": [] } } }), vec!["notifications.types"]),
        (json!({ "privacy": { "analytics": "no" } }), vec!["privacy.analytics"]),
    ];

    for (body, named) in refusals {
        put(&buyer, body).await.invalid(&named);
    }

    assert_eq!(buyer.get("/me/settings").await.is(200)["theme"], "system");
}
