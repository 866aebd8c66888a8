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
        message::Message,
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
    /// Somebody who runs the shop wants to hear of new orders.
    Shop,
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
            | Letter::NewDevice { .. }
            | Letter::Message { .. } => Reason::Account,
            Letter::Order { .. } => Reason::Order,
            Letter::NewOrder { .. } => Reason::Shop,
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

    /// Where the shop's people work on orders.
    fn desk(&self, label: &'static str) -> Option<Link> {
        Some(Link { label, url: format!("{}/admin", self.url) })
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

/// A letter in the words of another program of the shop.
fn of_message(message: &Message) -> Text {
    let said = message.text();
    let lines = said.body.lines().filter(|it| !it.trim().is_empty());
    let before = lines.map(str::to_owned).collect();
    Text { subject: said.title, before, rows: Vec::new(), link: None, after: Vec::new() }
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
mod tests;
