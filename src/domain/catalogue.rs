//! What is for sale: categories, products and their variants, as shoppers see them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use self::{attribute::Value, rating::Rating, stock::Stock};
use super::{
    id::{CategoryId, ProductId, VariantId},
    money::Money,
    words::words,
};

pub mod attribute;
pub mod category;
pub mod change;
pub mod edit;
pub mod import;
pub mod listing;
pub mod rating;
pub mod record;
pub mod slug;
pub mod step;
pub mod stock;
pub mod typed;
pub mod variant;

/// The most variants of one product.
pub const VARIANTS_MAX: usize = 100;
/// The longest search text, in characters.
pub const QUERY_CHARS_MAX: usize = 100;

/// A category with what is below it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Category {
    pub id: CategoryId,
    pub slug: String,
    pub name: String,
    pub parent_id: Option<CategoryId>,
    /// Published products in it and below it.
    pub product_count: i64,
    #[schema(no_recursion)]
    pub children: Vec<Category>,
}

/// The category of a product, as the product shows it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct CategoryRef {
    pub id: CategoryId,
    pub slug: String,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Image {
    /// Below the server's root.
    pub url: String,
    pub alt: String,
    pub width: i32,
    pub height: i32,
}

words! {
    /// Whether a product is in the shop: only what is published can be found or bought.
    #[schema(as = ProductStatus)]
    Status {
        Draft = "draft",
        Published = "published",
        Archived = "archived",
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Variant {
    pub id: VariantId,
    pub sku: String,
    pub name: String,
    pub options: BTreeMap<String, String>,
    pub price: Money,
    pub compare_at_price: Option<Money>,
    pub weight_grams: i64,
    pub stock: Stock,
    /// At how many units or fewer a shopper is told to hurry.
    #[serde(skip)]
    pub low_threshold: i64,
}

/// A product as the shopper sees it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Product {
    pub id: ProductId,
    pub slug: String,
    pub name: String,
    /// Plain text.
    pub description: String,
    /// The same with its markup, which is harmless; null where it has none.
    pub description_html: Option<String>,
    pub brand: Option<String>,
    pub category: CategoryRef,
    pub attributes: BTreeMap<String, Value>,
    pub images: Vec<Image>,
    #[schema(value_type = rating::Shown)]
    pub rating: Rating,
    pub price_from: Money,
    pub variants: Vec<Variant>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
}
