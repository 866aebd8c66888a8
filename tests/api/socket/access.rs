//! Access is asked for again when somebody comes back and with each fresh token, and ends where it has
//! ended.

use serde_json::{Value, json};

use crate::support::{
    PASSWORD, TestShop, client::Client, limit::login, purchase::topic, socket::Socket,
};

/// Subscribes, which must be allowed.
async fn follow(socket: &mut Socket, body: Value) -> Value {
    let answer = socket.ask("subscribe", body).await;
    assert_eq!(answer["ok"], true, "{answer}");
    answer
}

/// A payment of the order has been told to those who may know.
async fn is_paid(shop: &TestShop, payer: &Client, order: &Value) {
    payer.pay(order, "tok_success").await.is(200);
    shop.admin().await.follow("admin:feed").await.until("order.paid").await;
}

/// Takes the role of somebody without a word to their sessions, as a backup that is restored would.
async fn take_role(shop: &TestShop, admin: &Client) -> Client {
    let id = admin.user_id();
    shop.sql(&format!("UPDATE users SET role = 'customer' WHERE id = '{id}'")).unwrap();
    log_in(shop, admin).await
}

async fn log_in(shop: &TestShop, user: &Client) -> Client {
    let email = user.session["user"]["email"].as_str().unwrap();
    let session = shop.stranger().post("/auth/login", login(email, PASSWORD)).await.is(200);
    shop.stranger().signed_in(session)
}

async fn another_admin(shop: &TestShop) -> Client {
    let user = shop.sign_up().await;
    let role = format!("/admin/users/{}/role", user.user_id());
    shop.admin().await.put(&role, json!({ "role": "admin" })).await.is(200);
    log_in(shop, &user).await
}

#[actix_rt::test]
async fn a_resume_that_is_refused_ends_what_was_followed_of_an_order() {
    let shop = TestShop::start().await;
    let guest = shop.guest().await;
    guest.add(&shop.variant("teapot").await, 1).await;
    let placed = guest.check_out_as_guest().await.is(201);
    let (order, token) = (&placed["order"], placed["order_token"].as_str().unwrap());
    let parcel = shop.stranger().with("X-Order-Token", token);
    let forged = "A".repeat(43);
    let (mut without, mut with_another) =
        (shop.stranger().socket().await, shop.stranger().socket().await);
    for socket in [&mut without, &mut with_another] {
        follow(socket, json!({ "topic": topic(order), "order_token": token })).await;
    }

    let since = json!({ "sequence": 0 });
    let resume = json!({ "topic": topic(order), "since": since });
    assert_eq!(without.refused("subscribe", resume).await, "unauthenticated");
    let resume = json!({ "topic": topic(order), "since": since, "order_token": forged });
    assert_eq!(with_another.refused("subscribe", resume).await, "not_found");
    is_paid(&shop, &parcel, order).await;

    for socket in [&mut without, &mut with_another] {
        assert_eq!(socket.ask("ping", json!({})).await["ok"], true);
        assert!(socket.is_silent(), "it is told of what it may not follow");
        // With the token it goes on.
        let resume = json!({ "topic": topic(order), "since": since, "order_token": token });
        assert_eq!(follow(socket, resume).await["recovered"], true);
        socket.until("order.paid").await;
    }
}

#[actix_rt::test]
async fn a_token_of_another_user_ends_the_socket_and_what_it_followed() {
    let shop = TestShop::start().await;
    let (buyer, other) = (shop.sign_up().await, shop.sign_up().await);
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let mut socket = buyer.socket().await;
    for topic in [topic(&order), "cart".to_owned(), "me".to_owned()] {
        follow(&mut socket, json!({ "topic": topic })).await;
    }

    let answer = socket.refused("auth", json!({ "token": other.access_token() })).await;

    assert_eq!(answer, "another_user");
    let (closed, heard) = (socket.closed().await, socket.is_silent());
    assert_eq!((closed.0, heard), (3500, true));
    // The other may not follow it by a socket of their own either.
    let mut theirs = other.socket().await;
    let body = json!({ "topic": topic(&order) });
    assert_eq!(theirs.refused("subscribe", body).await, "not_found");
}

#[actix_rt::test]
async fn a_fresh_token_of_one_whose_role_was_taken_ends_what_only_the_role_let_them_follow() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let parcels = buyer.buy(&shop.variant("teapot").await, 1).await;
    let parcel = format!("delivery:{}", parcels["deliveries"][0]["id"].as_str().unwrap());

    let all = ["admin:feed", "admin:stats", "admin:presence", &parcel, &topic(&order)];
    for (number, topic) in all.into_iter().enumerate() {
        let admin = another_admin(&shop).await;
        let mut socket = admin.socket().await;
        follow(&mut socket, json!({ "topic": topic })).await;
        let less = take_role(&shop, &admin).await;

        let code = socket.refused("auth", json!({ "token": less.access_token() })).await;

        assert_eq!(code, if number < 3 { "forbidden" } else { "not_found" }, "{topic}");
        assert_eq!(socket.closed().await.0, 3507, "{topic}");
    }
}

#[actix_rt::test]
async fn a_fresh_token_of_one_whose_role_was_taken_goes_on_with_what_is_their_own() {
    let shop = TestShop::start().await;
    let admin = another_admin(&shop).await;
    let order = admin.place(&shop.variant("teapot").await, 1).await;
    let mut socket = admin.follow(&topic(&order)).await;
    follow(&mut socket, json!({ "topic": "cart" })).await;
    let less = take_role(&shop, &admin).await;

    assert_eq!(socket.ask("auth", json!({ "token": less.access_token() })).await["ok"], true);

    less.pay(&order, "tok_success").await.is(200);
    socket.until("order.paid").await;
    let feed = json!({ "topic": "admin:feed" });
    assert_eq!(socket.refused("subscribe", feed).await, "forbidden");
}

#[actix_rt::test]
async fn a_session_that_has_ended_refreshes_no_socket() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let (second, mut socket) = (log_in(&shop, &buyer).await, buyer.socket().await);
    follow(&mut socket, json!({ "topic": topic(&order) })).await;
    second.post("/auth/logout", Value::Null).await.is(204);

    let code = socket.refused("auth", json!({ "token": second.access_token() })).await;

    assert_eq!(code, "session_revoked");
    assert_eq!(socket.closed().await.0, 3503);
}
