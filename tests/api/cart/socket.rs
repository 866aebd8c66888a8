//! Changing the cart on a socket: the same commands as by HTTP, and done once under a key however
//! they come.

use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    TestShop, client::Client, each, key, limit::ON, purchase::Variant, socket::Socket,
};

/// What puts units of a variant in, under a key.
fn add(variant: &Variant, quantity: i64, key: &str) -> Value {
    json!({ "variant_id": variant.id, "quantity": quantity, "key": key })
}

/// The version that a cart has after a change on a socket.
async fn change(socket: &mut Socket, op: &str, request: Value) -> i64 {
    let answer = socket.ask(op, request).await;
    assert_eq!(answer["ok"], true, "{answer}");
    answer["version"].as_i64().unwrap()
}

/// How many units are in the cart, of each line.
async fn units(client: &Client) -> Vec<Value> {
    each(client.cart().await["items"].as_array().unwrap(), "quantity")
        .into_iter()
        .cloned()
        .collect()
}

#[actix_rt::test]
async fn lines_are_put_in_changed_and_taken_out_on_a_socket() {
    let shop = TestShop::start().await;
    let (user, guest) = (shop.sign_up().await, shop.guest().await);
    let teapot = shop.variant("teapot").await;
    let mut of_guest = shop.stranger().socket().await;
    let token = guest.cart_token();
    assert_eq!(of_guest.ask("auth", json!({ "cart_token": token })).await["ok"], true);

    for (client, mut socket) in [(&user, user.socket().await), (&guest, of_guest)] {
        let more = json!({ "variant_id": teapot.id, "quantity": 2 });
        assert_eq!(change(&mut socket, "cart.add", more.clone()).await, 1);
        assert_eq!(change(&mut socket, "cart.add", more).await, 2);
        let cart = client.cart().await;
        assert_eq!((&cart["version"], &cart["items"][0]["quantity"]), (&json!(2), &json!(4)));
        let item = &cart["items"][0]["id"];
        let set = json!({ "item_id": item, "quantity": 7 });
        assert_eq!(change(&mut socket, "cart.update", set.clone()).await, 3);
        assert_eq!(units(client).await, [7]);
        assert_eq!(change(&mut socket, "cart.remove", json!({ "item_id": item })).await, 4);
        assert_eq!(client.cart().await["items"], json!([]));
        assert_eq!(socket.refused("cart.update", set).await, "not_found");
    }
}

#[actix_rt::test]
async fn what_is_wrong_on_a_socket_is_refused_and_changes_nothing() {
    let shop = TestShop::start().await;
    let (user, teapot) = (shop.sign_up().await, shop.variant("teapot").await);
    let (mut socket, mut nobody) = (user.socket().await, shop.stranger().socket().await);

    let nothing = json!({ "item_id": teapot.id });
    assert_eq!(nobody.refused("cart.add", add(&teapot, 1, "k")).await, "unauthenticated");
    assert_eq!(nobody.refused("cart.remove", nothing.clone()).await, "unauthenticated");
    assert_eq!(socket.refused("cart.remove", nothing).await, "not_found");
    let no_variant = json!({ "variant_id": user.cart().await["id"], "quantity": 1 });
    assert_eq!(socket.refused("cart.add", no_variant).await, "not_found");
    for quantity in [0, -1, 1000, i64::MIN] {
        assert_eq!(socket.refused("cart.add", add(&teapot, quantity, "k")).await, "invalid");
    }
    for key in ["", "two words", &"k".repeat(256)] {
        let code = socket.refused("cart.add", add(&teapot, 1, key)).await;
        assert_eq!(code, "invalid_idempotency_key");
    }

    assert_eq!((&user.cart().await["version"], units(&user).await), (&json!(0), vec![]));
}

#[actix_rt::test]
async fn a_change_is_made_once_under_its_key_on_sockets_and_by_http() {
    let shop = TestShop::start().await;
    let (user, teapot) = (shop.sign_up().await, shop.variant("teapot").await);
    let key = key();
    let body = json!({ "variant_id": teapot.id, "quantity": 2 });

    let on_sockets = (0..10).map(async |_| {
        let mut socket = user.on_another_device().socket().await;
        (change(&mut socket, "cart.add", add(&teapot, 2, &key)).await, socket)
    });
    let by_http = (0..10).map(async |_| {
        let device = user.on_another_device().once(&key);
        let answer = device.post("/cart/items", body.clone()).await;
        let replayed = answer.is_replayed();
        (answer.is(200)["version"].as_i64().unwrap(), replayed)
    });
    let (sockets, answers) = join(join_all(on_sockets), join_all(by_http)).await;

    assert!(sockets.iter().all(|(version, _)| *version == 1));
    assert!(answers.iter().all(|(version, _)| *version == 1));
    assert!(answers.iter().filter(|(_, replayed)| !replayed).count() <= 1);
    assert_eq!(units(&user).await, [2]);
    let (_, mut socket) = sockets.into_iter().next().unwrap();
    let other = socket.refused("cart.add", add(&teapot, 3, &key)).await;
    assert_eq!(other, "idempotency_key_reused");
    let item = user.cart().await["items"][0]["id"].clone();
    let other = json!({ "item_id": item, "key": key });
    assert_eq!(socket.refused("cart.remove", other).await, "idempotency_key_reused");
    // The key is the cart's: somebody else's is another one.
    let stranger = shop.sign_up().await;
    assert_eq!(change(&mut stranger.socket().await, "cart.add", add(&teapot, 3, &key)).await, 1);
    assert_eq!((units(&user).await, units(&stranger).await), (vec![json!(2)], vec![json!(3)]));
}

#[actix_rt::test]
async fn whoever_lost_the_answer_in_a_power_cut_asks_again_and_it_was_done_once() {
    let mut shop = TestShop::start().await;
    let (user, teapot) = (shop.sign_up().await, shop.variant("teapot").await);
    let key = key();
    assert_eq!(change(&mut user.socket().await, "cart.add", add(&teapot, 2, &key)).await, 1);
    user.add(&teapot, 1).await;

    shop.kill();
    shop.start_again().await;

    let mut socket = user.on_another_device().socket().await;
    assert_eq!(change(&mut socket, "cart.add", add(&teapot, 2, &key)).await, 1);
    assert_eq!(units(&user).await, [3]);
}

#[actix_rt::test]
async fn changes_on_a_socket_are_counted_with_those_by_http() {
    let shop = TestShop::with(&[ON]).await;
    let (user, nothing) = (shop.sign_up().await, Uuid::now_v7());
    let mut socket = user.socket().await;
    let (line, remove) = (format!("/cart/items/{nothing}"), json!({ "item_id": nothing }));

    let mut refused = Value::Null;
    for _ in 0..50 {
        let flood = join_all((0..200).map(|_| user.delete(&line)));
        let asked = async {
            let answers = [
                socket.ask("cart.remove", remove.clone()).await,
                socket.ask("cart.remove", remove.clone()).await,
                socket.ask("cart.remove", remove.clone()).await,
            ];
            answers.into_iter().find(|it| it["error"]["code"] != "not_found")
        };
        if let (_, Some(answer)) = join(flood, asked).await {
            refused = answer["error"].clone();
            break;
        }
    }

    assert_eq!((&refused["code"], &refused["retry"]), (&json!("too_many_requests"), &json!(true)));
}
