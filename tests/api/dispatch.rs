//! Messages to people's devices, as far as a push service and a telephone see them. What a browser reads
//! of them, `tests/cluster/dispatch.rs` asks an independent library.

use std::fs;

use chrono::NaiveDateTime;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    PASSWORD, TestShop,
    browser::{Pushed, Service, subscription},
    client::Client,
    mail::until,
};

/// A push service on this machine may be told, and is told again soon.
const OPEN: [(&str, &str); 3] = [
    ("RIALTO_WEBHOOK_PRIVATE", "on"),
    ("RIALTO_DISPATCH_RETRY", "50ms"),
    ("RIALTO_COURIER", "manual"),
];

/// The messages to devices of this status.
fn dispatches(shop: &TestShop, status: &str) -> usize {
    shop.found(&format!("SELECT id AS found FROM dispatches WHERE status = '{status}'")).len()
}

/// Once nothing waits any more.
async fn all_ended(shop: &TestShop) {
    let open = "SELECT id AS found FROM dispatches WHERE due_at IS NOT NULL";
    until("the last message", || shop.found(open).is_empty().then_some(())).await;
}

/// Buys something, and waits until the buyer knows that it is paid.
async fn buy_and_hear(shop: &TestShop, buyer: &Client) -> Value {
    let mut me = buyer.follow("me").await;
    let order = buyer.buy(&shop.variant("candle").await, 1).await;
    while me.next().await["data"]["notification_type"] != "order.paid" {}
    order
}

/// As both databases write it.
fn moment(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").unwrap()
}

/// Chooses by what channels to hear of orders and of the account.
async fn choose(user: &Client, orders: Value, security: Value) {
    let chosen = json!({ "notifications": { "orders": orders, "security": security } });
    user.put("/me/settings", chosen).await.is(200);
}

/// The text messages that were sent.
fn texts(shop: &TestShop) -> Vec<Value> {
    let Ok(folder) = fs::read_dir(shop.folder().join("sms")) else { return Vec::new() };
    let whole = folder.map(|it| it.unwrap().path()).filter(|it| it.extension().unwrap() == "json");
    whole.map(|it| serde_json::from_slice(&fs::read(it).unwrap()).unwrap()).collect()
}

#[actix_rt::test]
async fn what_happens_to_an_order_is_pushed_to_every_browser_of_its_buyer_once() {
    let (shop, service) = (TestShop::with(&OPEN).await, Service::open());
    let (ada, eve) = (shop.sign_up().await, shop.sign_up().await);
    for (user, browser) in [(&ada, "phone"), (&ada, "desktop"), (&eve, "other")] {
        service.subscribe(user, browser).await;
    }
    let key = shop.stranger().get("/push-key").await.is(200)["public_key"].clone();

    let order = buy_and_hear(&shop, &ada).await;
    service.until("phone", 2).await;
    service.until("desktop", 2).await;
    all_ended(&shop).await;

    let (phone, desktop) = (service.of("phone"), service.of("desktop"));
    assert_eq!((phone.len(), desktop.len(), service.of("other").len()), (2, 2, 0));
    let number = order["number"].as_str().unwrap().as_bytes();
    for it in phone.iter().chain(&desktop) {
        assert_eq!(it.header("content-encoding"), "aes128gcm");
        let lasts: i64 = it.header("ttl").parse().unwrap();
        assert!((1..=3 * 24 * 3600).contains(&lasts), "{lasts}");
        assert_eq!(it.header("urgency"), "normal");
        // What comes later of the same order takes its place.
        assert_eq!(it.header("topic"), phone[0].header("topic"));
        assert_eq!(it.header("topic").len(), 32);
        let authorization = it.header("authorization");
        let shown = format!(",k={}", key.as_str().unwrap());
        assert!(authorization.starts_with("vapid t=") && authorization.ends_with(&shown));
        assert!((103..=4096).contains(&it.body.len()), "{}", it.body.len());
        assert!(!it.body.windows(number.len()).any(|part| part == number), "it can be read");
    }
    let told = shop.log();
    for secret in [service.url.as_str(), "BCVxsr7N", "vapid t="] {
        assert!(!told.contains(secret), "the log says {secret}");
    }
    assert!(shop.figure("rialto_dispatches_sent_total").await >= 4);
}

#[actix_rt::test]
async fn each_kind_goes_by_the_channels_that_were_chosen_for_it() {
    let (shop, service) = (TestShop::with(&OPEN).await, Service::open());
    let mut people = Vec::new();
    let chosen = [
        ("pushed", json!(["push"]), json!(["email", "sms"])),
        ("written", json!(["sms"]), json!(["email", "push"])),
        ("quiet", json!([]), json!(["email"])),
    ];
    for (at, (name, orders, security)) in chosen.into_iter().enumerate() {
        let person = shop.sign_up().await;
        service.subscribe(&person, name).await;
        let phone = json!({ "phone": format!("+4930123456{at}0") });
        person.patch("/me", phone).await.is(200);
        choose(&person, orders, security).await;
        people.push(person);
    }
    // Who has given no number gets no text message.
    let unknown = shop.sign_up().await;
    choose(&unknown, json!(["sms"]), json!(["email", "sms"])).await;
    people.push(unknown);

    for person in &people {
        let login = json!({ "email": person.session["user"]["email"], "password": PASSWORD });
        shop.stranger().with("User-Agent", "Phone/1").post("/auth/login", login).await.is(200);
        person.buy(&shop.variant("candle").await, 1).await;
    }
    // Of the last one's order all are told before.
    let last = shop.sign_up().await;
    buy_and_hear(&shop, &last).await;
    all_ended(&shop).await;

    let urgencies = |browser: &str| -> Vec<String> {
        service.of(browser).iter().map(|it: &Pushed| it.header("urgency").to_owned()).collect()
    };
    assert_eq!(urgencies("pushed"), ["normal", "normal"]);
    assert_eq!(urgencies("written"), ["high"]);
    assert_eq!(urgencies("quiet"), [""; 0]);
    let mut sent: Vec<(String, String)> = texts(&shop)
        .iter()
        .map(|it| (it["to"].as_str().unwrap().to_owned(), it["text"].as_str().unwrap().to_owned()))
        .collect();
    sent.sort();
    assert_eq!(sent.len(), 3, "{sent:?}");
    assert_eq!(sent[0].0, "+493012345600");
    assert_eq!(sent[0].1, "Rialto: A new device has signed in");
    assert!(sent[1..].iter().all(|(to, _)| to == "+493012345610"), "{sent:?}");
    assert!(sent[1].1.starts_with("Rialto: Order") && sent[2].1.starts_with("Rialto: Your order"));
    assert!(!shop.log().contains("+4930"), "the log has a number");
}

#[actix_rt::test]
async fn a_browser_that_is_gone_is_forgotten_and_the_others_are_told() {
    let (shop, service) = (TestShop::with(&OPEN).await, Service::open());
    let ada = shop.sign_up().await;
    let mut ids = Vec::new();
    for (browser, status) in [("gone", 410), ("unknown", 404), ("here", 201)] {
        ids.push(service.subscribe(&ada, browser).await);
        service.answer(browser, status, None);
    }

    ada.place(&shop.variant("candle").await, 1).await;
    service.until("here", 1).await;
    all_ended(&shop).await;
    buy_and_hear(&shop, &ada).await;
    service.until("here", 3).await;
    all_ended(&shop).await;

    assert_eq!((service.of("gone").len(), service.of("unknown").len()), (1, 1));
    let left = shop.found("SELECT id AS found FROM push_subscriptions");
    assert_eq!(left, [ids[2].clone()]);
    assert_eq!(shop.figure("rialto_dispatches_gone_total").await, 2);
}

#[actix_rt::test]
async fn what_is_refused_for_now_comes_again_and_what_is_refused_for_good_does_not() {
    let (shop, service) = (TestShop::with(&OPEN).await, Service::open());
    let ada = shop.sign_up().await;
    for browser in ["busy", "broken", "patient"] {
        service.subscribe(&ada, browser).await;
    }
    service.answer("busy", 429, None);
    service.answer("busy", 503, None);
    service.answer("broken", 400, None);
    service.answer("patient", 429, Some("3000"));

    ada.place(&shop.variant("candle").await, 1).await;
    service.until("busy", 3).await;
    service.until("patient", 1).await;
    until("all but one", || (dispatches(&shop, "waiting") == 1).then_some(())).await;

    let topics: Vec<Pushed> = service.of("busy");
    assert!(topics.iter().all(|it| it.header("topic") == topics[0].header("topic")));
    // The same words are never sealed twice alike.
    assert_ne!(topics[0].body, topics[1].body);
    let ended = || (dispatches(&shop, "failed"), dispatches(&shop, "sent")) == (1, 1);
    until("the end of two", || ended().then_some(())).await;
    assert_eq!(service.of("broken").len(), 1);
    // The one that was asked to wait does, as long as it was asked to.
    let moments = "SELECT CAST(updated_at AS TEXT) || '/' || CAST(due_at AS TEXT) AS found \
                   FROM dispatches WHERE status = 'waiting'";
    let found = shop.found(moments).pop().unwrap();
    let (tried, due) = found.split_once('/').unwrap();
    let waits = (moment(due) - moment(tried)).num_seconds();
    assert!((2_990..=4_500).contains(&waits), "{waits}");
    assert_eq!(service.of("patient").len(), 1);
}

#[actix_rt::test]
async fn power_cuts_in_the_middle_lose_no_message() {
    let (mut shop, service) = (TestShop::with(&OPEN).await, Service::open());
    let mut buyers = Vec::new();
    for number in 0..5 {
        let buyer = shop.sign_up().await;
        service.subscribe(&buyer, &format!("browser{number}")).await;
        buyers.push(buyer);
    }
    for _ in 0..3 {
        let candle = shop.variant("candle").await;
        join_all(buyers.iter().map(|buyer| buyer.place(&candle, 1))).await;
        // What was placed a moment ago is not told yet, or is being sent.
        shop.kill();
        shop.start_again().await;
    }

    // What a node had in hand that died is nobody's after a minute, which is over.
    let over = "UPDATE dispatches SET due_at = updated_at WHERE status = 'sending'";
    until("all messages", || {
        shop.sql(over).unwrap();
        (dispatches(&shop, "sent") == 15).then_some(())
    })
    .await;
    for number in 0..5 {
        let all = service.of(&format!("browser{number}"));
        let mut topics: Vec<&str> = all.iter().map(|it| it.header("topic")).collect();
        topics.sort_unstable();
        topics.dedup();
        assert_eq!(topics.len(), 3, "one for each order");
    }
}

#[actix_rt::test]
async fn nothing_is_sent_into_the_shops_own_network() {
    let (mut shop, service) = (TestShop::with(&OPEN).await, Service::open());
    let ada = shop.sign_up().await;
    service.subscribe(&ada, "inside").await;
    shop.kill();
    shop.set("RIALTO_WEBHOOK_PRIVATE", "off");
    shop.start_again().await;

    ada.place(&shop.variant("candle").await, 1).await;
    until("its end", || (dispatches(&shop, "failed") == 1).then_some(())).await;

    assert!(service.received().is_empty());
    let inside = subscription(&service.endpoint("again"));
    ada.post("/me/push-subscriptions", inside).await.invalid(&["endpoint"]);
}

#[actix_rt::test]
async fn the_key_of_the_shop_is_made_once_or_is_the_one_that_was_set() {
    let mut shop = TestShop::with(&OPEN).await;
    let key = async |shop: &TestShop| shop.stranger().get("/push-key").await.is(200);

    let made = key(&shop).await;
    shop.kill();
    shop.start_again().await;
    let again = key(&shop).await;
    shop.kill();
    // Of RFC 8291, 5.
    shop.set("RIALTO_VAPID_KEY", "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
    shop.start_again().await;

    assert_eq!(made, again);
    assert_eq!(made["public_key"].as_str().unwrap().len(), 87);
    let set =
        "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
    assert_eq!(key(&shop).await, json!({ "public_key": set }));
    assert!(!shop.log().contains("yfWPiYE"));
}

#[actix_rt::test]
async fn who_has_deleted_the_account_leaves_no_message() {
    let (shop, service) = (TestShop::with(&OPEN).await, Service::open());
    let ada = shop.sign_up().await;
    service.subscribe(&ada, "phone").await;
    service.answer("phone", 503, Some("3000"));
    ada.place(&shop.variant("candle").await, 1).await;
    until("the wait", || (dispatches(&shop, "waiting") == 1).then_some(())).await;

    ada.delete("/me").await.is(204);

    assert!(shop.found("SELECT id AS found FROM dispatches").is_empty());
}
