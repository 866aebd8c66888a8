//! Every notice, in every language.

use super::{order::What, *};
use crate::domain::{
    id::{OrderId, ProductId, VariantId},
    money::Money,
    settings::{Channels, Notifications},
};

fn all() -> Vec<Notice> {
    let device = "Firefox on Linux".to_owned();
    let new_device = NewDevice { device, at: DateTime::UNIX_EPOCH };
    let mut all = vec![
        Notice::PasswordChanged,
        Notice::PasswordReset,
        Notice::EmailChanged,
        Notice::NewDevice(new_device),
    ];
    all.extend(of_orders().into_iter().map(Notice::Order));
    all.push(Notice::BackInStock(back()));
    all.push(Notice::Message(message()));
    all
}

fn message() -> Message {
    let data = serde_json::Map::from_iter([("invoice".to_owned(), 7.into())]);
    Message::new("Your invoice", "It is in your account.", data).unwrap()
}

fn back() -> BackInStock {
    BackInStock {
        product_id: ProductId::new(),
        variant_id: VariantId::new(),
        name: "Shirt (Red, M)".to_owned(),
        slug: "shirt".to_owned(),
    }
}

fn of_orders() -> Vec<OrderNews> {
    let (total, some) = (Money::euros(123_456), |it: &str| Some(it.to_owned()));
    let happened = [
        What::Placed { total },
        What::Paid { total },
        What::PaymentFailed { total },
        What::Shipped { carrier: some("Rialto Courier"), tracking_number: some("RC123") },
        What::OutForDelivery {},
        What::DeliveryFailed {},
        What::DeliveryReturned {},
        What::Delivered {},
        What::Cancelled { expired: false },
        What::Refunded { amount: Money::euros(1_000), total },
    ];
    let number = || "R-ABCDE-FGHJK".to_owned();
    let news = |what| OrderNews { order_id: OrderId::new(), number: number(), what };
    happened.into_iter().map(news).collect()
}

#[test]
fn every_kind_reads_back_from_the_store_and_has_words_in_every_language() {
    let kinds: Vec<Kind> = all().iter().map(Notice::kind).collect();
    assert_eq!(kinds, Kind::ALL);
    for notice in all() {
        let data = notice.data().unwrap();
        assert!(data.is_object() && data.get("type").is_none(), "{data}");
        let kept = notice.kept().unwrap().to_string();
        assert_eq!(Notice::of(notice.kind(), &kept).unwrap(), notice);
        let said: Vec<Text> = Language::ALL.iter().map(|it| notice.text(*it)).collect();
        for (at, Text { title, body }) in said.iter().enumerate() {
            assert!(!title.is_empty() && !body.is_empty(), "{notice:?}");
            // A message is in the words of whoever sends it.
            let is_own = notice.kind() == Kind::ServiceMessage;
            let others = &said[at + 1..];
            assert!(is_own || others.iter().all(|it| it.title != *title && it.body != *body));
        }
    }
}

#[test]
fn a_new_device_is_named_with_the_time() {
    let device = "Firefox on Linux".to_owned();
    let notice = Notice::NewDevice(NewDevice { device, at: DateTime::UNIX_EPOCH });
    for (language, time) in [
        (Language::En, "1 January 1970 at 00:00 UTC"),
        (Language::De, "1. Januar 1970 um 00:00 UTC"),
        (Language::Ru, "1 января 1970 г. в 00:00 UTC"),
    ] {
        let Text { body, .. } = notice.text(language);
        assert!(body.contains("Firefox on Linux") && body.contains(time), "{body}");
    }
}

#[test]
fn every_notice_of_an_order_says_which() {
    for news in of_orders() {
        for language in Language::ALL {
            let Text { title, body } = news.text(*language);
            assert!(format!("{title} {body}").contains("R-ABCDE-FGHJK"), "{title}: {body}");
        }
    }
}

#[test]
fn what_is_told_by_which_channel_goes_by_its_own_setting() {
    let (on, none) = (Settings::default(), Channels::of(&[]));
    let usual = on.notifications;
    let deaf = |notifications: Notifications, channel| {
        let settings = Settings { notifications, ..on };
        let unwanted = all().into_iter().filter(|it| !it.is_wanted(&settings, channel));
        unwanted.map(|it| it.kind()).collect::<Vec<Kind>>()
    };
    let security = Channels::of(&[Channel::Email]);
    let (of_account, rest) = Kind::ALL.split_at(4);
    let parcels = [
        Kind::OrderShipped,
        Kind::OutForDelivery,
        Kind::DeliveryFailed,
        Kind::DeliveryReturned,
        Kind::OrderDelivered,
    ];
    let mut money = rest.to_vec();
    let others = [Kind::BackInStock, Kind::ServiceMessage];
    money.retain(|it| !parcels.contains(it) && !others.contains(it));

    for channel in [Channel::InApp, Channel::Email] {
        assert_eq!(deaf(usual, channel), []);
        assert_eq!(deaf(Notifications { delivery: none, ..usual }, channel), parcels);
        assert_eq!(deaf(Notifications { orders: none, ..usual }, channel), money);
        assert_eq!(deaf(Notifications { stock: none, ..usual }, channel), [Kind::BackInStock]);
        let messages = Notifications { messages: none, ..usual };
        assert_eq!(deaf(messages, channel), [Kind::ServiceMessage]);
    }
    assert_eq!(deaf(Notifications { security, ..usual }, Channel::InApp), of_account);
    assert_eq!(deaf(Notifications { security, ..usual }, Channel::Email), []);
}
