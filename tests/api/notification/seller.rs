//! The letter by which the shop's own people hear of a new order: one of each, in their language, with
//! what was bought and where it goes.

use serde_json::{Value, json};

use super::order::{choose, words};
use crate::support::{
    TestShop,
    client::Client,
    key,
    mail::{self, Mail, until},
    purchase::{address, guest_checkout},
};

const ORDERS: &str = "orders@shop.example";
const TOLD: (&str, &str) = ("RIALTO_ORDERS_MAIL", ORDERS);

/// The letters to the shop's people, in order, once there are so many.
async fn letters(shop: &TestShop, count: usize) -> Vec<Mail> {
    let folder = shop.folder().join("mail");
    let all = || mail::in_order(&folder, ORDERS);
    until("all letters", || Some(all()).filter(|it| it.len() >= count)).await
}

/// An amount as a German letter has it, its blank one that breaks.
fn written(amount: &Value) -> String {
    let cents = amount["amount"].as_i64().unwrap();
    format!("{},{:02} €", cents / 100, cents % 100)
}

/// Panics unless a German letter tells of the order as the API does.
fn tells(letter: &Mail, order: &Value) {
    let (plain, html) = (words(letter), letter.part("text/html").replace('\u{a0}', " "));
    let number = order["number"].as_str().unwrap();
    assert_eq!(letter.header("Subject"), format!("Neue Bestellung {number}"));
    for line in order["items"].as_array().unwrap() {
        let (name, quantity) = (line["name"].as_str().unwrap(), &line["quantity"]);
        let total = written(&line["line_total"]);
        assert!(plain.contains(&format!("{quantity} × {name}")), "{name}: {plain}");
        assert!(plain.contains(&total) && html.contains(&total), "{total}: {plain}");
    }
    let total = written(&order["total"]);
    assert!(plain.contains(&format!("Summe: {total}")) && html.contains(&total), "{plain}");
    assert!(plain.contains("Sie geht an: Ada Byron, Lindenstr. 5, 10969 Berlin, DE"), "{plain}");
    assert!(plain.contains("/admin "), "{plain}");
}

/// An order of two things by somebody who wants to hear nothing of it.
async fn buy_in_silence(shop: &TestShop, ada: &Client) -> Value {
    choose(ada, json!({ "orders": [], "delivery": [] })).await;
    ada.add(&shop.variant("shirt").await, 2).await;
    ada.buy(&shop.variant("candle").await, 3).await
}

#[actix_rt::test]
async fn the_shops_people_get_one_letter_of_each_order_in_their_language() {
    let shop = TestShop::with(&[TOLD, ("RIALTO_ORDERS_LANGUAGE", "de")]).await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    let order = buy_in_silence(&shop, &ada).await;
    let guest = shop.guest().await;
    guest.add(&shop.variant("mug").await, 1).await;
    let placed = guest.once(&key()).post("/checkout", guest_checkout()).await.is(201);

    let letters = letters(&shop, 2).await;

    assert_eq!(letters.len(), 2);
    assert_eq!(order["items"].as_array().unwrap().len(), 2);
    tells(&letters[0], &ada.order(&order).await);
    tells(&letters[1], &placed["order"]);
    for (letter, secret) in [
        (&letters[0], "ada@example.com"),
        (&letters[1], "guest@example.com"),
        (&letters[1], placed["order_token"].as_str().unwrap()),
    ] {
        assert!(!letter.text.contains(secret), "{secret}");
    }
    // Two to the shop's people, and the guest's own; none to her who wants to hear nothing.
    let of_orders = shop.found("SELECT id AS found FROM mails WHERE order_id IS NOT NULL");
    assert_eq!(of_orders.len(), 3);
}

#[actix_rt::test]
async fn the_shops_people_read_english_unless_it_is_said_otherwise() {
    let shop = TestShop::with(&[TOLD]).await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    ada.put("/me/settings", json!({ "locale": "ru" })).await.is(200);

    let order = ada.place(&shop.variant("mug").await, 1).await;

    let [letter] = &letters(&shop, 1).await[..] else { panic!("one letter") };
    assert_eq!(
        letter.header("Subject"),
        format!("New order {}", order["number"].as_str().unwrap())
    );
    let to = address()["line1"].as_str().unwrap().to_owned();
    assert!(words(letter).contains("once it is paid") && words(letter).contains(&to));
}

#[actix_rt::test]
async fn without_an_address_for_them_the_shops_people_get_no_letter() {
    let shop = TestShop::start().await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;

    ada.place(&shop.variant("mug").await, 1).await;

    mail::saying(&shop.folder().join("mail"), "ada@example.com", "We have your order").await;
    let to = shop.found("SELECT recipient AS found FROM mails WHERE order_id IS NOT NULL");
    assert_eq!(to, ["ada@example.com"]);
}
