//! Links in letters: addresses are confirmed and changed by them, and passwords chosen anew.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    PASSWORD, TestShop,
    mail::{saying, to, token},
};

const NEW_PASSWORD: &str = "another horse battery";

fn login(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

#[actix_rt::test]
async fn the_link_of_the_first_letter_confirms_the_address_once() {
    let shop = TestShop::start().await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    let folder = shop.folder().join("mail");
    let token = token(&folder, "ada@example.com", "confirm").await;
    let stranger = shop.stranger();
    let confirm = json!({ "token": token });
    assert_eq!(ada.get("/me").await.is(200)["email_confirmed"], false);

    let all = join_all((0..8).map(|_| stranger.post("/auth/email/confirm", confirm.clone()))).await;

    assert_eq!(all.iter().filter(|it| it.status == 204).count(), 1);
    all.iter().filter(|it| it.status != 204).for_each(|it| {
        it.refused(400, "invalid_link");
    });
    assert_eq!(ada.get("/me").await.is(200)["email_confirmed"], true);
    saying(&folder, "ada@example.com", "Subject: Welcome").await;
    ada.post("/auth/email/resend", Value::Null).await.is(204);
    assert_eq!(to(&folder, "ada@example.com").len(), 2, "nothing is left to confirm");
}

#[actix_rt::test]
async fn a_link_that_was_made_up_opens_nothing() {
    let shop = TestShop::start().await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    let folder = shop.folder().join("mail");
    let good = token(&folder, "ada@example.com", "confirm").await;
    let (id, proof) = good.split_once('.').unwrap();
    let bent: String = proof.chars().rev().collect();
    let stranger = shop.stranger();

    for wrong in ["", "x", id, &format!("{id}."), &format!("{id}.{bent}"), ada.access_token()] {
        let answer = stranger.post("/auth/email/confirm", json!({ "token": wrong })).await;
        answer.refused(400, "invalid_link");
        let reset = json!({ "token": wrong, "password": NEW_PASSWORD });
        stranger.post("/auth/password/reset", reset).await.refused(400, "invalid_link");
    }
    // What confirms an address opens no account.
    let reset = json!({ "token": good, "password": NEW_PASSWORD });
    stranger.post("/auth/password/reset", reset).await.refused(400, "invalid_link");
    stranger.post("/auth/login", login("ada@example.com", PASSWORD)).await.is(200);
}

#[actix_rt::test]
async fn the_link_can_be_sent_again() {
    let shop = TestShop::start().await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    let folder = shop.folder().join("mail");
    let first = token(&folder, "ada@example.com", "confirm").await;

    ada.post("/auth/email/resend", Value::Null).await.is(204);
    crate::support::mail::until("a second link", || {
        (to(&folder, "ada@example.com").len() == 2).then_some(())
    })
    .await;

    let second = token(&folder, "ada@example.com", "confirm").await;
    assert_ne!(first, second);
    shop.stranger().post("/auth/email/confirm", json!({ "token": second })).await.is(204);
}

#[actix_rt::test]
async fn who_forgot_the_password_chooses_another_and_all_sessions_end() {
    let shop = TestShop::start().await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    let (folder, stranger) = (shop.folder().join("mail"), shop.stranger());
    let mut socket = ada.socket().await;
    socket.ask("subscribe", json!({ "topic": "me" })).await;

    stranger.post("/auth/password/forgot", json!({ "email": "Ada@example.com" })).await.is(202);
    let token = token(&folder, "ada@example.com", "reset").await;
    let reset = json!({ "token": token, "password": NEW_PASSWORD });
    stranger.post("/auth/password/reset", reset.clone()).await.is(204);

    ada.get("/me").await.refused(401, "session_revoked");
    assert_eq!(socket.closed().await.0, 3503);
    let refresh = json!({ "refresh_token": ada.session["refresh_token"] });
    stranger.post("/auth/refresh", refresh).await.refused(401, "invalid_refresh_token");
    let old = stranger.post("/auth/login", login("ada@example.com", PASSWORD)).await;
    old.refused(401, "invalid_credentials");
    let session = stranger.post("/auth/login", login("ada@example.com", NEW_PASSWORD)).await;
    assert_eq!(session.is(200)["user"]["email_confirmed"], true, "whoever reads the mail has it");
    stranger.post("/auth/password/reset", reset).await.refused(400, "invalid_link");
    saying(&folder, "ada@example.com", "Subject: Your password was changed").await;
}

#[actix_rt::test]
async fn only_the_last_link_to_a_new_password_opens() {
    let shop = TestShop::start().await;
    shop.sign_up_as("ada@example.com", "Ada").await;
    let (folder, stranger) = (shop.folder().join("mail"), shop.stranger());
    let forgot = json!({ "email": "ada@example.com" });
    stranger.post("/auth/password/forgot", forgot.clone()).await.is(202);
    let first = token(&folder, "ada@example.com", "reset").await;
    stranger.post("/auth/password/forgot", forgot).await.is(202);
    crate::support::mail::until("a second link", || {
        (to(&folder, "ada@example.com").len() == 3).then_some(())
    })
    .await;
    let second = token(&folder, "ada@example.com", "reset").await;
    let reset = |token: &str, password: &str| json!({ "token": token, "password": password });

    let old = stranger.post("/auth/password/reset", reset(&first, NEW_PASSWORD)).await;
    old.refused(400, "invalid_link");
    let weak = stranger.post("/auth/password/reset", reset(&second, "password12")).await;
    weak.invalid(&["password"]);

    stranger.post("/auth/password/reset", reset(&second, NEW_PASSWORD)).await.is(204);
}

#[actix_rt::test]
async fn an_address_without_an_account_is_answered_alike_and_gets_no_mail() {
    let shop = TestShop::start().await;
    shop.sign_up_as("ada@example.com", "Ada").await;
    let (folder, stranger) = (shop.folder().join("mail"), shop.stranger());

    let forgot = |email: &str| stranger.post("/auth/password/forgot", json!({ "email": email }));
    let unknown = forgot("eve@example.com").await;
    let known = forgot("ada@example.com").await;

    assert_eq!((unknown.status, &unknown.text), (202, &known.text));
    assert_eq!(known.status, 202);
    token(&folder, "ada@example.com", "reset").await;
    assert!(to(&folder, "eve@example.com").is_empty());
    forgot("no address").await.invalid(&["email"]);
}

#[actix_rt::test]
async fn what_was_asked_for_before_a_power_cut_is_sent_after_it() {
    let mut shop = TestShop::start().await;
    let stranger = shop.stranger();
    for number in 0..10 {
        shop.sign_up_as(&format!("ada{number}@example.com"), "Ada").await;
    }
    let ask = |number| {
        let email = format!("ada{number}@example.com");
        stranger.post("/auth/password/forgot", json!({ "email": email }))
    };
    for answer in join_all((0..10).map(ask)).await {
        answer.is(202);
    }

    shop.kill();
    shop.start_again().await;

    let folder = shop.folder().join("mail");
    for number in 0..10 {
        token(&folder, &format!("ada{number}@example.com"), "reset").await;
    }
}

#[actix_rt::test]
async fn a_new_address_is_taken_when_it_is_confirmed_and_the_old_one_is_told() {
    let shop = TestShop::start().await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    let (folder, stranger) = (shop.folder().join("mail"), shop.stranger());
    let change = json!({ "email": "countess@example.com", "password": PASSWORD });

    ada.post("/me/email", change).await.is(202);
    saying(&folder, "ada@example.com", "about to change").await;
    let token = token(&folder, "countess@example.com", "confirm").await;
    assert_eq!(ada.get("/me").await.is(200)["email"], "ada@example.com");
    stranger.post("/auth/email/confirm", json!({ "token": token })).await.is(204);

    let me = ada.get("/me").await.is(200);
    assert_eq!(
        (&me["email"], &me["email_confirmed"]),
        (&json!("countess@example.com"), &json!(true))
    );
    let told = saying(&folder, "ada@example.com", "was changed").await;
    assert!(!told.text.contains("countess@example.com"), "{}", told.text);
    stranger.post("/auth/login", login("ada@example.com", PASSWORD)).await.is(401);
    stranger.post("/auth/login", login("countess@example.com", PASSWORD)).await.is(200);
}

#[actix_rt::test]
async fn a_change_of_address_wants_the_password_and_an_address_that_is_free() {
    let shop = TestShop::start().await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    shop.sign_up_as("bob@example.com", "Bob").await;
    let change = |email: &str, password: &str| json!({ "email": email, "password": password });

    let wrong = ada.post("/me/email", change("new@example.com", "wrong horse battery")).await;
    wrong.invalid(&["password"]);
    ada.post("/me/email", change("bob@example.com", PASSWORD)).await.refused(409, "email_taken");
    ada.post("/me/email", change("x", "y")).await.invalid(&["email", "password"]);

    // Somebody takes it while the link is on its way.
    ada.post("/me/email", change("late@example.com", PASSWORD)).await.is(202);
    let token = token(&shop.folder().join("mail"), "late@example.com", "confirm").await;
    shop.sign_up_as("late@example.com", "Late").await;
    let late = shop.stranger().post("/auth/email/confirm", json!({ "token": token })).await;
    late.refused(409, "email_taken");
    assert_eq!(ada.get("/me").await.is(200)["email"], "ada@example.com");
}

#[actix_rt::test]
async fn a_new_password_ends_all_other_sessions() {
    let shop = TestShop::start().await;
    let here = shop.sign_up_as("ada@example.com", "Ada").await;
    let stranger = shop.stranger();
    let session = stranger.post("/auth/login", login("ada@example.com", PASSWORD)).await.is(200);
    let there = stranger.clone().signed_in(session);
    let change = |present: &str, new: &str| json!({ "current_password": present, "password": new });

    let wrong = here.post("/me/password", change("wrong horse battery", NEW_PASSWORD)).await;
    wrong.invalid(&["current_password"]);
    here.post("/me/password", change("x", "short"))
        .await
        .invalid(&["current_password", "password"]);
    here.post("/me/password", change(PASSWORD, NEW_PASSWORD)).await.is(204);

    here.get("/me").await.is(200);
    there.get("/me").await.refused(401, "session_revoked");
    stranger.post("/auth/login", login("ada@example.com", PASSWORD)).await.is(401);
    stranger.post("/auth/login", login("ada@example.com", NEW_PASSWORD)).await.is(200);
    let folder = shop.folder().join("mail");
    saying(&folder, "ada@example.com", "Subject: Your password was changed").await;
}

#[actix_rt::test]
async fn a_link_to_another_address_does_not_outlive_the_password_that_asked_for_it() {
    let shop = TestShop::start().await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    let (folder, stranger) = (shop.folder().join("mail"), shop.stranger());
    // Somebody knows the password, and the owner is told to choose another one.
    let steal = |email: &str, password: &str| json!({ "email": email, "password": password });
    ada.post("/me/email", steal("eve@example.com", PASSWORD)).await.is(202);
    let first = token(&folder, "eve@example.com", "confirm").await;
    let change = json!({ "current_password": PASSWORD, "password": NEW_PASSWORD });
    ada.post("/me/password", change).await.is(204);
    ada.post("/me/email", steal("mallory@example.com", NEW_PASSWORD)).await.is(202);
    let second = token(&folder, "mallory@example.com", "confirm").await;
    stranger.post("/auth/password/forgot", json!({ "email": "ada@example.com" })).await.is(202);
    let reset = token(&folder, "ada@example.com", "reset").await;
    let reset = json!({ "token": reset, "password": PASSWORD });
    stranger.post("/auth/password/reset", reset).await.is(204);

    for stolen in [first, second] {
        let confirm = stranger.post("/auth/email/confirm", json!({ "token": stolen })).await;
        confirm.refused(400, "invalid_link");
    }

    stranger.post("/auth/login", login("ada@example.com", PASSWORD)).await.is(200);
}

#[actix_rt::test]
async fn nobody_fills_the_mailbox_of_another_with_warnings() {
    let shop = TestShop::with(&[("RIALTO_PASSWORD_HASH", "argon2id:m=8,t=1,p=1")]).await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    for number in 0..15_u8 {
        let name = char::from(b'a' + number);
        let agent = shop.stranger().with("User-Agent", &format!("www.{name}.example/1"));
        agent.post("/auth/login", login("ada@example.com", PASSWORD)).await.is(200);
    }
    let change = json!({ "email": "last@example.com", "password": PASSWORD });
    ada.post("/me/email", change).await.is(202);

    // Mails are sent in the order in which they were written.
    let folder = shop.folder().join("mail");
    saying(&folder, "ada@example.com", "about to change").await;
    let letters = to(&folder, "ada@example.com");
    assert_eq!(letters.len(), 11, "ten an hour, and one that asks for something");
    assert!(letters.iter().all(|it| !it.text.contains("www.")), "nobody is led anywhere");
}
