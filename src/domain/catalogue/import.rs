//! Importing: whole products, made or brought up to date by slug and SKU.

use std::collections::BTreeMap;

use serde::Serialize;

use super::attribute::Value;
use crate::domain::money::Money;

/// A category to be made or brought up to date, by its slug.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCategory {
    pub slug: String,
    pub name: String,
    /// The slug of its parent, which stands before it in the list.
    pub parent: Option<String>,
}

/// A product to be made or brought up to date, by its slug.
#[derive(Debug, Clone, PartialEq)]
pub struct NewProduct {
    pub slug: String,
    pub name: String,
    /// Plain text.
    pub description: String,
    pub brand: Option<String>,
    /// The slug of a category that stands, or comes in the same import.
    pub category: String,
    pub attributes: BTreeMap<String, Value>,
    pub images: Vec<NewImage>,
    /// At least one.
    pub variants: Vec<NewVariant>,
}

/// An image; the store keeps it under the SHA-256 of its bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct NewImage {
    pub alt: String,
    pub width: i32,
    pub height: i32,
    pub content_type: &'static str,
    pub bytes: Vec<u8>,
}

/// A variant, by its SKU.
#[derive(Debug, Clone, PartialEq)]
pub struct NewVariant {
    pub sku: String,
    pub name: String,
    pub options: BTreeMap<String, String>,
    pub price: Money,
    pub compare_at_price: Option<Money>,
    pub on_hand: i64,
    pub weight_grams: i64,
}

/// Makes or updates categories and products; importing the same twice changes nothing. The stock
/// of a variant that stands is set to `on_hand`, never below what is reserved.
#[derive(Debug, Clone, Default)]
pub struct Import {
    pub categories: Vec<NewCategory>,
    pub products: Vec<NewProduct>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Imported {
    /// Products.
    pub created: i64,
    pub updated: i64,
}
