//! The socket: who may follow what, and that whoever comes back misses nothing.

use serde_json::{Value, json};

mod access;
mod limits;

use crate::support::{
    TestShop, each,
    purchase::{path, topic},
};

#[actix_rt::test]
async fn a_socket_is_welcomed_and_its_questions_are_answered() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;

    let mut socket = buyer.socket().await;

    let welcome = &socket.welcome;
    assert_eq!(welcome["user_id"], buyer.user_id());
    assert!(welcome["connection_id"].is_string() && welcome["node"].is_string());
    assert!(welcome["ping_interval_ms"].as_i64() > Some(0));
    assert!((1..=900).contains(&welcome["expires_in"].as_i64().unwrap()));
    assert_eq!(socket.ask("ping", json!({})).await, json!({ "id": 1, "ok": true }));
    assert_eq!(socket.refused("dance", json!({})).await, "unknown_op");
    assert_eq!(socket.refused("ping", json!({ "loud": true })).await, "invalid");
    assert_eq!(socket.refused("subscribe", json!({})).await, "invalid");
    assert_eq!(socket.refused("subscribe", json!({ "topic": "weather" })).await, "not_found");
    let past = json!({ "topic": "me", "since": { "sequence": -1 } });
    assert_eq!(socket.refused("subscribe", past).await, "invalid");
    assert_eq!(socket.ask("ping", json!({})).await["ok"], true);
}

#[actix_rt::test]
async fn what_is_no_frame_of_ours_closes_the_socket() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;

    for text in ["hello", "[]", "7", "{", &format!(r#"{{"op":"{}"}}"#, "x".repeat(65 * 1024))] {
        let mut socket = buyer.socket().await;
        socket.send(text).await;
        assert_eq!(socket.closed().await.0, 3501, "{text:.20}");
    }
}

#[actix_rt::test]
async fn a_subscription_begins_with_a_snapshot_and_goes_on_with_what_follows_it() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let mut socket = buyer.socket().await;

    let answer = socket.ask("subscribe", json!({ "topic": topic(&order) })).await;
    buyer.pay(&order, "tok_success").await.is(200);

    assert_eq!((&answer["ok"], &answer["sequence"]), (&json!(true), &json!(1)));
    assert_eq!((&answer["topic"], &answer["snapshot"]), (&json!(topic(&order)), &order));
    assert!(answer["epoch"].is_string());
    let heard = socket.until("order.paid").await;
    assert_eq!(each(&heard, "sequence"), [2, 3, 4]);
    assert!(heard.iter().all(|push| push["topic"] == answer["topic"]));
    assert!(heard.iter().all(|push| push["epoch"] == answer["epoch"]));
}

#[actix_rt::test]
async fn whoever_comes_back_is_told_what_they_missed_and_then_what_happens() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let mut first = buyer.socket().await;
    let epoch = first.follow(&topic(&order)).await["epoch"].clone();
    buyer.pay(&order, "tok_declined").await.is(200);
    let seen = first.until("payment.failed").await.pop().unwrap()["sequence"].clone();
    first.close().await;
    buyer.pay(&order, "tok_success").await.is(200);

    let mut second = buyer.socket().await;
    let since = json!({ "epoch": epoch, "sequence": seen });
    let answer = second.ask("subscribe", json!({ "topic": topic(&order), "since": since })).await;
    buyer.post(&format!("{}/cancel", path(&order)), json!({})).await.is(200);

    assert_eq!((&answer["recovered"], &answer["sequence"]), (&json!(true), &json!(6)));
    let heard = second.until("order.cancelled").await;
    let numbers: Vec<Value> = (3..).take(heard.len()).map(Value::from).collect();
    assert_eq!(each(&heard, "sequence"), numbers.iter().collect::<Vec<_>>());
    let kinds = ["payment.authorized", "payment.captured", "order.paid", "delivery.created"];
    assert_eq!(each(&heard, "type")[..4], kinds);
}

#[actix_rt::test]
async fn whoever_comes_back_after_a_crash_goes_on_where_they_were() {
    let mut shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let answer = buyer.socket().await.follow(&topic(&order)).await;
    buyer.pay(&order, "tok_success").await.is(200);

    shop.kill();
    shop.start_again().await;

    let mut socket = buyer.socket().await;
    let since = json!({ "epoch": answer["epoch"], "sequence": 1 });
    let again = socket.ask("subscribe", json!({ "topic": topic(&order), "since": since })).await;
    assert_eq!((&again["recovered"], &again["epoch"]), (&json!(true), &answer["epoch"]));
    assert_eq!(each(&socket.take(4).await, "sequence"), [2, 3, 4, 5]);
}

#[actix_rt::test]
async fn what_cannot_be_resumed_whole_is_a_snapshot_and_says_so() {
    let shop = TestShop::start().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let epoch = buyer.socket().await.follow(&topic(&order)).await["epoch"].clone();
    let mut socket = admin.socket().await;

    for since in [
        json!({ "epoch": epoch, "sequence": 2 }),
        json!({ "epoch": epoch, "sequence": 1_000_000 }),
        json!({ "epoch": "of another life", "sequence": 1 }),
    ] {
        let body = json!({ "topic": topic(&order), "since": since });
        let answer = socket.ask("subscribe", body).await;
        assert_eq!((&answer["ok"], &answer["recovered"]), (&json!(true), &json!(false)));
        assert_eq!((&answer["sequence"], &answer["snapshot"]), (&json!(1), &order));
        let body = json!({ "topic": "admin:feed", "since": since });
        if since["sequence"] != 2 {
            let answer = socket.ask("subscribe", body).await;
            assert_eq!((&answer["ok"], &answer["recovered"]), (&json!(true), &json!(false)));
        }
    }
    // A client that says no epoch says that it means this one.
    for since in [
        json!({ "sequence": 1 }),
        json!({ "sequence": 1, "epoch": null }),
        json!({ "sequence": 1, "epoch": epoch }),
        json!({ "sequence": 0, "epoch": null }),
    ] {
        let body = json!({ "topic": topic(&order), "since": since });
        assert_eq!(socket.ask("subscribe", body).await["recovered"], true, "{since}");
    }
}

#[actix_rt::test]
async fn nobody_follows_what_is_not_theirs() {
    let shop = TestShop::start().await;
    let (owner, other) = (shop.sign_up().await, shop.sign_up().await);
    let order = owner.place(&shop.variant("teapot").await, 1).await;
    let follow = json!({ "topic": topic(&order), "since": { "sequence": 0 } });
    let mut theirs = other.socket().await;
    let mut nobodys = shop.stranger().socket().await;

    assert_eq!(theirs.refused("subscribe", follow.clone()).await, "not_found");
    let unknown = json!({ "topic": "order:00000000-0000-7000-8000-000000000000" });
    assert_eq!(theirs.refused("subscribe", unknown).await, "not_found");
    assert_eq!(theirs.refused("subscribe", json!({ "topic": "admin:feed" })).await, "forbidden");
    assert_eq!(nobodys.refused("subscribe", follow.clone()).await, "unauthenticated");
    assert_eq!(nobodys.refused("subscribe", json!({ "topic": "me" })).await, "unauthenticated");
    let feed = json!({ "topic": "admin:feed" });
    assert_eq!(nobodys.refused("subscribe", feed).await, "unauthenticated");
    let mut forged = follow.clone();
    forged["order_token"] = json!("A".repeat(43));
    assert_eq!(nobodys.refused("subscribe", forged).await, "not_found");

    owner.pay(&order, "tok_success").await.is(200);
    let mut feed = shop.admin().await.follow("admin:feed").await;
    feed.until("order.paid").await;
    assert_eq!(theirs.ask("ping", json!({})).await["ok"], true);
    assert_eq!(nobodys.ask("ping", json!({})).await["ok"], true);
    assert!(theirs.is_silent() && nobodys.is_silent());
}

#[actix_rt::test]
async fn a_filtered_feed_names_the_match_before_each() {
    let shop = TestShop::start().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let mut socket = admin.socket().await;
    let filter = json!({ "types": ["order.placed", "order.paid"] });

    let body = json!({ "topic": "admin:feed", "filter": filter });
    assert_eq!(socket.ask("subscribe", body).await["ok"], true);
    let order = buyer.buy(&shop.variant("teapot").await, 1).await;

    let heard = socket.until("order.paid").await;
    assert_eq!(each(&heard, "type"), ["order.placed", "order.paid"]);
    assert_eq!(heard[1]["previous"], heard[0]["sequence"]);
    assert_eq!(heard[1]["data"]["order_id"], order["id"]);
    let unknown = json!({ "topic": "admin:feed", "filter": { "types": ["order.lost"] } });
    assert_eq!(socket.refused("subscribe", unknown).await, "invalid");
}

#[actix_rt::test]
async fn after_an_unsubscribe_there_is_silence() {
    let shop = TestShop::start().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let mut socket = buyer.socket().await;
    socket.follow(&topic(&order)).await;
    socket.until("order.placed").await;

    let answer = socket.ask("unsubscribe", json!({ "topic": topic(&order) })).await;
    assert_eq!(answer["ok"], true);
    buyer.pay(&order, "tok_success").await.is(200);
    admin.follow("admin:feed").await.until("order.paid").await;

    assert_eq!(socket.ask("ping", json!({})).await["ok"], true);
    assert!(socket.is_silent());
}

#[actix_rt::test]
async fn a_browser_says_who_it_is_in_its_first_frame_or_by_a_ticket() {
    let shop = TestShop::start().await;
    let (buyer, stranger) = (shop.sign_up().await, shop.stranger());

    let mut by_frame = stranger.socket().await;
    assert!(by_frame.welcome.get("user_id").is_none());
    let auth = by_frame.ask("auth", json!({ "token": buyer.access_token() })).await;
    assert_eq!(auth["ok"], true);
    by_frame.follow("me").await;

    let ticket = buyer.post("/ws/tickets", Value::Null).await.is(201);
    assert_eq!(ticket["expires_in"], 30);
    let query = format!("?ticket={}", ticket["ticket"].as_str().unwrap());
    let mut by_ticket = stranger.socket_at(&query).await.unwrap();
    assert_eq!(by_ticket.welcome["user_id"], buyer.user_id());
    by_ticket.follow("me").await;
    assert!(is_refused(stranger.socket_at(&query).await).await, "a ticket opened two sockets");
    stranger.post("/ws/tickets", Value::Null).await.refused(401, "unauthenticated");
}

#[actix_rt::test]
async fn a_token_that_is_not_ours_opens_no_socket() {
    let shop = TestShop::start().await;
    let stranger = shop.stranger();

    let forged = stranger.with("Authorization", "Bearer a.b.c");
    assert!(is_refused(forged.socket_at("").await).await);
    assert!(is_refused(stranger.socket_at("?ticket=made-up").await).await);
    let mut socket = stranger.socket().await;
    socket.send(r#"{"id":1,"op":"auth","token":"a.b.c"}"#).await;
    assert_eq!(socket.closed().await.0, 3500);
}

#[actix_rt::test]
async fn a_page_of_another_origin_opens_no_socket() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;

    let foreign = buyer.with("Origin", "https://evil.example").socket_at("").await;
    let own = buyer.with("Origin", &format!("http://{}", shop.address())).socket_at("").await;

    assert_eq!(foreign.err(), Some(403));
    assert!(own.is_ok());
}

#[actix_rt::test]
async fn a_log_out_closes_the_sockets_of_that_session_and_of_no_other() {
    let shop = TestShop::start().await;
    let (here, other) = (shop.sign_up().await, shop.sign_up().await);
    let (mut one, mut two) = (here.follow("me").await, here.follow("me").await);
    let mut theirs = other.follow("me").await;

    here.post("/auth/logout", Value::Null).await.is(204);

    assert_eq!(one.closed().await.0, 3503);
    assert_eq!(two.closed().await.0, 3503);
    assert_eq!(theirs.ask("ping", json!({})).await["ok"], true);
}

/// Whether no socket came, or one that was closed at once as not ours.
async fn is_refused(opened: Result<crate::support::socket::Socket, u16>) -> bool {
    match opened {
        Err(status) => status == 401,
        Ok(mut socket) => socket.closed().await.0 == 3500,
    }
}

/// It is there for a suite that tries sockets, and says back whatever it hears.
#[actix_rt::test]
async fn the_echo_is_there_in_tests_alone() {
    for (env, status) in [("test", 400), ("dev", 404)] {
        let shop = TestShop::with(&[("RIALTO_ENV", env)]).await;
        shop.stranger().get("/ws/echo").await.is(status);
    }
}
