//! Sending back what was delivered: asked for by the buyer, taken in by the shop, and paid back.

use futures_util::future::{join_all, join3};
use serde_json::{Value, json};
use uuid::Uuid;

use super::walk::{deliver, delivered, ledger, manual, moved, refund, units};
use crate::support::{
    client::Client,
    each, gapless, key,
    purchase::{euros, guest_checkout, path, topic},
};

async fn ask(buyer: &Client, order: &Value, items: Value) -> Value {
    let body = json!({ "items": items, "reason": "too small" });
    buyer.post(&format!("{}/returns", path(order)), body).await.is(201)
}

fn receive(asked: &Value) -> String {
    format!("/admin/returns/{}/receive", asked["id"].as_str().unwrap())
}

/// Units of the order's line at `at` that have arrived.
fn arrived(order: &Value, at: usize, quantity: i64, restock: bool) -> Value {
    json!({ "id": order["items"][at]["id"], "quantity": quantity, "restock": restock })
}

#[actix_rt::test]
async fn what_comes_back_is_sold_again_or_written_off_and_paid_back() {
    let shop = manual().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let (teapot, mug) = (shop.variant("teapot").await, shop.variant("mug").await);
    buyer.add(&mug, 1).await;
    let order = buyer.buy(&teapot, 3).await;
    let order = deliver(&admin, &order).await;
    let at = usize::from(order["items"][0]["variant_id"] != teapot.id);
    let mut live = buyer.follow(&topic(&order)).await;

    let asked = ask(&buyer, &order, json!([units(&order, at, 2)])).await;
    assert_eq!((&asked["status"], &asked["reason"]), (&json!("requested"), &json!("too small")));
    assert_eq!(buyer.order(&order).await["returns"], json!([asked]));
    let parts = json!({ "items": [arrived(&order, at, 1, true), arrived(&order, at, 1, false)] });
    let received = admin.post(&receive(&asked), parts.clone()).await.is(200);

    assert_eq!((&received["status"], &received["received"]), (&json!("received"), &parts["items"]));
    let partly = buyer.order(&order).await;
    assert_eq!(partly["status"], "partially_refunded");
    assert_eq!(partly["payment"]["refunded"], euros(2_500));
    assert_eq!(partly["items"][at]["returned"], 2);
    let counted = ledger(&shop, &teapot).await;
    let why = ["sold", "returned", "written off"].map(|reason| moved(&counted, reason));
    assert_eq!((why, shop.available(&teapot).await), ([-3, 2, -1], 98));
    let again = admin.post(&receive(&asked), parts).await;
    assert_eq!(again.refused(409, "invalid_transition")["state"], "received");

    let rest = json!([units(&order, at, 1), units(&order, 1 - at, 1)]);
    let asked = ask(&buyer, &order, rest).await;
    let all = json!([arrived(&order, at, 1, true), arrived(&order, 1 - at, 1, true)]);
    admin.post(&receive(&asked), json!({ "items": all })).await.is(200);

    let whole = buyer.order(&order).await;
    assert_eq!(
        (&whole["status"], &whole["payment"]["status"]),
        (&json!("returned"), &json!("refunded"))
    );
    assert_eq!(whole["payment"]["refunded"], whole["total"], "delivery too");
    assert_eq!((shop.available(&teapot).await, shop.available(&mug).await), (99, 40));
    let told = live.until("order.returned").await;
    assert_eq!(each(&told, "sequence"), gapless(told.len()));
    let last: Vec<&str> = told[12..].iter().map(|it| it["type"].as_str().unwrap()).collect();
    let events = [
        "order.return_requested",
        "payment.refunded",
        "order.partially_refunded",
        "order.return_requested",
        "order.returned",
    ];
    assert_eq!(last, events);
    assert_eq!(told[12]["data"]["return_id"], whole["returns"][0]["id"]);
    let nothing = json!({ "items": [units(&order, at, 1)], "reason": "more" });
    let ended = buyer.post(&format!("{}/returns", path(&order)), nothing).await;
    assert_eq!(ended.refused(409, "invalid_transition")["state"], "returned");
}

#[actix_rt::test]
async fn a_return_that_never_comes_is_closed_with_nothing() {
    let shop = manual().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let teapot = shop.variant("teapot").await;
    let order = delivered(&shop, &buyer, &teapot, 2).await;
    let asked = ask(&buyer, &order, json!([units(&order, 0, 2)])).await;

    let closed = admin.post(&receive(&asked), json!({ "items": [] })).await.is(200);

    assert_eq!((&closed["status"], &closed["received"]), (&json!("received"), &json!([])));
    let after = buyer.order(&order).await;
    assert_eq!((&after["status"], &after["payment"]), (&json!("delivered"), &order["payment"]));
    assert_eq!((&after["items"], &after["refunds"]), (&order["items"], &json!([])));
    assert_eq!(shop.available(&teapot).await, 98);
    let again = admin.post(&receive(&asked), json!({ "items": [] })).await;
    assert_eq!(again.refused(409, "invalid_transition")["state"], "received");
    ask(&buyer, &order, json!([units(&order, 0, 2)])).await;
}

#[actix_rt::test]
async fn a_guest_sends_back_with_the_token_of_the_order() {
    let shop = manual().await;
    let (guest, admin) = (shop.guest().await, shop.admin().await);
    guest.add(&shop.variant("teapot").await, 1).await;
    let placed = guest.once(&key()).post("/checkout", guest_checkout()).await.is(201);
    let guest = shop.stranger().with("X-Order-Token", placed["order_token"].as_str().unwrap());
    guest.pay(&placed["order"], "tok_success").await.is(200);
    let order = deliver(&admin, &guest.order(&placed["order"]).await).await;

    let asked = ask(&guest, &order, json!([units(&order, 0, 1)])).await;
    let all = json!({ "items": [arrived(&order, 0, 1, true)] });
    admin.post(&receive(&asked), all).await.is(200);

    assert_eq!(guest.order(&order).await["status"], "returned");
    let timeline = guest.timeline(&order).await;
    assert_eq!(each(&timeline, "sequence"), gapless(timeline.len()));
    let types = each(&timeline, "type");
    assert!(
        types.contains(&&json!("order.return_requested"))
            && types.contains(&&json!("order.returned"))
    );
    let other = shop.stranger().with("X-Order-Token", "of-another-order");
    let at = format!("{}/returns", path(&order));
    other.post(&at, json!({})).await.refused(404, "not_found");
}

#[actix_rt::test]
async fn a_return_is_asked_for_once_under_a_key() {
    let shop = manual().await;
    let buyer = shop.sign_up().await;
    let order = delivered(&shop, &buyer, &shop.variant("teapot").await, 3).await;
    let (at, once) = (format!("{}/returns", path(&order)), buyer.once(&key()));
    let body = json!({ "items": [units(&order, 0, 1)], "reason": "too small" });

    let answers = join_all((0..10).map(|_| once.post(&at, body.clone()))).await;

    for answer in &answers {
        assert_eq!((answer.status, &answer.text), (201, &answers[0].text));
    }
    assert_eq!(answers.iter().filter(|it| it.is_replayed()).count(), 9);
    let after = buyer.order(&order).await;
    assert_eq!(after["returns"], json!([answers[0].body]));
    let other = json!({ "items": [units(&order, 0, 2)], "reason": "too small" });
    once.post(&at, other).await.refused(422, "idempotency_key_reused");
    once.post(&at, json!({})).await.refused(422, "idempotency_key_reused");
    buyer.once(&"k".repeat(256)).post(&at, body).await.refused(400, "invalid_idempotency_key");
}

#[actix_rt::test]
async fn a_return_that_breaks_a_rule_is_none() {
    let shop = manual().await;
    let (buyer, admin, other) = (shop.sign_up().await, shop.admin().await, shop.sign_up().await);
    let teapot = shop.variant("teapot").await;
    let paid = buyer.buy(&teapot, 1).await;
    let order = delivered(&shop, &buyer, &teapot, 2).await;
    let at = format!("{}/returns", path(&order));
    let one = json!({ "items": [units(&order, 0, 1)], "reason": "too small" });

    let early = json!({ "items": [units(&paid, 0, 1)], "reason": "too small" });
    let early = buyer.post(&format!("{}/returns", path(&paid)), early).await;
    assert_eq!(early.refused(409, "invalid_transition")["state"], "paid");
    let wrong = [
        (json!({}), vec!["items"]),
        (json!({ "items": [units(&order, 0, 1)] }), vec!["reason"]),
        (json!({ "items": [], "reason": " " }), vec!["items", "reason"]),
        (json!({ "items": [units(&order, 0, 1000)], "reason": "so" }), vec!["items[0].quantity"]),
    ];
    for (body, fields) in wrong {
        buyer.post(&at, body).await.invalid(&fields);
    }
    let unknown = json!({ "items": [{ "id": Uuid::now_v7(), "quantity": 1 }], "reason": "so" });
    buyer.post(&at, unknown).await.refused(404, "not_found");
    let many = json!({ "items": [units(&order, 0, 3)], "reason": "so" });
    let many = buyer.post(&at, many).await;
    assert_eq!(many.refused(409, "return_too_large")["returnable_quantity"], 2);
    other.post(&at, one.clone()).await.refused(404, "not_found");
    shop.stranger().post(&at, one).await.refused(401, "unauthenticated");
    assert_eq!(buyer.order(&order).await, order);

    let asked = ask(&buyer, &order, json!([units(&order, 0, 1)])).await;
    let before = buyer.order(&order).await;
    let here = receive(&asked);
    admin.post(&here, json!({})).await.invalid(&["items"]);
    let unsaid = json!({ "items": [units(&order, 0, 1)] });
    admin.post(&here, unsaid).await.invalid(&["items[0].restock"]);
    let more = json!({ "items": [arrived(&order, 0, 1, true), arrived(&order, 0, 1, false)] });
    admin.post(&here, more).await.refused(409, "return_too_large");
    let good = json!({ "items": [arrived(&order, 0, 1, true)] });
    buyer.post(&here, good.clone()).await.refused(403, "forbidden");
    let nowhere = format!("/admin/returns/{}/receive", Uuid::now_v7());
    admin.post(&nowhere, good).await.refused(404, "not_found");
    assert_eq!(buyer.order(&order).await, before);
    assert_eq!(shop.available(&teapot).await, 97);
}

#[actix_rt::test]
async fn what_was_given_back_before_is_not_given_back_again_when_it_arrives() {
    let shop = manual().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let order = delivered(&shop, &buyer, &shop.variant("teapot").await, 2).await;
    let one = json!({ "items": [units(&order, 0, 1)], "reason": "a scratch" });
    refund(&admin, &order, one).await.is(200);

    let asked = ask(&buyer, &order, json!([units(&order, 0, 2)])).await;
    let all = json!({ "items": [arrived(&order, 0, 2, true)] });
    admin.post(&receive(&asked), all).await.is(200);

    let after = buyer.order(&order).await;
    assert_eq!(
        (&after["status"], &after["payment"]["refunded"]),
        (&json!("returned"), &after["total"])
    );
    let refunds = after["refunds"].as_array().unwrap();
    assert_eq!(each(refunds, "amount"), [&euros(1_250), &euros(1_250), &euros(490)]);
}

#[actix_rt::test]
async fn refunds_returns_orders_and_counting_at_once_lose_no_unit_and_no_cent() {
    let shop = manual().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let teapot = shop.variant("teapot").await;
    let order = delivered(&shop, &buyer, &teapot, 10).await;
    let mut asked = Vec::new();
    for _ in 0..5 {
        asked.push(ask(&buyer, &order, json!([units(&order, 0, 2)])).await);
    }
    let mut others: Vec<Client> = Vec::new();
    for _ in 0..5 {
        others.push(shop.sign_up().await);
    }
    let stock = format!("/admin/variants/{}/stock", teapot.id);

    let back = join_all(asked.iter().map(|it| {
        let parts = json!({ "items": [arrived(&order, 0, 1, true), arrived(&order, 0, 1, false)] });
        let (admin, at) = (admin.clone(), receive(it));
        async move { admin.post(&at, parts).await.is(200) }
    }));
    let money = join_all((0..10).map(|_| {
        let body = json!({ "amount": euros(1_000), "reason": "a scratch" });
        refund(&admin, &order, body)
    }));
    let rest = async {
        let counted = join_all(
            (0..5).map(|_| admin.post(&stock, json!({ "adjust": 3, "reason": "delivered" }))),
        );
        let sold = join_all(others.iter().map(|it| it.buy(&teapot, 1)));
        futures_util::future::join(counted, sold).await
    };
    let (_, money, (counted, sold)) = join3(back, money, rest).await;

    assert!(money.iter().all(|it| it.status == 200 || it.status == 409));
    assert!(counted.iter().all(|it| it.status == 200));
    let after = buyer.order(&order).await;
    assert_eq!(
        (&after["status"], &after["payment"]["status"]),
        (&json!("returned"), &json!("refunded"))
    );
    let refunds = after["refunds"].as_array().unwrap().iter();
    let given: i64 = refunds.map(|it| it["amount"]["amount"].as_i64().unwrap()).sum();
    assert_eq!((&after["payment"]["refunded"], &after["total"]), (&euros(given), &euros(given)));
    let moves = ledger(&shop, &teapot).await;
    let why = ["sold", "returned", "written off", "delivered"].map(|it| moved(&moves, it));
    assert_eq!((why, sold.len()), ([-15, 10, -5, 15], 5));
    // 100, of which 10 and 5 were sold, 10 came back, 5 were broken, and 15 were delivered.
    assert_eq!(shop.available(&teapot).await, 105);
    let timeline = buyer.timeline(&order).await;
    assert_eq!(each(&timeline, "sequence"), gapless(timeline.len()));
}
