//! Slugs: the names of products and categories in addresses.

use uuid::Uuid;

use crate::domain::patch::Wrong;

/// The longest slug, in characters.
pub const CHARS_MAX: usize = 100;

/// The slug that `text` is: letters in lower case and digits, between them single `-`. One that
/// reads as an id is none, because products are found by either.
pub fn parse(wrong: &mut Wrong, text: &str) -> String {
    let text = text.trim();
    if of(text) != text || text.is_empty() {
        let message = "a slug is 1 to 100 small letters and digits, with single - between them";
        wrong.add("slug", "invalid_slug", message);
    }
    text.to_owned()
}

/// The slug that a name comes to; empty where it has no letters, or reads as an id.
pub fn of(name: &str) -> String {
    let mut slug = String::new();
    for c in name.to_lowercase().chars() {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let short: String = slug.chars().take(CHARS_MAX).collect();
    let short = short.trim_end_matches('-');
    if Uuid::try_parse(short).is_ok() { String::new() } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_slug(text: &str) -> bool {
        let mut wrong = Wrong::default();
        parse(&mut wrong, text);
        wrong.none().is_ok()
    }

    #[test]
    fn a_name_comes_to_a_slug_that_is_one() {
        for (name, slug) in [
            ("Linen Shirt", "linen-shirt"),
            ("  Tea & Coffee! ", "tea-coffee"),
            ("Čajník 2.0", "čajník-2-0"),
            ("Чайник", "чайник"),
            ("!!!", ""),
        ] {
            assert_eq!(of(name), slug);
            assert_eq!(is_slug(slug), !slug.is_empty(), "{slug}");
        }
        assert_eq!(of(&"abc ".repeat(200)).chars().count(), CHARS_MAX - 1);
    }

    #[test]
    fn what_is_no_slug_is_refused() {
        let id = Uuid::now_v7();
        for wrong in ["", "-a", "a-", "a--b", "A", "a b", "a/b", "a.b", &"a".repeat(101)] {
            assert!(!is_slug(wrong), "{wrong}");
        }
        assert!(!is_slug(&id.to_string()) && !is_slug(&id.simple().to_string()));
        assert!(is_slug(&"a".repeat(100)) && is_slug("7"));
    }
}
