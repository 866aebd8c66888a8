//! How the shelves say what is on them, and how that becomes products.

use std::collections::BTreeMap;

use super::{
    attribute, draw,
    sketch::{Rgb, Sketch},
};
use crate::domain::{
    catalogue::{
        Status,
        attribute::Value,
        import::{Description, NewImage, NewProduct, NewVariant, Picture},
    },
    money::Money,
};

/// The products of one category.
pub struct Shelf {
    /// A slug of [`super::CATEGORIES`].
    pub category: &'static str,
    pub items: &'static [Item],
}

/// A product.
pub struct Item {
    pub slug: &'static str,
    pub name: &'static str,
    pub brand: &'static str,
    pub description: &'static str,
    /// As [`attribute::value`] reads them.
    pub attributes: &'static [(&'static str, &'static str)],
    /// Its picture, drawn in its own colour.
    pub sketch: &'static Sketch,
    pub colour: Rgb,
    pub offers: &'static [Offer],
}

/// A variant, begun with [`offer`].
#[derive(Clone, Copy)]
pub struct Offer {
    sku: &'static str,
    options: [Option<(&'static str, &'static str)>; 2],
    cents: i64,
    was_cents: Option<i64>,
    grams: i64,
    on_hand: i64,
}

/// A variant without options, of which there are 100.
pub const fn offer(sku: &'static str) -> Offer {
    Offer { sku, options: [None; 2], cents: 0, was_cents: None, grams: 0, on_hand: 100 }
}

impl Offer {
    pub const fn with(self, option: &'static str, value: &'static str) -> Self {
        let [first, _] = self.options;
        let options = match first {
            None => [Some((option, value)), None],
            Some(_) => [first, Some((option, value))],
        };
        Offer { options, ..self }
    }

    pub const fn colour(self, value: &'static str) -> Self {
        self.with("Colour", value)
    }

    pub const fn size(self, value: &'static str) -> Self {
        self.with("Size", value)
    }

    pub const fn cents(self, cents: i64) -> Self {
        Offer { cents, ..self }
    }

    /// The price before, for comparison.
    pub const fn was(self, cents: i64) -> Self {
        Offer { was_cents: Some(cents), ..self }
    }

    pub const fn grams(self, grams: i64) -> Self {
        Offer { grams, ..self }
    }

    pub const fn stock(self, on_hand: i64) -> Self {
        Offer { on_hand, ..self }
    }

    fn variant(self) -> NewVariant {
        let options = self.options.into_iter().flatten();
        let values: Vec<&str> = options.clone().map(|(_, value)| value).collect();
        NewVariant {
            line: 0,
            sku: self.sku.to_owned(),
            name: values.join(" / "),
            options: owned(options),
            price: Money::euros(self.cents),
            compare_at_price: Some(self.was_cents.map(Money::euros)),
            on_hand: Some(self.on_hand),
            weight_grams: Some(self.grams),
            low_threshold: None,
        }
    }
}

impl Item {
    pub fn product(&self, category: &str) -> NewProduct {
        let text = self.description.to_owned();
        NewProduct {
            line: 0,
            slug: self.slug.to_owned(),
            name: self.name.to_owned(),
            description: Some(Description { text, html: None }),
            brand: Some(Some(self.brand.to_owned())),
            category: Some(category.to_owned()),
            attributes: Some(self.values(category)),
            status: Some(Status::Published),
            images: Some(self.image().into_iter().collect()),
            variants: self.offers.iter().map(|offer| offer.variant()).collect(),
        }
    }

    fn values(&self, category: &str) -> BTreeMap<String, Value> {
        let said = self.attributes.iter();
        said.map(|(name, said)| ((*name).to_owned(), attribute::value(category, name, said)))
            .collect()
    }

    fn image(&self) -> Option<NewImage> {
        Some(NewImage {
            alt: format!("{}, drawn in flat colours", self.name),
            picture: Picture::New {
                width: draw::SIDE.into(),
                height: draw::SIDE.into(),
                content_type: "image/png",
                bytes: draw::picture(self.sketch, self.colour, hash(self.slug))?,
            },
        })
    }
}

/// FNV-1a: the same on every machine and in every release, which the standard hasher is not.
pub fn hash(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

fn owned(pairs: impl Iterator<Item = (&'static str, &'static str)>) -> BTreeMap<String, String> {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
