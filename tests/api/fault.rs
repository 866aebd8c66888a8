//! What goes wrong in the database beside the program: rows that nobody can read, and a lock that
//! somebody holds for too long.

use std::time::Duration;

use futures_util::future::{join, join_all};
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

use crate::support::{
    PASSWORD, TestShop, each, gapless, key,
    purchase::{checkout, guest_checkout, topic},
};

/// How long whoever asks waits at most for an answer, with some time for a machine that is busy.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

#[actix_rt::test]
async fn orders_that_cannot_be_read_hold_up_no_other_and_are_gone_on_with_once_they_can() {
    // Two days are four seconds.
    let mut shop = TestShop::with(&[("RIALTO_COURIER_SPEED", "40000")]).await;
    let teapot = shop.variant("teapot").await;
    let (cursed, lucky) = (shop.sign_up().await, shop.sign_up().await);
    let mut waiting = Vec::new();
    for buyer in [&cursed, &lucky] {
        let parcel = buyer.buy(&teapot, 1).await;
        let (paying, unpaid) = (buyer.place(&teapot, 1).await, buyer.place(&teapot, 1).await);
        buyer.pay(&paying, "tok_delayed_success").await.is(200);
        let ends = ["order.delivered", "order.paid", "order.cancelled"];
        waiting.push([parcel, paying, unpaid].into_iter().zip(ends).collect::<Vec<_>>());
    }
    shop.kill();
    let id = cursed.user_id();
    let good = shop.found(&format!("SELECT address AS found FROM orders WHERE user_id = '{id}'"));
    shop.sql(&format!("UPDATE orders SET address = 'no address' WHERE user_id = '{id}'")).unwrap();
    let long_ago = "'2026-01-01 00:00:00'";
    shop.sql(&format!(
        "UPDATE orders SET expires_at = {long_ago} WHERE stage = 'pending_payment' AND id NOT IN \
         (SELECT order_id FROM payments WHERE due_at IS NOT NULL); \
         UPDATE payments SET due_at = {long_ago} WHERE due_at IS NOT NULL"
    ))
    .unwrap();

    shop.start_again().await;

    for (order, end) in &waiting[1] {
        lucky.follow(&topic(order)).await.until(end).await;
    }
    assert_eq!(cursed.get("/orders").await.status, 500);
    let address = &good[0];
    shop.sql(&format!("UPDATE orders SET address = '{address}' WHERE user_id = '{id}'")).unwrap();
    for (order, end) in &waiting[0] {
        cursed.follow(&topic(order)).await.until(end).await;
    }
    shop.settle().await;
    shop.audit();
}

#[actix_rt::test]
async fn an_event_that_cannot_be_read_keeps_no_other_from_being_told() {
    let mut shop = TestShop::start().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let teapot = shop.variant("teapot").await;
    let mut feed = admin.follow("admin:feed").await;
    // The first is what a later version of the program may write on another node, the second nobody
    // would.
    for (kind, data) in [("cart.cursed", "{}"), ("cart.released", "no json")] {
        let id = Uuid::now_v7();
        shop.sql(&format!(
            "INSERT INTO events (id, kind, at, data, place) \
             SELECT '{id}', '{kind}', '2026-11-21 08:00:00', '{data}', MAX(place) + 1 FROM events"
        ))
        .unwrap();
    }

    let order = buyer.buy(&teapot, 1).await;

    buyer.follow(&topic(&order)).await.until("order.paid").await;
    let told = feed.until("order.paid").await;
    shop.kill();
    shop.start_again().await;
    let again = admin.follow("admin:feed").await.until("order.paid").await;
    for told in [told, again] {
        assert_eq!(each(&told, "sequence"), gapless(told.len()));
        let unreadable = told.iter().filter(|it| it["type"] == "event.unreadable");
        assert_eq!(unreadable.count(), 2);
    }
}

#[actix_rt::test]
async fn of_twenty_checkouts_at_once_one_that_the_database_refuses_fails_alone() {
    let shop = TestShop::start().await;
    let teapot = shop.variant("teapot").await;
    let mut carts = Vec::new();
    for _ in 0..20 {
        let guest = shop.guest().await;
        guest.add(&teapot, 1).await;
        carts.push(guest.once(&key()));
    }
    let cursed = carts[7].cart().await["id"].as_str().unwrap().to_owned();
    shop.sql_of(
        &format!(
            "CREATE TRIGGER curse BEFORE INSERT ON orders WHEN NEW.cart_id = '{cursed}' BEGIN \
             SELECT RAISE(ABORT, 'cursed'); END"
        ),
        &format!(
            "CREATE FUNCTION curse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF NEW.cart_id = '{cursed}' THEN RAISE EXCEPTION 'cursed'; END IF; RETURN NEW; END $$; \
             CREATE TRIGGER curse BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION curse()"
        ),
    );

    let answers = join_all(carts.iter().map(|it| it.post("/checkout", guest_checkout()))).await;

    for (at, answer) in answers.iter().enumerate() {
        assert_eq!(answer.status, if at == 7 { 500 } else { 201 }, "{}", answer.text);
    }
    assert_eq!(shop.reserved(&teapot).await, 19);
    shop.sql_of("DROP TRIGGER curse", "DROP TRIGGER curse ON orders");
    carts[7].post("/checkout", guest_checkout()).await.is(201);
    assert_eq!(shop.reserved(&teapot).await, 20);
    shop.audit();
}

#[actix_rt::test]
async fn who_waits_too_long_for_the_database_is_told_so_in_time_and_asks_again() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let teapot = shop.variant("teapot").await;
    buyer.add(&teapot, 1).await;
    let once = buyer.once(&key());
    let (began, lock) = (Instant::now(), shop.lock());

    let registered = json!({ "email": "a@b.c", "password": PASSWORD, "name": "A" });
    let stranger = shop.stranger();
    let waiting =
        join(once.post("/checkout", checkout()), stranger.post("/auth/register", registered));
    let (checked_out, registered) = waiting.await;

    assert!(began.elapsed() < ANSWERED_WITHIN, "{:?}", began.elapsed());
    for refused in [&checked_out, &registered] {
        refused.refused(503, "busy");
        assert_eq!(refused.header("retry-after"), Some("1"));
    }
    assert!(buyer.orders().await.is_empty(), "what is written is not seen before it is committed");
    drop(lock);
    let order = once.post("/checkout", checkout()).await.is(201)["order"].clone();
    assert_eq!(buyer.orders().await, [order]);
    assert_eq!(shop.reserved(&teapot).await, 1);
    shop.audit();
}

#[actix_rt::test]
async fn the_auditor_sees_what_is_wrong() {
    let shop = TestShop::start().await;
    let (buyer, teapot) = (shop.sign_up().await, shop.variant("teapot").await);
    buyer.buy(&teapot, 1).await;
    let open = buyer.place(&teapot, 1).await;
    assert_eq!(shop.broken(), [""; 0]);
    let paid = "FROM payments WHERE status = 'captured'";
    let open = format!("WHERE id = '{}'", open["id"].as_str().unwrap());
    let row = "(id, order_id, amount, currency, status, items, created_at)";
    let refund = format!(
        "INSERT INTO refunds {row} SELECT id, order_id, amount + 1, currency, 'pending', '[]', \
         created_at {paid}"
    );
    let twice = format!(
        "INSERT INTO payment_ledger (id, payment_id, kind, amount, currency, at) \
         SELECT id, id, 'captured', amount, currency, created_at {paid}"
    );
    let placed = format!("UPDATE orders SET stage = 'paid' {open}");
    let reserved = "UPDATE stock SET reserved = reserved";
    let of_it = format!("WHERE variant_id = '{}'", teapot.id);
    let planted = [
        ("I2", "UPDATE stock SET on_hand = on_hand + 1", "UPDATE stock SET on_hand = on_hand - 1"),
        ("I2", "UPDATE stock SET sold = sold + 1", "UPDATE stock SET sold = sold - 1"),
        ("I3", &format!("{reserved} + 1 {of_it}"), &format!("{reserved} - 1 {of_it}")),
        ("I4", "UPDATE payments SET refunded = 1", "UPDATE payments SET refunded = 0"),
        ("I5", &refund, "DELETE FROM refunds"),
        ("I7", &placed, &format!("UPDATE orders SET stage = 'pending_payment' {open}")),
        (
            "I8",
            "UPDATE orders SET sequence = sequence + 1",
            "UPDATE orders SET sequence = sequence - 1",
        ),
        // Of the ledger nothing is taken back.
        ("I6", &twice, "DELETE FROM refunds"),
    ];

    for (invariant, fault, undo) in planted {
        shop.sql(fault).unwrap();
        let complaints = shop.broken();
        assert!(complaints.iter().any(|it| it.starts_with(invariant)), "{fault}: {complaints:?}");
        shop.sql(undo).unwrap();
    }
}
