//! Notices in German.

use super::{
    BackInStock, NewDevice, Notice, Text,
    order::{OrderNews, What},
};
use crate::domain::{
    money::Money,
    settings::Language,
    wording::{self, moment},
};

const NOT_ME: &str = "Wenn Sie das nicht waren, wählen Sie bitte sofort ein anderes Passwort.";

pub fn text(notice: &Notice) -> Text {
    match notice {
        Notice::PasswordChanged => text_of(
            "Ihr Passwort wurde geändert",
            format!("Alle anderen Geräte wurden abgemeldet. {NOT_ME}"),
        ),
        Notice::PasswordReset => text_of(
            "Ihr Passwort wurde neu gewählt",
            format!("Das geschah über den Link in einem Brief an Sie. {NOT_ME}"),
        ),
        Notice::EmailChanged => text_of(
            "Ihre E-Mail-Adresse wurde geändert",
            format!("Briefe gehen ab jetzt an die neue Adresse; Ihr Profil zeigt sie. {NOT_ME}"),
        ),
        Notice::NewDevice(NewDevice { device, at }) => {
            let at = moment(*at, Language::De);
            let body = format!("Jemand hat sich am {at} mit {device} angemeldet. {NOT_ME}");
            text_of("Ein neues Gerät hat sich angemeldet", body)
        }
        Notice::Order(news) => of_order(news),
        Notice::BackInStock(back) => of_stock(back),
        Notice::Message(message) => message.text(),
    }
}

pub fn of_stock(BackInStock { name, .. }: &BackInStock) -> Text {
    text_of(
        &format!("Wieder da: {name}"),
        "Sie hatten darum gebeten, dass wir es Ihnen sagen. Für Sie zurückgelegt ist nichts, es kann also schnell wieder weg sein."
            .to_owned(),
    )
}

pub fn of_order(OrderNews { number, what, .. }: &OrderNews) -> Text {
    match what {
        What::Placed { total } => text_of(
            &format!("Ihre Bestellung {number}"),
            format!(
                "Vielen Dank! Wir haben Ihre Bestellung über {} erhalten. Sie geht auf den Weg, sobald sie \
                 bezahlt ist.",
                amount(*total)
            ),
        ),
        What::Paid { total } => text_of(
            &format!("Bestellung {number} ist bezahlt"),
            format!("Wir haben {} erhalten und packen jetzt Ihr Paket.", amount(*total)),
        ),
        What::PaymentFailed { total } => text_of(
            &format!("Die Zahlung der Bestellung {number} ist fehlgeschlagen"),
            format!(
                "Die Zahlung von {} wurde abgelehnt, abgebucht wurde nichts. Bitte versuchen Sie es noch \
                 einmal, oder mit einer anderen Karte.",
                amount(*total)
            ),
        ),
        What::Shipped { carrier, tracking_number } => {
            let title = format!("Bestellung {number} ist unterwegs");
            text_of(&title, shipped(carrier, tracking_number))
        }
        What::OutForDelivery {} => text_of(
            &format!("Bestellung {number} kommt gleich an"),
            "Der Kurier hat Ihr Paket und ist auf dem Weg zu Ihnen.".to_owned(),
        ),
        What::DeliveryFailed {} => text_of(
            &format!("Bestellung {number} konnte noch nicht zugestellt werden"),
            "Der Kurier konnte Ihr Paket nicht übergeben. Meist versuchen wir es noch einmal.".to_owned(),
        ),
        What::DeliveryReturned {} => text_of(
            &format!("Das Paket der Bestellung {number} geht zurück"),
            "Es konnte nicht zugestellt werden und ist auf dem Weg zurück zu uns. Wenn Sie den Inhalt noch \
             möchten, schreiben Sie uns bitte."
                .to_owned(),
        ),
        What::Delivered {} => text_of(
            &format!("Bestellung {number} wurde zugestellt"),
            "Ihr Paket ist angekommen. Wir hoffen, dass Ihnen gefällt, was darin ist.".to_owned(),
        ),
        What::Cancelled { expired } => cancelled(number, *expired),
        What::Refunded { amount: back, total } => text_of(
            &format!("{} der Bestellung {number} gehen an Sie zurück", amount(*back)),
            format!(
                "Wir haben {} von {} erstattet. Bis Ihre Bank das zeigt, können einige Tage vergehen.",
                amount(*back),
                amount(*total)
            ),
        ),
    }
}

fn shipped(carrier: &Option<String>, tracking_number: &Option<String>) -> String {
    let with = carrier.as_ref().map(|it| format!(" mit {it}")).unwrap_or_default();
    let tracked = tracking_number.as_ref().map(|it| format!(" Die Sendungsnummer ist {it}."));
    format!("Ihr Paket hat unser Haus{with} verlassen.{}", tracked.unwrap_or_default())
}

fn cancelled(number: &str, expired: bool) -> Text {
    if expired {
        text_of(
            &format!("Bestellung {number} wurde nicht rechtzeitig bezahlt"),
            "Sie wurde storniert, und es wird nichts mehr für Sie zurückgehalten. Sie können jederzeit \
             wieder bestellen."
                .to_owned(),
        )
    } else {
        text_of(
            &format!("Bestellung {number} wurde storniert"),
            "Sie wird nicht geliefert. Was dafür bezahlt wurde, geht an Sie zurück.".to_owned(),
        )
    }
}

fn amount(money: Money) -> String {
    wording::amount(money, Language::De)
}

fn text_of(title: &str, body: String) -> Text {
    Text { title: title.to_owned(), body }
}
