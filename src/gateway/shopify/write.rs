//! Products as Shopify would export them, so that it and [`Products`](super::Products) read them.
//!
//! What the format has no place for: attributes, the threshold below which stock is low, the
//! categories above a product's own, a variant's name where it is not that of its options, and the
//! difference between a description and its HTML.

use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};

use super::row::runs;
use crate::{
    domain::{
        catalogue::{
            Status,
            import::{Entry, NewCategory, NewImage, NewVariant, OPTIONS_MAX, Picture, slug},
        },
        money::Money,
    },
    gateway::html,
};

const COLUMNS: [&str; 28] = [
    "Handle",
    "Title",
    "Body (HTML)",
    "Vendor",
    "Type",
    "Tags",
    "Published",
    "Option1 Name",
    "Option1 Value",
    "Option2 Name",
    "Option2 Value",
    "Option3 Name",
    "Option3 Value",
    "Variant SKU",
    "Variant Grams",
    "Variant Inventory Tracker",
    "Variant Inventory Qty",
    "Variant Inventory Policy",
    "Variant Fulfillment Service",
    "Variant Price",
    "Variant Compare At Price",
    "Variant Requires Shipping",
    "Variant Taxable",
    "Variant Weight Unit",
    "Image Src",
    "Image Position",
    "Image Alt Text",
    "Status",
];

/// Writes the names of the columns.
pub fn head(into: impl Write) -> io::Result<()> {
    let mut writer = writer(into);
    writer.write_record(COLUMNS)?;
    writer.flush()
}

/// Writes the lines of a product: one for each variant or image, whichever are more.
pub fn product(entry: &Entry, into: impl Write) -> io::Result<()> {
    let mut writer = writer(into);
    let product = &entry.product;
    let images = product.images.as_deref().unwrap_or_default();
    let names = option_names(&product.variants);
    for at in 0..product.variants.len().max(images.len()).max(1) {
        let mut row = Row::of(&product.slug);
        if at == 0 {
            row.describe(entry);
            names.iter().zip(OPTIONS).for_each(|(name, (column, _))| row.put(column, name));
        }
        if let Some(variant) = product.variants.get(at) {
            row.sell(variant, &names, at == 0);
        }
        if let Some(image) = images.get(at) {
            row.show(image, at.saturating_add(1));
        }
        writer.write_record(row.0)?;
    }
    writer.flush()
}

fn writer<W: Write>(into: W) -> Writer<W> {
    WriterBuilder::new().terminator(Terminator::CRLF).from_writer(into)
}

const OPTIONS: [(&str, &str); OPTIONS_MAX] = [
    ("Option1 Name", "Option1 Value"),
    ("Option2 Name", "Option2 Value"),
    ("Option3 Name", "Option3 Value"),
];

/// The names of the options in the order in which the variants are named by them.
fn option_names(variants: &[NewVariant]) -> Vec<&str> {
    let Some(first) = variants.first() else { return Vec::new() };
    let place = |value: &str| first.name.split(" / ").position(|it| it == value);
    let mut options: Vec<(&str, &str)> =
        first.options.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    options.sort_by_key(|(_, value)| place(value));
    options.into_iter().map(|(name, _)| name).collect()
}

/// The fields of one line, in the order of [`COLUMNS`].
struct Row([String; COLUMNS.len()]);

impl Row {
    fn of(slug: &str) -> Self {
        let mut row = Row(Default::default());
        row.put("Handle", slug);
        row
    }

    /// Sets a field that holds somebody's words.
    fn put(&mut self, column: &str, text: &str) {
        self.set(column, guarded(text));
    }

    fn set(&mut self, column: &str, text: String) {
        let place = COLUMNS.iter().position(|it| *it == column);
        if let Some(field) = place.and_then(|at| self.0.get_mut(at)) {
            *field = text;
        }
    }

    fn describe(&mut self, Entry { categories, product }: &Entry) {
        let status = product.status.unwrap_or(Status::Published);
        let (word, is_published) = match status {
            Status::Draft => ("draft", false),
            Status::Published => ("active", true),
            Status::Archived => ("archived", false),
        };
        self.put("Title", &product.name);
        if let Some(described) = &product.description {
            let body = described.html.clone();
            self.put("Body (HTML)", &body.unwrap_or_else(|| html::escaped(&described.text)));
        }
        self.put("Vendor", product.brand.iter().flatten().map(String::as_str).next().unwrap_or(""));
        self.put("Type", categories.last().map_or("", kind));
        self.set("Published", is_published.to_string());
        self.set("Status", word.to_owned());
    }

    fn sell(&mut self, variant: &NewVariant, names: &[&str], is_first: bool) {
        let (name, value) = OPTIONS[0];
        if variant.options.is_empty() {
            if is_first {
                self.set(name, "Title".to_owned());
            }
            self.set(value, "Default Title".to_owned());
        }
        for (name, (_, column)) in names.iter().zip(OPTIONS) {
            self.put(column, variant.options.get(*name).map_or("", String::as_str));
        }
        self.put("Variant SKU", &variant.sku);
        self.set("Variant Price", decimal(variant.price));
        let was = variant.compare_at_price.flatten().filter(|it| it.amount > variant.price.amount);
        self.set("Variant Compare At Price", was.map(decimal).unwrap_or_default());
        let number = |it: Option<i64>| it.map(|it| it.to_string()).unwrap_or_default();
        self.set("Variant Grams", number(variant.weight_grams));
        self.set("Variant Inventory Qty", number(variant.on_hand));
        for (column, word) in [
            ("Variant Inventory Tracker", "shopify"),
            ("Variant Inventory Policy", "deny"),
            ("Variant Fulfillment Service", "manual"),
            ("Variant Requires Shipping", "true"),
            ("Variant Taxable", "true"),
            ("Variant Weight Unit", "g"),
        ] {
            self.set(column, word.to_owned());
        }
    }

    fn show(&mut self, image: &NewImage, position: usize) {
        if let Picture::Kept(key) = &image.picture {
            self.set("Image Src", format!("/api/v1/images/{key}"));
            self.set("Image Position", position.to_string());
            self.put("Image Alt Text", &image.alt);
        }
    }
}

/// What names the category so that it is found again: its name, if that leads to its slug.
fn kind(category: &NewCategory) -> &str {
    if slug(&category.name) == category.slug { &category.name } else { &category.slug }
}

/// With two decimals and a point.
fn decimal(money: Money) -> String {
    format!("{}.{:02}", money.amount / 100, money.amount % 100)
}

/// The text as a spreadsheet may open it: what would be a formula gets an apostrophe before it,
/// which the import takes away again.
pub fn guarded(text: &str) -> String {
    if runs(text) { format!("'{text}") } else { text.to_owned() }
}
