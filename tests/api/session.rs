//! Sessions: where somebody is logged in, and how each of them ends.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    PASSWORD, TestShop,
    client::Client,
    mail::{saying, to},
};

/// The same person, logged in once more with the program of this name.
async fn log_in(shop: &TestShop, person: &Client, agent: &str) -> Client {
    let login = json!({ "email": person.session["user"]["email"], "password": PASSWORD });
    let stranger = shop.stranger().with("User-Agent", agent);
    let session = stranger.post("/auth/login", login).await.is(200);
    stranger.signed_in(session)
}

fn items(list: &Value) -> &Vec<Value> {
    list["items"].as_array().unwrap()
}

#[actix_rt::test]
async fn a_user_sees_where_they_are_logged_in() {
    let shop = TestShop::start().await;
    let here = shop.sign_up().await;
    let there = log_in(&shop, &here, "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0").await;

    let list = there.get("/me/sessions").await.is(200);

    let [newest, first] = &items(&list)[..] else { panic!("{list}") };
    assert_eq!((&newest["device"], &newest["current"]), (&json!("Firefox on Linux"), &json!(true)));
    assert_eq!((&newest["address"], &first["current"]), (&json!("127.0.0.1"), &json!(false)));
    for time in ["created_at", "last_seen_at", "expires_at"] {
        assert!(newest[time].as_str().unwrap().ends_with('Z'), "{list}");
    }
    assert_eq!(list["next_cursor"], Value::Null);
    let mine = here.get("/me/sessions").await.is(200);
    assert_eq!(items(&mine)[1]["current"], true);
    let other = shop.sign_up().await;
    assert_eq!(items(&other.get("/me/sessions").await.is(200)).len(), 1);
}

#[actix_rt::test]
async fn a_session_that_its_user_ends_is_refused_and_its_sockets_close() {
    let shop = TestShop::start().await;
    let here = shop.sign_up().await;
    let lost = log_in(&shop, &here, "Phone/1").await;
    let mut socket = lost.socket().await;
    let list = lost.get("/me/sessions").await.is(200);
    let id = items(&list).iter().find(|it| it["current"] == true).unwrap()["id"].clone();
    let path = format!("/me/sessions/{}", id.as_str().unwrap());

    let another = shop.sign_up().await;
    another.delete(&path).await.refused(404, "not_found");
    here.delete(&path).await.is(204);

    lost.get("/me").await.refused(401, "session_revoked");
    assert_eq!(socket.closed().await.0, 3503);
    here.delete(&path).await.refused(404, "not_found");
    here.get("/me").await.is(200);
    assert_eq!(items(&here.get("/me/sessions").await.is(200)).len(), 1);
}

#[actix_rt::test]
async fn all_the_other_sessions_end_at_once_and_this_one_goes_on() {
    let shop = TestShop::start().await;
    let here = shop.sign_up().await;
    let others = [log_in(&shop, &here, "a/1").await, log_in(&shop, &here, "b/1").await];

    here.delete("/me/sessions").await.is(204);

    for other in &others {
        other.get("/me").await.refused(401, "session_revoked");
        let refresh = json!({ "refresh_token": other.session["refresh_token"] });
        let again = shop.stranger().post("/auth/refresh", refresh).await;
        again.refused(401, "invalid_refresh_token");
    }
    here.get("/me").await.is(200);
}

#[actix_rt::test]
async fn a_log_out_everywhere_is_one_for_this_session_too() {
    let shop = TestShop::start().await;
    let here = shop.sign_up().await;
    let there = log_in(&shop, &here, "a/1").await;
    let mut socket = there.socket().await;

    here.post("/auth/logout-all", Value::Null).await.is(204);

    here.get("/me").await.refused(401, "session_revoked");
    there.get("/me").await.refused(401, "session_revoked");
    assert_eq!(socket.closed().await.0, 3503);
}

#[actix_rt::test]
async fn one_session_too_many_ends_the_one_not_seen_for_longest() {
    let shop = TestShop::with(&[("RIALTO_PASSWORD_HASH", "argon2id:m=8,t=1,p=1")]).await;
    let first = shop.sign_up().await;
    let login = json!({ "email": first.session["user"]["email"], "password": PASSWORD });
    for _ in 0..49 {
        shop.stranger().post("/auth/login", login.clone()).await.is(200);
    }
    assert_eq!(first.get("/me/sessions").await.is(200)["items"].as_array().unwrap().len(), 50);

    let session = shop.stranger().post("/auth/login", login).await.is(200);

    let last = shop.stranger().signed_in(session);
    assert_eq!(items(&last.get("/me/sessions").await.is(200)).len(), 50);
    let refresh = json!({ "refresh_token": first.session["refresh_token"] });
    let gone = shop.stranger().post("/auth/refresh", refresh).await;
    gone.refused(401, "invalid_refresh_token");
}

#[actix_rt::test]
async fn a_new_device_is_told_of_by_mail_and_a_known_one_is_not() {
    let shop = TestShop::start().await;
    let (firefox, update) =
        ("Mozilla/5.0 (X11; Linux) Firefox/140.0", "Mozilla/5.0 (X11; Linux) Firefox/141.0");
    let body = json!({ "email": "ada@example.com", "password": PASSWORD, "name": "Ada" });
    let stranger = shop.stranger().with("User-Agent", firefox);
    let session = stranger.post("/auth/register", body).await.is(201);
    let ada = stranger.signed_in(session);
    let folder = shop.folder().join("mail");

    log_in(&shop, &ada, update).await;
    log_in(&shop, &ada, "Mozilla/5.0 (iPhone) Safari/604.1").await;

    saying(&folder, "ada@example.com", "Safari on iPhone").await;
    let letters = to(&folder, "ada@example.com");
    assert_eq!(letters.len(), 2, "the confirmation, and this one");
}

#[actix_rt::test]
async fn who_knows_the_old_password_does_not_come_in_beside_its_change() {
    let shop = TestShop::start().await;
    let ada = shop.sign_up().await;
    let login = json!({ "email": ada.session["user"]["email"], "password": PASSWORD });
    let change = json!({ "current_password": PASSWORD, "password": "another horse battery" });
    let stranger = shop.stranger();

    // Some of these are compared before the change and opened after it.
    let tries = join_all((0..12).map(|_| stranger.post("/auth/login", login.clone())));
    let (tries, changed) =
        futures_util::future::join(tries, ada.post("/me/password", change)).await;

    changed.is(204);
    for answer in tries {
        match answer.status {
            200 => {
                let intruder = stranger.clone().signed_in(answer.body);
                intruder.get("/me").await.refused(401, "session_revoked");
            }
            401 => drop(answer.refused(401, "invalid_credentials")),
            status => panic!("{status}"),
        }
    }
    assert_eq!(items(&ada.get("/me/sessions").await.is(200)).len(), 1);
}
