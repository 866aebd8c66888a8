//! What is for sale: categories, products, their variants, and the stock of each.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    Error,
    id::{CategoryId, ProductId, VariantId},
    money::Money,
};

/// The most units that can be on hand of one variant.
pub const ON_HAND_MAX: i64 = 1_000_000_000;
/// The most variants of one product.
pub const VARIANTS_MAX: usize = 100;
pub const REASON_CHARS_MAX: usize = 200;
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

#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Rating {
    /// In stars, 0 where nobody has rated.
    pub average: i32,
    pub count: i64,
}

/// How the stock of a variant stands, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StockStatus {
    InStock,
    Low,
    OutOfStock,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Stock {
    /// On hand, less what unpaid orders and holds have reserved.
    pub available: i64,
    pub status: StockStatus,
}

impl Stock {
    pub fn of(on_hand: i64, reserved: i64, low_threshold: i64) -> Self {
        let available = on_hand.saturating_sub(reserved).max(0);
        let status = match available {
            0 => StockStatus::OutOfStock,
            few if few <= low_threshold => StockStatus::Low,
            _ => StockStatus::InStock,
        };
        Stock { available, status }
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
    pub stock: Stock,
}

/// A product as the shopper sees it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Product {
    pub id: ProductId,
    pub slug: String,
    pub name: String,
    pub description: String,
    pub brand: Option<String>,
    pub category: CategoryRef,
    pub attributes: BTreeMap<String, String>,
    pub images: Vec<Image>,
    pub rating: Rating,
    pub price_from: Money,
    pub variants: Vec<Variant>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
}

/// How a listing is ordered; each order ends on the product's id, so that no two are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, utoipa::ToSchema)]
pub enum Sort {
    #[default]
    #[serde(rename = "newest")]
    Newest,
    #[serde(rename = "price")]
    PriceUp,
    #[serde(rename = "-price")]
    PriceDown,
}

/// Which products a listing shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// All of its words begin a word of the name.
    pub query: Option<String>,
    /// A slug; its descendants count too.
    pub category: Option<String>,
    /// In minor units, both ends included.
    pub price_min: Option<i64>,
    pub price_max: Option<i64>,
    pub in_stock: bool,
    pub sort: Sort,
}

/// Where a page of a listing ended: the sort key of its last product, and its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListingKey {
    pub price: i64,
    pub id: ProductId,
}

#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct FacetValue {
    pub value: String,
    pub count: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Facet {
    pub name: String,
    pub values: Vec<FacetValue>,
}

/// A page of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    pub items: Vec<Product>,
    pub next: Option<ListingKey>,
    pub total: i64,
    pub facets: Vec<Facet>,
}

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
    pub attributes: BTreeMap<String, String>,
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

/// How an admin changes the stock of a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockChange {
    /// The units that can be sold from now on: what is reserved stays reserved beside them.
    Set(i64),
    /// Units more, or fewer.
    Adjust(i64),
}

impl StockChange {
    /// The units on hand after the change. `Set` counts what can be sold, so units that unpaid
    /// orders have reserved are added to it; `Adjust` may not take what is reserved.
    pub fn apply(self, on_hand: i64, reserved: i64) -> Result<i64, Error> {
        let after = match self {
            StockChange::Set(units) => units.saturating_add(reserved),
            StockChange::Adjust(units) => on_hand.saturating_add(units),
        };
        if after < reserved {
            let refusal = super::error::Refusal::new(
                "stock_reserved",
                "unpaid orders have reserved more than would be left",
            );
            return Err(refusal.with("available", on_hand.saturating_sub(reserved)).into());
        }
        if after > ON_HAND_MAX {
            return Err(Error::conflict("stock_too_large", "that is more than a shop can hold"));
        }
        Ok(after)
    }
}

/// Changes the stock of a variant, with the reason in its ledger.
#[derive(Debug, Clone)]
pub struct ChangeStock {
    pub variant: VariantId,
    pub change: StockChange,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct StockLevel {
    pub variant_id: VariantId,
    pub on_hand: i64,
    pub reserved: i64,
    pub available: i64,
}

impl StockLevel {
    pub fn of(variant_id: VariantId, on_hand: i64, reserved: i64) -> Self {
        let available = on_hand.saturating_sub(reserved);
        StockLevel { variant_id, on_hand, reserved, available }
    }
}

/// What came of a [`ChangeStock`].
#[derive(Debug, Clone, PartialEq)]
pub struct StockChanged {
    pub before: StockLevel,
    pub after: StockLevel,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stock_that_is_set_can_all_be_sold() {
        assert_eq!(StockChange::Set(100).apply(7, 3).unwrap(), 103);
    }

    #[test]
    fn an_adjustment_never_takes_what_is_reserved() {
        assert_eq!(StockChange::Adjust(-4).apply(7, 3).unwrap(), 3);
        assert!(StockChange::Adjust(-5).apply(7, 3).is_err());
        assert!(StockChange::Adjust(i64::MIN).apply(7, 3).is_err());
    }

    #[test]
    fn a_band_follows_what_is_available() {
        let band = |on_hand, reserved| Stock::of(on_hand, reserved, 5).status;
        assert_eq!(band(10, 0), StockStatus::InStock);
        assert_eq!(band(10, 5), StockStatus::Low);
        assert_eq!(band(10, 10), StockStatus::OutOfStock);
    }
}
