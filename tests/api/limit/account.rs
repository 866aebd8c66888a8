//! The same of what is done with an account that one has: links of letters, and the password.

use std::time::Instant;

use serde_json::{Value, json};

use super::{BEHIND_A_PROXY, from};
use crate::support::{
    PASSWORD, TestShop,
    client::{Answer, Client},
    limit::{ON, allowed, too_many, until_too_many},
    mail::{to, token, until},
};

const WRONG: &str = "wrong horse battery";

/// Tries a token of a letter: each second one to confirm, the others to reset.
async fn prove(client: &Client, number: usize) -> Answer {
    let token = format!("{number:A>32}.{number:A>43}");
    match number % 2 {
        0 => client.post("/auth/email/confirm", json!({ "token": token })).await,
        _ => {
            let reset = json!({ "token": token, "password": PASSWORD });
            client.post("/auth/password/reset", reset).await
        }
    }
}

async fn forgot(client: &Client, email: &str) -> Answer {
    client.post("/auth/password/forgot", json!({ "email": email })).await
}

#[actix_rt::test]
async fn tokens_of_letters_are_guessed_ten_times_and_then_there_is_a_wait() {
    let shop = TestShop::with(&BEHIND_A_PROXY).await;
    let (guesser, owner) =
        (from(&shop.stranger(), "192.0.2.1"), from(&shop.stranger(), "192.0.2.2"));
    shop.sign_up_as("ada@example.com", "Ada").await;
    let token = token(&shop.folder().join("mail"), "ada@example.com", "confirm").await;
    let (began, mut number) = (Instant::now(), 0);

    let guesses = until_too_many(400, || {
        number += 1;
        prove(&guesser, number)
    })
    .await;

    assert!((10..=allowed(10, began)).contains(&guesses), "{guesses}");
    owner.post("/auth/email/confirm", json!({ "token": token })).await.is(204);
}

#[actix_rt::test]
async fn a_good_token_is_not_counted_and_forgives_no_bad_one() {
    let shop = TestShop::with(&[ON]).await;
    let stranger = shop.stranger();
    shop.sign_up_as("ada@example.com", "Ada").await;
    let token = token(&shop.folder().join("mail"), "ada@example.com", "confirm").await;
    let began = Instant::now();
    for number in 0..9 {
        prove(&stranger, number).await.refused(400, "invalid_link");
    }

    stranger.post("/auth/email/confirm", json!({ "token": token })).await.is(204);

    let more = until_too_many(400, || prove(&stranger, 9)).await;
    assert!((1..=allowed(1, began)).contains(&more), "{more}");
}

#[actix_rt::test]
async fn the_letter_to_confirm_is_sent_again_three_times_and_then_there_is_a_wait() {
    let shop = TestShop::with(&[ON]).await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    let bob = shop.sign_up_as("bob@example.com", "Bob").await;

    for _ in 0..3 {
        ada.post("/auth/email/resend", Value::Null).await.is(204);
    }
    too_many(&ada.post("/auth/email/resend", Value::Null).await, 30);

    bob.post("/auth/email/resend", Value::Null).await.is(204);
}

#[actix_rt::test]
async fn a_network_asks_for_ten_letters_an_hour_to_whatever_addresses() {
    let shop = TestShop::with(&BEHIND_A_PROXY).await;
    let (asker, other) = (from(&shop.stranger(), "192.0.2.1"), from(&shop.stranger(), "192.0.2.2"));

    for number in 0..10 {
        forgot(&asker, &format!("{number}@example.com")).await.is(202);
    }

    let again = forgot(&asker, "10@example.com").await;
    too_many(&again, 3600);
    let seconds: u64 = again.header("retry-after").unwrap().parse().unwrap();
    assert!(seconds > 3500, "{seconds}");
    forgot(&other, "10@example.com").await.is(202);
}

#[actix_rt::test]
async fn the_sixth_letter_of_an_hour_to_one_address_is_not_sent_and_nobody_is_told() {
    let shop = TestShop::with(&BEHIND_A_PROXY).await;
    shop.sign_up_as("ada@example.com", "Ada").await;
    shop.sign_up_as("bob@example.com", "Bob").await;
    let folder = shop.folder().join("mail");
    let letters = |email: &str| {
        let mails = to(&folder, email);
        mails.iter().filter(|mail| mail.text.contains("/reset?token=")).count()
    };
    let mut answers = Vec::new();

    for number in 1..=5 {
        let asker = from(&shop.stranger(), &format!("192.0.2.{number}"));
        answers.push(forgot(&asker, "ada@example.com").await);
        until("a letter", || (letters("ada@example.com") == number).then_some(())).await;
    }
    answers.push(forgot(&shop.stranger(), "ADA@example.com").await);
    answers.push(forgot(&shop.stranger(), "bob@example.com").await);

    assert!(answers.iter().all(|it| (it.status, &it.text) == (202, &answers[0].text)));
    // Asked for after the sixth, which would be here by now.
    until("a letter", || (letters("bob@example.com") == 1).then_some(())).await;
    assert_eq!(letters("ada@example.com"), 5);
}

/// Shows `password` as one's present one: each second time for a new one, else for a new address.
async fn show(client: &Client, password: &str, number: usize) -> Answer {
    let new = format!("another horse battery {number}");
    match number % 2 {
        0 => {
            let body = json!({ "current_password": password, "password": new });
            client.post("/me/password", body).await
        }
        _ => {
            let body = json!({ "email": format!("{number}@example.com"), "password": password });
            client.post("/me/email", body).await
        }
    }
}

#[actix_rt::test]
async fn the_present_password_is_guessed_five_times_and_then_there_is_a_wait() {
    let shop = TestShop::with(&[ON]).await;
    let (guesser, other) = (shop.sign_up().await, shop.sign_up().await);
    let (began, mut number) = (Instant::now(), 0);

    let guesses = until_too_many(400, || {
        number += 1;
        show(&guesser, WRONG, number)
    })
    .await;

    assert!((5..=allowed(5, began)).contains(&guesses), "{guesses}");
    show(&other, PASSWORD, 0).await.is(204);
}

#[actix_rt::test]
async fn the_right_present_password_forgives_the_wrong_ones_before_it() {
    let shop = TestShop::with(&[ON]).await;
    let ada = shop.sign_up().await;

    for _ in 0..2 {
        for number in 0..4 {
            show(&ada, WRONG, number).await.refused(400, "invalid");
        }
        show(&ada, PASSWORD, 1).await.is(202);
    }
}
