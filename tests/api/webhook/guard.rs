//! Nobody reaches the shop's own network by a webhook.

use serde_json::json;

use super::OPEN;
use crate::support::{
    TestShop,
    receiver::{Answer, Receiver, place},
};

#[actix_rt::test]
async fn what_leads_into_the_shops_own_network_is_no_endpoint() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    for url in [
        "http://hooks.example.com/",
        "https://hooks.example.com:8443/",
        "https://ada:secret@hooks.example.com/",
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://2130706433/",
        "https://localhost/",
        "https://hooks.localhost/",
        "https://metadata.google.internal/",
        "file:///etc/passwd",
        "hooks.example.com",
        "",
    ] {
        let answer = admin.post("/admin/webhooks", json!({ "url": url })).await;
        answer.invalid(&["url"]);
    }
    let hook = shop.hook("https://hooks.example.com/rialto", &[]).await;
    let inward = json!({ "url": "https://127.0.0.1/" });
    admin.patch(&place(&hook), inward).await.invalid(&["url"]);
    let url = "https://hooks.example.com/";
    for types in [json!(["order.lost"]), json!(["session.revoked"])] {
        let answer = admin.post("/admin/webhooks", json!({ "url": url, "types": types })).await;
        assert_eq!(answer.refused(400, "invalid")["errors"].as_array().unwrap().len(), 1);
    }
    let long = json!({ "url": url, "description": "x".repeat(201) });
    admin.post("/admin/webhooks", long).await.invalid(&["description"]);
}

#[actix_rt::test]
async fn there_are_only_so_many_endpoints() {
    let shop = TestShop::start().await;
    for _ in 0..20 {
        shop.hook("https://hooks.example.com/", &[]).await;
    }
    let one_more = json!({ "url": "https://hooks.example.com/" });
    let answer = shop.admin().await.post("/admin/webhooks", one_more).await;
    answer.refused(409, "too_many_webhooks");
}

#[actix_rt::test]
async fn what_leads_inward_when_it_is_sent_is_not_sent() {
    let mut shop = TestShop::with(&OPEN).await;
    let receiver = Receiver::open();
    let hook = shop.hook(&receiver.url, &["order.placed"]).await;
    shop.set("RIALTO_WEBHOOK_PRIVATE", "off");
    shop.start_again().await;

    shop.sign_up().await.place(&shop.variant("teapot").await, 1).await;

    let refused = |all: &[serde_json::Value]| all.iter().any(|it| it["error"] == "not_allowed");
    let log = shop.deliveries_until(&hook, refused).await;
    assert!(log[0]["http_status"].is_null() && log[0]["answer"].is_null(), "{log:?}");
    assert!(receiver.received().is_empty());
}

#[actix_rt::test]
async fn a_redirect_is_a_refusal_and_leads_nowhere() {
    let (shop, receiver, other) = (TestShop::with(&OPEN).await, Receiver::open(), Receiver::open());
    receiver.answer([Answer::Redirect(other.url.clone())]);
    let hook = shop.hook(&receiver.url, &["order.placed"]).await;
    shop.sign_up().await.place(&shop.variant("teapot").await, 1).await;

    let received = receiver.until(|all| all.len() == 2).await;

    assert_eq!(received[0].id, received[1].id);
    shop.deliveries_until(&hook, |all| all[0]["status"] == "delivered").await;
    assert!(other.received().is_empty());
}
