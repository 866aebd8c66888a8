//! Every letter, in every language.

use chrono::DateTime;

use super::*;
use crate::domain::{
    account::Email,
    id::{MailId, OrderId, ProductId, VariantId},
    notification::order::{BoughtLine, NewOrder, What},
};

fn shop() -> Shop {
    let proofs = Proofs::new([&b"a secret of the tests"[..]]).unwrap();
    Shop { name: "Tea & Sons".to_owned(), url: "https://tea.example".to_owned(), proofs }
}

fn words(locale: &str, name: &str, letter: Letter) -> Words {
    let to = Email::parse("ada@example.com").unwrap();
    let (name, locale) = (name.to_owned(), locale.to_owned());
    Words::of(
        &Mail { id: MailId::new(), to, name, user: None, order: None, locale, letter },
        &shop(),
    )
}

#[test]
fn a_link_has_a_line_of_its_own_and_leads_to_its_page() {
    let link = LinkId::new();
    let pages = [
        (Letter::Confirm { link }, "confirm"),
        (Letter::EmailChange { link }, "confirm"),
        (Letter::Reset { link }, "reset"),
    ];
    for (letter, page) in pages {
        let words = words("en", "Ada", letter);
        let token = shop().proofs.link(link);
        let url = format!("https://tea.example/{page}?token={token}");
        assert!(words.plain().unwrap().lines().any(|line| line == url));
        assert!(words.html().unwrap().contains(&format!("href=\"{url}\"")));
    }
}

#[test]
fn what_clients_say_of_themselves_is_no_html() {
    let letter = Letter::new_device("<script>alert(1)</script>", DateTime::UNIX_EPOCH);
    let words = words("en", "", letter);

    let html = words.html().unwrap();

    assert!(!html.contains("<script>") && html.contains("&#60;script&#62;"), "{html}");
    assert!(html.contains("Tea &#38; Sons") && words.plain().unwrap().contains("<script>"));
}

#[test]
fn a_language_that_nobody_writes_is_english() {
    let subject = words("en", "", Letter::Welcome).subject().to_owned();
    for locale in ["tlh", "", "en-GB", "EN_us"] {
        assert_eq!(words(locale, "", Letter::Welcome).subject(), subject, "{locale}");
    }
}

/// One of each kind, but for a message: that is in the words of whoever sends it, in every language.
fn all() -> Vec<Letter> {
    let (link, hint) = (LinkId::new(), "a…@b.example".to_owned());
    vec![
        Letter::Confirm { link },
        Letter::Welcome,
        Letter::Reset { link },
        Letter::PasswordChanged,
        Letter::EmailChange { link },
        Letter::EmailChangeAsked { hint: hint.clone() },
        Letter::EmailChanged { hint },
        Letter::new_device("Firefox", DateTime::UNIX_EPOCH),
        Letter::Order { news: placed(), bought: Some(bought()) },
        Letter::NewOrder { order: new_order() },
        Letter::BackInStock { back: back() },
    ]
}

fn back() -> BackInStock {
    let (product_id, variant_id) = (ProductId::new(), VariantId::new());
    let (name, slug) = ("Oak <table>".to_owned(), "oak-table".to_owned());
    BackInStock { product_id, variant_id, name, slug }
}

fn placed() -> OrderNews {
    let (order_id, number) = (OrderId::new(), "R-ABCDE-FGHJK".to_owned());
    OrderNews { order_id, number, what: What::Placed { total: Money::euros(123_456) } }
}

fn new_order() -> NewOrder {
    let to = ["Ada <b>Lovelace</b>", "1 Main Street", "10115 Berlin", "DE"].map(str::to_owned);
    let OrderNews { order_id, number, .. } = placed();
    NewOrder { order_id, number, bought: bought(), to: to.to_vec() }
}

fn bought() -> Bought {
    let line = |name: &str, quantity, total| {
        let (name, total) = (name.to_owned(), Money::euros(total));
        BoughtLine { name, quantity, total }
    };
    Bought {
        lines: vec![line("Oak <table>", 1, 120_000), line("Candle (Red)", 12, 6_000)],
        discount: Money::euros(3_034),
        delivery: Money::euros(490),
        tax: Money::ZERO,
        total: Money::euros(123_456),
    }
}

#[test]
fn every_letter_is_written_in_every_language() {
    for letter in all() {
        let said: Vec<Words> =
            Language::ALL.iter().map(|it| words(it.as_str(), "Ada", letter.clone())).collect();
        for (at, it) in said.iter().enumerate() {
            let language = format!("<html lang=\"{}\">", Language::ALL[at]);
            assert!(it.html().unwrap().contains(&language), "{letter:?}");
            for other in &said[at + 1..] {
                assert_ne!(it.subject(), other.subject());
                assert_ne!(it.text.before, other.text.before);
                assert!(it.greeting != other.greeting && it.footer != other.footer);
            }
        }
    }
}

#[test]
fn an_order_is_repeated_line_by_line_to_its_total() {
    let letter = Letter::Order { news: placed(), bought: Some(bought()) };
    let words = words("de-AT", "", letter);

    let rows = "\n1 × Oak <table>: 1.200,00\u{a0}€\n12 × Candle (Red): 60,00\u{a0}€\n\
                Rabatt: −30,34\u{a0}€\nVersand: 4,90\u{a0}€\nSumme: 1.234,56\u{a0}€\n\n";
    let (plain, html) = (words.plain().unwrap(), words.html().unwrap());
    assert!(plain.contains(rows), "{plain}");
    assert!(html.contains("Oak &#60;table&#62;") && html.contains(">1.234,56\u{a0}€</td>"));
    assert!(words.subject().contains("R-ABCDE-FGHJK"));
}

#[test]
fn a_new_order_is_told_with_what_is_to_be_sent_and_where() {
    let words = words("de", "", Letter::NewOrder { order: new_order() });

    let (plain, html) = (words.plain().unwrap(), words.html().unwrap());
    assert!(plain.contains("\n12 × Candle (Red): 60,00\u{a0}€\n"), "{plain}");
    assert!(plain.contains("\nSumme: 1.234,56\u{a0}€\n"), "{plain}");
    assert!(plain.lines().any(|line| line == "https://tea.example/admin"), "{plain}");
    assert!(plain.contains("Ada <b>Lovelace</b>, 1 Main Street, 10115 Berlin, DE"), "{plain}");
    assert!(!html.contains("<b>") && words.subject() == "Neue Bestellung R-ABCDE-FGHJK");
}

#[test]
fn what_is_back_has_a_link_to_its_page() {
    let words = words("en", "Ada", Letter::BackInStock { back: back() });
    let (plain, html) = (words.plain().unwrap(), words.html().unwrap());
    assert!(plain.lines().any(|line| line == "https://tea.example/p/oak-table"), "{plain}");
    assert!(html.contains("href=\"https://tea.example/p/oak-table\""));
    assert!(words.subject().contains("Oak <table>") && !html.contains("Oak <table>"));
}

#[test]
fn a_message_is_told_in_its_own_words_line_by_line() {
    let said = "The <b>first</b> line.\n\nThe second.";
    let message = Message::new("Your invoice", said, serde_json::Map::new()).unwrap();

    let words = words("de", "Ada", Letter::Message { message });

    let (plain, html) = (words.plain().unwrap(), words.html().unwrap());
    assert_eq!(words.subject(), "Your invoice");
    assert!(plain.contains("Ada,\n\nThe <b>first</b> line.\n\nThe second.\n\n"), "{plain}");
    assert!(html.contains("The &#60;b&#62;first") && html.contains(">The second.</p>"), "{html}");
}

#[test]
fn nobody_is_greeted_by_what_may_be_no_name() {
    for name in ["Ada Byron", "J. R. R. Tolkien", "Zoë Müller-Lüdenscheidt", "Мария", "O’Hara"]
    {
        assert_eq!(plain_name(name), Some(name));
    }
    let long = "a".repeat(NAME_CHARS_MAX + 1);
    for name in ["", " ", "evil.example", "go to http://e.vil", "call 0900 1", "a@b.c", &long] {
        assert_eq!(plain_name(name), None, "{name}");
    }
    assert!(words("en", "Ada", Letter::Welcome).plain().unwrap().starts_with("Hello Ada,\n"));
    let win = words("en", "win at e.vil", Letter::Welcome);
    assert!(win.plain().unwrap().starts_with("Hello,\n"));
}

#[test]
fn lines_are_short_but_for_long_words() {
    let text = format!("{} {}", "a word ".repeat(30), "x".repeat(200));
    let lines = wrapped(&text);
    assert!(lines.lines().all(|line| line.len() <= WIDTH || line.len() == 200));
    assert_eq!(lines.split_whitespace().count(), 61);
}
