//! A node whose clock jumps by an hour beside one whose clock is right: money, stock and timelines
//! agree. What the jump costs is time: what is not paid expires when the first node says so.

use std::{env, fs, path::Path};

use crate::support::{
    TestShop, each, gapless, key,
    purchase::{checkout, path, topic},
};

/// Nothing of it is moved by a clock but what the test is about.
const SETTINGS: [(&str, &str); 2] =
    [("RIALTO_JWT_SECRET", "2fKq8RzXv1LmT0yWc5BnJ7hUdA4sGe9P"), ("RIALTO_COURIER", "manual")];

/// Another node of `shop`, whose clock is as far from the right time as `offset` says.
async fn beside(shop: &TestShop, offset: &Path) -> TestShop {
    let faketime = env::var("TEST_FAKETIME").expect("TEST_FAKETIME is not set: run ./test");
    fs::write(offset, "+0").unwrap();
    let mut node = shop.beside().await;
    node.set("LD_PRELOAD", &faketime);
    node.set("FAKETIME_TIMESTAMP_FILE", offset.to_str().unwrap());
    node.set("FAKETIME_NO_CACHE", "1");
    // Timers go by another clock, which never jumps.
    node.set("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    node.start_again().await;
    node
}

#[actix_rt::test]
async fn a_clock_that_jumps_an_hour_and_back_costs_time_and_no_money_and_no_unit() {
    let one = TestShop::on_postgres(&SETTINGS).await;
    let offset = one.folder().join("offset");
    let other = beside(&one, &offset).await;
    let teapot = one.variant("teapot").await;
    let (patient, buyer) = (one.sign_up().await, one.sign_up().await);
    let unpaid = patient.place(&teapot, 1).await;
    let paying = buyer.place(&teapot, 1).await;
    assert_eq!(buyer.pay(&paying, "tok_delayed_success").await.is(200)["status"], "processing");
    let mut live = patient.follow(&topic(&unpaid)).await;
    let mut sold = 0;

    for (jump, is_ahead) in [("+1h", true), ("-1h", false)] {
        fs::write(&offset, jump).unwrap();
        if is_ahead {
            let told = live.until("order.cancelled").await;
            let expired = ["order.placed", "payment.cancelled", "order.expired", "order.cancelled"];
            assert_eq!(each(&told, "type"), expired);
            patient.pay(&unpaid, "tok_success").await.refused(409, "invalid_transition");
        }
        let mut placed = Vec::new();
        for buyer in [one.sign_up().await, other.sign_up().await] {
            buyer.add(&teapot, 2).await;
            let once = buyer.once(&key());
            let first = once.post("/checkout", checkout()).await;
            let again = once.post("/checkout", checkout()).await;
            assert_eq!((again.is_replayed(), &again.text), (true, &first.text), "{jump}");
            let order = first.is(201)["order"].clone();
            // What one node gives half an hour, another may say is over.
            let payment = buyer.pay(&order, "tok_success").await;
            sold += if payment.body["status"] == "captured" { 2 } else { 0 };
            let timeline = buyer.timeline(&order).await;
            assert_eq!(each(&timeline, "sequence"), gapless(timeline.len()));
            placed.push(order["placed_at"].as_str().unwrap().to_owned());
        }
        assert_eq!(placed[1] > placed[0], is_ahead, "{placed:?}");
        one.audit();
    }

    fs::write(&offset, "+0").unwrap();
    one.settle().await;
    one.audit();
    let paid = buyer.get(&path(&paying)).await.is(200);
    sold += i64::from(paid["status"] == "paid");
    assert!(sold >= 2, "nobody could buy");
    assert_eq!((one.reserved(&teapot).await, one.available(&teapot).await), (0, 100 - sold));
}
