//! Web push of two nodes: each message comes once to each browser, which can read it and knows whom it is
//! from, by the word of libraries that know nothing of Rialto.

use std::{
    env,
    io::Write,
    process::{Command, Stdio},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    SHARED,
    support::{
        TestShop,
        browser::{AUTH, PRIVATE, Pushed, Service},
        mail::until,
    },
};

/// What the libraries make of each message.
fn read(received: &[Pushed]) -> Vec<Value> {
    let python = env::var("TEST_PUSH_PYTHON").expect("TEST_PUSH_PYTHON is not set: run ./test");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cluster/push_verifier.py");
    let mut command = Command::new(python);
    command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = command.spawn().unwrap();
    let mut input = process.stdin.take().unwrap();
    for it in received {
        let line = json!({
            "private": PRIVATE,
            "auth": AUTH,
            "body": BASE64_URL_SAFE_NO_PAD.encode(&it.body),
            "authorization": it.header("authorization"),
        });
        writeln!(input, "{line}").unwrap();
    }
    drop(input);
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn two_nodes() -> (TestShop, TestShop) {
    let own = [("RIALTO_WEBHOOK_PRIVATE", "on"), ("RIALTO_DISPATCH_RETRY", "50ms")];
    let one = TestShop::on_postgres(&[&SHARED[..], &own].concat()).await;
    let other = one.beside().await;
    (one, other)
}

/// Once nothing waits any more.
async fn all_ended(shop: &TestShop) {
    let open = "SELECT id AS found FROM dispatches WHERE due_at IS NOT NULL";
    until("the last message", || shop.found(open).is_empty().then_some(())).await;
}

#[actix_rt::test]
async fn two_nodes_push_each_message_once_and_independent_libraries_read_it() {
    let ((one, other), service) = (two_nodes().await, Service::open());
    let key = one.stranger().get("/push-key").await.is(200);
    assert_eq!(other.stranger().get("/push-key").await.is(200), key);
    let candle = one.variant("candle").await;
    let mut buyers = Vec::new();
    for (number, node) in [&one, &other].into_iter().cycle().take(6).enumerate() {
        let buyer = node.sign_up().await;
        buyer.put("/me/settings", json!({ "locale": "de" })).await.is(200);
        service.subscribe(&buyer, &number.to_string()).await;
        buyers.push(buyer);
    }

    let orders = join_all(buyers.iter().map(|buyer| buyer.place(&candle, 2))).await;
    for number in 0..6 {
        service.until(&number.to_string(), 1).await;
    }
    all_ended(&one).await;

    let received = service.received();
    assert_eq!(received.len(), 6);
    for (message, it) in read(&received).iter().zip(&received) {
        let order = &orders[it.to.parse::<usize>().unwrap()];
        let claims = &message["claims"];
        assert_eq!(claims["aud"], service.url, "{message}");
        assert_eq!(claims["sub"], "mailto:no-reply@rialto.test");
        let ends = UNIX_EPOCH + Duration::from_secs(claims["exp"].as_u64().unwrap());
        let lasts = ends.duration_since(SystemTime::now()).unwrap();
        assert!(lasts <= Duration::from_secs(24 * 3600), "{lasts:?}");
        let text: Value = serde_json::from_str(message["text"].as_str().unwrap()).unwrap();
        let number = order["number"].as_str().unwrap();
        assert_eq!(text["title"], format!("Ihre Bestellung {number}"));
        assert_eq!(text["type"], "order.placed");
        assert_eq!(text["data"]["order_id"], order["id"]);
        assert_eq!(text["data"]["total"], order["total"]);
    }
}

/// Asks the push service that knows nothing of Rialto.
async fn ask_service(what: &str, with: Value) -> Value {
    let url = env::var("TEST_PUSH_URL").expect("TEST_PUSH_URL is not set: run ./test");
    let asked = awc::Client::default().post(format!("{url}/{what}")).send_json(&with);
    let mut answer = asked.await.unwrap();
    assert_eq!(answer.status(), 200, "{what}");
    let body = answer.body().await.unwrap();
    serde_json::from_slice(&body).unwrap_or_default()
}

/// It asks for the shop's signature with the key under which the browser subscribed, and deciphers what
/// it gets; what it cannot read it refuses.
#[actix_rt::test]
async fn an_independent_push_service_takes_what_is_pushed_and_says_when_a_browser_is_gone() {
    let (shop, _) = two_nodes().await;
    let (candle, buyer) = (shop.variant("candle").await, shop.sign_up().await);
    let key = shop.stranger().get("/push-key").await.is(200)["public_key"].clone();
    let options = json!({ "userVisibleOnly": "true", "applicationServerKey": key });
    let browser = ask_service("subscribe", options).await["data"].clone();
    let hash = json!({ "clientHash": browser["clientHash"] });
    let subscription = json!({
        "endpoint": browser["endpoint"], "expirationTime": null, "keys": browser["keys"],
    });
    buyer.post("/me/push-subscriptions", subscription).await.is(201);

    let order = buyer.place(&candle, 1).await;
    let sent = "SELECT id AS found FROM dispatches WHERE status = 'sent'";
    until("a message", || (shop.found(sent).len() == 1).then_some(())).await;
    let gone = format!("expire-subscription/{}", browser["clientHash"].as_str().unwrap());
    ask_service(&gone, json!({})).await;
    buyer.place(&candle, 1).await;
    let subscribed = "SELECT id AS found FROM push_subscriptions";
    until("a browser to be gone", || shop.found(subscribed).is_empty().then_some(())).await;

    let read = ask_service("get-notifications", hash).await["data"]["messages"].clone();
    assert_eq!(read.as_array().map(Vec::len), Some(1), "{read}");
    let text: Value = serde_json::from_str(read[0].as_str().unwrap()).unwrap();
    assert_eq!((&text["type"], &text["data"]["order_id"]), (&json!("order.placed"), &order["id"]));
}

#[actix_rt::test]
async fn what_a_node_has_left_that_died_the_other_one_brings() {
    let ((mut one, other), service) = (two_nodes().await, Service::open());
    let candle = one.variant("candle").await;
    let mut buyers = Vec::new();
    for number in 0..6 {
        let buyer = one.sign_up().await;
        service.subscribe(&buyer, &number.to_string()).await;
        buyers.push(buyer);
    }

    join_all(buyers.iter().map(|buyer| buyer.place(&candle, 1))).await;
    one.kill();

    // What it had in hand is nobody's after a minute, which is over.
    let over = "UPDATE dispatches SET due_at = now() AT TIME ZONE 'UTC' WHERE status = 'sending'";
    let sent = "SELECT id AS found FROM dispatches WHERE status = 'sent'";
    until("all messages", || {
        other.sql(over).unwrap();
        (other.found(sent).len() == 6).then_some(())
    })
    .await;
    assert!((0..6).all(|number| !service.of(&number.to_string()).is_empty()));
}
