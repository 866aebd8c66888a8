//! What the letters say, in the language of whoever reads them.
//!
//! A language is a file beside this one's and a line in `LANGUAGES`; the two templates, which
//! lay the words out, are common to all.

use askama::Template;

use crate::domain::{
    Error,
    id::LinkId,
    mail::{Letter, Mail},
    proof::Proofs,
};

mod en;

/// The languages there are. Whoever reads none of them gets the first.
const LANGUAGES: &[Language] = &[en::ENGLISH];
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

struct Language {
    /// Of ISO 639, in lower case.
    code: &'static str,
    greeting: fn(Option<&str>) -> String,
    text: fn(&Letter, &Shop) -> Text,
    /// Why somebody got this letter.
    footer: fn(&Shop) -> String,
}

/// What is particular to a letter.
struct Text {
    subject: String,
    before: Vec<String>,
    link: Option<Link>,
    after: Vec<String>,
}

struct Link {
    label: &'static str,
    url: String,
}

/// All words of a letter, to be laid out.
pub struct Words {
    language: &'static str,
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
        let code = mail.locale.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let language = LANGUAGES.iter().find(|it| it.code == code).unwrap_or(&en::ENGLISH);
        let mut text = (language.text)(&mail.letter, shop);
        for paragraph in text.before.iter_mut().chain(&mut text.after) {
            *paragraph = wrapped(paragraph);
        }
        Words {
            language: language.code,
            shop: shop.name.clone(),
            greeting: (language.greeting)(plain_name(&mail.name)),
            text,
            footer: wrapped(&(language.footer)(shop)),
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
    for word in text.split_whitespace() {
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
    use crate::domain::{account::Email, id::MailId};

    fn shop() -> Shop {
        let proofs = Proofs::new([&b"a secret of the tests"[..]]).unwrap();
        Shop { name: "Tea & Sons".to_owned(), url: "https://tea.example".to_owned(), proofs }
    }

    fn words(locale: &str, name: &str, letter: Letter) -> Words {
        let to = Email::parse("ada@example.com").unwrap();
        let (name, locale) = (name.to_owned(), locale.to_owned());
        Words::of(&Mail { id: MailId::new(), to, name, user: None, locale, letter }, &shop())
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
