//! Products as the shop's people see them, whatever their status: with what shoppers are not shown.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    CategoryRef, Status,
    attribute::Value,
    stock::{Stock, StockStatus},
};
use crate::domain::{
    id::{EventId, OrderId, ProductId, VariantId},
    money::Money,
};

/// The longest search text, in characters.
pub const QUERY_CHARS_MAX: usize = 100;

/// A product with all that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = AdminProduct)]
pub struct Record {
    pub id: ProductId,
    pub slug: String,
    pub name: String,
    /// Plain text.
    pub description: String,
    /// The same with its markup; null where it has none.
    pub description_html: Option<String>,
    pub brand: Option<String>,
    pub category: CategoryRef,
    pub attributes: BTreeMap<String, Value>,
    pub status: Status,
    /// The first one is the main one.
    pub images: Vec<RecordImage>,
    /// In their order, those that were taken out too.
    pub variants: Vec<RecordVariant>,
    /// Rises with each change; the `ETag` of the product.
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Record {
    /// Those that are in the shop, or will be once the product is.
    pub fn standing(&self) -> impl Iterator<Item = &RecordVariant> {
        self.variants.iter().filter(|it| it.removed_at.is_none())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = AdminImage)]
pub struct RecordImage {
    pub key: String,
    /// Below the server's root.
    pub url: String,
    pub alt: String,
    pub width: i32,
    pub height: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = AdminVariant)]
pub struct RecordVariant {
    pub id: VariantId,
    pub sku: String,
    pub name: String,
    pub options: BTreeMap<String, String>,
    pub price: Money,
    pub compare_at_price: Option<Money>,
    pub weight_grams: i64,
    /// At how many units or fewer a shopper is told to hurry.
    pub low_threshold: i64,
    /// Its place among the variants of the product.
    pub position: i32,
    pub stock: Held,
    /// Since when it is not sold any more.
    pub removed_at: Option<DateTime<Utc>>,
}

/// The units of a variant as the shop's people see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = AdminStock)]
pub struct Held {
    pub on_hand: i64,
    /// By unpaid orders.
    pub reserved: i64,
    pub available: i64,
    pub status: StockStatus,
}

impl Held {
    pub fn of(on_hand: i64, reserved: i64, low_threshold: i64) -> Self {
        let Stock { available, status } = Stock::of(on_hand, reserved, low_threshold);
        Held { on_hand, reserved, available, status }
    }
}

/// Which products are listed.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub status: Option<Status>,
    /// A slug; its descendants count too.
    pub category: Option<String>,
    /// What the name or a SKU begins with, in any case.
    pub query: Option<String>,
}

/// Where a page of products ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    #[serde(rename = "p")]
    pub id: ProductId,
}

/// Where a page of a ledger or of prices ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineKey {
    #[serde(rename = "l")]
    pub id: EventId,
}

/// What was asked for a variant from a moment on.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PriceSet {
    pub id: EventId,
    pub price: Money,
    pub compare_at_price: Option<Money>,
    pub at: DateTime<Utc>,
}

/// Units that came or went. The sum of all of a variant is what is on hand.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct StockMove {
    pub id: EventId,
    /// Negative where they went.
    pub units: i64,
    pub reason: String,
    /// The order that they were sold by, or came back from.
    pub order_id: Option<OrderId>,
    pub at: DateTime<Utc>,
}
