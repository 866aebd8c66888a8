//! The inbox: what it is told of, how it is read, and that its count is right at every moment.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{PASSWORD, TestShop, client::Client, mail::token};

mod message;
mod order;
mod replay;
mod seller;

const CHEAP: (&str, &str) = ("RIALTO_PASSWORD_HASH", "argon2id:m=8,t=1,p=1");
const NEW_PASSWORD: &str = "another horse battery";

/// Logs in with a program of this name.
async fn log_in(shop: &TestShop, email: &Value, password: &str, agent: &str) -> Client {
    let login = json!({ "email": email, "password": password });
    let stranger = shop.stranger().with("User-Agent", agent);
    let session = stranger.post("/auth/login", login).await.is(200);
    stranger.signed_in(session)
}

/// Somebody who has been told of so many new devices.
async fn told_of(shop: &TestShop, devices: usize) -> Client {
    let ada = shop.sign_up().await;
    // Of a name that the shop doesn't know it keeps the letters.
    for name in ('A'..='Z').take(devices) {
        log_in(shop, &ada.session["user"]["email"], PASSWORD, &format!("Device{name}/1")).await;
    }
    ada
}

async fn inbox(client: &Client, query: &str) -> Value {
    client.get(&format!("/me/notifications{query}")).await.is(200)
}

fn items(inbox: &Value) -> &Vec<Value> {
    inbox["items"].as_array().unwrap()
}

fn types(inbox: &Value) -> Vec<&str> {
    items(inbox).iter().map(|it| it["type"].as_str().unwrap()).collect()
}

fn devices(inbox: &Value) -> Vec<&str> {
    items(inbox).iter().map(|it| it["data"]["device"].as_str().unwrap()).collect()
}

fn path(notification: &Value) -> String {
    format!("/me/notifications/{}/read", notification["id"].as_str().unwrap())
}

#[actix_rt::test]
async fn what_happens_to_an_account_is_in_its_inbox_the_newest_first() {
    let shop = TestShop::with(&[CHEAP]).await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    let (folder, stranger) = (shop.folder().join("mail"), shop.stranger());
    assert_eq!(
        inbox(&ada, "").await,
        json!({ "items": [], "next_cursor": null, "unread_count": 0 })
    );

    log_in(&shop, &json!("ada@example.com"), PASSWORD, "Mozilla/5.0 (X11; Linux) Firefox/140")
        .await;
    let change = json!({ "current_password": PASSWORD, "password": NEW_PASSWORD });
    ada.post("/me/password", change).await.is(204);
    let change = json!({ "email": "countess@example.com", "password": NEW_PASSWORD });
    ada.post("/me/email", change).await.is(202);
    let link = token(&folder, "countess@example.com", "confirm").await;
    stranger.post("/auth/email/confirm", json!({ "token": link })).await.is(204);
    let forgot = json!({ "email": "countess@example.com" });
    stranger.post("/auth/password/forgot", forgot).await.is(202);
    let link = token(&folder, "countess@example.com", "reset").await;
    let reset = json!({ "token": link, "password": PASSWORD });
    stranger.post("/auth/password/reset", reset).await.is(204);

    let login = json!({ "email": "countess@example.com", "password": PASSWORD });
    let ada = shop.stranger().signed_in(stranger.post("/auth/login", login).await.is(200));
    let told = inbox(&ada, "").await;
    let expected = [
        "account.password_reset",
        "account.email_changed",
        "account.password_changed",
        "account.new_device",
    ];
    assert_eq!((types(&told), &told["unread_count"]), (expected.into(), &json!(4)));
    let device = &items(&told)[3];
    assert_eq!(device["data"]["device"], "Firefox on Linux");
    assert_eq!(device["data"]["at"], device["created_at"]);
    assert!(device["body"].as_str().unwrap().contains("Firefox on Linux"), "{device}");
    for it in items(&told) {
        assert!(!it["title"].as_str().unwrap().is_empty(), "{it}");
        assert_eq!(it["read_at"], Value::Null);
    }
}

#[actix_rt::test]
async fn a_notification_is_read_once_by_the_one_it_is_for() {
    let shop = TestShop::with(&[CHEAP]).await;
    let ada = told_of(&shop, 3).await;
    let eve = told_of(&shop, 1).await;
    let told = inbox(&ada, "").await;
    let first = path(&items(&told)[0]);

    eve.post(&first, Value::Null).await.refused(404, "not_found");
    eve.post("/me/notifications/read-all", Value::Null).await.is(204);
    ada.post("/me/notifications/nonsense/read", Value::Null).await.refused(404, "not_found");
    assert_eq!(inbox(&ada, "").await, told, "nobody else reads it");
    ada.post(&first, Value::Null).await.is(204);
    let read = inbox(&ada, "").await;
    ada.post(&first, Value::Null).await.is(204);

    assert_eq!(inbox(&ada, "").await, read, "a second time changes nothing");
    assert_eq!(read["unread_count"], 2);
    let is_read: Vec<bool> = items(&read).iter().map(|it| it["read_at"].is_string()).collect();
    assert_eq!(is_read, [true, false, false]);
    assert_eq!(devices(&inbox(&ada, "?unread=true").await), ["DeviceB", "DeviceA"]);
    ada.post("/me/notifications/read-all", Value::Null).await.is(204);
    let left = inbox(&ada, "?unread=true").await;
    assert_eq!((items(&left).len(), &left["unread_count"]), (0, &json!(0)));
    assert_eq!(items(&inbox(&ada, "").await).len(), 3);
}

#[actix_rt::test]
async fn an_inbox_is_read_page_by_page() {
    let shop = TestShop::with(&[CHEAP]).await;
    let ada = told_of(&shop, 5).await;

    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = inbox(&ada, &format!("?limit=2{cursor}")).await;
        assert_eq!(page["unread_count"], 5, "of all, not of the page");
        seen.extend(devices(&page).into_iter().map(str::to_owned));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }

    assert_eq!(seen, ["DeviceE", "DeviceD", "DeviceC", "DeviceB", "DeviceA"]);
    ada.get("/me/notifications?limit=0").await.invalid(&["limit"]);
    ada.get("/me/notifications?unread=perhaps").await.invalid(&["unread"]);
    ada.get("/me/notifications?cursor=e30").await.refused(400, "invalid_cursor");
}

#[actix_rt::test]
async fn the_count_is_exact_when_fifty_read_at_once() {
    let shop = TestShop::with(&[CHEAP]).await;
    let ada = told_of(&shop, 10).await;
    let mut socket = ada.follow("me").await;
    let created = socket.take(10).await;
    let told = inbox(&ada, "").await;

    // Each five times.
    let reads = join_all((0..50).map(|read| {
        let (ada, path) = (ada.clone(), path(&items(&told)[read % 10]));
        async move { ada.post(&path, Value::Null).await.is(204) }
    }));
    reads.await;

    let counts = |all: &[Value]| -> Vec<i64> {
        all.iter().map(|it| it["data"]["unread_count"].as_i64().unwrap()).collect()
    };
    assert_eq!(counts(&created), (1..=10).collect::<Vec<i64>>());
    assert!(created.iter().all(|it| it["type"] == "notification.created"), "{created:?}");
    assert_eq!(created[0]["data"]["notification_type"], "account.new_device");
    assert_eq!(created[9]["data"]["notification_id"], items(&told)[0]["id"]);
    let read = socket.take(10).await;
    assert!(read.iter().all(|it| it["type"] == "notification.read"), "{read:?}");
    assert_eq!(counts(&read), (0..10).rev().collect::<Vec<i64>>());
    assert_eq!(inbox(&ada, "").await["unread_count"], 0);
    log_in(&shop, &ada.session["user"]["email"], PASSWORD, "another/1").await;
    let next = socket.next().await;
    assert_eq!(next["type"], "notification.created");
    assert_eq!(next["data"]["unread_count"], 1);
}

#[actix_rt::test]
async fn a_socket_has_the_count_and_reads_too() {
    let shop = TestShop::with(&[CHEAP]).await;
    let ada = told_of(&shop, 3).await;
    let eve = shop.sign_up().await;
    let told = inbox(&ada, "").await;
    let first = json!({ "notification_id": items(&told)[0]["id"] });
    let (mut socket, mut another) = (ada.socket().await, eve.socket().await);
    let mut stranger = shop.stranger().socket().await;

    let answer = socket.ask("subscribe", json!({ "topic": "me" })).await;
    assert_eq!(answer["snapshot"]["unread_count"], 3);
    assert_eq!(another.refused("notification.read", first.clone()).await, "not_found");
    assert_eq!(stranger.refused("notification.read", first.clone()).await, "unauthenticated");
    let read = socket.ask("notification.read", first.clone()).await;
    let again = socket.ask("notification.read", first).await;

    assert_eq!((&read["ok"], &read["unread_count"]), (&json!(true), &json!(2)));
    assert_eq!(again["unread_count"], 2);
    let push = socket.next().await;
    let data = json!({ "notification_id": items(&told)[0]["id"], "unread_count": 2 });
    assert_eq!((&push["type"], &push["data"]), (&json!("notification.read"), &data));
    ada.post("/me/notifications/read-all", Value::Null).await.is(204);
    let push = socket.next().await;
    assert_eq!(push["data"], json!({ "notification_id": null, "unread_count": 0 }));
    assert_eq!(push["sequence"], answer["sequence"].as_i64().unwrap() + 2);
}

#[actix_rt::test]
async fn who_has_switched_it_off_is_told_by_mail_alone() {
    let shop = TestShop::with(&[CHEAP]).await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    let settings = r#"{"notifications":{"security":["email"]}}"#;
    shop.sql(&format!("UPDATE users SET settings = '{settings}'")).unwrap();

    log_in(&shop, &json!("ada@example.com"), PASSWORD, "Phone/1").await;

    crate::support::mail::saying(&shop.folder().join("mail"), "ada@example.com", "Phone").await;
    assert_eq!(inbox(&ada, "").await["items"], json!([]));
}

#[actix_rt::test]
async fn the_newest_five_hundred_are_kept() {
    let shop = TestShop::with(&[CHEAP]).await;
    let ada = shop.sign_up().await;
    let old = |number: usize| format!("00000000-0000-7000-8000-{number:012}");
    let rows = (0..500).map(|number| {
        let (id, user, at) = (old(number), ada.user_id(), "2026-01-01 00:00:00");
        format!("('{id}', '{user}', 'account.password_changed', '{{}}', '{at}', NULL)")
    });
    let rows = rows.collect::<Vec<String>>().join(", ");
    shop.sql(&format!("INSERT INTO notifications VALUES {rows}")).unwrap();
    assert_eq!(inbox(&ada, "").await["unread_count"], 500);

    log_in(&shop, &ada.session["user"]["email"], PASSWORD, "Phone/1").await;

    let kept = inbox(&ada, "?limit=1").await;
    assert_eq!((types(&kept), &kept["unread_count"]), (vec!["account.new_device"], &json!(500)));
    let read = async |number| {
        ada.post(&format!("/me/notifications/{}/read", old(number)), Value::Null).await.status
    };
    assert_eq!((read(0).await, read(1).await), (404, 204));
    assert_eq!(inbox(&ada, "?limit=1").await["unread_count"], 499);
    ada.post("/me/notifications/read-all", Value::Null).await.is(204);
    assert_eq!(inbox(&ada, "?limit=1").await["unread_count"], 0);
    let there = "(SELECT COUNT(*) FROM notifications n WHERE n.user_id = i.user_id";
    let wrong = format!(
        "SELECT i.user_id AS found FROM inboxes i WHERE i.kept <> {there}) \
            OR i.unread <> {there} AND n.read_at IS NULL)"
    );
    assert_eq!(shop.found(&wrong), Vec::<String>::new());
}
