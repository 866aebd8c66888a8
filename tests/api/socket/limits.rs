//! What a socket may do is as the settings say, and each limit has its code.

use serde_json::json;

use crate::support::{TestShop, purchase::topic, socket::Socket};

#[actix_rt::test]
async fn a_socket_follows_and_says_as_much_as_the_settings_let_it() {
    let limits = [
        ("RIALTO_SOCKET_TOPICS", "2"),
        ("RIALTO_SOCKET_RATE", "4"),
        ("RIALTO_SOCKET_MESSAGE", "1KiB"),
    ];
    let shop = TestShop::with(&limits).await;
    let buyer = shop.sign_up().await;

    let mut curious = buyer.socket().await;
    for topic in ["me", "cart"] {
        assert_eq!(curious.ask("subscribe", json!({ "topic": topic })).await["ok"], true);
    }
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let third = json!({ "topic": topic(&order) });
    assert_eq!(curious.refused("subscribe", third).await, "too_many_subscriptions");
    assert_eq!(curious.closed().await.0, 3013);

    let mut loud = buyer.socket().await;
    for _ in 0..100 {
        loud.send(r#"{"op":"ping"}"#).await;
    }
    assert_eq!(loud.closed().await.0, 3013);

    let mut verbose = buyer.socket().await;
    verbose.send(&json!({ "op": "ping", "why": "x".repeat(1_024) }).to_string()).await;
    assert_eq!(verbose.closed().await.0, 3501);
}

#[actix_rt::test]
async fn a_socket_of_which_nothing_is_heard_has_the_time_that_the_settings_give_it() {
    let limits = [("RIALTO_SOCKET_IDLE", "50ms"), ("RIALTO_SOCKET_PING", "250ms")];
    let shop = TestShop::with(&limits).await;
    let buyer = shop.sign_up().await;

    let mut idle = shop.stranger().socket().await;
    assert_eq!(idle.closed().await.0, 3502);
    let mut known = buyer.socket().await;
    assert_eq!(known.welcome["ping_interval_ms"], 250);
    known.is_pinged().await;
    assert_eq!(known.ask("ping", json!({})).await["ok"], true);
}

#[actix_rt::test]
async fn who_answers_no_ping_is_gone_as_soon_as_the_settings_say() {
    let limits = [("RIALTO_SOCKET_PING", "50ms"), ("RIALTO_SOCKET_PONG", "50ms")];
    let shop = TestShop::with(&limits).await;
    let buyer = shop.sign_up().await;
    let (mut good, mut dead) = (buyer.socket().await, buyer.socket().await);

    // Meanwhile the other reads nothing, and so answers no ping.
    for _ in 0..10 {
        good.is_pinged().await;
    }

    assert_eq!(dead.closed().await.0, 3012);
    assert_eq!(good.ask("ping", json!({})).await["ok"], true);
}

#[actix_rt::test]
async fn what_waits_for_a_socket_is_as_much_as_the_settings_let_it() {
    let shop = TestShop::with(&[("RIALTO_SOCKET_QUEUE", "1KiB")]).await;
    let buyer = shop.sign_up().await;
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let mut small = buyer.socket().await;

    let subscribe = json!({ "op": "subscribe", "topic": topic(&order) });
    small.send(&subscribe.to_string()).await;

    assert_eq!(small.closed().await.0, 3008);
}

#[actix_rt::test]
async fn an_address_has_as_many_sockets_as_the_settings_let_it() {
    let limits = [("RIALTO_SOCKETS_PER_ADDRESS", "1"), ("RIALTO_TRUSTED_PROXIES", "127.0.0.1")];
    let shop = TestShop::with(&limits).await;
    let of = |address: &str| [("X-Forwarded-For", address.to_owned())];
    let (one, other) = (of("192.0.2.1"), of("192.0.2.2"));
    let open =
        async |headers: &[(&'static str, String)]| Socket::open(&shop.address(), "", headers).await;

    let first = open(&one).await.ok().unwrap();
    assert_eq!(open(&one).await.err(), Some(503));
    assert!(open(&other).await.is_ok());
    drop(first);
}
