//! Notices in English.

use super::{
    BackInStock, NewDevice, Notice, Text,
    order::{OrderNews, What},
};
use crate::domain::{
    money::Money,
    settings::Language,
    wording::{self, moment},
};

const NOT_ME: &str = "If it was not you, choose another password at once.";

pub fn text(notice: &Notice) -> Text {
    match notice {
        Notice::PasswordChanged => text_of(
            "Your password was changed",
            format!("All other devices were signed out. {NOT_ME}"),
        ),
        Notice::PasswordReset => text_of(
            "Your password was chosen anew",
            format!("It was done by the link in a letter to you. {NOT_ME}"),
        ),
        Notice::EmailChanged => text_of(
            "Your e-mail address was changed",
            format!("Letters go to the new address from now on; your profile shows it. {NOT_ME}"),
        ),
        Notice::NewDevice(NewDevice { device, at }) => {
            let at = moment(*at, Language::En);
            let body = format!("Somebody signed in with {device} on {at}. {NOT_ME}");
            text_of("A new device has signed in", body)
        }
        Notice::Order(news) => of_order(news),
        Notice::BackInStock(back) => of_stock(back),
        Notice::Message(message) => message.text(),
    }
}

pub fn of_stock(BackInStock { name, .. }: &BackInStock) -> Text {
    text_of(
        &format!("{name} is back in stock"),
        "You asked us to tell you. Nothing is kept back for you, so it may not be there for long."
            .to_owned(),
    )
}

pub fn of_order(OrderNews { number, what, .. }: &OrderNews) -> Text {
    match what {
        What::Placed { total } => text_of(
            &format!("Your order {number}"),
            format!(
                "Thank you! We have your order for {}. It goes on its way as soon as it is paid.",
                amount(*total)
            ),
        ),
        What::Paid { total } => text_of(
            &format!("Order {number} is paid"),
            format!("We have received {} and are getting your parcel ready.", amount(*total)),
        ),
        What::PaymentFailed { total } => text_of(
            &format!("The payment of order {number} has failed"),
            format!(
                "The payment of {} was declined, and nothing was taken. Please try it again, or with another \
                 card.",
                amount(*total)
            ),
        ),
        What::Shipped { carrier, tracking_number } => {
            text_of(&format!("Order {number} is on its way"), shipped(carrier, tracking_number))
        }
        What::OutForDelivery {} => text_of(
            &format!("Order {number} is about to arrive"),
            "The courier has your parcel and is on the way to you.".to_owned(),
        ),
        What::DeliveryFailed {} => text_of(
            &format!("Order {number} could not be delivered yet"),
            "The courier could not hand over your parcel. We will usually try again.".to_owned(),
        ),
        What::DeliveryReturned {} => text_of(
            &format!("The parcel of order {number} goes back"),
            "It could not be delivered, and is on its way back to us. If you still want what is inside, please \
             write to us."
                .to_owned(),
        ),
        What::Delivered {} => text_of(
            &format!("Order {number} was delivered"),
            "Your parcel has arrived. We hope that you like what is inside.".to_owned(),
        ),
        What::Cancelled { expired } => cancelled(number, *expired),
        What::Refunded { amount: back, total } => text_of(
            &format!("{} for order {number} goes back to you", amount(*back)),
            format!(
                "We have given back {} of {}. It may take your bank a few days to show it.",
                amount(*back),
                amount(*total)
            ),
        ),
    }
}

fn shipped(carrier: &Option<String>, tracking_number: &Option<String>) -> String {
    let with = carrier.as_ref().map(|it| format!(" with {it}")).unwrap_or_default();
    let tracked = tracking_number.as_ref().map(|it| format!(" Its tracking number is {it}."));
    format!("Your parcel has left us{with}.{}", tracked.unwrap_or_default())
}

fn cancelled(number: &str, expired: bool) -> Text {
    if expired {
        text_of(
            &format!("Order {number} was not paid in time"),
            "It was cancelled, and nothing is kept back for you any more. You can order again at any \
             time."
                .to_owned(),
        )
    } else {
        text_of(
            &format!("Order {number} was cancelled"),
            "It will not be delivered. What was paid for it goes back to you.".to_owned(),
        )
    }
}

fn amount(money: Money) -> String {
    wording::amount(money, Language::En)
}

fn text_of(title: &str, body: String) -> Text {
    Text { title: title.to_owned(), body }
}
