//! Two nodes on one PostgreSQL: what is done at one is known at the other.
//!
//! `./test` starts PostgreSQL and says where it is; without it these tests fail and say so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, which is what it is for"
)]

use std::time::Duration;

use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use tokio::time::Instant;

mod address;
mod alert;
mod autobahn;
mod cart;
mod catalogue;
mod crowd;
mod delivery;
mod dispatch;
mod drain;
mod fault;
mod mail;
mod notification;
mod order;
mod own_redis;
mod payment;
mod presence;
mod resume;
mod review;
mod stats;
mod stripe;
#[path = "../api/support.rs"]
mod support;
mod webhook;

use catalogue::until_available;
use support::{
    PASSWORD, TestShop,
    client::Client,
    each, gapless, key,
    limit::{ON, allowed, login, too_many},
    purchase::{checkout, guest_checkout, topic},
};

/// What all nodes of a shop must share.
const SHARED: [(&str, &str); 2] =
    [("RIALTO_JWT_SECRET", "2fKq8RzXv1LmT0yWc5BnJ7hUdA4sGe9P"), ("RIALTO_COURIER_SPEED", "500000")];

async fn two_nodes() -> (TestShop, TestShop) {
    let one = TestShop::on_postgres(&SHARED).await;
    let other = one.beside().await;
    (one, other)
}

#[actix_rt::test]
async fn what_is_bought_at_one_node_is_watched_live_at_the_other() {
    let (one, other) = two_nodes().await;
    let (buyer, admin) = (one.sign_up().await, one.admin().await);
    let there = buyer.at(&other.address());
    let mut feed = admin.at(&other.address()).follow("admin:feed").await;
    let mut own = there.follow("me").await;
    let order = buyer.place(&one.variant("teapot").await, 1).await;
    let mut live = there.follow(&topic(&order)).await;

    buyer.pay(&order, "tok_success").await.is(200);

    let heard = live.until("order.delivered").await;
    assert_eq!(each(&heard, "sequence"), gapless(15));
    assert_eq!(own.until("order.placed").await[0]["data"]["order_id"], order["id"]);
    let all = feed.until("order.delivered").await;
    assert_eq!(each(&all, "sequence"), gapless(all.len()));
    assert_eq!(there.order(&order).await, buyer.order(&order).await);
}

#[actix_rt::test]
async fn a_feed_is_resumed_at_the_other_node_after_the_first_one_died() {
    let (mut one, other) = two_nodes().await;
    let buyer = one.sign_up().await;
    let there = buyer.at(&other.address());
    let order = buyer.place(&one.variant("teapot").await, 1).await;
    let answer = buyer.socket().await.follow(&topic(&order)).await;

    one.kill();

    assert_eq!(there.pay(&order, "tok_success").await.is(200)["status"], "captured");
    let mut socket = there.socket().await;
    let since = json!({ "epoch": answer["epoch"], "sequence": 1 });
    let again = socket.ask("subscribe", json!({ "topic": topic(&order), "since": since })).await;
    assert_eq!(again["recovered"], true);
    let heard = socket.until("order.delivered").await;
    let due: Vec<Value> = (2..=15).map(Value::from).collect();
    assert_eq!(each(&heard, "sequence"), due.iter().collect::<Vec<_>>());
}

#[actix_rt::test]
async fn a_ticket_of_one_node_opens_one_socket_at_the_other() {
    let redis = std::env::var("TEST_REDIS_URL").expect("TEST_REDIS_URL is not set: run ./test");
    let settings: Vec<_> = SHARED.into_iter().chain([("REDIS_URL", redis.as_str())]).collect();
    let one = TestShop::on_postgres(&settings).await;
    let other = one.beside().await;
    let buyer = one.sign_up().await;
    let stranger_there = other.stranger();

    let ticket = buyer.post("/ws/tickets", Value::Null).await.is(201)["ticket"].clone();
    let query = format!("?ticket={}", ticket.as_str().unwrap());

    let socket = stranger_there.socket_at(&query).await.expect("the ticket opens no socket");
    assert_eq!(socket.welcome["user_id"], buyer.user_id());
    assert_eq!(stranger_there.socket_at(&query).await.err(), Some(401));
    assert_eq!(one.stranger().socket_at(&query).await.err(), Some(401));
}

#[actix_rt::test]
async fn a_log_out_at_one_node_is_known_at_the_other_within_a_second() {
    let (one, other) = two_nodes().await;
    let buyer = one.sign_up().await;
    let there = buyer.at(&other.address());
    let mut socket = there.follow("me").await;
    there.get("/me").await.is(200);

    buyer.post("/auth/logout", Value::Null).await.is(204);
    let began = Instant::now();

    let (code, _) = socket.closed().await;
    assert_eq!(code, 3503);
    there.get("/me").await.refused(401, "session_revoked");
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

#[actix_rt::test]
async fn whoever_is_suspended_at_one_node_is_out_at_the_other_within_a_second() {
    let (one, other) = two_nodes().await;
    let (admin, buyer) = (one.admin().await, one.sign_up().await);
    let there = buyer.at(&other.address());
    let mut socket = there.follow("me").await;

    let suspend = format!("/admin/users/{}/suspend", buyer.user_id());
    admin.post(&suspend, Value::Null).await.is(200);
    let began = Instant::now();

    assert_eq!(socket.closed().await.0, 3503);
    there.get("/me").await.refused(401, "session_revoked");
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    let email = buyer.session["user"]["email"].as_str().unwrap();
    let again = other.stranger().post("/auth/login", login(email, PASSWORD)).await;
    again.refused(403, "account_suspended");
}

#[actix_rt::test]
async fn of_two_who_put_each_other_out_at_both_nodes_at_once_one_stays() {
    let (one, other) = two_nodes().await;
    let mut stays = one.log_in_admin().await;
    for _ in 0..3 {
        let second = one.sign_up().await;
        let suspend = |whom: &Client| format!("/admin/users/{}/suspend", whom.user_id());
        let role = format!("/admin/users/{}/role", second.user_id());
        stays.put(&role, json!({ "role": "admin" })).await.is(200);
        let email = second.session["user"]["email"].as_str().unwrap();
        let second = other.stranger().post("/auth/login", login(email, PASSWORD)).await.is(200);
        let second = other.stranger().signed_in(second);

        let (first, next) = (suspend(&second), suspend(&stays));
        let (a, b) = join(stays.post(&first, Value::Null), second.post(&next, Value::Null)).await;

        let (done, late) = if a.status == 200 { (a, b) } else { (b, a) };
        if done.is(200)["id"] == stays.user_id() {
            stays = second;
        }
        // The slower is told that nobody else is left, or that they are out themselves.
        assert!(matches!(late.status, 401 | 409), "{}", late.text);
        let admins = stays.get("/admin/users?role=admin&status=active").await.is(200);
        assert_eq!(each(admins["items"].as_array().unwrap(), "id"), [stays.user_id()]);
    }
}

#[actix_rt::test]
async fn the_same_checkout_sent_to_both_nodes_at_once_is_one_order() {
    let (one, other) = two_nodes().await;
    let buyer = one.sign_up().await;
    let there = buyer.at(&other.address());
    let teapot = one.variant("teapot").await;

    for round in 1..=10 {
        buyer.add(&teapot, 1).await;
        let once = key();
        let (here_once, there_once) = (buyer.once(&once), there.once(&once));
        let (a, b) =
            join(here_once.post("/checkout", checkout()), there_once.post("/checkout", checkout()))
                .await;

        assert_eq!((a.status, b.status), (201, 201), "{} {}", a.text, b.text);
        assert_eq!(a.text, b.text);
        assert!(a.is_replayed() != b.is_replayed());
        assert_eq!(buyer.orders().await.len(), round);
    }
    until_available(&other, "teapot", 90).await;
}

#[actix_rt::test]
async fn the_same_confirmation_sent_to_both_nodes_at_once_charges_once() {
    let (one, other) = two_nodes().await;
    let buyer = one.sign_up().await;
    let there = buyer.at(&other.address());
    let order = buyer.place(&one.variant("teapot").await, 1).await;
    let confirm = format!("/payments/{}/confirm", order["payment"]["id"].as_str().unwrap());
    let (once, token) = (key(), json!({ "token": "tok_success" }));
    let (here_once, there_once) = (buyer.once(&once), there.once(&once));

    let (a, b) =
        join(here_once.post(&confirm, token.clone()), there_once.post(&confirm, token)).await;

    assert_eq!((a.status, b.status), (200, 200), "{} {}", a.text, b.text);
    let timeline = buyer.timeline(&order).await;
    let captured = each(&timeline, "type").into_iter().filter(|it| *it == "payment.captured");
    assert_eq!(captured.count(), 1);
}

#[actix_rt::test]
async fn an_order_that_is_called_off_at_both_nodes_at_once_is_paid_back_once() {
    let one = TestShop::on_postgres(&SHARED[..1]).await;
    let other = one.beside().await;
    let buyer = one.sign_up().await;
    let there = buyer.at(&other.address());
    let teapot = one.variant("teapot").await;

    for _ in 0..5 {
        let order = buyer.buy(&teapot, 3).await;
        let mut live = buyer.follow(&topic(&order)).await;
        let cancel = format!("/orders/{}/cancel", order["id"].as_str().unwrap());
        let (a, b) = join(buyer.post(&cancel, Value::Null), there.post(&cancel, Value::Null)).await;

        let (good, late) = if a.status == 200 { (a, b) } else { (b, a) };
        assert_eq!(good.is(200)["status"], "cancelled");
        late.refused(409, "invalid_transition");
        live.until("payment.refunded").await;
        let timeline = there.timeline(&order).await;
        assert_eq!(each(&timeline, "sequence"), gapless(timeline.len()));
        for once in ["order.cancelled", "payment.refunded", "delivery.failed"] {
            let told = timeline.iter().filter(|it| it["type"] == once).count();
            assert_eq!((once, told), (once, 1));
        }
        until_available(&other, "teapot", 100).await;
    }
}

#[actix_rt::test]
async fn two_hundred_buyers_at_two_nodes_of_a_hundred_units_get_exactly_a_hundred() {
    let (one, other) = two_nodes().await;
    let teapot = one.variant("teapot").await;
    let shops = [&one, &other];
    let guests: Vec<Client> = join_all((0..200).map(|at| shops[at % 2].guest())).await;
    join_all(guests.iter().map(|guest| guest.add(&teapot, 1))).await;

    let once = guests.iter().map(|guest| guest.once(&key())).collect::<Vec<_>>();
    let answers = join_all(once.iter().map(|it| it.post("/checkout", guest_checkout()))).await;

    for refused in answers.iter().filter(|it| it.status != 201) {
        refused.refused(409, "out_of_stock");
    }
    assert_eq!(answers.iter().filter(|it| it.status == 201).count(), 100);
    until_available(&one, "teapot", 0).await;
    until_available(&other, "teapot", 0).await;
}

#[actix_rt::test]
async fn a_checkout_that_is_refused_at_both_nodes_at_once_is_refused_alike() {
    let (one, other) = two_nodes().await;
    let lamp = one.variant("lamp").await;

    for _ in 0..10 {
        let here = one.guest().await;
        here.add(&lamp, 1).await;
        let (here, there) = (here.once("k"), here.once("k").at(&other.address()));
        let (a, b) = join(
            here.post("/checkout", guest_checkout()),
            there.post("/checkout", guest_checkout()),
        )
        .await;

        a.refused(409, "out_of_stock");
        b.refused(409, "out_of_stock");
        assert!(a.is_replayed() != b.is_replayed());
    }
}

#[actix_rt::test]
async fn what_many_do_at_both_nodes_at_once_is_one_unbroken_log() {
    const ROUNDS: usize = 10;
    let (one, other) = two_nodes().await;
    let teapot = one.variant("teapot").await;
    let shops = [&one, &other];
    let guests: Vec<Client> = join_all((0..8).map(|at| shops[at % 2].guest())).await;
    let before = log_head(&one);

    join_all(guests.iter().map(|guest| async {
        for _ in 0..ROUNDS {
            guest.add(&teapot, 1).await;
        }
        guest.check_out_as_guest().await.is(201);
    }))
    .await;

    assert_eq!(log_head(&one) - before, i64::try_from(guests.len() * (ROUNDS + 1)).unwrap());
}

/// The number of the last entry of the audit log, which must be whole.
fn log_head(shop: &TestShop) -> i64 {
    let ended = shop.rialto(&["audit", "verify"]);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, err) = (text(&ended.stdout), text(&ended.stderr));
    assert!(ended.status.success(), "{err}");
    let head = out.lines().find_map(|line| line.strip_prefix("head ")).expect("a head");
    head.split_once(':').unwrap().0.parse().unwrap()
}

/// What many guesses at once, at these shops in turn, are answered.
async fn guess(shops: &[&TestShop], email: &str) -> (usize, usize) {
    let strangers: Vec<Client> = shops.iter().map(|shop| shop.stranger()).collect();
    let wrong = login(email, "wrong password");
    let guesses = (0..40).map(|at| strangers[at % shops.len()].post("/auth/login", wrong.clone()));
    let answers = join_all(guesses).await;
    let (looked_at, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|it| it.status == 401);
    refused.iter().for_each(|it| too_many(it, 60));
    (looked_at.len(), refused.len())
}

#[actix_rt::test]
async fn guesses_are_counted_by_all_nodes_together_and_by_each_alone_while_redis_is_away() {
    let mut redis = own_redis::Redis::start().await;
    let url = redis.url();
    let settings: Vec<_> =
        SHARED[..1].iter().copied().chain([ON, ("REDIS_URL", url.as_str())]).collect();
    let one = TestShop::on_postgres(&settings).await;
    let other = one.beside().await;
    let buyer = one.sign_up().await;
    let own = buyer.session["user"]["email"].as_str().unwrap();

    let began = std::time::Instant::now();
    let (looked_at, _) = guess(&[&one, &other], "nobody@example.com").await;
    assert!((5..=allowed(5, began)).contains(&looked_at), "{looked_at} together");

    redis.stop();

    for (shop, email) in [(&one, "ada@example.com"), (&other, "ada@example.com")] {
        let began = std::time::Instant::now();
        let (looked_at, refused) = guess(&[shop], email).await;
        assert!((5..=allowed(5, began)).contains(&looked_at), "{looked_at} at one");
        assert!(refused > 0);
    }
    other.stranger().post("/auth/login", login(own, PASSWORD)).await.is(200);
    let metrics = other.stranger().get("/metrics").await.text;
    let alone = metrics.lines().find_map(|it| it.strip_prefix("rialto_limits_alone_total "));
    assert!(alone.is_some_and(|it| it.parse::<u64>().unwrap() > 0), "{metrics}");
}
