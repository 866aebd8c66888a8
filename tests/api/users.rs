//! The accounts of others, for those who run the shop: found, suspended, given roles, logged out.

use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use futures_util::future::join;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    PASSWORD, TestShop,
    client::{Answer, Client},
    each,
    mail::token,
};

fn path(user: &Client, below: &str) -> String {
    format!("/admin/users/{}{below}", user.user_id())
}

async fn suspend(admin: &Client, user: &Client, body: Value) -> Answer {
    admin.post(&path(user, "/suspend"), body).await
}

async fn give(admin: &Client, user: &Client, role: &str) -> Answer {
    admin.put(&path(user, "/role"), json!({ "role": role })).await
}

fn login(user: &Client, password: &str) -> Value {
    json!({ "email": user.session["user"]["email"], "password": password })
}

async fn log_in(shop: &TestShop, user: &Client) -> Client {
    let session = shop.stranger().post("/auth/login", login(user, PASSWORD)).await.is(200);
    shop.stranger().signed_in(session)
}

/// Another who runs the shop.
async fn another_admin(shop: &TestShop) -> Client {
    let user = shop.sign_up().await;
    give(&shop.admin().await, &user, "admin").await.is(200);
    log_in(shop, &user).await
}

/// A moment so many milliseconds from now.
fn ahead(millis: i64) -> String {
    let now: DateTime<Utc> = SystemTime::now().into();
    let until = now + TimeDelta::milliseconds(millis);
    until.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// What the audit log has of the accounts themselves, the oldest first.
async fn left(admin: &Client, user: &Client, action: &str) -> Vec<Value> {
    let asked = format!("/admin/audit?object=user:{}&action={action}", user.user_id());
    let mut all = admin.get(&asked).await.is(200)["items"].as_array().unwrap().clone();
    all.reverse();
    all
}

#[actix_rt::test]
async fn whoever_is_suspended_is_out_at_once_and_comes_back_when_it_is_lifted() {
    let shop = TestShop::start().await;
    let (admin, ada) = (shop.admin().await, shop.sign_up().await);
    let other = log_in(&shop, &ada).await;
    let (mut one, mut two) = (ada.socket().await, other.socket().await);
    let until = ahead(3_600_000);

    let body = json!({ "reason": "spam", "until": until });
    let suspended = suspend(&admin, &ada, body).await.is(200);

    assert_eq!(
        (&suspended["status"], &suspended["id"]),
        (&json!("suspended"), &json!(ada.user_id()))
    );
    assert_eq!(suspended["suspended_until"], until);
    for it in [&ada, &other] {
        it.get("/me").await.refused(401, "session_revoked");
        let refresh = json!({ "refresh_token": it.session["refresh_token"] });
        let refresh = shop.stranger().post("/auth/refresh", refresh).await;
        refresh.refused(401, "invalid_refresh_token");
    }
    assert_eq!((one.closed().await.0, two.closed().await.0), (3503, 3503));
    let right = shop.stranger().post("/auth/login", login(&ada, PASSWORD)).await;
    assert_eq!(right.refused(403, "account_suspended")["suspended_until"], until);
    let wrong = shop.stranger().post("/auth/login", login(&ada, "another horse battery")).await;
    wrong.refused(401, "invalid_credentials");

    let back = admin.post(&path(&ada, "/unsuspend"), Value::Null).await.is(200);

    assert_eq!((&back["status"], &back["suspended_until"]), (&json!("active"), &Value::Null));
    ada.get("/me").await.refused(401, "session_revoked");
    log_in(&shop, &ada).await.get("/me").await.is(200);
}

#[actix_rt::test]
async fn a_suspension_ends_by_itself_and_shows_as_none_from_then_on() {
    let shop = TestShop::start().await;
    let (admin, ada) = (shop.admin().await, shop.sign_up().await);
    suspend(&admin, &ada, json!({ "until": ahead(700) })).await.is(200);

    let shown = loop {
        let shown = admin.get(&path(&ada, "")).await.is(200);
        if shown["status"] == "active" {
            break shown;
        }
        assert_eq!(shown["status"], "suspended");
    };

    assert_eq!(shown["suspended_until"], Value::Null);
    let listed = |status: &str| format!("/admin/users?status={status}&q={}", email(&ada));
    assert_eq!(admin.get(&listed("active")).await.is(200)["items"], json!([shown]));
    assert_eq!(admin.get(&listed("suspended")).await.is(200)["items"], json!([]));
    assert_eq!(log_in(&shop, &ada).await.get("/me").await.is(200)["status"], "active");
    assert_eq!(admin.get(&path(&ada, "")).await.is(200), shown);
}

fn email(user: &Client) -> &str {
    user.session["user"]["email"].as_str().unwrap()
}

#[actix_rt::test]
async fn a_new_password_ends_no_suspension() {
    let shop = TestShop::start().await;
    let (admin, ada) = (shop.admin().await, shop.sign_up_as("ada@example.com", "Ada").await);
    suspend(&admin, &ada, Value::Null).await.is(200);
    let forgot = json!({ "email": "ada@example.com" });
    shop.stranger().post("/auth/password/forgot", forgot).await.is(202);
    let token = token(&shop.folder().join("mail"), "ada@example.com", "reset").await;

    let reset = json!({ "token": token, "password": "another horse battery" });
    shop.stranger().post("/auth/password/reset", reset).await.is(204);

    let again = shop.stranger().post("/auth/login", login(&ada, "another horse battery")).await;
    assert_eq!(again.refused(403, "account_suspended").get("suspended_until"), None);
}

#[actix_rt::test]
async fn a_new_role_is_there_on_the_next_request_and_the_old_one_is_gone() {
    let shop = TestShop::start().await;
    let (admin, ada) = (shop.admin().await, shop.sign_up().await);
    let mut socket = ada.socket().await;
    ada.get("/admin/users").await.refused(403, "forbidden");

    assert_eq!(give(&admin, &ada, "admin").await.is(200)["role"], "admin");

    ada.get("/me").await.refused(401, "session_revoked");
    assert_eq!(socket.closed().await.0, 3503);
    let ada = log_in(&shop, &ada).await;
    ada.get("/admin/users").await.is(200);
    let mut feed = ada.follow("admin:feed").await;
    assert_eq!(give(&admin, &ada, "moderator").await.is(200)["role"], "moderator");
    ada.get("/admin/users").await.refused(401, "session_revoked");
    assert_eq!(feed.closed().await.0, 3503);
    log_in(&shop, &ada).await.get("/admin/users").await.refused(403, "forbidden");
}

#[actix_rt::test]
async fn what_is_so_already_changes_nothing_and_ends_nothing() {
    let shop = TestShop::start().await;
    let (admin, ada) = (shop.admin().await, shop.sign_up().await);
    let until = json!({ "until": ahead(3_600_000) });

    let before = admin.get(&path(&ada, "")).await.is(200);
    assert_eq!(give(&admin, &ada, "customer").await.is(200), before);
    assert_eq!(admin.post(&path(&ada, "/unsuspend"), Value::Null).await.is(200), before);
    ada.get("/me").await.is(200);
    let first = suspend(&admin, &ada, until.clone()).await.is(200);
    assert_eq!(suspend(&admin, &ada, until).await.is(200), first);
    let for_good = suspend(&admin, &ada, json!({})).await.is(200);
    assert_eq!(for_good["suspended_until"], Value::Null);
    // Who alone runs the shop keeps the role that they are given again.
    give(&admin, &admin, "admin").await.is(200);
    admin.get("/me").await.is(200);

    assert_eq!(left(&admin, &ada, "account.suspended").await.len(), 2);
    assert_eq!(left(&admin, &ada, "account.unsuspended").await.len(), 0);
    assert_eq!(left(&admin, &ada, "account.role_changed").await.len(), 0);
}

#[actix_rt::test]
async fn the_log_says_who_decided_what_and_why_and_names_nobody() {
    let shop = TestShop::start().await;
    let (admin, ada) = (shop.admin().await, shop.sign_up_as("ada@example.com", "Ada Byron").await);
    give(&admin, &ada, "courier").await.is(200);
    suspend(&admin, &ada, json!({ "reason": " spam " })).await.is(200);
    admin.post(&path(&ada, "/unsuspend"), Value::Null).await.is(200);

    let role = left(&admin, &ada, "account.role_changed").await;
    let suspended = left(&admin, &ada, "account.suspended").await;
    let back = left(&admin, &ada, "account.unsuspended").await;

    let standing = |role: &str, status: &str| json!({ "role": role, "status": status, "suspended_until": null });
    assert_eq!(role[0]["before"], standing("customer", "active"));
    assert_eq!(role[0]["after"]["role"], "courier");
    assert_eq!(role[0]["after"]["sessions_ended"].as_array().unwrap().len(), 1);
    assert_eq!(suspended[0]["before"], standing("courier", "active"));
    let after = &suspended[0]["after"];
    assert_eq!((&after["status"], &after["reason"]), (&json!("suspended"), &json!("spam")));
    assert_eq!(back[0]["before"], standing("courier", "suspended"));
    assert_eq!(back[0]["after"]["status"], "active");
    for entry in [&role[0], &suspended[0], &back[0]] {
        assert_eq!(entry["actor"], admin.user_id());
        let text = entry.to_string();
        assert!(!text.contains("ada@example.com") && !text.contains("Byron"), "{text}");
    }
}

#[actix_rt::test]
async fn what_breaks_a_rule_is_refused_and_nothing_changes() {
    let shop = TestShop::start().await;
    let (admin, ada) = (shop.admin().await, shop.sign_up().await);

    let wrong = json!({ "until": ahead(-1), "reason": "" });
    suspend(&admin, &ada, wrong).await.invalid(&["until", "reason"]);
    for (field, body) in [
        ("until", json!({ "until": "9999-12-31T23:59:59Z" })),
        ("until", json!({ "until": "tomorrow" })),
        ("reason", json!({ "reason": "x".repeat(201) })),
        ("reason", json!({ "reason": "two\nlines" })),
        ("role", json!({ "role": "admin" })),
    ] {
        suspend(&admin, &ada, body).await.invalid(&[field]);
    }
    give(&admin, &ada, "emperor").await.invalid(&["role"]);
    for query in ["role=emperor", "status=gone", "limit=0", "page=2"] {
        let field = query.split('=').next().unwrap();
        admin.get(&format!("/admin/users?{query}")).await.invalid(&[field]);
    }
    admin.get(&format!("/admin/users?q={}", "x".repeat(255))).await.invalid(&["q"]);
    admin.get("/admin/users?cursor=x").await.refused(400, "invalid_cursor");
    let nobody = format!("/admin/users/{}", Uuid::now_v7());
    for below in ["/suspend", "/unsuspend"] {
        admin.post(&format!("{nobody}{below}"), Value::Null).await.refused(404, "not_found");
    }
    let role = json!({ "role": "courier" });
    admin.put(&format!("{nobody}/role"), role).await.refused(404, "not_found");
    admin.get("/admin/users/ada").await.refused(404, "not_found");

    ada.get("/me").await.is(200);
}

#[actix_rt::test]
async fn who_has_been_forgotten_can_be_given_nothing_any_more() {
    let shop = TestShop::start().await;
    let (admin, ada) = (shop.admin().await, shop.sign_up().await);
    ada.delete("/me").await.is(204);

    suspend(&admin, &ada, Value::Null).await.refused(409, "invalid_transition");
    admin.post(&path(&ada, "/unsuspend"), Value::Null).await.refused(409, "invalid_transition");
    give(&admin, &ada, "customer").await.refused(409, "invalid_transition");

    let gone = admin.get(&path(&ada, "")).await.is(200);
    assert_eq!((&gone["status"], &gone["name"]), (&json!("deleted"), &json!("Deleted user")));
    assert_eq!(admin.get("/admin/users?status=deleted").await.is(200)["items"], json!([gone]));
}

#[actix_rt::test]
async fn the_last_who_runs_the_shop_goes_on_doing_so() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    give(&admin, &admin, "customer").await.refused(409, "last_admin");
    suspend(&admin, &admin, Value::Null).await.refused(409, "last_admin");
    let other = another_admin(&shop).await;
    suspend(&admin, &other, Value::Null).await.is(200);
    // Who is suspended runs nothing.
    give(&admin, &admin, "seller").await.refused(409, "last_admin");
    give(&admin, &other, "customer").await.is(200);
    admin.get("/admin/users?role=admin").await.is(200);
}

#[actix_rt::test]
async fn of_two_who_put_each_other_out_at_once_one_stays() {
    let shop = TestShop::start().await;
    let mut one = shop.log_in_admin().await;
    for round in 0..6 {
        let other = shop.sign_up().await;
        give(&one, &other, "admin").await.is(200);
        let other = log_in(&shop, &other).await;
        let put_out = async |by: &Client, whom: &Client| match round % 2 {
            0 => give(by, whom, "customer").await,
            _ => suspend(by, whom, Value::Null).await,
        };

        let (a, b) = join(put_out(&one, &other), put_out(&other, &one)).await;

        // The slower is told that nobody else is left, or that they are out themselves.
        let (done, late) = if a.status == 200 { (a, b) } else { (b, a) };
        assert!(matches!(late.status, 401 | 409), "{}", late.text);
        if done.is(200)["id"] == one.user_id() {
            one = other;
        }
        let admins = one.get("/admin/users?role=admin&status=active").await.is(200);
        assert_eq!(each(admins["items"].as_array().unwrap(), "id"), [one.user_id()]);
    }
}

#[actix_rt::test]
async fn accounts_are_found_by_a_part_of_their_name_or_address() {
    let shop = TestShop::start().await;
    let admin = shop.admin().await;
    for (email, name) in [
        ("ada_l@example.com", "Ada 100% Byron"),
        ("adaxl@example.com", "Österreich"),
        ("bob@example.com", "C:\\Bob"),
    ] {
        shop.sign_up_as(email, name).await;
    }
    let found = async |query: &str| {
        let list = admin.get(&format!("/admin/users?{query}")).await.is(200);
        let all = list["items"].as_array().unwrap().iter();
        let local =
            |it: &Value| it["email"].as_str().unwrap().split('@').next().unwrap().to_owned();
        all.map(local).collect::<Vec<String>>()
    };

    assert_eq!(found("").await, ["bob", "adaxl", "ada_l", "admin"]);
    assert_eq!(found("q=BYRON").await, ["ada_l"]);
    assert_eq!(found("q=%C3%96STERREICH").await, ["adaxl"]);
    assert_eq!(found("q=%C3%B6ster").await, ["adaxl"]);
    assert_eq!(found("q=Ada").await, ["adaxl", "ada_l"]);
    assert_eq!(found("q=EXAMPLE.com&role=customer&status=active").await.len(), 3);
    assert_eq!(found("q=a_l").await, ["ada_l"]);
    assert_eq!(found("q=_").await, ["ada_l"]);
    assert_eq!(found("q=%25").await, ["ada_l"]);
    assert_eq!(found("q=%5C").await, ["bob"]);
    assert_eq!(found("q=%5C%25").await, [""; 0]);
    assert_eq!(found("role=admin").await, ["admin"]);
}

#[actix_rt::test]
async fn the_list_goes_on_where_the_page_before_ended() {
    let shop = TestShop::start().await;
    let (admin, mut there) = (shop.admin().await, Vec::new());
    for _ in 0..5 {
        there.insert(0, shop.sign_up().await.user_id().to_owned());
    }
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("/admin/users?limit=2&role=customer{next}")).await.is(200);
        let items = page["items"].as_array().unwrap();
        assert!((1..=2).contains(&items.len()), "{page}");
        seen.extend(items.iter().map(|it| it["id"].as_str().unwrap().to_owned()));
        // Who comes meanwhile is on no later page.
        shop.sign_up().await;
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, there);
}

#[actix_rt::test]
async fn sessions_of_others_are_seen_and_ended() {
    let shop = TestShop::start().await;
    let (admin, ada) = (shop.admin().await, shop.sign_up().await);
    let (phone, tablet) = (log_in(&shop, &ada).await, log_in(&shop, &ada).await);
    let mine = ada.get("/me/sessions").await.is(200)["items"].clone();
    let mut socket = ada.socket().await;

    let list = admin.get(&path(&ada, "/sessions")).await.is(200)["items"].clone();
    let (list, mine) = (list.as_array().unwrap(), mine.as_array().unwrap());
    assert_eq!(each(list, "id"), each(mine, "id"));
    assert!(list.iter().all(|it| it["current"] == false));
    let own = mine.iter().find(|it| it["current"] == true).unwrap();
    let one = format!("/sessions/{}", own["id"].as_str().unwrap());

    admin.delete(&path(&admin, &one)).await.refused(404, "not_found");
    admin.delete(&path(&ada, &one)).await.is(204);
    assert_eq!(socket.closed().await.0, 3503);
    ada.get("/me").await.refused(401, "session_revoked");
    admin.delete(&path(&ada, &one)).await.refused(404, "not_found");
    phone.get("/me").await.is(200);

    admin.delete(&path(&ada, "/sessions")).await.is(204);
    for it in [&phone, &tablet] {
        it.get("/me").await.refused(401, "session_revoked");
    }
    assert_eq!(admin.get(&path(&ada, "/sessions")).await.is(200)["items"], json!([]));
    log_in(&shop, &ada).await.get("/me").await.is(200);
    admin.get("/me").await.is(200);
}
