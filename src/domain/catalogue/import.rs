//! Importing: whole products, made or brought up to date by slug and SKU.
//!
//! What a file does not tell of something that stands is left as it is, and so is a variant that
//! it does not name. What it tells and is so already is not written: the same file twice changes
//! nothing, and raises no version.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    Status,
    attribute::{Definition, Value},
};
use crate::domain::money::Money;

/// The most products and variants of one import, which is one transaction.
pub const PRODUCTS_MAX: usize = 500;
pub const IMPORT_VARIANTS_MAX: usize = 1_000;
/// About how many bytes of text one import holds, so that a file of long descriptions takes no more
/// memory than another.
pub const IMPORT_BYTES_MAX: usize = 4 << 20;
/// The most options of a variant and images of a product; Shopify's own bounds.
pub const OPTIONS_MAX: usize = 3;
pub const IMAGES_MAX: usize = 250;
/// The longest name, option, SKU and so on, in characters; Shopify's own bound.
pub const SHORT_CHARS_MAX: usize = 255;
/// The longest description, in characters of HTML.
pub const LONG_CHARS_MAX: usize = 100_000;
/// The heaviest variant: a thousand tonnes.
pub const WEIGHT_GRAMS_MAX: i64 = 1_000_000_000;
/// How deep a category can be that an import makes.
pub const DEPTH_MAX: usize = 10;
/// How many wrong lines are named: who has more of them has another kind of file.
pub const ERRORS_MAX: usize = 1_000;
/// The slug and the name of the category of a new product that names none.
pub const NO_CATEGORY: (&str, &str) = ("imported", "Imported");

/// A category to be made where there is none of its slug; one that stands is left as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCategory {
    pub slug: String,
    pub name: String,
    /// The slug of its parent, which stands before it in the list.
    pub parent: Option<String>,
    /// What its products can say of themselves; of those that what stands above it defines already
    /// nothing is taken.
    pub attributes: Vec<Definition>,
}

/// A product to be made or brought up to date, by its slug. Of what is none, one that stands keeps
/// what it has.
#[derive(Debug, Clone, PartialEq)]
pub struct NewProduct {
    /// Where the file tells of it, from 1; 0 where there is no file.
    pub line: u64,
    pub slug: String,
    pub name: String,
    pub description: Option<Description>,
    /// None inside is a product without one.
    pub brand: Option<Option<String>>,
    /// The slug of a category that stands, or comes in the same import.
    pub category: Option<String>,
    pub attributes: Option<BTreeMap<String, Value>>,
    pub status: Option<Status>,
    /// All that it has from now on, in their order; where the shop has none of them, those stay that
    /// it has.
    pub images: Option<Vec<NewImage>>,
    pub variants: Vec<NewVariant>,
}

/// What a product says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Description {
    /// Plain text.
    pub text: String,
    /// The same with its markup, which is harmless; none where it has none.
    pub html: Option<String>,
}

/// An image of a product.
#[derive(Debug, Clone, PartialEq)]
pub struct NewImage {
    pub alt: String,
    pub picture: Picture,
}

/// What an image shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Picture {
    /// One that the shop has, by its key; left out where it has not.
    Kept(String),
    /// One that stands elsewhere, which is never asked for: it is left out.
    Elsewhere,
    /// Bytes, which the store keeps under their SHA-256.
    New { width: i32, height: i32, content_type: &'static str, bytes: Vec<u8> },
}

/// A variant, by its SKU. Of what is none, one that stands keeps what it has.
#[derive(Debug, Clone, PartialEq)]
pub struct NewVariant {
    /// Where the file tells of it, from 1; 0 where there is no file.
    pub line: u64,
    pub sku: String,
    pub name: String,
    pub options: BTreeMap<String, String>,
    pub price: Money,
    /// None inside is a variant without one.
    pub compare_at_price: Option<Option<Money>>,
    /// Never set below what is reserved.
    pub on_hand: Option<i64>,
    pub weight_grams: Option<i64>,
    pub low_threshold: Option<i64>,
}

/// Makes or updates categories and products, at most [`PRODUCTS_MAX`] with
/// [`IMPORT_VARIANTS_MAX`] variants.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Import {
    pub categories: Vec<NewCategory>,
    pub products: Vec<NewProduct>,
}

/// A line that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ImportError)]
pub struct LineError {
    /// In the file, from 1.
    pub line: u64,
    /// A stable word for programs.
    pub code: &'static str,
    /// A sentence for people.
    pub message: String,
}

impl Import {
    pub fn is_empty(&self) -> bool {
        self.products.is_empty() && self.categories.is_empty()
    }
}

impl LineError {
    pub fn new(line: u64, code: &'static str, message: impl Into<String>) -> Self {
        LineError { line, code, message: message.into() }
    }
}

/// What came of an import, or of several.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Imported {
    /// Products that are new.
    pub created: i64,
    /// Products that stood and of which anything was changed: a variant, an image or the stock too.
    pub updated: i64,
    /// Products that stood as the file tells of them.
    pub unchanged: i64,
    /// Images that the shop does not have: nothing is fetched from elsewhere.
    pub images_left_out: i64,
    /// Categories that are new.
    #[serde(skip)]
    pub categories: i64,
    /// Lines that were left out, at most 1,000.
    pub errors: Vec<LineError>,
}

impl Imported {
    /// Counts what came of a later part of the file, in which these lines had been `wrong` before.
    pub fn add(&mut self, later: Imported, wrong: Vec<LineError>) {
        self.created = self.created.saturating_add(later.created);
        self.updated = self.updated.saturating_add(later.updated);
        self.unchanged = self.unchanged.saturating_add(later.unchanged);
        self.categories = self.categories.saturating_add(later.categories);
        self.images_left_out = self.images_left_out.saturating_add(later.images_left_out);
        let mut errors = [wrong, later.errors].concat();
        errors.sort_by_key(|error| error.line);
        errors.into_iter().for_each(|error| self.name(error));
    }

    /// Names a wrong line, if it is not one too many.
    fn name(&mut self, error: LineError) {
        match self.errors.len().saturating_add(1) {
            last if last == ERRORS_MAX => {
                let message = format!("{ERRORS_MAX} lines are wrong: the rest was not read");
                self.errors.push(LineError::new(error.line, "too_many_errors", message));
            }
            few if few < ERRORS_MAX => self.errors.push(error),
            _ => {}
        }
    }

    /// Whether so many lines are wrong that it is no use to go on.
    pub fn is_hopeless(&self) -> bool {
        self.errors.len() >= ERRORS_MAX
    }

    /// Products that were taken.
    pub fn taken(&self) -> i64 {
        self.created.saturating_add(self.updated).saturating_add(self.unchanged)
    }
}

/// A product of a file, with its category and those above it, the topmost first.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub categories: Vec<NewCategory>,
    pub product: NewProduct,
}

/// Words in lower case with hyphens between them, as an address has them.
pub fn slug(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// The key of an image of ours, by its address here or the key itself.
pub fn image_key(address: &str) -> Option<&str> {
    let key = match address.rsplit_once("/api/v1/images/") {
        Some((host, key)) if host.is_empty() || host.starts_with("http") => key,
        Some(_) => return None,
        None => address,
    };
    let is_key = key.len() == 64 && key.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
    is_key.then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_we_serve_ourselves_is_an_image_of_ours() {
        let key = "0123456789abcdef".repeat(4);
        for address in [
            key.clone(),
            format!("/api/v1/images/{key}"),
            format!("https://shop.example/api/v1/images/{key}"),
        ] {
            assert_eq!(image_key(&address), Some(key.as_str()), "{address}");
        }
        for address in ["", "https://cdn.example/a.png", "/api/v1/images/a", &key.to_uppercase()] {
            assert_eq!(image_key(address), None, "{address}");
        }
    }

    #[test]
    fn a_thousand_errors_are_named_and_the_last_says_that_it_is() {
        let mut imported = Imported::default();
        (1..=1_200).for_each(|line| imported.name(LineError::new(line, "wrong", "it is")));

        assert!(imported.is_hopeless() && imported.errors.len() == ERRORS_MAX);
        let last = imported.errors.last().unwrap();
        assert_eq!((last.line, last.code), (1_000, "too_many_errors"));
    }
}
