//! Guests: a purchase by somebody without an account, held by two secrets.

use serde_json::{Value, json};

use crate::support::{
    TestShop, key,
    purchase::{checkout, guest_checkout, path, topic},
};

#[actix_rt::test]
async fn a_guest_buys_by_the_token_of_the_cart_and_follows_by_the_token_of_the_order() {
    let shop = TestShop::start().await;
    let guest = shop.guest().await;
    let mug = shop.variant("mug").await;
    guest.add(&mug, 2).await;

    let answer = guest.check_out_as_guest().await.is(201);

    let order = &answer["order"];
    let holder = shop.stranger().with("X-Order-Token", answer["order_token"].as_str().unwrap());
    assert_eq!(&holder.order(order).await, order);
    assert_eq!(holder.pay(order, "tok_success").await.is(200)["status"], "captured");
    assert_eq!(holder.order(order).await["status"], "paid");
    assert_eq!(holder.timeline(order).await.len(), 5);
    let mut socket = shop.stranger().socket().await;
    let follow = json!({
        "topic": topic(order),
        "order_token": answer["order_token"],
        "since": { "sequence": 0 },
    });
    assert_eq!(socket.ask("subscribe", follow).await["recovered"], true);
    assert_eq!(socket.take(5).await[3]["type"], "order.paid");
    assert_eq!(guest.cart().await["items"], json!([]));
    assert_eq!(shop.available(&mug).await, 38);
}

#[actix_rt::test]
async fn a_guests_checkout_that_is_sent_again_is_handed_the_same_token() {
    let shop = TestShop::start().await;
    let guest = shop.guest().await;
    guest.add(&shop.variant("mug").await, 1).await;
    let once = guest.once(&key());

    let first = once.post("/checkout", guest_checkout()).await;
    let again = once.post("/checkout", guest_checkout()).await;

    assert_eq!((first.status, again.is_replayed(), &again.text), (201, true, &first.text));
    assert!(first.body["order_token"].is_string());
}

#[actix_rt::test]
async fn a_guest_leaves_an_address_for_mail() {
    let shop = TestShop::start().await;
    let guest = shop.guest().await;
    let cart = guest.add(&shop.variant("mug").await, 1).await;
    let mut wrong = guest_checkout();
    wrong["email"] = json!("nobody");

    guest.once("a").post("/checkout", checkout()).await.invalid(&["email"]);
    guest.once("a").post("/checkout", wrong).await.invalid(&["email"]);

    assert_eq!(guest.cart().await, cart);
}

#[actix_rt::test]
async fn a_token_opens_one_cart_and_one_order() {
    let shop = TestShop::start().await;
    let (one, other) = (shop.guest().await, shop.guest().await);
    let mug = shop.variant("mug").await;
    let cart = one.add(&mug, 1).await;
    other.add(&mug, 1).await;
    let first = one.check_out_as_guest().await.is(201);
    let second = other.check_out_as_guest().await.is(201);
    let wrong = shop.stranger().with("X-Order-Token", second["order_token"].as_str().unwrap());
    let order = &first["order"];

    wrong.get(&path(order)).await.refused(404, "not_found");
    wrong.get(&format!("{}/events", path(order))).await.refused(404, "not_found");
    wrong.pay(order, "tok_success").await.refused(404, "not_found");
    one.get(&path(order)).await.refused(401, "unauthenticated");
    let forged = format!("{}.{}", cart["id"].as_str().unwrap(), "A".repeat(43));
    for token in ["", "x", forged.as_str()] {
        let thief = shop.stranger().with("X-Cart-Token", token);
        assert_eq!(thief.get("/cart").await.status, 401, "{token:?}");
    }
}

#[actix_rt::test]
async fn the_token_of_a_guests_order_opens_no_order_of_an_account() {
    let shop = TestShop::start().await;
    let (buyer, guest) = (shop.sign_up().await, shop.guest().await);
    let mug = shop.variant("mug").await;
    let order = buyer.place(&mug, 1).await;
    guest.add(&mug, 1).await;
    let theirs = guest.check_out_as_guest().await.is(201);
    let token = theirs["order_token"].as_str().unwrap();

    shop.stranger().with("X-Order-Token", token).get(&path(&order)).await.refused(404, "not_found");
    buyer.get(&path(&theirs["order"])).await.refused(404, "not_found");

    assert!(buyer.check_out().await.body.get("order_token").is_none_or(Value::is_null));
}
