//! What nobody may read: the log at its most talkative, and every answer, hold no secret that was
//! not asked for.

use std::cell::RefCell;

use awc::http::Method;
use serde_json::{Value, json};

use crate::support::{PASSWORD, TestShop, client::Client, mail::token, purchase::guest_checkout};

const EMAIL: &str = "ada.lovelace@example.com";
/// Of [`guest_checkout`].
const GUEST: &str = "guest@example.com";
/// Of somebody who changes all that an account has, and in the end that there is one.
const OLD_EMAIL: &str = "grace.hopper@example.com";
const NEW_EMAIL: &str = "amazing.grace@example.com";
const PHONE: &str = "+4930987654321";
const WRONG: &str = "wrong horse battery";
const NEWEST: &str = "staple horse battery";
const SECRET: &str = "JWT_SECRET_OF_THIS_TEST";
/// The answers that hold the tokens of a session, and the address of its user.
const SESSIONS: [&str; 3] =
    ["POST /auth/register 201", "POST /auth/login 200", "POST /auth/refresh 200"];
/// The answers that hold the profile of whoever asks.
const PROFILES: [&str; 2] = ["GET /me 200", "PATCH /me 200"];

/// All that was answered, by who asked for it.
#[derive(Default)]
struct Answers(RefCell<Vec<(String, String)>>);

impl Answers {
    /// Sends what may be anything but JSON and keeps the answer.
    async fn to(&self, client: &Client, method: Method, path: &str, body: Option<&str>) -> Value {
        let body = body.map(|it| ("application/json", it.as_bytes()));
        let answer = client.attempt(method.clone(), path, body).await.unwrap();
        let headers: String = answer.headers.iter().map(|(_, it)| format!("{it:?}\n")).collect();
        let told = format!("{headers}{}", answer.text);
        self.0.borrow_mut().push((format!("{method} {path} {}", answer.status), told));
        answer.body
    }

    async fn post(&self, client: &Client, path: &str, body: Value) -> Value {
        self.to(client, Method::POST, path, Some(&body.to_string())).await
    }

    async fn get(&self, client: &Client, path: &str) -> Value {
        self.to(client, Method::GET, path, None).await
    }

    /// What was asked for last, and its status.
    fn last(&self) -> String {
        self.0.borrow().last().map(|(at, _)| at.clone()).unwrap_or_default()
    }

    /// Where `secret` was told.
    fn with(&self, secret: &str) -> Vec<String> {
        let told = self.0.borrow();
        told.iter().filter(|(_, text)| text.contains(secret)).map(|(at, _)| at.clone()).collect()
    }
}

fn text(json: &Value, name: &str) -> String {
    json[name].as_str().unwrap_or_else(|| panic!("{name} in {json}")).to_owned()
}

/// The life of an account, with all that goes wrong in one. Returns the secrets of it, and
/// which answers may hold each.
async fn live(shop: &TestShop, answers: &Answers) -> Vec<(String, &'static [&'static str])> {
    let stranger = shop.stranger();
    let login = |password: &str| json!({ "email": EMAIL, "password": password });
    let account = json!({ "email": EMAIL, "password": PASSWORD, "name": "Ada" });
    let first = answers.post(&stranger, "/auth/register", account.clone()).await;
    answers.post(&stranger, "/auth/register", account).await;
    answers.post(&stranger, "/auth/login", login(WRONG)).await;
    let second = answers.post(&stranger, "/auth/login", login(PASSWORD)).await;
    let refresh = json!({ "refresh_token": second["refresh_token"] });
    let third = answers.post(&stranger, "/auth/refresh", refresh).await;

    // What breaks a rule is told, and not repeated.
    let odd = [
        format!(r#"{{"email":"{EMAIL}","password":"{NEWEST}","colour":"{WRONG}"}}"#),
        format!(r#"{{"email":7,"password":"{NEWEST}","name":"Ada"}}"#),
        format!(r#"{{"email":"{EMAIL}","password":["{NEWEST}"],"name":"Ada"}}"#),
        format!(r#"{{"email":"{EMAIL}","password":"{NEWEST}""#),
        format!(r#""{NEWEST}""#),
    ];
    for body in &odd {
        for path in ["/auth/register", "/auth/login", "/auth/refresh"] {
            answers.to(&stranger, Method::POST, path, Some(body)).await;
        }
    }

    let user = stranger.clone().signed_in(third.clone());
    answers.get(&user, "/me").await;
    answers.get(&user, "/orders").await;
    let ticket = text(&answers.post(&user, "/ws/tickets", json!({})).await, "ticket");
    stranger.socket_at(&format!("?ticket={ticket}")).await.expect("a socket").close().await;
    assert!(stranger.socket_at(&format!("?ticket={ticket}")).await.is_err(), "it is spent");
    let mut socket = stranger.socket().await;
    let auth = json!({ "token": third["access_token"] });
    assert_eq!(socket.ask("auth", auth).await["ok"], true);
    socket.close().await;
    let misplaced = format!("/products?token={}", text(&third, "access_token"));
    answers.get(&user, &misplaced).await;

    let (cart, order) = buy(shop, answers).await;
    answers.to(&user, Method::POST, "/auth/logout", None).await;
    answers.get(&user, "/me").await;
    let spent = json!({ "refresh_token": second["refresh_token"] });
    answers.post(&stranger, "/auth/refresh", spent).await;

    let mut secrets = vec![
        (ticket, &["POST /ws/tickets 201"][..]),
        (cart, &["POST /carts 201"]),
        (order, &["POST /checkout 201"]),
    ];
    for session in [first, second, third] {
        secrets.push((text(&session, "access_token"), &SESSIONS));
        secrets.push((text(&session, "refresh_token"), &SESSIONS));
    }
    for never in [PASSWORD, WRONG, NEWEST, SECRET, "$argon2"] {
        secrets.push((never.to_owned(), &[]));
    }
    secrets
}

/// What a guest buys. Returns the secrets of the cart and of the order.
async fn buy(shop: &TestShop, answers: &Answers) -> (String, String) {
    let stranger = shop.stranger();
    let cart = text(&answers.post(&stranger, "/carts", json!({})).await, "token");
    let guest = stranger.with("X-Cart-Token", &cart);
    let variant = shop.variant("teapot").await;
    let line = json!({ "variant_id": variant.id, "quantity": 1 });
    answers.post(&guest, "/cart/items", line).await;
    let placed = answers.post(&guest.once("1"), "/checkout", guest_checkout()).await;
    let order = text(&placed, "order_token");
    let path = format!("/orders/{}", text(&placed["order"], "id"));
    let holder = stranger.with("X-Order-Token", &order);
    answers.get(&holder, &path).await;
    answers.get(&stranger.with("X-Order-Token", &format!("{order}x")), &path).await;
    (cart, order)
}

/// What links of letters do, and what else can be changed of an account. Returns the secrets.
async fn change(shop: &TestShop, answers: &Answers) -> Vec<(String, &'static [&'static str])> {
    let (stranger, folder) = (shop.stranger(), shop.folder().join("mail"));
    let login = |email: &str, password: &str| json!({ "email": email, "password": password });
    let account = json!({ "email": OLD_EMAIL, "password": PASSWORD, "name": "Grace" });
    let first = answers.post(&stranger, "/auth/register", account).await;
    let user = stranger.clone().signed_in(first.clone());
    let confirm = token(&folder, OLD_EMAIL, "confirm").await;
    answers.post(&user, "/auth/email/resend", json!({})).await;
    answers.get(&stranger, &format!("/confirm?token={confirm}")).await;
    for token in [format!("{confirm}x"), confirm.clone(), confirm.clone()] {
        answers.post(&stranger, "/auth/email/confirm", json!({ "token": token })).await;
    }

    answers.post(&stranger, "/auth/password/forgot", json!({ "email": OLD_EMAIL })).await;
    let reset = token(&folder, OLD_EMAIL, "reset").await;
    answers.get(&stranger, &format!("/reset?token={reset}")).await;
    for password in [WRONG.get(..5).unwrap(), OLD_EMAIL, NEWEST, NEWEST] {
        let body = json!({ "token": reset, "password": password });
        answers.post(&stranger, "/auth/password/reset", body).await;
    }
    let second = answers.post(&stranger, "/auth/login", login(OLD_EMAIL, NEWEST)).await;
    let user = stranger.clone().signed_in(second.clone());
    for present in [WRONG, NEWEST] {
        let body = json!({ "current_password": present, "password": PASSWORD });
        answers.post(&user, "/me/password", body).await;
    }

    for password in [WRONG, PASSWORD] {
        answers.post(&user, "/me/email", login(NEW_EMAIL, password)).await;
    }
    let changed = token(&folder, NEW_EMAIL, "confirm").await;
    answers.post(&stranger, "/auth/email/confirm", json!({ "token": changed })).await;
    let profile = json!({ "name": "Grace", "phone": PHONE, "locale": "en" }).to_string();
    answers.to(&user, Method::PATCH, "/me", Some(&profile)).await;
    let third = answers.post(&stranger, "/auth/login", login(NEW_EMAIL, PASSWORD)).await;
    answers.get(&user, "/me/sessions").await;
    answers.to(&user, Method::DELETE, "/me/sessions", None).await;
    answers.to(&user, Method::DELETE, "/me", None).await;
    assert_eq!(answers.last(), "DELETE /me 204");

    let mut secrets = vec![];
    for token in [confirm, reset, changed] {
        secrets.push((token, &[][..]));
    }
    for session in [first, second, third] {
        secrets.push((text(&session, "access_token"), &SESSIONS));
        secrets.push((text(&session, "refresh_token"), &SESSIONS));
    }
    secrets
}

#[actix_rt::test]
async fn neither_the_log_nor_an_answer_tells_a_secret() {
    let talkative =
        [("RIALTO_LOG", "trace"), ("RIALTO_LOG_FORMAT", "json"), ("RIALTO_JWT_SECRET", SECRET)];
    let shop = TestShop::with(&talkative).await;
    let answers = Answers::default();

    let mut secrets = live(&shop, &answers).await;
    secrets.extend(change(&shop, &answers).await);

    let log = shop.log();
    assert!(log.contains("\"level\":\"TRACE\"") && log.contains("/api/v1/auth/login"));
    for (secret, told) in &secrets {
        let line = log.lines().find(|line| line.contains(secret.as_str()));
        assert_eq!(line, None, "the log has {secret}");
        let found = answers.with(secret);
        assert!(found.iter().all(|it| told.contains(&it.as_str())), "{secret} is in {found:?}");
        assert_eq!(found.is_empty(), told.is_empty(), "{secret} is in {found:?}");
    }
    for person in [EMAIL, GUEST, OLD_EMAIL, NEW_EMAIL, PHONE] {
        let line = log.lines().find(|line| line.contains(person));
        assert_eq!(line, None, "the log has {person}");
    }
    for email in [EMAIL, OLD_EMAIL, NEW_EMAIL] {
        for at in answers.with(email) {
            let may = SESSIONS.iter().chain(&PROFILES).any(|it| *it == at);
            assert!(may, "{email} is in {at}");
        }
    }
    assert_eq!(answers.with(PHONE), ["PATCH /me 200", "POST /auth/login 200"]);
    assert_eq!(answers.with(GUEST), Vec::<String>::new());
}
