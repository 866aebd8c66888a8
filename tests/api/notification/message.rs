//! What other programs of the shop have users told: who may, what is told, and that it is told once.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{CHEAP, inbox, items, log_in, order::choose, replay::hear_by_every_way};
use crate::support::{
    PASSWORD, TestShop,
    browser::Service,
    client::{Answer, Client},
    key,
    mail::{self, until},
};

const NEWER: &str = "the-newer-token-of-the-programs";
const OLDER: &str = "the-older-token-of-the-programs";
const TOKENS: (&str, &str) =
    ("RIALTO_SERVICE_TOKENS", "the-newer-token-of-the-programs, the-older-token-of-the-programs");

/// A program that shows this token.
fn program(shop: &TestShop, token: &str) -> Client {
    shop.stranger().with("Authorization", &format!("Bearer {token}"))
}

async fn send(program: &Client, key: &str, body: &Value) -> Answer {
    program.once(key).post("/notifications", body.clone()).await
}

/// A message to a user.
fn message(user: &Client) -> Value {
    json!({
        "user_id": user.user_id(),
        "title": "Your invoice is ready",
        "body": "It is in your account.\nYou can pay it there.",
        "data": { "invoice": "I-7", "amounts": [1, 2] },
    })
}

#[actix_rt::test]
async fn a_program_tells_a_user_once_by_every_way_that_they_have_chosen() {
    let shop = TestShop::with(&[TOKENS, ("RIALTO_WEBHOOK_PRIVATE", "on")]).await;
    let (ada, eve) = (shop.sign_up_as("ada@example.com", "Ada").await, shop.sign_up().await);
    let service = Service::open();
    hear_by_every_way(&ada, &service).await;
    let mut me = ada.follow("me").await;
    let (program, key, body) = (program(&shop, NEWER), key(), message(&ada));

    let sent = send(&program, &key, &body).await;
    let again = send(&program, &key, &body).await;

    assert_eq!((sent.is_replayed(), again.is_replayed()), (false, true));
    let sent = sent.is(202);
    assert_eq!(again.is(202), sent);
    let push = me.until("notification.created").await.pop().unwrap();
    let said = json!({
        "notification_id": sent["id"],
        "notification_type": "service.message",
        "unread_count": 1,
    });
    assert_eq!(push["data"], said);
    let told = inbox(&ada, "").await;
    let [item] = &items(&told)[..] else { panic!("one notice: {told}") };
    assert_eq!((&item["id"], &item["type"]), (&sent["id"], &json!("service.message")));
    for field in ["title", "body", "data"] {
        assert_eq!(item[field], body[field]);
    }
    let letter = mail::saying(&shop.folder().join("mail"), "ada@example.com", "pay it there").await;
    assert_eq!(letter.header("Subject"), "Your invoice is ready");
    service.until("browser", 1).await;
    // The notice, the letter, and what goes to the browser and to the telephone.
    let all = shop.found(
        "SELECT kind AS found FROM notifications UNION ALL SELECT kind FROM dispatches \
         UNION ALL SELECT 'service.message' FROM mails WHERE letter LIKE '%Your invoice%'",
    );
    assert_eq!(all, ["service.message"; 4]);
    assert_eq!(inbox(&eve, "").await["unread_count"], 0);
}

#[actix_rt::test]
async fn repeats_that_come_at_once_tell_a_user_once() {
    let shop = TestShop::with(&[TOKENS]).await;
    let ada = shop.sign_up().await;
    let (program, key, body) = (program(&shop, NEWER), key(), message(&ada));

    let all = join_all((0..8).map(|_| send(&program, &key, &body))).await;

    assert_eq!(all.iter().filter(|it| !it.is_replayed()).count(), 1);
    let told = inbox(&ada, "").await;
    assert_eq!((items(&told).len(), &told["unread_count"]), (1, &json!(1)));
    for answer in all {
        assert_eq!(answer.is(202)["id"], items(&told)[0]["id"]);
    }
}

#[actix_rt::test]
async fn a_user_who_wants_no_messages_of_programs_is_left_alone() {
    let shop = TestShop::with(&[TOKENS]).await;
    let (ada, eve) = (shop.sign_up_as("ada@example.com", "Ada").await, shop.sign_up().await);
    choose(&ada, json!({ "messages": [] })).await;
    choose(&eve, json!({ "types": { "service.message": ["in_app"] } })).await;

    for user in [&ada, &eve] {
        send(&program(&shop, OLDER), &key(), &message(user)).await.is(202);
    }

    let kept = shop.found("SELECT user_id AS found FROM notifications");
    assert_eq!(kept, [eve.user_id()]);
    assert!(shop.found("SELECT id AS found FROM mails WHERE letter LIKE '%invoice%'").is_empty());
}

#[actix_rt::test]
async fn nobody_sends_a_notification_without_a_service_token() {
    let shop = TestShop::with(&[TOKENS]).await;
    let (ada, admin) = (shop.sign_up().await, shop.admin().await);
    let body = message(&ada);

    for user in [&ada, &admin] {
        send(user, &key(), &body).await.refused(403, "forbidden");
    }
    send(&shop.stranger(), &key(), &body).await.refused(401, "unauthenticated");
    for token in ["", "the-newer-token-of-the-program", "the-newer-token-of-the-programs,"] {
        send(&program(&shop, token), &key(), &body).await.refused(401, "invalid_token");
    }
    let closed = TestShop::start().await;
    for token in [NEWER, ""] {
        send(&program(&closed, token), &key(), &body).await.refused(401, "invalid_token");
    }

    assert_eq!(inbox(&ada, "").await["unread_count"], 0);
}

#[actix_rt::test]
async fn what_does_not_fit_or_has_no_user_or_no_key_is_refused() {
    let shop = TestShop::with(&[TOKENS]).await;
    let (ada, program) = (shop.sign_up().await, program(&shop, NEWER));
    let with = |field: &str, value: Value| {
        let mut body = message(&ada);
        body[field] = value;
        body
    };

    let keyless = program.post("/notifications", message(&ada)).await;
    keyless.refused(400, "idempotency_key_required");
    let nobody = with("user_id", json!("019ab1c2-7d3e-7f00-8000-5a1b2c3d4e5f"));
    send(&program, &key(), &nobody).await.refused(404, "not_found");
    for (field, value) in [
        ("title", json!("t".repeat(121))),
        ("title", json!("two\nlines")),
        ("title", json!(" ")),
        ("body", json!("b".repeat(2_001))),
        ("body", json!("")),
        ("data", json!({ "d": "d".repeat(2_000) })),
        ("data", json!("text")),
        ("user_id", json!("ada")),
        ("kind", json!("order.paid")),
    ] {
        send(&program, &key(), &with(field, value)).await.invalid(&[field]);
    }
    let key = key();
    send(&program, &key, &message(&ada)).await.is(202);
    let other = with("title", json!("Another"));
    send(&program, &key, &other).await.refused(422, "idempotency_key_reused");
    ada.delete("/me").await.is(204);
    send(&program, &crate::support::key(), &message(&ada)).await.refused(404, "not_found");
}

#[actix_rt::test]
async fn however_much_programs_have_to_say_the_owner_is_warned_of_a_new_device() {
    let shop = TestShop::with(&[CHEAP, TOKENS]).await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    for _ in 0..11 {
        send(&program(&shop, NEWER), &key(), &message(&ada)).await.is(202);
    }
    let folder = shop.folder().join("mail");
    until("all letters", || (mail::to(&folder, "ada@example.com").len() > 11).then_some(())).await;

    log_in(&shop, &json!("ada@example.com"), PASSWORD, "Phone/1").await;

    mail::saying(&folder, "ada@example.com", "Phone").await;
}

#[actix_rt::test]
async fn the_audit_log_says_that_a_program_has_told_a_user_and_not_what() {
    let shop = TestShop::with(&[TOKENS]).await;
    let ada = shop.sign_up().await;
    let (program, key) = (program(&shop, NEWER), key());
    for _ in 0..2 {
        send(&program, &key, &message(&ada)).await.is(202);
    }

    let log = shop.admin().await.get("/admin/audit?actor=service").await.is(200);

    let [entry] = &items(&log)[..] else { panic!("one entry: {log}") };
    assert_eq!(
        (&entry["action"], &entry["actor"]),
        (&json!("account.notified"), &json!("service"))
    );
    assert_eq!(entry["object"], json!({ "kind": "user", "id": ada.user_id() }));
    assert!(!entry.to_string().contains("invoice") && entry["session_id"].is_null(), "{entry}");
}
