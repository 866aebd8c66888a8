//! The topic `cart` at two nodes: what is done at one is told at the other within a second.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    support::{client::Client, each, socket::Socket},
    two_nodes,
};

/// How long the other node may take.
const SOON: Duration = Duration::from_secs(1);

async fn follow(client: &Client) -> Socket {
    let mut socket = client.socket().await;
    let answer = socket.ask("subscribe", json!({ "topic": "cart" })).await;
    assert_eq!(answer["ok"], true, "{answer}");
    socket
}

/// The first push with this cart.
async fn until(socket: &mut Socket, cart: &Value) -> Value {
    loop {
        let push = socket.next().await;
        if push["data"] == *cart {
            return push;
        }
    }
}

#[actix_rt::test]
async fn an_edit_and_a_checkout_at_one_node_are_heard_at_the_other_within_a_second() {
    let (one, other) = two_nodes().await;
    let buyer = one.sign_up().await;
    let teapot = one.variant("teapot").await;
    let (mut here, mut there) = (follow(&buyer).await, follow(&buyer.at(&other.address())).await);

    let cart = buyer.add(&teapot, 2).await;
    let began = Instant::now();
    let far = until(&mut there, &cart).await;
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    assert_eq!(far["sequence"], until(&mut here, &cart).await["sequence"]);

    buyer.check_out().await.is(201);
    let began = Instant::now();
    until(&mut there, &buyer.cart().await).await;
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
}

#[actix_rt::test]
async fn stock_that_is_changed_at_one_node_is_heard_by_a_cart_at_the_other_within_a_second() {
    let (one, other) = two_nodes().await;
    let buyer = one.sign_up().await;
    let teapot = one.variant("teapot").await;
    buyer.add(&teapot, 2).await;
    let mut there = follow(&buyer.at(&other.address())).await;

    one.stock(&teapot, 1).await;
    let began = Instant::now();
    let push = there.next().await;

    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    let problems = push["data"]["problems"].as_array().unwrap();
    assert_eq!(each(problems, "code"), ["insufficient_stock"]);
    assert_eq!(push["data"], buyer.cart().await);
}
