//! `admin:stats`: the shop's figures, once a second.

use serde_json::{Value, json};

use crate::support::{TestShop, key, purchase::path, socket::Socket};

async fn follow(socket: &mut Socket) -> Value {
    let answer = socket.ask("subscribe", json!({ "topic": "admin:stats" })).await;
    assert_eq!((&answer["ok"], &answer["topic"]), (&json!(true), &json!("admin:stats")));
    answer
}

/// The first push whose figures are these.
async fn until(socket: &mut Socket, due: &[(&str, Value)]) -> Value {
    loop {
        let push = socket.next().await;
        assert_eq!(
            (&push["topic"], &push["type"]),
            (&json!("admin:stats"), &json!("stats.changed"))
        );
        if due.iter().all(|(name, figure)| push["data"][name] == *figure) {
            return push;
        }
    }
}

#[actix_rt::test]
async fn figures_begin_with_what_has_happened_today_and_follow_what_happens() {
    let shop = TestShop::start().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let teapot = shop.variant("teapot").await;
    let first = buyer.buy(&teapot, 1).await;
    let (guest, total) = (shop.guest().await, first["total"]["amount"].as_i64().unwrap());
    guest.add(&teapot, 2).await;
    let mut socket = admin.socket().await;

    let snapshot = follow(&mut socket).await["snapshot"].clone();

    assert_eq!((&snapshot["orders"], &snapshot["revenue"]), (&json!(1), &first["total"]));
    assert_eq!((&snapshot["carts"], &snapshot["carts_held"]), (&json!(1), &json!(0)));
    assert_eq!((&snapshot["sockets"], &snapshot["errors"]), (&json!(1), &json!(0)));
    assert_eq!(snapshot["node"], socket.welcome["node"]);
    assert!(snapshot["since"].as_str().unwrap().ends_with("T00:00:00Z"));

    guest.hold().await;
    buyer.place(&teapot, 1).await;
    until(&mut socket, &[("orders", json!(2)), ("carts_held", json!(1))]).await;
    let second = buyer.buy(&teapot, 1).await;
    let both = json!({ "amount": 2 * total, "currency": "EUR" });
    until(&mut socket, &[("orders", json!(3)), ("revenue", both)]).await;
    let refund = format!("/admin{}/refund", path(&second));
    let part = json!({ "amount": { "amount": 100, "currency": "EUR" }, "reason": "a scratch" });
    admin.once(&key()).post(&refund, part).await.is(200);
    let rest = json!({ "amount": 2 * total - 100, "currency": "EUR" });
    until(&mut socket, &[("revenue", rest.clone())]).await;

    let mut other = admin.socket().await;
    let again = follow(&mut other).await["snapshot"].clone();
    assert_eq!((&again["orders"], &again["revenue"]), (&json!(3), &rest));
    until(&mut socket, &[("sockets", json!(2))]).await;
    other.close().await;
    until(&mut socket, &[("sockets", json!(1))]).await;
}

#[actix_rt::test]
async fn figures_come_once_a_second_each_later_than_the_one_before() {
    let shop = TestShop::start().await;
    let mut socket = shop.admin().await.socket().await;
    let began = follow(&mut socket).await;

    let pushes = socket.take(4).await;

    let sequence = |frame: &Value| frame["sequence"].as_i64().unwrap();
    assert!(sequence(&began) < sequence(&pushes[0]));
    for pair in pushes[1..].windows(2) {
        // By the server's own clock.
        assert!(sequence(&pair[1]) - sequence(&pair[0]) > 900, "{pair:?}");
        assert_eq!(pair[0]["epoch"], began["epoch"]);
    }
    let since = json!({ "epoch": began["epoch"], "sequence": sequence(&began) });
    let body = json!({ "topic": "admin:stats", "since": since });
    let again = socket.ask("subscribe", body).await;
    assert_eq!((&again["recovered"], &again["snapshot"]["orders"]), (&json!(false), &json!(0)));
}

#[actix_rt::test]
async fn figures_are_for_those_who_run_the_shop() {
    let shop = TestShop::start().await;
    let ask = json!({ "topic": "admin:stats" });

    let mut nobodys = shop.stranger().socket().await;
    let mut guests = shop.guest().await.socket().await;
    let mut buyers = shop.sign_up().await.socket().await;

    assert_eq!(nobodys.refused("subscribe", ask.clone()).await, "unauthenticated");
    assert_eq!(guests.refused("subscribe", ask.clone()).await, "unauthenticated");
    assert_eq!(buyers.refused("subscribe", ask).await, "forbidden");
}
