//! The letters in German.

use chrono::{DateTime, Utc};

use super::{Link, Reason, Shop, Sums, Text, Tongue, of_message, of_order, of_stock, rows};
use crate::domain::{
    mail::Letter,
    notification::order::NewOrder,
    settings::Language,
    wording::{amount, moment},
};

pub const GERMAN: Tongue = Tongue { greeting, text, sums: SUMS, footer };

const SUMS: Sums = Sums { discount: "Rabatt", delivery: "Versand", tax: "Steuer", total: "Summe" };

/// What leads to the page, and how often this is written.
const ALERT: (&str, &str) =
    ("Ansehen", "Wir schreiben das einmal. Wer es wieder wissen möchte, bittet noch einmal darum.");

fn greeting(name: Option<&str>) -> String {
    name.map_or_else(|| "Guten Tag,".to_owned(), |name| format!("Guten Tag {name},"))
}

fn text(letter: &Letter, shop: &Shop) -> Text {
    match letter {
        Letter::Confirm { link } => text_of(
            "Bitte bestätigen Sie Ihre E-Mail-Adresse",
            &[&format!(
                "Sie haben jetzt ein Konto bei {}. Bitte bestätigen Sie, dass dies Ihre Adresse ist:",
                shop.name
            )],
            shop.link("confirm", *link, "Adresse bestätigen"),
            &[
                "Der Link gilt einmal und drei Tage lang. Wenn Sie sich nicht registriert haben, lassen Sie \
               ihn liegen.",
            ],
        ),
        Letter::Welcome => text_of(
            &format!("Willkommen bei {}", shop.name),
            &[&format!("Schön, dass Sie bei {} sind.", shop.name), WHAT_FOR],
            None,
            &[],
        ),
        Letter::Reset { link } => text_of(
            "Wählen Sie ein neues Passwort",
            &[
                "Jemand, hoffentlich Sie, hat um ein neues Passwort für Ihr Konto gebeten. Wählen Sie es \
               hier:",
            ],
            shop.link("reset", *link, "Neues Passwort wählen"),
            &[
                "Der Link gilt einmal und eine halbe Stunde lang. Wenn Sie das nicht waren, ist nichts zu \
               tun: Ihr Passwort ist, wie es war.",
            ],
        ),
        Letter::PasswordChanged => text_of(
            "Ihr Passwort wurde geändert",
            &["Das Passwort Ihres Kontos wurde geändert."],
            None,
            &[NOT_ME],
        ),
        Letter::EmailChange { link } => text_of(
            "Bitte bestätigen Sie Ihre neue E-Mail-Adresse",
            &[
                "Ihr Konto soll ab jetzt diese Adresse haben. Bitte bestätigen Sie, dass es Ihre ist:",
            ],
            shop.link("confirm", *link, "Adresse bestätigen"),
            &[
                "Der Link gilt einmal und einen Tag lang. Bis dahin behält Ihr Konto seine alte Adresse. \
               Wenn Sie das nicht waren, lassen Sie ihn liegen.",
            ],
        ),
        Letter::EmailChangeAsked { hint } => email_change_asked(hint),
        Letter::EmailChanged { hint } => email_changed(hint),
        Letter::NewDevice { device, at } => new_device(device, *at),
        Letter::Order { news, bought } => of_order(news, bought.as_ref(), Language::De),
        Letter::NewOrder { order } => new_order(order, shop),
        Letter::BackInStock { back } => of_stock(back, shop, ALERT, Language::De),
        Letter::Message { message } => of_message(message),
    }
}

fn new_order(NewOrder { number, bought, to, .. }: &NewOrder, shop: &Shop) -> Text {
    let total = amount(bought.total, Language::De);
    Text {
        subject: format!("Neue Bestellung {number}"),
        before: vec![format!(
            "Bestellung {number} über {total} ist eingegangen. Sie kann gepackt werden, sobald sie bezahlt ist."
        )],
        rows: rows(bought, Language::De),
        link: shop.desk("Verwaltung öffnen"),
        after: vec![format!("Sie geht an: {}", to.join(", "))],
    }
}

fn email_change_asked(hint: &str) -> Text {
    text_of(
        "Ihre E-Mail-Adresse soll geändert werden",
        &[&format!(
            "Jemand, der Ihr Passwort kennt, hat darum gebeten, dass Ihr Konto ab jetzt die Adresse \
             {hint} hat. Das geschieht, sobald sie bestätigt ist."
        )],
        None,
        &["Wenn Sie das waren, ist hier nichts zu tun.", NOT_ME],
    )
}

fn email_changed(hint: &str) -> Text {
    text_of(
        "Ihre E-Mail-Adresse wurde geändert",
        &[&format!(
            "Die Adresse Ihres Kontos wurde auf {hint} geändert. Briefe gehen ab jetzt dorthin."
        )],
        None,
        &["Wenn Sie das nicht waren, schreiben Sie bitte sofort unserem Kundendienst."],
    )
}

fn new_device(device: &str, at: DateTime<Utc>) -> Text {
    text_of(
        "Ein neues Gerät hat sich angemeldet",
        &[
            &format!(
                "Jemand hat sich am {} bei Ihrem Konto angemeldet, mit einem Gerät, das wir noch nicht \
                 kennen:",
                moment(at, Language::De)
            ),
            device,
        ],
        None,
        &["Wenn Sie das waren, ist nichts zu tun.", NOT_ME],
    )
}

const WHAT_FOR: &str = "Mit Ihrem Konto sehen Sie Ihre Bestellungen auf allen Ihren Geräten und \
    verfolgen jedes Paket live von unserer Tür bis zu Ihrer.";

const NOT_ME: &str = "Wenn Sie das nicht waren, wählen Sie bitte sofort ein anderes Passwort, über \
    „Passwort vergessen“ bei der Anmeldung. Das meldet alle anderen ab.";

fn footer(reason: Reason, shop: &Shop) -> String {
    let what = match reason {
        Reason::Account => "eines Kontos",
        Reason::Order => "einer Bestellung",
        Reason::Alert => "einer Bitte um Nachricht",
        Reason::Shop => "einer Einstellung des Geschäfts",
    };
    format!("{} schreibt Ihnen wegen {what} mit dieser Adresse. {}", shop.name, shop.url)
}

fn text_of(subject: &str, before: &[&str], link: Option<Link>, after: &[&str]) -> Text {
    let owned = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect();
    let (before, rows, after) = (owned(before), Vec::new(), owned(after));
    Text { subject: subject.to_owned(), before, rows, link, after }
}
