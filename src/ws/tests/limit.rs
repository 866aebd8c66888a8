//! Times and sizes, short enough to see them pass, and clients that do not read.

use super::*;

#[actix_rt::test]
async fn a_client_that_stops_reading_is_cut_and_holds_up_nobody() {
    let limits = Limits { close_within: Duration::from_millis(100), ..quick() };
    let node = Node::start(limits).await;
    let (_, token) = node.sign_up(Role::Admin, 60).await;
    let mut good = node.open(Some(&token)).await;
    good.ask(subscribe("admin:feed")).await;
    let mut stalled = node.follow_and_stall(&token).await;

    for round in 0..80 {
        node.flood(1 + round * 500, 500).await;
        while good.frame().await["sequence"] != 1 + round * 500 + 500 {}
    }

    node.until_open(1).await;
    assert_eq!(node.sockets.metrics.cut.get(), 1);
    let mut rest = Vec::new();
    // Reset or ended: nothing follows what was on its way.
    timeout(SOON, stalled.read_to_end(&mut rest)).await.unwrap().ok();
    assert!(rest.len() < 40_000_000, "all {} bytes were kept for it", rest.len());
    assert_eq!(good.ask(json!({ "id": 2, "op": "ping" })).await["ok"], true);
}

#[actix_rt::test]
async fn a_slow_client_is_told_so_and_resumes() {
    let limits = Limits { queue_bytes_max: 64 * 1024, ..quick() };
    let node = Node::start(limits).await;
    let (_, token) = node.sign_up(Role::Admin, 60).await;
    let mut slow = node.open(Some(&token)).await;
    let began = slow.ask(subscribe("admin:feed")).await;

    node.flood(1, 1_000).await;

    assert_eq!(slow.closed().await, (3008, "slow".to_owned()));
    let mut again = node.open(Some(&token)).await;
    let since = json!({ "epoch": began["epoch"], "sequence": began["sequence"] });
    let ask = json!({ "id": 1, "op": "subscribe", "topic": "admin:feed", "since": since });
    assert_eq!(again.ask(ask).await["recovered"], true);
}

#[actix_rt::test]
async fn a_client_that_answers_no_ping_is_closed_and_then_cut() {
    let limits = Limits {
        ping_every: Duration::from_millis(50),
        pong_within: Duration::from_millis(50),
        close_within: Duration::from_millis(50),
        ..quick()
    };
    let node = Node::start(limits).await;
    let (_, token) = node.sign_up(Role::Admin, 60).await;
    let mut dead = node.follow_and_stall(&token).await;

    node.until_open(0).await;

    let mut rest = Vec::new();
    timeout(SOON, dead.read_to_end(&mut rest)).await.unwrap().unwrap();
    let close = protocol::close::Close::NoPong.frame();
    assert!(rest.ends_with(&close), "{rest:?}");
    assert!(rest.windows(2).any(|it| it == b"\x89\x00"), "no ping came");
}

#[actix_rt::test]
async fn a_client_that_answers_pings_stays() {
    let limits = Limits {
        ping_every: Duration::from_millis(20),
        pong_within: Duration::from_secs(1),
        admit_within: Duration::from_secs(60),
        ..quick()
    };
    let node = Node::start(limits).await;
    let mut client = node.open(None).await;
    let mut pings = 0;
    while pings < 5 {
        pings += usize::from(client.message().await.is_ping());
    }
    assert_eq!(client.ask(json!({ "id": 1, "op": "ping" })).await, json!({ "id": 1, "ok": true }));
}

#[actix_rt::test]
async fn who_neither_authenticates_nor_subscribes_in_time_is_closed() {
    let limits = Limits { admit_within: Duration::from_millis(50), ..quick() };
    let node = Node::start(limits).await;
    let mut nobody = node.open(None).await;
    assert_eq!(nobody.ask(json!({ "id": 1, "op": "ping" })).await["ok"], true);

    assert_eq!(nobody.closed().await.0, 3502);
}

#[actix_rt::test]
async fn a_socket_ends_with_its_token_unless_a_fresh_one_comes() {
    let node = Node::start(quick()).await;
    let (session, token) = node.sign_up(Role::Customer, 1).await;
    let (mut one, mut other) = (node.open(Some(&token)).await, node.open(Some(&token)).await);
    let user = node.sockets.keys.caller(&token).unwrap().user;
    let fresh = node.sockets.keys.access(user, session, Role::Customer, store::now()).unwrap();

    let answer = other.ask(json!({ "id": 1, "op": "auth", "token": fresh })).await;

    assert_eq!((&answer["ok"], &answer["user_id"]), (&json!(true), &json!(user)));
    assert_eq!(one.closed().await.0, 3005);
    assert_eq!(other.ask(json!({ "id": 2, "op": "ping" })).await["ok"], true);
}

#[actix_rt::test]
async fn a_revocation_ends_the_sockets_of_a_session_even_if_nobody_tells_them() {
    let node = Node::start(quick()).await;
    let (session, token) = node.sign_up(Role::Customer, 60).await;
    let mut client = node.open(Some(&token)).await;

    node.sockets.revoked.insert(session);

    assert_eq!(client.closed().await.0, 3503);
}

#[actix_rt::test]
async fn a_token_that_says_less_ends_what_was_followed_by_the_one_before() {
    let node = Node::start(quick()).await;
    let (session, token) = node.sign_up(Role::Admin, 60).await;
    let user = node.sockets.keys.caller(&token).unwrap().user;
    let less = node.sockets.keys.access(user, session, Role::Customer, store::now()).unwrap();
    let mut client = node.open(Some(&token)).await;
    assert_eq!(client.ask(subscribe("admin:feed")).await["ok"], true);

    let answer = client.ask(json!({ "id": 2, "op": "auth", "token": less })).await;

    assert_eq!(answer["error"]["code"], "forbidden");
    assert_eq!(client.closed().await.0, 3507);
}

#[actix_rt::test]
async fn a_client_follows_no_more_topics_than_it_may() {
    let node = Node::start(Limits { subscriptions_max: 1, ..quick() }).await;
    let (_, token) = node.sign_up(Role::Admin, 60).await;
    let mut client = node.open(Some(&token)).await;
    assert_eq!(client.ask(subscribe("me")).await["ok"], true);
    assert_eq!(client.ask(subscribe("me")).await["ok"], true, "the same topic is no other one");

    let answer = client.ask(subscribe("admin:feed")).await;

    assert_eq!(answer["error"]["code"], "too_many_subscriptions");
    assert_eq!(client.closed().await.0, 3013);
}

#[actix_rt::test]
async fn a_replay_larger_than_the_budget_comes_as_fast_as_it_is_read() {
    let node = Node::start(Limits { queue_bytes_max: 16 * 1024, ..quick() }).await;
    let (_, token) = node.sign_up(Role::Admin, 60).await;
    for _ in 0..450 {
        node.scratch.register().await;
    }
    node.until_published(451).await;
    let mut client = node.open(Some(&token)).await;

    let ask =
        json!({ "id": 1, "op": "subscribe", "topic": "admin:feed", "since": { "sequence": 0 } });
    assert_eq!(client.ask(ask).await["recovered"], true);

    for sequence in 1..=451 {
        assert_eq!(client.frame().await["sequence"], sequence);
    }
}

#[actix_rt::test]
async fn when_the_process_stops_all_are_told_and_nobody_comes_in() {
    let node = Node::start(quick()).await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(node.open(None).await);
    }
    let goodbyes = clients.iter_mut().map(|client| async {
        let (code, reason) = client.closed().await;
        // Reading on answers the close.
        while client.0.next().await.is_some() {}
        let reason: Value = serde_json::from_str(&reason).unwrap();
        (code, reason["reconnect_in_ms"].as_u64().unwrap())
    });

    let drained = node.sockets.drain(SOON);
    let (all, ()) = futures_util::join!(futures_util::future::join_all(goodbyes), drained);

    assert!(all.iter().all(|(code, wait)| *code == 3001 && *wait <= 5_000));
    let waits: BTreeSet<u64> = all.iter().map(|(_, wait)| *wait).collect();
    assert!(waits.len() > 1, "they all come back at once: {waits:?}");
    assert_eq!(node.hub().send(Count).await.unwrap(), 0);
    assert!(connect_async(format!("ws://{}/", node.address)).await.is_err());
}

#[actix_rt::test]
async fn a_connection_that_vanishes_is_forgotten() {
    let node = Node::start(quick()).await;
    let (_, token) = node.sign_up(Role::Admin, 60).await;
    let mut client = node.open(Some(&token)).await;
    client.ask(subscribe("admin:feed")).await;

    drop(client);

    node.until_open(0).await;
    assert_eq!((node.sockets.metrics.open.get(), node.sockets.metrics.subscriptions.get()), (0, 0));
}
