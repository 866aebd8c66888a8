//! Orders: the list and its pages, whose they are, and calling one off.

use serde_json::{Value, json};
use uuid::Uuid;

mod admin;
mod lost;
mod refund;
mod returns;
pub mod walk;

use crate::support::{
    TestShop, each, gapless,
    purchase::{path, topic},
};

#[actix_rt::test]
async fn my_orders_come_in_pages_the_newest_first() {
    let shop = TestShop::start().await;
    let (buyer, other) = (shop.sign_up().await, shop.sign_up().await);
    let candle = shop.variant("candle").await;
    other.place(&candle, 1).await;
    let mut placed = Vec::new();
    for quantity in 1..=5 {
        placed.push(buyer.place(&candle, quantity).await);
    }

    let (mut seen, mut sizes) = (Vec::new(), Vec::new());
    let mut next = "/orders?limit=2".to_owned();
    loop {
        let page = buyer.get(&next).await.is(200);
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().cloned());
        sizes.push(items.len());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        assert!(cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b)));
        next = format!("/orders?limit=2&cursor={cursor}");
    }

    placed.reverse();
    assert_eq!(seen, placed);
    assert_eq!(sizes, [2, 2, 1]);
    assert_eq!(buyer.get("/orders").await.is(200)["items"].as_array().unwrap().len(), 5);
}

#[actix_rt::test]
async fn a_timeline_comes_in_pages_the_oldest_first() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let order = buyer.buy(&shop.variant("candle").await, 1).await;
    let events = format!("{}/events", path(&order));

    let first = buyer.get(&format!("{events}?limit=3")).await.is(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = buyer.get(&format!("{events}?limit=3&cursor={cursor}")).await.is(200);

    let mut all = first["items"].as_array().unwrap().clone();
    all.extend(second["items"].as_array().unwrap().iter().cloned());
    assert_eq!(each(&all, "sequence"), gapless(5));
    assert_eq!(all, buyer.timeline(&order).await);
    assert_eq!(second["next_cursor"], Value::Null);
}

#[actix_rt::test]
async fn a_page_that_is_asked_for_wrongly_is_refused() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let order = buyer.place(&shop.variant("candle").await, 1).await;

    for list in ["/orders".to_owned(), format!("{}/events", path(&order))] {
        for limit in ["0", "-1", "101", "1.5", "ten", "", "99999999999999999999"] {
            buyer.get(&format!("{list}?limit={limit}")).await.invalid(&["limit"]);
        }
        for cursor in ["", "x", "%00", "e30", "bnVsbA", &"A".repeat(2000)] {
            let answer = buyer.get(&format!("{list}?cursor={cursor}")).await;
            answer.refused(400, "invalid_cursor");
        }
        buyer.get(&format!("{list}?page=2")).await.invalid(&["page"]);
    }
}

#[actix_rt::test]
async fn an_order_of_another_is_not_there() {
    let shop = TestShop::start().await;
    let (owner, other) = (shop.sign_up().await, shop.sign_up().await);
    let order = owner.place(&shop.variant("candle").await, 1).await;
    let at = path(&order);
    let none = format!("/orders/{}", Uuid::now_v7());

    for path in [&at, &none, "/orders/1", "/orders/%F0%9F"] {
        other.get(path).await.refused(404, "not_found");
        other.get(&format!("{path}/events")).await.refused(404, "not_found");
        other.post(&format!("{path}/cancel"), json!({})).await.refused(404, "not_found");
    }
    shop.guest().await.get(&at).await.refused(401, "unauthenticated");
    shop.stranger().get("/orders").await.refused(401, "unauthenticated");

    assert_eq!(owner.order(&order).await, order);
    assert_eq!(other.orders().await, Vec::<Value>::new());
    assert_eq!(shop.admin().await.order(&order).await, order);
}

#[actix_rt::test]
async fn an_order_that_is_called_off_before_it_is_paid_frees_its_stock() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    let order = buyer.place(&teapot, 4).await;
    let cancel = format!("{}/cancel", path(&order));

    let cancelled = buyer.post(&cancel, json!({ "reason": "a gift" })).await.is(200);

    assert_eq!(
        (&cancelled["status"], &cancelled["payment"]["status"]),
        (&json!("cancelled"), &json!("cancelled"))
    );
    assert_eq!(shop.available(&teapot).await, 100);
    assert_eq!(buyer.timeline(&order).await.pop().unwrap()["data"]["reason"], "a gift");
    let twice = buyer.post(&cancel, json!({})).await;
    assert_eq!(twice.refused(409, "invalid_transition")["state"], "cancelled");
    assert_eq!(shop.available(&teapot).await, 100);
}

#[actix_rt::test]
async fn an_order_that_is_called_off_after_it_is_paid_is_paid_back() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    let order = buyer.buy(&teapot, 4).await;
    let mut live = buyer.follow(&topic(&order)).await;
    assert_eq!(shop.available(&teapot).await, 96);

    let cancel = format!("{}/cancel", path(&order));
    let cancelled = buyer.post(&cancel, Value::Null).await.is(200);

    assert_eq!(cancelled["status"], "cancelled");
    live.until("payment.refunded").await;
    let order = buyer.order(&order).await;
    let payment = &order["payment"];
    assert_eq!((&order["status"], &payment["status"]), (&json!("cancelled"), &json!("refunded")));
    assert_eq!(payment["refunded"], payment["amount"]);
    assert_eq!(order["deliveries"][0]["status"], "failed");
    assert_eq!(shop.available(&teapot).await, 100);
}

#[actix_rt::test]
async fn an_order_that_is_on_its_way_is_not_called_off() {
    let shop = TestShop::with(&[("RIALTO_COURIER_SPEED", "1000000")]).await;
    let buyer = shop.sign_up().await;
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let mut live = buyer.follow(&topic(&order)).await;
    buyer.pay(&order, "tok_success").await.is(200);
    live.until("order.delivered").await;
    let delivered = buyer.order(&order).await;

    let refused = buyer.post(&format!("{}/cancel", path(&order)), json!({})).await;

    assert_eq!(refused.refused(409, "invalid_transition")["state"], "delivered");
    assert_eq!(buyer.order(&order).await, delivered);
}

#[actix_rt::test]
async fn a_reason_that_breaks_a_rule_cancels_nothing() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let cancel = format!("{}/cancel", path(&order));

    buyer.post(&cancel, json!({ "reason": "x".repeat(1001) })).await.invalid(&["reason"]);
    buyer.post(&cancel, json!({ "reason": 7 })).await.invalid(&["reason"]);
    buyer.post(&cancel, json!({ "why": "so" })).await.invalid(&["why"]);

    assert_eq!(buyer.order(&order).await, order);
}
