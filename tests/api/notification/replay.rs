//! The consumer of the feed: what it has told it does not tell again, nothing is lost with a process,
//! and nothing that cannot be told holds it up.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use super::inbox;
use crate::{
    order::walk::{deliver, manual},
    support::{
        TestShop,
        browser::Service,
        client::Client,
        mail::{all, until},
    },
};

/// What has not got exactly one notice and one letter that it was placed, of all orders of users.
const NOT_TOLD_ONCE: &str = "SELECT o.id AS found FROM orders o WHERE \
    (SELECT COUNT(*) FROM notifications n WHERE n.user_id = o.user_id \
        AND n.kind = 'order.placed' AND n.data LIKE '%' || o.id || '%') <> 1 \
    OR (SELECT COUNT(*) FROM mails m WHERE m.order_id = o.id \
        AND m.letter LIKE '%order.placed%') <> 1";

fn letters(shop: &TestShop) -> Vec<String> {
    let mut all = shop.found("SELECT id AS found FROM mails WHERE order_id IS NOT NULL");
    all.sort();
    all
}

/// Buys something, and waits until the buyer knows that it is paid.
async fn buy_and_hear(shop: &TestShop, buyer: &Client) {
    let mut me = buyer.follow("me").await;
    buyer.buy(&shop.variant("candle").await, 1).await;
    while me.next().await["data"]["notification_type"] != "order.paid" {}
}

/// Has a user told of orders and by other programs in the inbox, by mail, by a browser and by telephone.
pub async fn hear_by_every_way(user: &Client, service: &Service) {
    service.subscribe(user, "browser").await;
    user.patch("/me", json!({ "phone": "+49301234560" })).await.is(200);
    let ways = json!(["in_app", "email", "push", "sms"]);
    let chosen = json!({ "orders": ways, "messages": ways });
    user.put("/me/settings", json!({ "notifications": chosen })).await.is(200);
}

#[actix_rt::test]
async fn what_is_read_again_from_the_beginning_is_told_to_nobody_again() {
    let told = ("RIALTO_ORDERS_MAIL", "orders@shop.example");
    let mut shop = TestShop::with(&[("RIALTO_WEBHOOK_PRIVATE", "on"), told]).await;
    let (ada, eve, service) = (shop.sign_up().await, shop.sign_up().await, Service::open());
    hear_by_every_way(&ada, &service).await;
    buy_and_hear(&shop, &ada).await;
    ada.post("/me/notifications/read-all", Value::Null).await.is(204);
    let (told, before) = (inbox(&ada, "").await, letters(&shop));
    // What a process that dies has in hand is left alone by others for a minute.
    let in_hand = "SELECT id AS found FROM mails WHERE due_at IS NOT NULL \
        UNION ALL SELECT id FROM dispatches WHERE due_at IS NOT NULL";
    until("all letters", || shop.found(in_hand).is_empty().then_some(())).await;
    shop.kill();
    shop.sql("UPDATE cursors SET place = 0 WHERE consumer = 'notifications'").unwrap();

    shop.start_again().await;
    buy_and_hear(&shop, &eve).await;

    assert_eq!(inbox(&ada, "").await, told);
    // Two to the browser and two to the telephone, of the order that was placed and is paid.
    let devices = shop.found("SELECT id AS found FROM dispatches WHERE status = 'sent'");
    assert_eq!((devices.len(), service.of("browser").len()), (4, 2));
    let after = letters(&shop);
    // Two to the buyer and one to the shop's people, of each order.
    assert_eq!((before.len(), after.len()), (3, 6));
    assert!(before.iter().all(|it| after.contains(it)));
    let folder = shop.folder().join("mail");
    // A registration each, and three letters about each order.
    let sent = until("the last letter", || Some(all(&folder)).filter(|it| it.len() >= 8)).await;
    assert_eq!(sent.len(), 8);
}

#[actix_rt::test]
async fn power_cuts_in_the_middle_lose_no_notice_and_make_none_twice() {
    let mut shop = TestShop::start().await;
    let candle = shop.variant("candle").await;
    let mut buyers = Vec::new();
    for _ in 0..10 {
        buyers.push(shop.sign_up().await);
    }
    for _ in 0..3 {
        join_all(buyers.iter().map(|buyer| async {
            for _ in 0..3 {
                buyer.place(&candle, 1).await;
            }
        }))
        .await;
        // What was placed a moment ago is not told yet.
        shop.kill();
        shop.start_again().await;
    }

    until("all notices", || shop.found(NOT_TOLD_ONCE).is_empty().then_some(())).await;

    assert_eq!(shop.found("SELECT id AS found FROM orders").len(), 90);
    for buyer in &buyers {
        let told = inbox(buyer, "").await;
        assert_eq!(told["unread_count"], 9);
    }
}

#[actix_rt::test]
async fn an_event_that_nobody_can_be_told_of_holds_up_no_other() {
    let shop = TestShop::start().await;
    let ada = shop.sign_up().await;
    for kind in ["order.paid", "payment.refunded", "order.abducted"] {
        let (id, values) = (Uuid::now_v7(), "'2026-11-01 00:00:00', '{}'");
        shop.sql(&format!(
            "INSERT INTO events (id, kind, at, data, place) \
             SELECT '{id}', '{kind}', {values}, MAX(place) + 1 FROM events"
        ))
        .unwrap();
    }

    buy_and_hear(&shop, &ada).await;

    assert_eq!(inbox(&ada, "").await["unread_count"], 2);
}

#[actix_rt::test]
async fn who_has_deleted_the_account_is_told_nothing_more() {
    let shop = manual().await;
    let (ada, eve) = (shop.sign_up_as("ada@example.com", "Ada").await, shop.sign_up().await);
    let order = ada.buy(&shop.variant("candle").await, 1).await;
    ada.delete("/me").await.is(204);

    deliver(&shop.admin().await, &order).await;
    buy_and_hear(&shop, &eve).await;

    let id = order["id"].as_str().unwrap();
    let of_order = |table: &str, condition: &str| {
        shop.found(&format!("SELECT id AS found FROM {table} WHERE {condition}")).len()
    };
    assert_eq!(of_order("notifications", &format!("user_id = '{}'", ada.user_id())), 0);
    assert_eq!(of_order("mails", &format!("order_id = '{id}' AND letter LIKE '%shipped%'")), 0);
}
