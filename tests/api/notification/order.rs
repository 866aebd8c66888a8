//! What a buyer is told of their orders: in the inbox, live, and by mail, each once and in order.

use serde_json::{Value, json};

use super::{CHEAP, NEW_PASSWORD, inbox, items, log_in, types};
use crate::{
    order::walk::{deliver, desk, manual, parcel, refund},
    support::{
        PASSWORD, TestShop,
        client::Client,
        key,
        mail::{self, Mail, until},
        purchase::{euros, guest_checkout},
        socket::Socket,
    },
};

/// What a letter of each type says in English, and no other.
const SAYS: [(&str, &str); 10] = [
    ("order.placed", "We have your order for"),
    ("order.paid", "are getting your parcel ready"),
    ("payment.failed", "was declined, and nothing was taken"),
    ("order.shipped", "Your parcel has left us"),
    ("delivery.out_for_delivery", "The courier has your parcel"),
    ("delivery.failed", "could not hand over your parcel"),
    ("delivery.returned", "on its way back to us"),
    ("order.delivered", "Your parcel has arrived"),
    ("order.cancelled", "It will not be delivered"),
    ("order.refunded", "We have given back"),
];

/// Why somebody gets a letter about an order, in each language.
const FOOTERS: [&str; 3] =
    ["because of an order with", "wegen einer Bestellung", "этим адресом оформлен заказ"];

/// The words of a letter in plain text, on one line.
pub fn words(mail: &Mail) -> String {
    mail.part("text/plain").split_whitespace().collect::<Vec<&str>>().join(" ")
}

/// The letters about orders to this address, in order, once there are so many of them.
async fn letters(shop: &TestShop, address: &str, count: usize) -> Vec<Mail> {
    let folder = shop.folder().join("mail");
    let about_orders = || {
        let mut all = mail::in_order(&folder, address);
        all.retain(|it| FOOTERS.iter().any(|footer| words(it).contains(footer)));
        all
    };
    until("all letters", || Some(about_orders()).filter(|it| it.len() >= count)).await
}

/// What they tell of.
fn about(letters: &[Mail]) -> Vec<&'static str> {
    let one = |mail: &Mail| {
        let words = words(mail);
        let (kind, _) = SAYS.iter().find(|(_, says)| words.contains(says)).expect(&words);
        *kind
    };
    letters.iter().map(one).collect()
}

/// An amount as an English letter has it.
fn written(amount: &Value) -> String {
    let cents = amount["amount"].as_i64().unwrap();
    format!("€{}.{:02}", cents / 100, cents % 100)
}

/// The next `count` pushes that tell of a new notice: what they are about and how many are unread.
async fn told(me: &mut Socket, count: usize) -> Vec<(String, i64)> {
    let mut all = Vec::new();
    while all.len() < count {
        let heard = me.until("notification.created").await;
        let data = &heard.last().unwrap()["data"];
        let kind = data["notification_type"].as_str().unwrap().to_owned();
        all.push((kind, data["unread_count"].as_i64().unwrap()));
    }
    all
}

/// How many letters about orders were ever queued.
fn queued(shop: &TestShop) -> usize {
    shop.found("SELECT id AS found FROM mails WHERE order_id IS NOT NULL").len()
}

/// These types, each with one more that is unread.
fn counted<const N: usize>(types: [&str; N]) -> Vec<(String, i64)> {
    types.map(str::to_owned).into_iter().zip(1..).collect()
}

#[actix_rt::test]
async fn the_whole_way_of_an_order_is_told_once_and_in_order_on_every_device_and_by_mail() {
    let shop = manual().await;
    let (ada, admin) = (shop.sign_up_as("ada@example.com", "Ada").await, shop.admin().await);
    let mut phone = ada.follow("me").await;
    let mut desktop = ada.on_another_device().follow("me").await;
    ada.add(&shop.variant("shirt").await, 2).await;

    let order = ada.place(&shop.variant("candle").await, 3).await;
    ada.pay(&order, "tok_declined").await.is(200);
    ada.pay(&order, "tok_success").await.is(200);
    let order = ada.order(&order).await;
    admin.post(&desk(&order, "process"), Value::Null).await.is(200);
    let sent = json!({ "carrier": "Post", "tracking_number": "POST-7" });
    admin.post(&desk(&order, "ship"), sent).await.is(200);
    let near = json!({ "status": "out_for_delivery", "location": { "city": "Berlin" } });
    admin.post(&parcel(&order), near.clone()).await.is(200);
    admin.post(&parcel(&order), near).await.is(200);
    admin.post(&parcel(&order), json!({ "status": "delivered" })).await.is(200);
    let back = json!({ "amount": euros(100), "reason": "a stain" });
    refund(&admin, &order, back).await.is(200);

    let expected = [
        "order.placed",
        "payment.failed",
        "order.paid",
        "order.shipped",
        "delivery.out_for_delivery",
        "order.delivered",
        "order.refunded",
    ];
    assert_eq!(told(&mut phone, 7).await, counted(expected));
    assert_eq!(told(&mut desktop, 7).await, counted(expected));
    let told = inbox(&ada, "").await;
    let newest_first: Vec<&str> = expected.into_iter().rev().collect();
    assert_eq!((types(&told), &told["unread_count"]), (newest_first, &json!(7)));
    for it in items(&told) {
        let named = (&it["data"]["order_id"], &it["data"]["number"]);
        assert_eq!(named, (&order["id"], &order["number"]));
    }
    assert_eq!(items(&told)[0]["data"]["amount"], euros(100));
    assert_eq!(items(&told)[3]["data"]["tracking_number"], "POST-7");
    let letters = letters(&shop, "ada@example.com", 7).await;
    assert_eq!(about(&letters), expected);
    assert_eq!(queued(&shop), 7);
    repeats(&letters[0], &order);
}

/// Panics unless a letter has the number, the lines and the total of the order, for those who read
/// HTML too.
fn repeats(letter: &Mail, order: &Value) {
    let (plain, html) = (words(letter), letter.part("text/html"));
    let lines = order["items"].as_array().unwrap();
    assert_eq!(lines.len(), 2);
    for line in lines {
        let (name, quantity) = (line["name"].as_str().unwrap(), &line["quantity"]);
        for text in [format!("{quantity} × {name}"), written(&line["line_total"])] {
            assert!(plain.contains(&text) && html.contains(&text), "{text}: {plain}");
        }
    }
    let total = written(&order["total"]);
    assert!(plain.contains(&format!("Total: {total}")) && html.contains(&total), "{plain}");
    let number = order["number"].as_str().unwrap();
    assert!(letter.header("Subject").contains(number) && html.contains(number));
}

#[actix_rt::test]
async fn what_is_called_off_is_told_with_its_money_and_not_that_its_parcel_stays() {
    let shop = manual().await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    let mut me = ada.follow("me").await;
    let order = ada.buy(&shop.variant("mug").await, 1).await;

    let cancel = format!("/orders/{}/cancel", order["id"].as_str().unwrap());
    ada.once(&key()).post(&cancel, json!({ "reason": "expired" })).await.is(200);

    let expected = ["order.placed", "order.paid", "order.cancelled", "order.refunded"];
    assert_eq!(told(&mut me, 4).await, counted(expected));
    let told = inbox(&ada, "").await;
    assert_eq!(items(&told)[1]["data"]["expired"], false);
    assert_eq!(items(&told)[0]["data"]["amount"], order["total"]);
    assert_eq!(about(&letters(&shop, "ada@example.com", 4).await), expected);
    assert_eq!(queued(&shop), 4);
}

#[actix_rt::test]
async fn an_order_that_is_not_paid_in_time_is_told_as_that() {
    let shop = TestShop::with(&[("RIALTO_PAYMENT_TTL", "1s")]).await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    let mut me = ada.follow("me").await;

    ada.place(&shop.variant("mug").await, 1).await;

    assert_eq!(told(&mut me, 2).await, counted(["order.placed", "order.cancelled"]));
    let told = inbox(&ada, "").await;
    assert_eq!(items(&told)[0]["data"]["expired"], true);
    assert!(items(&told)[0]["title"].as_str().unwrap().contains("not paid in time"), "{told}");
    let letters = letters(&shop, "ada@example.com", 2).await;
    assert!(words(&letters[1]).contains("You can order again"), "{}", letters[1].text);
}

/// Replaces what a user wants to be told.
pub async fn choose(client: &Client, notifications: Value) {
    client.put("/me/settings", json!({ "notifications": notifications })).await.is(200);
}

#[actix_rt::test]
async fn each_type_is_told_by_the_channels_that_were_chosen_for_it() {
    let shop = manual().await;
    let (ada, eve) = (shop.sign_up_as("ada@example.com", "Ada").await, shop.sign_up().await);
    choose(&ada, json!({ "orders": ["in_app", "push"], "delivery": ["email", "sms"] })).await;
    choose(&eve, json!({ "orders": [], "delivery": [] })).await;
    let mug = shop.variant("mug").await;

    let unheard = eve.buy(&mug, 1).await;
    deliver(&shop.admin().await, &unheard).await;
    let order = ada.buy(&mug, 1).await;
    deliver(&shop.admin().await, &order).await;

    let letters = letters(&shop, "ada@example.com", 3).await;
    let parcels = ["order.shipped", "delivery.out_for_delivery", "order.delivered"];
    assert_eq!(about(&letters), parcels);
    assert_eq!(types(&inbox(&ada, "").await), ["order.paid", "order.placed"]);
    assert_eq!(inbox(&eve, "").await["items"], json!([]));
    assert_eq!(queued(&shop), 3);
}

#[actix_rt::test]
async fn a_single_type_is_told_as_was_chosen_for_it_and_the_others_as_before() {
    let shop = manual().await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    let single = json!({ "order.paid": ["in_app"], "delivery.out_for_delivery": ["email"] });
    choose(&ada, json!({ "orders": [], "delivery": [], "types": single })).await;

    let order = ada.buy(&shop.variant("mug").await, 1).await;
    deliver(&shop.admin().await, &order).await;

    let letters = letters(&shop, "ada@example.com", 1).await;
    assert_eq!(about(&letters), ["delivery.out_for_delivery"]);
    assert_eq!(types(&inbox(&ada, "").await), ["order.paid"]);
    assert_eq!(queued(&shop), 1);
}

/// Has a parcel that was sent come to the door twice in vain, and go back.
async fn bring_in_vain(shop: &TestShop, order: &Value) {
    let admin = shop.admin().await;
    admin.post(&desk(order, "process"), Value::Null).await.is(200);
    admin.post(&desk(order, "ship"), Value::Null).await.is(200);
    for station in ["out_for_delivery", "failed", "out_for_delivery", "failed", "returned"] {
        admin.post(&parcel(order), json!({ "status": station })).await.is(200);
    }
}

#[actix_rt::test]
async fn each_attempt_in_vain_is_told_and_that_the_parcel_goes_back() {
    let shop = manual().await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    let mut me = ada.follow("me").await;
    let order = ada.buy(&shop.variant("mug").await, 1).await;

    bring_in_vain(&shop, &order).await;

    let expected = [
        "order.placed",
        "order.paid",
        "order.shipped",
        "delivery.out_for_delivery",
        "delivery.failed",
        "delivery.out_for_delivery",
        "delivery.failed",
        "delivery.returned",
    ];
    assert_eq!(told(&mut me, 8).await, counted(expected));
    let told = inbox(&ada, "").await;
    for it in items(&told) {
        let named = (&it["data"]["order_id"], &it["data"]["number"]);
        assert_eq!(named, (&order["id"], &order["number"]));
    }
    assert_eq!(about(&letters(&shop, "ada@example.com", 8).await), expected);
    assert_eq!(queued(&shop), 8);
}

#[actix_rt::test]
async fn an_attempt_in_vain_is_told_by_the_channels_that_were_chosen_for_it() {
    let shop = manual().await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    let single = json!({ "delivery.failed": ["in_app"], "delivery.returned": ["email"] });
    let chosen = json!({ "orders": [], "delivery": [], "types": single });
    ada.put("/me/settings", json!({ "locale": "de", "notifications": chosen })).await.is(200);

    let order = ada.buy(&shop.variant("mug").await, 1).await;
    bring_in_vain(&shop, &order).await;

    let [letter] = &letters(&shop, "ada@example.com", 1).await[..] else { panic!("one letter") };
    assert!(words(letter).contains("auf dem Weg zurück zu uns"), "{}", letter.text);
    let told = inbox(&ada, "").await;
    assert_eq!(types(&told), ["delivery.failed", "delivery.failed"]);
    assert!(items(&told)[0]["title"].as_str().unwrap().contains("noch nicht zugestellt"), "{told}");
    assert_eq!(queued(&shop), 1);
}

#[actix_rt::test]
async fn a_guest_is_written_to_in_the_language_of_the_order() {
    let shop = TestShop::start().await;
    for (accepts, address, says) in [
        ("de-AT, de;q=0.9, en;q=0.5", "de@example.com", "Wir haben Ihre Bestellung über 12,90 €"),
        ("fr, ru;q=0.4, en;q=0.2", "ru@example.com", "Мы получили ваш заказ на сумму 12,90 €"),
        ("fr", "fr@example.com", "We have your order for €12.90"),
    ] {
        let guest = shop.guest().await.with("Accept-Language", accepts);
        guest.add(&shop.variant("mug").await, 1).await;
        let mut body = guest_checkout();
        body["email"] = json!(address);

        let placed = guest.once(&key()).post("/checkout", body).await.is(201);

        let [letter] = &letters(&shop, address, 1).await[..] else { panic!("one letter") };
        assert!(words(letter).contains(says), "{}", letter.text);
        let secret = placed["order_token"].as_str().unwrap();
        assert!(!letter.text.contains(secret), "a mailbox opens no order");
    }
}

#[actix_rt::test]
async fn a_user_is_told_in_the_language_that_they_chose_and_the_inbox_follows_it() {
    let shop = TestShop::with(&[CHEAP]).await;
    let candle = shop.variant("candle").await;
    for (locale, title, letter, password) in [
        ("en-GB", "Your order", "We have your order for €7.90", "Your password was changed"),
        ("de", "Ihre Bestellung", "Wir haben Ihre Bestellung über 7,90 €", "Ihr Passwort wurde"),
        ("ru-KZ", "Ваш заказ", "Мы получили ваш заказ на сумму 7,90 €", "Ваш пароль изменён"),
    ] {
        let address = format!("{}@example.com", locale.to_lowercase());
        let ada = shop.sign_up_as(&address, "Ada").await;
        ada.put("/me/settings", json!({ "locale": locale })).await.is(200);
        let mut me = ada.follow("me").await;

        ada.place(&candle, 1).await;
        me.until("notification.created").await;
        let change = json!({ "current_password": PASSWORD, "password": NEW_PASSWORD });
        ada.post("/me/password", change).await.is(204);

        let told = inbox(&ada, "").await;
        let title_of = |at: usize| items(&told)[at]["title"].as_str().unwrap();
        assert!(title_of(0).starts_with(password) && title_of(1).starts_with(title), "{told}");
        let letters = letters(&shop, &address, 1).await;
        assert!(words(&letters[0]).contains(letter), "{}", letters[0].text);
        let language = format!("<html lang=\"{}\">", locale.split('-').next().unwrap());
        assert!(letters[0].part("text/html").contains(&language), "{}", letters[0].text);
        mail::saying(&shop.folder().join("mail"), &address, password).await;
        ada.put("/me/settings", json!({ "locale": "de" })).await.is(200);
        let told = inbox(&ada, "").await;
        assert!(
            items(&told)[1]["title"].as_str().unwrap().starts_with("Ihre Bestellung"),
            "{told}"
        );
    }
}

#[actix_rt::test]
async fn however_much_is_bought_the_owner_is_warned_of_a_new_device() {
    let shop = TestShop::with(&[CHEAP]).await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    let candle = shop.variant("candle").await;
    for _ in 0..11 {
        ada.place(&candle, 1).await;
    }
    letters(&shop, "ada@example.com", 11).await;

    log_in(&shop, &json!("ada@example.com"), PASSWORD, "Phone/1").await;

    mail::saying(&shop.folder().join("mail"), "ada@example.com", "Phone").await;
}
