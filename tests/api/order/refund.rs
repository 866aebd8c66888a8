//! Giving money back: an amount, the price of some units, or the rest; once, and never too much.

use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use uuid::Uuid;

use super::walk::{deliver, desk, discount, ledger, manual, moved, refund, units};
use crate::support::{
    TestShop, each, gapless, key,
    purchase::{euros, path, topic},
    soon,
};

fn amount(amount: i64) -> Value {
    json!({ "amount": euros(amount), "reason": "a scratch" })
}

#[actix_rt::test]
async fn a_refund_that_fails_is_told_and_an_admin_gives_back_by_another_one() {
    let shop = manual().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let placed = buyer.place(&shop.variant("teapot").await, 2).await;
    assert_eq!(buyer.pay(&placed, "tok_refund_failure").await.is(200)["status"], "captured");
    let order = buyer.order(&placed).await;
    let mut feed = admin.follow("admin:feed").await;
    let one = json!({ "items": [units(&order, 0, 1)], "reason": "it leaks" });
    let first = admin.once(&key());

    let failed = first.post(&desk(&order, "refund"), one.clone()).await.is(200);

    let refund_of = &failed["refunds"][0];
    let is = json!([refund_of["status"], refund_of["failure_code"], refund_of["done_at"]]);
    assert_eq!(is, json!(["failed", "expired_or_canceled_card", null]));
    assert_eq!(
        (&failed["status"], &failed["payment"]["status"]),
        (&json!("paid"), &json!("captured"))
    );
    assert_eq!(
        (&failed["payment"]["refunded"], &failed["items"][0]["refunded"]),
        (&euros(0), &json!(0))
    );
    let told = feed.until("payment.refund_failed").await.pop().unwrap();
    let data = &told["data"];
    assert_eq!((&data["order_id"], &data["refund_id"]), (&order["id"], &refund_of["id"]));
    assert_eq!(data["failure_code"], "expired_or_canceled_card");
    assert_eq!(buyer.timeline(&order).await.pop().unwrap()["type"], "payment.refund_failed");
    let again = first.post(&desk(&order, "refund"), one.clone()).await;
    assert!(again.is_replayed(), "a repeat asks for nothing more");
    assert_eq!(again.is(200), failed);

    let given = refund(&admin, &order, one).await.is(200);

    assert_eq!(each(given["refunds"].as_array().unwrap(), "status"), ["failed", "done"]);
    assert_eq!(given["status"], "partially_refunded");
    assert_eq!(
        (&given["payment"]["refunded"], &given["items"][0]["refunded"]),
        (&euros(1_250), &json!(1))
    );
    let rest = refund(&admin, &order, json!({ "reason": "so does the other" })).await.is(200);
    assert_eq!(
        (&rest["status"], &rest["payment"]["refunded"]),
        (&json!("refunded"), &rest["total"])
    );
    let nothing = refund(&admin, &order, json!({ "reason": "more" })).await;
    assert_eq!(nothing.refused(409, "refund_too_large")["refundable"], euros(0));
}

#[actix_rt::test]
async fn a_refund_of_a_cancelled_order_that_fails_is_not_asked_for_for_ever() {
    let shop = manual().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let placed = buyer.place(&shop.variant("teapot").await, 2).await;
    buyer.pay(&placed, "tok_refund_failure").await.is(200);

    let off = buyer.post(&format!("{}/cancel", path(&placed)), json!({})).await.is(200);

    assert_eq!(json!([off["status"], off["payment"]["status"]]), json!(["cancelled", "captured"]));
    assert_eq!(off["refunds"][0]["status"], "failed");
    let given = refund(&admin, &placed, json!({ "reason": "to another card" })).await.is(200);
    assert_eq!(
        json!([given["status"], given["payment"]["status"]]),
        json!(["cancelled", "refunded"])
    );
}

#[actix_rt::test]
async fn an_amount_then_units_then_the_rest_come_to_what_was_paid_to_the_cent() {
    let shop = manual().await;
    discount(&shop);
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    // 3 × 12.50 less 10 % is 33.75, and 4.90 is for delivery.
    let order = buyer.buy(&shop.variant("teapot").await, 3).await;
    assert_eq!((&order["discount"], &order["total"]), (&euros(375), &euros(3_865)));
    let order = deliver(&admin, &order).await;
    let mut live = buyer.follow(&topic(&order)).await;

    let first = refund(&admin, &order, amount(100)).await.is(200);
    let two = json!({ "items": [units(&order, 0, 2)], "reason": "two of them leak" });
    let second = refund(&admin, &order, two).await.is(200);
    let one = json!({ "items": [units(&order, 0, 1)], "reason": "so does the third" });
    // 11.25 a unit: of 38.65 there are 15.15 left by now, and 3.90 after this.
    let third = refund(&admin, &order, one).await.is(200);
    let rest = json!({ "reason": "with our apologies" });
    let last = refund(&admin, &order, rest.clone()).await.is(200);

    let partly = json!(["partially_refunded", "partially_refunded"]);
    for it in [&first, &second, &third] {
        assert_eq!(json!([it["status"], it["payment"]["status"]]), partly);
    }
    assert_eq!(
        (&last["status"], &last["payment"]["status"]),
        (&json!("refunded"), &json!("refunded"))
    );
    let refunds = last["refunds"].as_array().unwrap();
    let amounts = [100, 2_250, 1_125, 390].map(euros);
    assert_eq!(each(refunds, "amount"), amounts.iter().collect::<Vec<_>>());
    assert!(refunds.iter().all(|it| it["status"] == "done" && it["done_at"].is_string()));
    assert_eq!(refunds[1]["items"], json!([units(&order, 0, 2)]));
    assert_eq!(
        (&last["items"][0]["refunded"], &last["items"][0]["returned"]),
        (&json!(3), &json!(0))
    );
    assert_eq!(last["payment"]["refunded"], last["total"]);
    assert_eq!(buyer.order(&order).await, last);

    let told = live.until("order.refunded").await;
    let refunded = ["payment.refunded", "order.partially_refunded"];
    let last_events: Vec<&str> = told[12..].iter().map(|it| it["type"].as_str().unwrap()).collect();
    let thrice = refunded.iter().cycle().take(6).copied();
    assert_eq!(
        last_events,
        thrice.chain(["payment.refunded", "order.refunded"]).collect::<Vec<_>>()
    );
    assert_eq!(each(&told, "sequence"), gapless(told.len()));
    let too_late = refund(&admin, &order, rest).await;
    assert_eq!(too_late.refused(409, "refund_too_large")["refundable"], euros(0));
}

#[actix_rt::test]
async fn no_more_is_given_back_than_was_paid() {
    let shop = manual().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let teapot = shop.variant("teapot").await;
    let unpaid = buyer.place(&teapot, 1).await;
    let order = buyer.buy(&teapot, 2).await;

    let early = refund(&admin, &unpaid, amount(1)).await;
    assert_eq!(early.refused(409, "invalid_transition")["state"], "pending_payment");
    let too_much = refund(&admin, &order, amount(2_991)).await;
    assert_eq!(too_much.refused(409, "refund_too_large")["refundable"], euros(2_990));
    let too_many = json!({ "items": [units(&order, 0, 1), units(&order, 0, 2)], "reason": "no" });
    let too_many = refund(&admin, &order, too_many).await;
    assert_eq!(too_many.refused(409, "refund_too_large")["refundable_quantity"], 1);

    assert_eq!(buyer.order(&order).await, order);
}

#[actix_rt::test]
async fn refunds_under_twenty_keys_at_once_give_back_no_more_than_was_paid() {
    let shop = manual().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    // 12.50 and 4.90 for delivery: five times 3.00 fit.
    let order = buyer.buy(&shop.variant("teapot").await, 1).await;

    let answers = join_all((0..20).map(|_| refund(&admin, &order, amount(300)))).await;

    let given = answers.iter().filter(|it| it.status == 200).count();
    for refused in answers.iter().filter(|it| it.status != 200) {
        assert_eq!(refused.refused(409, "refund_too_large")["refundable"], euros(240));
    }
    assert_eq!(given, 5);
    let after = buyer.order(&order).await;
    assert_eq!(after["payment"]["refunded"], euros(1_500));
    let timeline = buyer.timeline(&order).await;
    assert_eq!(each(&timeline, "sequence"), gapless(timeline.len()));
}

#[actix_rt::test]
async fn the_same_refund_twenty_times_at_once_is_one_refund_and_twenty_equal_answers() {
    let shop = manual().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let order = buyer.buy(&shop.variant("teapot").await, 1).await;
    let (once, at) = (admin.once(&key()), desk(&order, "refund"));

    let answers = join_all((0..20).map(|_| once.post(&at, amount(300)))).await;

    for answer in &answers {
        assert_eq!((answer.status, &answer.text), (200, &answers[0].text));
    }
    assert_eq!(answers.iter().filter(|it| it.is_replayed()).count(), 19);
    let after = buyer.order(&order).await;
    assert_eq!((&after["payment"]["refunded"], &after), (&euros(300), &answers[0].body));
    once.post(&at, amount(301)).await.refused(422, "idempotency_key_reused");
    once.post(&at, json!({})).await.refused(422, "idempotency_key_reused");
}

#[actix_rt::test]
async fn a_refund_that_was_refused_stays_refused_under_its_key() {
    let shop = manual().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let (once, at) = (admin.once(&key()), desk(&order, "refund"));
    once.post(&at, amount(300)).await.refused(409, "invalid_transition");
    buyer.pay(&order, "tok_success").await.is(200);

    let again = once.post(&at, amount(300)).await;

    again.refused(409, "invalid_transition");
    assert!(again.is_replayed());
    assert_eq!(buyer.order(&order).await["payment"]["refunded"], euros(0));
}

#[actix_rt::test]
async fn a_refund_that_a_crash_interrupts_is_given_back_once_and_answered() {
    let mut shop = manual().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let order = buyer.buy(&shop.variant("teapot").await, 1).await;
    shop.kill();
    shop.set("RIALTO_EMULATOR_DELAY", "1500ms");
    shop.start_again().await;
    let (once, at) = (admin.once(&key()), desk(&order, "refund"));
    let body = amount(300).to_string();

    let asked =
        once.attempt(awc::http::Method::POST, &at, Some(("application/json", body.as_bytes())));
    let crash = async {
        let owed =
            async { while admin.order(&order).await["refunds"][0]["status"] != "pending" {} };
        soon("a refund that is owed", owed).await;
        shop.kill();
    };
    let (lost, ()) = join(asked, crash).await;
    assert!(lost.is_err(), "it was answered before the crash");
    shop.set("RIALTO_EMULATOR_DELAY", "0ms");
    shop.start_again().await;

    let again = once.post(&at, amount(300)).await;
    let third = once.post(&at, amount(300)).await;

    assert_eq!((again.status, again.is_replayed()), (200, true));
    assert_eq!((third.is_replayed(), &third.text), (true, &again.text));
    let after = buyer.order(&order).await;
    assert_eq!((after["refunds"].as_array().unwrap().len(), &after), (1, &again.body));
    assert_eq!(after["payment"]["refunded"], euros(300));
    assert_eq!(after["refunds"][0]["status"], "done");
}

#[actix_rt::test]
async fn what_is_paid_back_whole_before_it_has_left_goes_nowhere_and_stays_sold() {
    let shop = TestShop::with(&[("RIALTO_COURIER_SPEED", "20000")]).await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let teapot = shop.variant("teapot").await;
    let order = buyer.buy(&teapot, 2).await;
    let rest = json!({ "reason": "sold by mistake" });

    let after = refund(&admin, &order, rest).await.is(200);

    assert_eq!(
        (&after["status"], &after["deliveries"][0]["status"]),
        (&json!("refunded"), &json!("failed"))
    );
    for (what, body) in [("process", json!(null)), ("ship", json!({}))] {
        admin.post(&desk(&order, what), body).await.refused(409, "invalid_transition");
    }
    assert_eq!(shop.available(&teapot).await, 98);
    // The courier moved another order all the way meanwhile, and this one stayed where it was.
    buyer.receive(&teapot).await;
    assert_eq!(buyer.order(&order).await, after);

    let cancelled = admin.post(&desk(&order, "cancel"), json!({ "reason": "so it stays" })).await;

    assert_eq!(cancelled.is(200)["status"], "cancelled");
    assert_eq!(shop.available(&teapot).await, 99);
    assert_eq!(moved(&ledger(&shop, &teapot).await, "cancelled"), 2);
    assert_eq!(buyer.order(&order).await["payment"]["refunded"], after["total"]);
}

#[actix_rt::test]
async fn a_refund_that_is_asked_for_wrongly_changes_nothing() {
    let shop = manual().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let order = buyer.buy(&shop.variant("teapot").await, 2).await;
    let (at, once) = (desk(&order, "refund"), admin.once(&key()));
    let dollars = json!({ "amount": 100, "currency": "USD" });
    let wrong = [
        (json!({}), vec!["reason"]),
        (json!({ "reason": "" }), vec!["reason"]),
        (json!({ "reason": "x".repeat(201) }), vec!["reason"]),
        (json!({ "amount": 100, "reason": "so" }), vec!["amount"]),
        (json!({ "amount": euros(0), "reason": "so" }), vec!["amount.amount"]),
        (json!({ "amount": euros(-5), "reason": "" }), vec!["amount.amount", "reason"]),
        (json!({ "amount": dollars, "reason": "so" }), vec!["amount.currency"]),
        (json!({ "items": [], "reason": "so" }), vec!["items"]),
        (json!({ "items": [units(&order, 0, 0)], "reason": "so" }), vec!["items[0].quantity"]),
        (json!({ "items": [{ "id": "x", "quantity": 1 }], "reason": "so" }), vec!["items[0].id"]),
        (
            json!({ "amount": euros(1), "items": [units(&order, 0, 1)], "reason": "so" }),
            vec!["items"],
        ),
    ];

    for (body, fields) in wrong {
        once.post(&at, body).await.invalid(&fields);
    }
    let unknown = json!({ "items": [{ "id": Uuid::now_v7(), "quantity": 1 }], "reason": "so" });
    once.post(&at, unknown).await.refused(404, "not_found");
    admin.post(&at, amount(1)).await.refused(400, "idempotency_key_required");
    let nowhere = format!("/admin/orders/{}/refund", Uuid::now_v7());
    once.post(&nowhere, amount(1)).await.refused(404, "not_found");
    buyer.once(&key()).post(&at, amount(1)).await.refused(403, "forbidden");

    assert_eq!(buyer.order(&order).await, order);
    once.post(&at, amount(1)).await.is(200);
    assert_eq!(buyer.get(&path(&order)).await.is(200)["payment"]["refunded"], euros(1));
}
