//! The audit log: every change says who made it, from where, and what it changed; nothing
//! personal is in it, and nothing of it can be changed unseen.

use serde_json::{Value, json};
use uuid::Uuid;

mod chain;
mod index;

use crate::support::{
    PASSWORD, TestShop,
    client::Client,
    key,
    mail::token,
    purchase::{checkout, guest_checkout, topic},
};

/// The whole log, the oldest entry first.
async fn log(shop: &TestShop) -> Vec<Value> {
    let mut all = entries(&shop.admin().await, "").await;
    all.reverse();
    all
}

/// What `query` finds, page by page.
async fn entries(admin: &Client, query: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("/admin/audit?limit=100{query}{cursor}")).await.is(200);
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// What was left by something else than the looking at the log.
fn changes(log: &[Value]) -> Vec<&Value> {
    log.iter().filter(|it| it["object"]["kind"] != "audit").collect()
}

fn named(client: &Client, request: &str) -> Client {
    client.with("X-Request-Id", request)
}

/// The actions of a request, each with its kind of object, and the entries.
fn left<'l>(log: &'l [Value], request: &str) -> (Vec<(&'l str, &'l str)>, Vec<&'l Value>) {
    let all: Vec<&Value> = log.iter().filter(|it| it["request_id"] == request).collect();
    let said =
        |it: &&'l Value| (it["action"].as_str().unwrap(), it["object"]["kind"].as_str().unwrap());
    (all.iter().map(said).collect(), all)
}

#[actix_rt::test]
async fn each_change_says_who_made_it_and_from_where() {
    let shop = TestShop::start().await;
    let (stranger, admin, guest) = (shop.stranger(), shop.admin().await, shop.guest().await);
    let teapot = shop.variant("teapot").await;
    let account = json!({ "email": "ada@example.com", "password": PASSWORD, "name": "Ada" });
    let login = json!({ "email": "ada@example.com", "password": PASSWORD });

    let session = named(&stranger, "register").post("/auth/register", account).await.is(201);
    let ada = stranger.clone().signed_in(session);
    let other = named(&stranger, "login").post("/auth/login", login).await.is(200);
    let refresh = json!({ "refresh_token": other["refresh_token"] });
    let other = named(&stranger, "refresh").post("/auth/refresh", refresh).await.is(200);
    let other = stranger.clone().signed_in(other);
    named(&other, "logout").post("/auth/logout", Value::Null).await.is(204);
    let stock = format!("/admin/variants/{}/stock", teapot.id);
    let seven = json!({ "set": 7, "reason": "counted" });
    named(&admin, "stock").post(&stock, seven).await.is(200);
    named(&guest, "guest").add(&teapot, 1).await;
    named(&ada, "cart").add(&teapot, 2).await;
    let order = named(&ada, "place").check_out().await.is(201)["order"].clone();
    named(&ada, "pay").pay(&order, "tok_success").await.is(200);
    let cancel = format!("/orders/{}/cancel", order["id"].as_str().unwrap());
    named(&admin, "cancel").post(&cancel, Value::Null).await.is(200);

    let log = log(&shop).await;
    let (ada, admin) = (ada.user_id(), admin.user_id());
    for (request, actor, has_session, due) in [
        ("register", ada, true, &[("account.registered", "user")][..]),
        ("login", ada, true, &[("session.opened", "session")]),
        ("refresh", ada, true, &[("session.renewed", "session")]),
        ("logout", ada, true, &[("session.revoked", "session")]),
        ("stock", admin, true, &[("stock.changed", "variant")]),
        ("guest", "guest", false, &[("cart.changed", "cart")]),
        ("cart", ada, true, &[("cart.changed", "cart")]),
        ("place", ada, true, &[("order.placed", "order")]),
        ("pay", ada, true, &[("payment.attempted", "order"), ("payment.settled", "order")]),
        ("cancel", admin, true, &[("order.cancelled", "order"), ("payment.refunded", "order")]),
    ] {
        let (said, all) = left(&log, request);
        assert_eq!(said, due, "{request}");
        for it in all {
            assert_eq!((&it["actor"], &it["address"]), (&json!(actor), &json!("127.0.0.1")));
            assert_eq!(it["session_id"].is_string(), has_session, "{request}");
        }
    }
    let one = |request: &str| left(&log, request).1[0];
    assert_eq!(one("login")["session_id"], one("login")["object"]["id"]);
    assert_eq!(one("logout")["object"]["id"], one("login")["object"]["id"]);
    assert_eq!(one("stock")["object"]["id"], teapot.id);
    assert_eq!(one("stock")["before"], json!({ "on_hand": 100, "reserved": 0 }));
    assert_eq!(one("stock")["after"], json!({ "on_hand": 7, "reserved": 0 }));
    assert_eq!(one("cart")["before"]["version"], 0);
    assert_eq!(one("cart")["after"]["put"][0]["quantity"], 2);
    assert_eq!(one("place")["object"]["id"], order["id"]);
    let was = |it: &Value| (it["status"].clone(), it["payment_status"].clone());
    assert_eq!(was(&one("cancel")["before"]), (json!("paid"), json!("captured")));
    assert_eq!(was(&one("cancel")["after"]), (json!("cancelled"), json!("captured")));
}

#[actix_rt::test]
async fn each_change_of_an_account_says_who_made_it() {
    let shop = TestShop::start().await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    let (stranger, folder) = (shop.stranger(), shop.folder().join("mail"));
    let confirm = token(&folder, "ada@example.com", "confirm").await;
    let other = "another horse battery";

    named(&ada, "profile").patch("/me", json!({ "name": "Ada Byron" })).await.is(200);
    let password = json!({ "current_password": PASSWORD, "password": other });
    named(&ada, "password").post("/me/password", password).await.is(204);
    let email = json!({ "email": "byron@example.com", "password": other });
    named(&ada, "email").post("/me/email", email).await.is(202);
    named(&ada, "resend").post("/auth/email/resend", Value::Null).await.is(204);
    let confirm = json!({ "token": confirm });
    named(&stranger, "confirm").post("/auth/email/confirm", confirm.clone()).await.is(204);
    named(&stranger, "again").post("/auth/email/confirm", confirm).await.is(400);
    let forgot = json!({ "email": "ada@example.com" });
    named(&stranger, "forgot").post("/auth/password/forgot", forgot).await.is(202);
    let token = token(&folder, "ada@example.com", "reset").await;
    let reset = json!({ "token": token, "password": PASSWORD });
    named(&stranger, "reset").post("/auth/password/reset", reset).await.is(204);
    let login = json!({ "email": "ada@example.com", "password": PASSWORD });
    let session = stranger.post("/auth/login", login).await.is(200);
    let ada = stranger.clone().signed_in(session);
    named(&ada, "sessions").delete("/me/sessions").await.is(204);
    named(&ada, "everywhere").post("/auth/logout-all", Value::Null).await.is(204);

    let (log, ada) = (log(&shop).await, ada.user_id());
    for (request, actor, due) in [
        ("profile", ada, &[("account.changed", "user")][..]),
        ("password", ada, &[("account.password_changed", "user")]),
        ("email", ada, &[("account.email_change_asked", "user")]),
        ("resend", ada, &[("account.confirmation_sent", "user")]),
        ("confirm", "guest", &[("account.email_confirmed", "user")]),
        ("again", "guest", &[]),
        ("forgot", "guest", &[("link.reset_asked", "link")]),
        ("reset", "guest", &[("account.password_reset", "user")]),
        ("sessions", ada, &[]),
        ("everywhere", ada, &[("account.sessions_ended", "user")]),
    ] {
        let (said, all) = left(&log, request);
        assert_eq!(said, due, "{request}");
        assert!(all.iter().all(|it| it["actor"] == actor), "{request}: {all:?}");
    }
    let personal = ["ada@", "byron@", "Byron", PASSWORD, other, token.as_str()];
    let text = json!(log).to_string();
    assert!(personal.iter().all(|it| !text.contains(it)), "{text}");
}

#[actix_rt::test]
async fn what_the_shop_does_by_itself_and_what_an_operator_does_is_told_apart() {
    let shop = TestShop::with(&[("RIALTO_COURIER_SPEED", "500000")]).await;
    let buyer = shop.sign_up().await;
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let mut live = buyer.follow(&topic(&order)).await;
    buyer.pay(&order, "tok_success").await.is(200);
    live.until("order.delivered").await;

    let log = log(&shop).await;

    let by = |actor: &str, action: &str| {
        let all = log.iter().filter(|it| it["actor"] == actor && it["action"] == action);
        all.cloned().collect::<Vec<Value>>()
    };
    let moved = by("system", "delivery.moved");
    // Five stations, and three stops between the warehouse and the van.
    assert_eq!(moved.len(), 8);
    assert!(moved.iter().all(|it| it["object"]["id"] == order["id"]));
    assert!(moved.iter().all(|it| it["request_id"].is_null() && it["address"].is_null()));
    // The tests' shop was filled with the program's own commands.
    assert!(!by("operator", "catalogue.imported").is_empty());
    assert_eq!(by("operator", "account.registered").len(), 1);
}

#[actix_rt::test]
async fn what_fails_or_is_repeated_leaves_nothing_new() {
    let shop = TestShop::start().await;
    let (buyer, admin, stranger) = (shop.sign_up().await, shop.admin().await, shop.stranger());
    let (teapot, lamp) = (shop.variant("teapot").await, shop.variant("lamp").await);
    buyer.add(&teapot, 1).await;
    let once = buyer.once(&key());
    let order = once.post("/checkout", checkout()).await.is(201)["order"].clone();
    let pay = format!("/payments/{}/confirm", order["payment"]["id"].as_str().unwrap());
    let paying = buyer.once(&key());
    paying.post(&pay, json!({ "token": "tok_success" })).await.is(200);
    buyer.add(&lamp, 1).await;
    let before = log(&shop).await;

    let email = &buyer.session["user"]["email"];
    let twin = json!({ "email": email, "password": PASSWORD, "name": "Eve" });
    stranger.post("/auth/register", twin).await.refused(409, "email_taken");
    let wrong = json!({ "email": email, "password": "wrong horse battery" });
    stranger.post("/auth/login", wrong).await.refused(401, "invalid_credentials");
    let forged = json!({ "refresh_token": format!("{}.AAAA", Uuid::now_v7()) });
    assert_eq!(stranger.post("/auth/refresh", forged).await.status, 401);
    assert!(once.post("/checkout", checkout()).await.is_replayed());
    assert!(paying.post(&pay, json!({ "token": "tok_success" })).await.is_replayed());
    buyer.check_out().await.refused(409, "out_of_stock");
    buyer.delete(&format!("/cart/items/{}", Uuid::now_v7())).await.refused(404, "not_found");
    let too_much = json!({ "adjust": -1000, "reason": "counted" });
    let stock = format!("/admin/variants/{}/stock", teapot.id);
    assert_eq!(admin.post(&stock, too_much).await.status, 409);

    let after = log(&shop).await;
    assert_eq!(changes(&after), changes(&before));
}

#[actix_rt::test]
async fn nothing_personal_and_no_secret_enters_the_log() {
    let shop = TestShop::start().await;
    let (buyer, guest, admin) = (shop.sign_up().await, shop.guest().await, shop.admin().await);
    let teapot = shop.variant("teapot").await;
    let order = buyer.buy(&teapot, 1).await;
    guest.add(&teapot, 1).await;
    let placed = guest.once("a-key").post("/checkout", guest_checkout()).await.is(201);
    let holder = guest.with("X-Order-Token", placed["order_token"].as_str().unwrap());
    holder.pay(&placed["order"], "tok_success").await.is(200);
    let cancel = format!("/orders/{}/cancel", order["id"].as_str().unwrap());
    let reason = json!({ "reason": "Ada Byron moved away" });
    buyer.post(&cancel, reason).await.is(200);

    let all = admin.get("/admin/audit/export").await;

    assert_eq!(all.status, 200);
    assert!(all.text.contains("order.placed"), "{}", all.text);
    let secrets = [
        buyer.session["user"]["email"].as_str().unwrap(),
        buyer.access_token(),
        buyer.session["refresh_token"].as_str().unwrap(),
        placed["order_token"].as_str().unwrap(),
        "Ada",
        "Byron",
        "Lindenstr",
        "Berlin",
        "10969",
        "@",
        PASSWORD,
        "$argon2",
        "tok_success",
        "a-key",
    ];
    for secret in secrets {
        assert!(!all.text.contains(secret), "{secret} is in the log");
    }
}

#[actix_rt::test]
async fn the_log_is_read_in_pages_and_by_what_is_looked_for() {
    let shop = TestShop::start().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let teapot = shop.variant("teapot").await;
    let order = buyer.buy(&teapot, 1).await;
    let (user, order) = (buyer.user_id(), order["id"].as_str().unwrap());
    let find = async |query: &str| {
        let page = admin.get(&format!("/admin/audit?limit=100&{query}")).await.is(200);
        let all = page["items"].as_array().unwrap().clone();
        all.iter().map(|it| it["action"].as_str().unwrap().to_owned()).collect::<Vec<String>>()
    };
    let paid = ["payment.settled", "payment.attempted", "order.placed"];

    assert_eq!(find(&format!("object=order:{order}")).await, paid);
    assert_eq!(find(&format!("object={order}")).await, paid);
    assert_eq!(find(&format!("object=order&actor={user}")).await, paid);
    assert_eq!(find(&format!("actor={user}")).await.len(), 5);
    assert_eq!(find(&format!("actor={user}&action=cart.changed")).await, ["cart.changed"]);
    assert_eq!(find("actor=system").await, [""; 0]);
    let record = admin.get(&format!("/admin/audit?object={order}&action=order.placed")).await;
    let at = record.is(200)["items"][0]["at"].as_str().unwrap().to_owned();
    assert_eq!(find(&format!("object={order}&from={at}")).await, paid);
    assert_eq!(find(&format!("object={order}&to={at}")).await, [""; 0]);

    let log = log(&shop).await;
    let sequences: Vec<i64> = log.iter().map(|it| it["sequence"].as_i64().unwrap()).collect();
    assert_eq!(sequences, (1..).take(log.len()).collect::<Vec<i64>>());
    let first = admin.get(&format!("/admin/audit?actor={user}&limit=2")).await.is(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let next = format!("/admin/audit?actor={user}&limit=2&cursor={cursor}");
    let next = admin.get(&next).await.is(200);
    let number = |page: &Value, at: usize| page["items"][at]["sequence"].as_i64().unwrap();
    let all = [number(&first, 0), number(&first, 1), number(&next, 0), number(&next, 1)];
    assert!(all.is_sorted_by(|one, other| one > other), "{all:?}");
}

#[actix_rt::test]
async fn a_question_that_makes_no_sense_is_refused() {
    let shop = TestShop::start().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let before = log(&shop).await.len();

    for (query, field) in [
        ("actor=root", "actor"),
        ("action=order.eaten", "action"),
        ("object=thing", "object"),
        ("object=order:7", "object"),
        ("from=yesterday", "from"),
        ("to=7", "to"),
        ("limit=101", "limit"),
        ("who=me", "who"),
    ] {
        admin.get(&format!("/admin/audit?{query}")).await.invalid(&[field]);
    }
    admin.get("/admin/audit/export?limit=1").await.invalid(&["limit"]);
    admin.get("/admin/audit?cursor=x").await.refused(400, "invalid_cursor");
    buyer.get("/admin/audit").await.refused(403, "forbidden");
    buyer.get("/admin/audit/export").await.refused(403, "forbidden");

    // The first look at the log is in the second; nothing of these is.
    assert_eq!(log(&shop).await.len(), before + 1);
}

#[actix_rt::test]
async fn whoever_reads_the_log_is_in_it() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;

    named(&admin, "look").get("/admin/audit?action=order.placed").await.is(200);
    assert_eq!(named(&admin, "take").get("/admin/audit/export?actor=guest").await.status, 200);

    let log = log(&shop).await;
    let (said, all) = left(&log, "look");
    assert_eq!(said, [("audit.read", "audit")]);
    assert_eq!(all[0]["actor"], admin.user_id());
    assert_eq!(all[0]["after"]["filter"]["action"], "order.placed");
    let (said, all) = left(&log, "take");
    assert_eq!(
        (said, &all[0]["after"]["filter"]["actor"]),
        (vec![("audit.exported", "audit")], &json!("guest"))
    );
}

#[actix_rt::test]
async fn an_export_of_many_pages_is_whole_and_runs_nothing_in_a_spreadsheet() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    let hash = "0".repeat(64);
    let many = format!(
        "INSERT INTO audit (sequence, format, at, actor, request_id, action, object_kind, hash) \
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200) \
         SELECT 1000 + i, 1, '2026-11-21 08:00:00', 'system', '=1+1', 'cart.changed', 'cart', \
         '{hash}' FROM n"
    );
    shop.sql(&many).unwrap();

    let export = admin.get("/admin/audit/export?action=cart.changed").await;

    assert_eq!(export.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(export.header("content-disposition"), Some("attachment; filename=\"audit.csv\""));
    let rows: Vec<&str> = export.text.lines().collect();
    assert!(rows[0].starts_with("sequence,at,actor,session_id,address,request_id,action,"));
    let numbers: Vec<&str> = rows[1..].iter().map(|it| it.split(',').next().unwrap()).collect();
    let due: Vec<String> = (1001..=2200).rev().map(|it| it.to_string()).collect();
    assert_eq!(numbers, due);
    assert!(rows[1..].iter().all(|it| it.contains(",'=1+1,") && !it.contains(",=")));
}
