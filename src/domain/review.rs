//! Reviews: what buyers say of what they bought, once each, and whether the shop shows it.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    Error,
    account::UserStatus,
    catalogue::rating::Stars,
    id::{ProductId, ReviewId, UserId},
    text::plain,
    words::words,
};

pub mod change;
pub mod sheet;

/// The longest title, in characters: a line of a listing.
pub const TITLE_CHARS_MAX: usize = 120;
/// The longest text, in characters: two printed pages. A page of reviews is a hundred of them.
pub const BODY_CHARS_MAX: usize = 4_000;
/// The longest reason for hiding one, in characters.
pub const REASON_CHARS_MAX: usize = 200;

/// What those are called whose name says nothing that may be shown.
const SOMEBODY: &str = "A customer";
/// What those are called who asked to be forgotten.
const NOBODY: &str = "A former customer";

words! {
    /// Whether everybody can read a review, and its stars count.
    #[schema(as = ReviewStatus)]
    Status {
        Published = "published",
        Hidden = "hidden",
    }
}

/// A review as everybody sees it. Its texts are plain: a page has to escape them.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = Review)]
pub struct Shown {
    pub id: ReviewId,
    #[schema(value_type = i32, minimum = 1, maximum = 5)]
    pub rating: Stars,
    pub title: Option<String>,
    pub body: Option<String>,
    /// The first name of whoever wrote it, and an initial.
    #[schema(example = "Ada B.")]
    pub author: String,
    /// Whether a parcel with the product had come to the author.
    pub verified_purchase: bool,
    pub created_at: DateTime<Utc>,
    /// When the author said it anew; nothing else changes it.
    pub updated_at: DateTime<Utc>,
}

/// A review as its author sees it, and whoever looks after reviews.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = WholeReview)]
pub struct Review {
    #[serde(flatten)]
    pub shown: Shown,
    pub product_id: ProductId,
    pub user_id: UserId,
    #[serde(flatten)]
    pub standing: Standing,
}

/// How the shop treats a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
#[schema(as = ReviewStanding)]
pub enum Standing {
    Published,
    Hidden {
        /// What it was hidden for.
        hidden_reason: String,
    },
}

impl Standing {
    pub fn status(&self) -> Status {
        match self {
            Standing::Published => Status::Published,
            Standing::Hidden { .. } => Status::Hidden,
        }
    }
}

impl Review {
    /// What it adds to the rating of its product: one that is hidden adds nothing.
    pub fn counted(&self) -> Option<Stars> {
        match self.standing {
            Standing::Published => Some(self.shown.rating),
            Standing::Hidden { .. } => None,
        }
    }
}

/// What a buyer has to say; its texts keep to the limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    rating: Stars,
    title: Option<String>,
    body: Option<String>,
}

impl Draft {
    /// The texts are trimmed, and one that is empty is none. Only the body has more than one line.
    pub fn new(rating: Stars, title: Option<&str>, body: Option<&str>) -> Result<Self, Error> {
        let body = body.map(|it| it.replace("\r\n", "\n"));
        let mut wrong = Vec::new();
        let title = plain("title", title, TITLE_CHARS_MAX, &[], &mut wrong);
        let body = plain("body", body.as_deref(), BODY_CHARS_MAX, &['\n'], &mut wrong);
        if wrong.is_empty() {
            Ok(Draft { rating, title, body })
        } else {
            Err(Error::Invalid(wrong))
        }
    }
}

/// What others read of the name of an account: the first word of it and the initial of the last.
pub fn author(name: &str, status: UserStatus) -> String {
    match status {
        UserStatus::Deleted => return NOBODY.to_owned(),
        UserStatus::Active | UserStatus::Suspended => {}
    }
    let mut words = name.split_whitespace();
    // Some write their address into the field for the name.
    let first = words.next().filter(|it| it.contains(char::is_alphabetic) && !it.contains('@'));
    let Some(first) = first else { return SOMEBODY.to_owned() };
    let initial = words.next_back().and_then(|it| it.chars().find(|it| it.is_alphabetic()));
    match initial {
        Some(initial) => format!("{first} {}.", initial.to_uppercase()),
        None => first.to_owned(),
    }
}

/// Which reviews are wanted; what is empty lets all through.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    pub status: Option<Status>,
    pub product: Option<ProductId>,
    pub rating: Option<Stars>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(title: &str, body: &str) -> Vec<(String, &'static str)> {
        match Draft::new(Stars::Three, Some(title), Some(body)) {
            Ok(_) => Vec::new(),
            Err(Error::Invalid(all)) => {
                all.into_iter().map(|it| (it.field.into_owned(), it.code)).collect()
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_text_is_kept_as_it_is_read() {
        let draft = Draft::new(Stars::Four, Some("  "), Some(" It <b>pours</b>.\r\nWell. \n"));

        let draft = draft.unwrap();
        assert_eq!((draft.title, draft.rating), (None, Stars::Four));
        assert_eq!(draft.body.as_deref(), Some("It <b>pours</b>.\nWell."));
    }

    #[test]
    fn every_wrong_text_is_named() {
        let told = |field: &str, code| (field.to_owned(), code);
        let (title, body) = ("é".repeat(TITLE_CHARS_MAX), "é".repeat(BODY_CHARS_MAX));

        assert_eq!(wrong(&title, &body), []);
        let long = [told("title", "too_long"), told("body", "too_long")];
        assert_eq!(wrong(&format!("{title}x"), &format!("{body}x")), long);
        let foreign = [told("title", "invalid_characters"), told("body", "invalid_characters")];
        assert_eq!(wrong("two\nlines", "\u{1b}[31m"), foreign);
        assert_eq!(wrong("a bell\u{7}", "a lone\rreturn"), foreign);
    }

    #[test]
    fn a_name_is_shown_as_a_first_name_and_an_initial() {
        let shown = |name| author(name, UserStatus::Active);
        for (name, due) in [
            ("Ada Byron", "Ada B."),
            ("Ada King de Lovelace", "Ada L."),
            ("ada  byron ", "ada B."),
            ("Ada", "Ada"),
            ("Jörg ßtein", "Jörg SS."),
            ("Ada (Byron)", "Ada B."),
            ("Ada 2", "Ada"),
            ("Анна Каренина", "Анна К."),
            ("ada@example.com", SOMEBODY),
            ("030 1234567", SOMEBODY),
            ("", SOMEBODY),
        ] {
            assert_eq!(shown(name), due, "{name:?}");
        }
        assert_eq!(author("Ada Byron", UserStatus::Suspended), "Ada B.");
        assert_eq!(author("Deleted user", UserStatus::Deleted), NOBODY);
    }
}
