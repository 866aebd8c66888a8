//! The letters in English.

use chrono::{DateTime, Utc};

use super::{Link, Reason, Shop, Sums, Text, Tongue, of_message, of_order, of_stock, rows};
use crate::domain::{
    mail::Letter,
    notification::order::NewOrder,
    settings::Language,
    wording::{amount, moment},
};

pub const ENGLISH: Tongue = Tongue { greeting, text, sums: SUMS, footer };

const SUMS: Sums = Sums { discount: "Discount", delivery: "Delivery", tax: "Tax", total: "Total" };

/// What leads to the page, and how often this is written.
const ALERT: (&str, &str) =
    ("See it", "You are told once. Whoever wants to hear of it again asks again.");

fn greeting(name: Option<&str>) -> String {
    name.map_or_else(|| "Hello,".to_owned(), |name| format!("Hello {name},"))
}

fn text(letter: &Letter, shop: &Shop) -> Text {
    match letter {
        Letter::Confirm { link } => text_of(
            "Please confirm your e-mail address",
            &[&format!(
                "You have an account at {} now. Please confirm that this is your address:",
                shop.name
            )],
            shop.link("confirm", *link, "Confirm this address"),
            &["The link works once, for three days. If you did not register, leave it."],
        ),
        Letter::Welcome => text_of(
            &format!("Welcome to {}", shop.name),
            &[&format!("It is good to have you at {}.", shop.name), WHAT_FOR],
            None,
            &[],
        ),
        Letter::Reset { link } => text_of(
            "Choose a new password",
            &[
                "Somebody, hopefully you, asked for a new password for your account. Choose one here:",
            ],
            shop.link("reset", *link, "Choose a new password"),
            &["The link works once, for half an hour. If it was not you, there is nothing to do: \
               your password is as it was."],
        ),
        Letter::PasswordChanged => text_of(
            "Your password was changed",
            &["The password of your account was changed."],
            None,
            &[NOT_ME],
        ),
        Letter::EmailChange { link } => text_of(
            "Please confirm your new e-mail address",
            &["Your account is to have this address from now on. Please confirm that it is yours:"],
            shop.link("confirm", *link, "Confirm this address"),
            &[
                "The link works once, for a day. Until then your account keeps its old address. If it was not \
               you, leave it.",
            ],
        ),
        Letter::EmailChangeAsked { hint } => email_change_asked(hint),
        Letter::EmailChanged { hint } => text_of(
            "Your e-mail address was changed",
            &[&format!(
                "The address of your account was changed to {hint}. Letters go there from now on."
            )],
            None,
            &["If it was not you, please write to our customer service at once."],
        ),
        Letter::NewDevice { device, at } => new_device(device, *at),
        Letter::Order { news, bought } => of_order(news, bought.as_ref(), Language::En),
        Letter::NewOrder { order } => new_order(order, shop),
        Letter::BackInStock { back } => of_stock(back, shop, ALERT, Language::En),
        Letter::Message { message } => of_message(message),
    }
}

fn new_order(NewOrder { number, bought, to, .. }: &NewOrder, shop: &Shop) -> Text {
    let total = amount(bought.total, Language::En);
    Text {
        subject: format!("New order {number}"),
        before: vec![format!(
            "Order {number} for {total} was placed. It can be packed once it is paid."
        )],
        rows: rows(bought, Language::En),
        link: shop.desk("Open the admin page"),
        after: vec![format!("It goes to: {}", to.join(", "))],
    }
}

fn email_change_asked(hint: &str) -> Text {
    text_of(
        "Your e-mail address is about to change",
        &[&format!(
            "Somebody who knows your password asked that your account have the address {hint} from now on. \
             It will once that address is confirmed."
        )],
        None,
        &["If it was you, there is nothing to do here.", NOT_ME],
    )
}

fn new_device(device: &str, at: DateTime<Utc>) -> Text {
    text_of(
        "A new device has signed in",
        &[
            &format!(
                "Somebody signed in to your account on {} from a device that we have not seen before:",
                moment(at, Language::En)
            ),
            device,
        ],
        None,
        &["If it was you, there is nothing to do.", NOT_ME],
    )
}

const WHAT_FOR: &str = "With your account you see your orders on all your devices, and follow each \
    parcel live from our door to yours.";

const NOT_ME: &str = "If it was not you, choose another password at once: ask for it where you sign in, by \
    “forgot password”. That signs out everybody else.";

fn footer(reason: Reason, shop: &Shop) -> String {
    let what = match reason {
        Reason::Account => "an account",
        Reason::Order => "an order",
        Reason::Alert => "a wish to be told",
        Reason::Shop => "a setting of the shop",
    };
    format!("{} sends this because of {what} with this address. {}", shop.name, shop.url)
}

fn text_of(subject: &str, before: &[&str], link: Option<Link>, after: &[&str]) -> Text {
    let owned = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect();
    let (before, rows, after) = (owned(before), Vec::new(), owned(after));
    Text { subject: subject.to_owned(), before, rows, link, after }
}
