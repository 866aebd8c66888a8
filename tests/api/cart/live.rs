//! The topic `cart`: what its owner hears of it on every device, whoever changed it.

use serde_json::{Value, json};

use crate::support::{TestShop, client::Client, each, purchase::Variant, socket::Socket};

/// A socket that follows the cart, and the answer to that.
async fn follow(client: &Client) -> (Socket, Value) {
    let mut socket = client.socket().await;
    let answer = socket.ask("subscribe", json!({ "topic": "cart" })).await;
    assert_eq!((&answer["ok"], &answer["topic"]), (&json!(true), &json!("cart")), "{answer}");
    (socket, answer)
}

/// The next push of a cart, later than `sequence`, which it moves on.
async fn hear(socket: &mut Socket, sequence: &mut i64) -> Value {
    let push = socket.next().await;
    assert_eq!((&push["topic"], &push["type"]), (&json!("cart"), &json!("cart.changed")));
    let later = push["sequence"].as_i64().unwrap();
    assert!(later > *sequence, "{later} after {sequence}");
    *sequence = later;
    push["data"].clone()
}

/// The first cart that is heard with these problems.
async fn until_problems(socket: &mut Socket, sequence: &mut i64, problems: &[&str]) -> Value {
    loop {
        let cart = hear(socket, sequence).await;
        if each(cart["problems"].as_array().unwrap(), "code") == problems {
            return cart;
        }
    }
}

/// The cart of a client with a unit of `variant`, and a socket that follows it.
async fn holding(client: &Client, variant: &Variant) -> (Socket, i64) {
    let cart = client.add(variant, 1).await;
    let (socket, answer) = follow(client).await;
    assert_eq!(answer["snapshot"], cart);
    (socket, answer["sequence"].as_i64().unwrap())
}

#[actix_rt::test]
async fn each_edit_on_one_device_is_told_to_the_others_as_the_whole_cart() {
    let shop = TestShop::start().await;
    let (here, teapot) = (shop.sign_up().await, shop.variant("teapot").await);
    let there = here.on_another_device();
    let (mut socket, answer) = follow(&there).await;
    assert_eq!((&answer["sequence"], &answer["snapshot"]["version"]), (&json!(0), &json!(0)));
    let mut sequence = 0;

    let cart = here.add(&teapot, 2).await;
    assert_eq!(hear(&mut socket, &mut sequence).await, cart);
    let line = format!("/cart/items/{}", cart["items"][0]["id"].as_str().unwrap());
    let cart = here.patch(&line, json!({ "quantity": 5 })).await.is(200);
    assert_eq!(hear(&mut socket, &mut sequence).await, cart);
    let cart = here.delete("/cart").await.is(200);
    assert_eq!(hear(&mut socket, &mut sequence).await, cart);
}

#[actix_rt::test]
async fn a_hundred_edits_at_once_are_told_as_they_stand_in_the_end() {
    let shop = TestShop::start().await;
    let (here, teapot) = (shop.sign_up().await, shop.variant("teapot").await);
    let (mut socket, mut sequence) = holding(&here, &teapot).await;

    let edits = (0..99).map(|_| here.add(&teapot, 1));
    futures_util::future::join_all(edits).await;

    let mut pushes = 1;
    while hear(&mut socket, &mut sequence).await["items"][0]["quantity"] != 100 {
        pushes += 1;
    }
    assert!(pushes < 99, "each edit was told by itself");
}

#[actix_rt::test]
async fn a_change_of_stock_is_told_to_the_carts_that_hold_the_variant_and_to_no_other() {
    let shop = TestShop::start().await;
    let (one, other) = (shop.sign_up().await, shop.sign_up().await);
    let (teapot, mug) = (shop.variant("teapot").await, shop.variant("mug").await);
    let (mut of_teapot, mut teapots) = holding(&one, &teapot).await;
    let (mut of_mug, mut mugs) = holding(&other, &mug).await;

    shop.stock(&teapot, 0).await;
    let cart = hear(&mut of_teapot, &mut teapots).await;
    shop.stock(&mug, 0).await;

    let problem = json!({
        "code": "out_of_stock",
        "item_id": cart["items"][0]["id"],
        "available": 0,
    });
    assert_eq!((&cart["problems"], &cart), (&json!([problem]), &one.cart().await));
    assert_eq!(cart["items"][0]["problem"], "out_of_stock");
    // Its first push: of the teapot it heard nothing.
    assert_eq!(hear(&mut of_mug, &mut mugs).await, other.cart().await);
    assert_eq!(of_teapot.ask("ping", json!({})).await["ok"], true);
    assert!(of_teapot.is_silent());
}

#[actix_rt::test]
async fn a_variant_that_comes_into_a_cart_is_watched_from_then_on_and_one_that_leaves_it_no_more() {
    let shop = TestShop::start().await;
    let (buyer, other) = (shop.sign_up().await, shop.sign_up().await);
    let (teapot, mug) = (shop.variant("teapot").await, shop.variant("mug").await);
    let (mut socket, mut sequence) = holding(&buyer, &teapot).await;
    let (mut witness, mut seen) = holding(&other, &teapot).await;

    let line = format!("/cart/items/{}", buyer.cart().await["items"][0]["id"].as_str().unwrap());
    buyer.add(&mug, 1).await;
    let cart = buyer.delete(&line).await.is(200);
    while hear(&mut socket, &mut sequence).await != cart {}
    shop.stock(&teapot, 0).await;
    until_problems(&mut witness, &mut seen, &["out_of_stock"]).await;
    shop.stock(&mug, 0).await;

    let cart = hear(&mut socket, &mut sequence).await;
    assert_eq!(each(cart["items"].as_array().unwrap(), "problem"), ["out_of_stock"]);
}

#[actix_rt::test]
async fn a_sale_to_somebody_else_is_heard() {
    let shop = TestShop::start().await;
    let (buyer, other) = (shop.sign_up().await, shop.sign_up().await);
    let piano = shop.variant("piano").await;
    let (mut socket, mut sequence) = holding(&buyer, &piano).await;

    other.buy(&piano, 3).await;

    let cart = until_problems(&mut socket, &mut sequence, &["out_of_stock"]).await;
    assert_eq!(cart, buyer.cart().await);
}

#[actix_rt::test]
async fn a_checkout_empties_the_cart_on_all_devices() {
    let shop = TestShop::start().await;
    let (buyer, teapot) = (shop.sign_up().await, shop.variant("teapot").await);
    let (mut socket, mut sequence) = holding(&buyer.on_another_device(), &teapot).await;

    buyer.check_out().await.is(201);

    let emptied = buyer.cart().await;
    assert_eq!((&emptied["items"], &emptied["version"]), (&json!([]), &json!(2)));
    while hear(&mut socket, &mut sequence).await != emptied {}
}

#[actix_rt::test]
async fn what_an_order_reserves_is_heard_and_that_it_is_free_again_when_nobody_pays() {
    let shop = TestShop::with(&[("RIALTO_PAYMENT_TTL", "1s")]).await;
    let (buyer, other) = (shop.sign_up().await, shop.sign_up().await);
    let piano = shop.variant("piano").await;
    let (mut socket, mut sequence) = holding(&buyer, &piano).await;

    other.place(&piano, 3).await;

    until_problems(&mut socket, &mut sequence, &["out_of_stock"]).await;
    let free = until_problems(&mut socket, &mut sequence, &[]).await;
    assert_eq!(free, buyer.cart().await);
}

#[actix_rt::test]
async fn a_guest_follows_the_cart_whose_token_they_show() {
    let shop = TestShop::start().await;
    let (guest, mug) = (shop.guest().await, shop.variant("mug").await);
    let mut socket = shop.stranger().socket().await;
    let subscribe = json!({ "topic": "cart" });
    assert_eq!(socket.refused("subscribe", subscribe.clone()).await, "unauthenticated");

    let auth = json!({ "cart_token": guest.cart_token() });
    assert_eq!(socket.ask("auth", auth).await["ok"], true);
    let answer = socket.ask("subscribe", subscribe).await;
    let cart = guest.add(&mug, 3).await;

    assert_eq!((&answer["ok"], &answer["snapshot"]["id"]), (&json!(true), &cart["id"]));
    assert_eq!(hear(&mut socket, &mut 0).await, cart);
    let forged = format!("{}.{}", cart["id"].as_str().unwrap(), "A".repeat(43));
    assert_eq!(socket.refused("auth", json!({ "cart_token": forged })).await, "invalid_cart_token");
}

#[actix_rt::test]
async fn a_guest_who_shows_another_cart_may_not_go_on_with_the_first() {
    let shop = TestShop::start().await;
    let (one, other) = (shop.guest().await, shop.guest().await);
    let mut socket = shop.stranger().socket().await;
    for token in [one.cart_token(), one.cart_token()] {
        assert_eq!(socket.ask("auth", json!({ "cart_token": token })).await["ok"], true);
        assert_eq!(socket.ask("subscribe", json!({ "topic": "cart" })).await["ok"], true);
    }

    let auth = json!({ "cart_token": other.cart_token() });
    assert_eq!(socket.refused("auth", auth).await, "forbidden");

    assert_eq!(socket.closed().await.0, 3507);
}

#[actix_rt::test]
async fn a_guest_who_signs_in_goes_on_with_their_cart_until_they_ask_for_the_users() {
    let shop = TestShop::start().await;
    let (guest, user) = (shop.guest().await, shop.sign_up().await);
    let mug = shop.variant("mug").await;
    let mut socket = shop.stranger().socket().await;
    socket.ask("auth", json!({ "cart_token": guest.cart_token() })).await;
    socket.ask("subscribe", json!({ "topic": "cart" })).await;

    let auth = socket.ask("auth", json!({ "token": user.access_token() })).await;
    assert_eq!(auth["ok"], true);
    let cart = guest.add(&mug, 1).await;
    assert_eq!(hear(&mut socket, &mut 0).await, cart);

    let answer = socket.ask("subscribe", json!({ "topic": "cart" })).await;
    assert_eq!(answer["snapshot"], user.cart().await);
    guest.add(&mug, 1).await;
    let mut sequence = 0;
    for _ in 0..2 {
        let cart = user.add(&mug, 1).await;
        assert_eq!(hear(&mut socket, &mut sequence).await, cart);
    }
}

#[actix_rt::test]
async fn of_a_cart_there_is_nothing_to_resume_and_who_leaves_it_hears_no_more() {
    let shop = TestShop::start().await;
    let (buyer, mug) = (shop.sign_up().await, shop.variant("mug").await);
    let device = buyer.on_another_device();
    let cart = buyer.add(&mug, 1).await;
    let (mut socket, answer) = follow(&buyer).await;

    let since = json!({ "epoch": answer["epoch"], "sequence": answer["sequence"] });
    let again = socket.ask("subscribe", json!({ "topic": "cart", "since": since })).await;
    assert_eq!((&again["recovered"], &again["snapshot"]), (&json!(false), &cart));
    assert_eq!(again["sequence"], answer["sequence"]);

    assert_eq!(socket.ask("unsubscribe", json!({ "topic": "cart" })).await["ok"], true);
    let (mut witness, seen) = follow(&device).await;
    let cart = buyer.add(&mug, 1).await;
    assert_eq!(hear(&mut witness, &mut seen["sequence"].as_i64().unwrap()).await, cart);
    assert_eq!(socket.ask("ping", json!({})).await["ok"], true);
    assert!(socket.is_silent());
}
