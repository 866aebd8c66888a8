//! Carts at two nodes: edits at both count, and what is done at one is told at the other within a second.

use std::time::Duration;

use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    SHARED,
    catalogue::until_available,
    support::{TestShop, client::Client, each, socket::Socket},
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

#[actix_rt::test]
async fn what_is_held_at_one_node_is_held_at_the_other_and_free_again_after_the_first_one_died() {
    let settings = [SHARED[0], SHARED[1], ("RIALTO_HOLD_TTL", "5s")];
    let mut one = TestShop::on_postgres(&settings).await;
    let other = one.beside().await;
    let (buyer, rival) = (one.sign_up().await, other.sign_up().await);
    let piano = one.variant("piano").await;
    buyer.add(&piano, 3).await;
    let there = buyer.at(&other.address());
    let mut socket = follow(&there).await;

    let held = buyer.hold().await;
    until(&mut socket, &held).await;
    assert_eq!(there.hold().await, held, "a repeat at the other node");
    rival.add(&piano, 1).await;
    rival.post("/cart/hold", Value::Null).await.refused(409, "out_of_stock");
    until_available(&other, "piano", 0).await;
    one.kill();

    let free = loop {
        let cart = socket.next().await["data"].clone();
        if cart["hold"].is_null() {
            break cart;
        }
    };
    assert_eq!((&free["items"], &free["version"]), (&held["items"], &json!(3)));
    until_available(&other, "piano", 3).await;
    rival.hold().await;
}

#[actix_rt::test]
async fn logins_at_both_nodes_with_the_same_cart_bring_it_along_once() {
    let (one, other) = two_nodes().await;
    let mug = one.variant("mug").await;

    for round in 1..=5 {
        let (user, guest) = (one.sign_up().await, one.guest().await);
        guest.add(&mug, round).await;
        let merge = json!({ "token": guest.cart_token() });
        let there = user.at(&other.address());
        let (a, b) =
            join(user.post("/cart/merge", merge.clone()), there.post("/cart/merge", merge.clone()))
                .await;

        let (a, b) = (a.is(200), b.is(200));
        assert!((a["merge"]["added"] == json!([])) != (b["merge"]["added"] == json!([])));
        let cart = there.cart().await;
        assert_eq!((&cart["items"][0]["quantity"], &cart["version"]), (&json!(round), &json!(1)));
        assert_eq!(guest.at(&other.address()).cart().await["items"], json!([]));
    }
}

#[actix_rt::test]
async fn edits_of_one_cart_at_both_nodes_all_count() {
    let (one, other) = two_nodes().await;
    let buyer = one.sign_up().await;
    let devices = [buyer.on_another_device(), buyer.on_another_device().at(&other.address())];
    let teapot = one.variant("teapot").await;

    join_all(devices.iter().map(|device| async {
        for _ in 0..20 {
            device.add(&teapot, 1).await;
        }
    }))
    .await;

    assert_eq!(buyer.cart().await["items"][0]["quantity"], 40);
    assert_eq!(devices[1].cart().await, devices[0].cart().await);
}

#[actix_rt::test]
async fn the_first_edits_of_a_cart_at_both_nodes_at_once_both_count() {
    let (one, other) = two_nodes().await;
    let (teapot, candle) = (one.variant("teapot").await, one.variant("candle").await);

    for _ in 0..10 {
        let here = one.guest().await;
        let there = here.at(&other.address());
        join(here.add(&teapot, 1), there.add(&candle, 1)).await;

        let order = here.check_out_as_guest().await.is(201)["order"].clone();
        assert_eq!(order["items"].as_array().unwrap().len(), 2);
        assert_eq!(there.cart().await["items"], json!([]));
    }
}

#[actix_rt::test]
async fn a_line_that_was_put_in_at_one_node_is_changed_at_the_other() {
    let (one, other) = two_nodes().await;
    let here = one.guest().await;
    let there = here.at(&other.address());
    here.add(&one.variant("teapot").await, 1).await;

    let cart = there.add(&one.variant("candle").await, 1).await;
    let line = format!("/cart/items/{}", cart["items"][1]["id"].as_str().unwrap());

    let changed = here.patch(&line, json!({ "quantity": 7 })).await.is(200);
    assert_eq!(changed["items"][1]["quantity"], 7);
    there.delete(&line).await.is(200);
    here.delete(&line).await.refused(404, "not_found");
}
