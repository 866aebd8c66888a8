//! Each event once, in order, none left out: also when a hub was not told of some.

use super::*;
use crate::bus::frame;

/// A node whose hubs are told nothing but what the test tells them, and the bus that publishes.
async fn deaf() -> (Node, Bus) {
    let (scratch, silent) = (Scratch::new(), Scratch::new());
    let publishing = Bus::start(scratch.store.clone()).await.unwrap();
    let bus = Bus::start(silent.store.clone()).await.unwrap();
    (Node::start_on(scratch, bus, quick()), publishing)
}

/// An admin's socket that follows the feed from its head on, which is 1.
async fn follower(node: &Node) -> Client {
    let (_, token) = node.sign_up(Role::Admin, 60).await;
    let mut client = node.open(Some(&token)).await;
    assert_eq!(client.ask(subscribe("admin:feed")).await["sequence"], 1);
    client
}

/// Has `count` events happen of which the hub learns nothing.
async fn happen(node: &Node, count: i64) {
    let head = store::read!(node.scratch.store, event::head()).unwrap();
    for _ in 0..count {
        node.scratch.register().await;
    }
    node.until_published(head + count).await;
}

/// Tells the hub of one event that has happened.
async fn tell(node: &Node, sequence: i64) {
    let published = store::read!(node.scratch.store, event::after(sequence - 1, 1)).unwrap();
    let delivery = frame::of_feed("k", &published[0]).unwrap();
    node.hub().send(Signal::Deliver([delivery].into())).await.unwrap();
}

async fn sequences(client: &mut Client, count: usize) -> Vec<i64> {
    let mut seen = Vec::new();
    while seen.len() < count {
        seen.push(client.frame().await["sequence"].as_i64().unwrap());
    }
    seen
}

#[actix_rt::test]
async fn what_a_hub_was_not_told_is_read_from_the_store() {
    let (node, _publishing) = deaf().await;
    let mut client = follower(&node).await;
    happen(&node, 150).await;

    tell(&node, 151).await;
    happen(&node, 1).await;
    tell(&node, 152).await;

    assert_eq!(sequences(&mut client, 151).await, (2..=152).collect::<Vec<i64>>());
}

#[actix_rt::test]
async fn after_a_resync_nothing_is_missing_and_nothing_comes_twice() {
    let (node, _publishing) = deaf().await;
    let mut client = follower(&node).await;
    happen(&node, 3).await;

    node.hub().send(Signal::Resync).await.unwrap();
    node.hub().send(Signal::Resync).await.unwrap();
    assert_eq!(sequences(&mut client, 3).await, [2, 3, 4]);
    tell(&node, 4).await;
    happen(&node, 1).await;
    tell(&node, 5).await;

    assert_eq!(sequences(&mut client, 1).await, [5]);
}

#[actix_rt::test]
async fn what_many_missed_of_a_topic_is_read_once_for_all_of_them() {
    let (node, _publishing) = deaf().await;
    let (_, token) = node.sign_up(Role::Admin, 60).await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        let mut client = node.open(Some(&token)).await;
        assert_eq!(client.ask(subscribe("admin:feed")).await["sequence"], 1);
        clients.push(client);
    }
    let reads = || node.sockets.metrics.reads.get();
    let before = reads();

    happen(&node, 3).await;
    node.hub().send(Signal::Resync).await.unwrap();
    for client in &mut clients {
        assert_eq!(sequences(client, 3).await, [2, 3, 4]);
    }
    assert_eq!(reads(), before + 1);

    happen(&node, 2).await;
    tell(&node, 6).await;
    for client in &mut clients {
        assert_eq!(sequences(client, 2).await, [5, 6]);
    }
    assert_eq!(reads(), before + 2);
}

#[actix_rt::test]
async fn a_client_is_told_if_what_it_missed_is_not_there() {
    let (node, _publishing) = deaf().await;
    let mut client = follower(&node).await;

    node.flood(7, 1).await;

    assert_eq!(client.closed().await.0, 3008);
}

#[actix_rt::test]
async fn a_client_that_comes_back_gets_exactly_what_it_missed() {
    let node = Node::start(quick()).await;
    let mut client = follower(&node).await;
    let since = json!({ "epoch": node.sockets.bus.epoch(), "sequence": 1 });
    drop(client);
    happen(&node, 250).await;

    let (_, token) = node.sign_up(Role::Admin, 60).await;
    client = node.open(Some(&token)).await;
    let ask = json!({ "id": 1, "op": "subscribe", "topic": "admin:feed", "since": since });
    let answer = client.ask(ask).await;

    assert_eq!((&answer["recovered"], &answer["sequence"]), (&json!(true), &json!(252)));
    assert_eq!(answer.get("snapshot"), None);
    happen(&node, 1).await;
    assert_eq!(sequences(&mut client, 252).await, (2..=253).collect::<Vec<i64>>());
}

#[actix_rt::test]
async fn what_happens_while_a_client_is_shown_what_it_missed_comes_after_it() {
    let node = Node::start(quick()).await;
    happen(&node, 300).await;
    let (_, token) = node.sign_up(Role::Admin, 60).await;
    let mut client = node.open(Some(&token)).await;
    let ask =
        json!({ "id": 1, "op": "subscribe", "topic": "admin:feed", "since": { "sequence": 0 } });

    let (answer, ()) = futures_util::join!(client.ask(ask), happen(&node, 100));

    assert_eq!(answer["recovered"], true);
    assert_eq!(sequences(&mut client, 401).await, (1..=401).collect::<Vec<i64>>());
}

#[actix_rt::test]
async fn after_an_unsubscribe_nothing_comes() {
    let node = Node::start(quick()).await;
    let mut client = follower(&node).await;
    let gone = client.ask(json!({ "id": 2, "op": "unsubscribe", "topic": "admin:feed" })).await;
    assert_eq!(gone, json!({ "id": 2, "ok": true }));

    happen(&node, 3).await;

    let again = client.ask(subscribe("admin:feed")).await;
    assert_eq!((&again["id"], &again["sequence"]), (&json!(1), &json!(4)));
}
