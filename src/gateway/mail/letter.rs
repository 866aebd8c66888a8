//! What the letters say, in the language of whoever reads them.
//!
//! A language is a file beside this one's; the two templates, which lay the words out, are common to
//! all.

use askama::Template;

use crate::domain::{
    Error,
    id::LinkId,
    mail::{Letter, Mail},
    money::Money,
    notification::{
        BackInStock,
        order::{Bought, OrderNews},
    },
    proof::Proofs,
    settings::Language,
    wording::amount,
};

mod de;
mod en;
mod ru;

/// How wide plain text is, in characters.
const WIDTH: usize = 72;
/// The longest name that somebody is greeted by, in characters.
const NAME_CHARS_MAX: usize = 60;

/// What the letters know of the shop.
pub struct Shop {
    pub name: String,
    /// Where people reach it, without a slash at the end.
    pub url: String,
    pub proofs: Proofs,
}

/// How the letters are written in one language.
struct Tongue {
    greeting: fn(Option<&str>) -> String,
    text: fn(&Letter, &Shop) -> Text,
    /// What the sums below an order are called.
    sums: Sums,
    /// Why somebody got this letter.
    footer: fn(Reason, &Shop) -> String,
}

fn tongue(language: Language) -> &'static Tongue {
    match language {
        Language::En => &en::ENGLISH,
        Language::De => &de::GERMAN,
        Language::Ru => &ru::RUSSIAN,
    }
}

struct Sums {
    discount: &'static str,
    delivery: &'static str,
    tax: &'static str,
    total: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Account,
    Order,
    Alert,
}

impl Reason {
    fn of(letter: &Letter) -> Self {
        match letter {
            Letter::Confirm { .. }
            | Letter::Welcome
            | Letter::Reset { .. }
            | Letter::PasswordChanged
            | Letter::EmailChange { .. }
            | Letter::EmailChangeAsked { .. }
            | Letter::EmailChanged { .. }
            | Letter::NewDevice { .. } => Reason::Account,
            Letter::Order { .. } => Reason::Order,
            Letter::BackInStock { .. } => Reason::Alert,
        }
    }
}

/// What is particular to a letter.
struct Text {
    subject: String,
    before: Vec<String>,
    /// What something costs, and how much that is.
    rows: Vec<(String, String)>,
    link: Option<Link>,
    after: Vec<String>,
}

struct Link {
    label: &'static str,
    url: String,
}

/// All words of a letter, to be laid out.
pub struct Words {
    language: Language,
    shop: String,
    greeting: String,
    text: Text,
    footer: String,
}

#[derive(Template)]
#[template(path = "letter.txt", config = "src/gateway/mail/askama.toml")]
struct Plain<'w> {
    words: &'w Words,
}

#[derive(Template)]
#[template(path = "letter.html", config = "src/gateway/mail/askama.toml")]
struct Html<'w> {
    words: &'w Words,
}

impl Words {
    /// The words of `mail`, in its language.
    pub fn of(mail: &Mail, shop: &Shop) -> Self {
        let language = read_by(&mail.locale);
        let tongue = tongue(language);
        let mut text = (tongue.text)(&mail.letter, shop);
        for paragraph in text.before.iter_mut().chain(&mut text.after) {
            *paragraph = wrapped(paragraph);
        }
        Words {
            language,
            shop: shop.name.clone(),
            greeting: (tongue.greeting)(plain_name(&mail.name)),
            text,
            footer: wrapped(&(tongue.footer)(Reason::of(&mail.letter), shop)),
        }
    }

    pub fn subject(&self) -> &str {
        &self.text.subject
    }

    pub fn plain(&self) -> Result<String, Error> {
        Plain { words: self }.render().map_err(Error::internal("writing a letter"))
    }

    pub fn html(&self) -> Result<String, Error> {
        Html { words: self }.render().map_err(Error::internal("writing a letter"))
    }
}

impl Shop {
    /// The address of a page to which `link` is brought.
    fn link(&self, page: &str, link: LinkId, label: &'static str) -> Option<Link> {
        let url = format!("{}/{page}?token={}", self.url, self.proofs.link(link));
        Some(Link { label, url })
    }
}

/// A letter that tells that something is in stock again: what the inbox says of it, and its page.
fn of_stock(
    back: &BackInStock,
    shop: &Shop,
    (label, once): (&'static str, &str),
    language: Language,
) -> Text {
    let (said, url) = (back.text(language), format!("{}/p/{}", shop.url, back.slug));
    let (link, after) = (Some(Link { label, url }), vec![once.to_owned()]);
    Text { subject: said.title, before: vec![said.body], rows: Vec::new(), link, after }
}

/// The language of a locale; one that nobody writes is English.
fn read_by(locale: &str) -> Language {
    let code = locale.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    code.parse().unwrap_or(Language::En)
}

/// A letter that tells how an order stands: what the inbox says of it, and what was bought.
fn of_order(news: &OrderNews, bought: Option<&Bought>, language: Language) -> Text {
    let said = news.text(language);
    let rows = bought.map(|it| rows(it, language)).unwrap_or_default();
    Text { subject: said.title, before: vec![said.body], rows, link: None, after: Vec::new() }
}

/// The lines of an order, what came off and on top, and the sum of all.
fn rows(bought: &Bought, language: Language) -> Vec<(String, String)> {
    let Bought { lines, discount, delivery, tax, total } = bought;
    let sums = &tongue(language).sums;
    let off = Money { amount: discount.amount.saturating_neg(), ..*discount };
    let parts = [(sums.discount, off), (sums.delivery, *delivery), (sums.tax, *tax)];
    let parts = parts.into_iter().filter(|(_, it)| it.amount != 0);
    let lines = lines.iter().map(|it| (format!("{} × {}", it.quantity, it.name), it.total));
    let sums = parts.chain([(sums.total, *total)]).map(|(name, it)| (name.to_owned(), it));
    lines.chain(sums).map(|(name, it)| (name, amount(it, language))).collect()
}

/// A name by which somebody can be greeted. Whoever registers chooses both the name and the
/// address, which may be a stranger's: so nothing is repeated that could be more than a name.
fn plain_name(name: &str) -> Option<&str> {
    let name = name.trim();
    let follows: String = name.chars().skip(1).chain([' ']).collect();
    let is_plain = name.chars().zip(follows.chars()).all(|(c, next)| match c {
        '.' => next == ' ', // An initial; else mail programs make links of it.
        ' ' | '-' | '\'' | '’' => true,
        _ => c.is_alphabetic(),
    });
    let length = name.chars().count();
    (is_plain && (1..=NAME_CHARS_MAX).contains(&length)).then_some(name)
}

/// The text in lines of [`WIDTH`] characters; longer words stay whole.
fn wrapped(text: &str) -> String {
    let (mut lines, mut width) = (String::new(), 0_usize);
    // At blanks that may be broken, which is not all that is white.
    for word in text.split([' ', '\n']).filter(|it| !it.is_empty()) {
        let length = word.chars().count();
        if width > 0 {
            let fits = width.saturating_add(length) < WIDTH;
            lines.push(if fits { ' ' } else { '\n' });
            width = if fits { width.saturating_add(1) } else { 0 };
        }
        lines.push_str(word);
        width = width.saturating_add(length);
    }
    lines
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::{
        account::Email,
        id::{MailId, OrderId, ProductId, VariantId},
        notification::order::{BoughtLine, What},
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

    /// One of each kind, but for those of orders.
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
    fn what_is_back_has_a_link_to_its_page() {
        let words = words("en", "Ada", Letter::BackInStock { back: back() });
        let (plain, html) = (words.plain().unwrap(), words.html().unwrap());
        assert!(plain.lines().any(|line| line == "https://tea.example/p/oak-table"), "{plain}");
        assert!(html.contains("href=\"https://tea.example/p/oak-table\""));
        assert!(words.subject().contains("Oak <table>") && !html.contains("Oak <table>"));
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
}
