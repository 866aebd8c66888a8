//! Listings: which products, in which order, and how many there are of each sort.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::{id::ProductId, words::words};

/// The longest search text, in characters.
pub const QUERY_CHARS_MAX: usize = 100;
/// The most attributes that a filter names: each has to be counted apart.
pub const FILTER_NAMES_MAX: usize = 10;
/// The most values it gives for all of them.
pub const FILTER_VALUES_MAX: usize = 50;

words! {
    /// How a listing is ordered; each order ends on the product's id, so that no two are equal.
    Sort {
        /// What fits the search best comes first; without one, what is newest.
        Relevance = "relevance",
        Newest = "newest",
        PriceUp = "price",
        PriceDown = "-price",
        Rating = "rating",
        /// What was sold most comes first.
        Popular = "popular",
    }
}

/// Which products a listing shows: those that pass all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// What is searched for, trimmed; never empty.
    pub query: Option<String>,
    /// A slug; its descendants count too.
    pub category: Option<String>,
    /// Of [`price_from`](super::Product::price_from) in minor units, both ends included.
    pub price_min: Option<i64>,
    pub price_max: Option<i64>,
    pub in_stock: bool,
    /// By name the values of which a product must have one, as [`Value`](super::attribute::Value)
    /// shows them.
    pub attributes: BTreeMap<String, BTreeSet<String>>,
}

/// Where a page of a listing ended: the sort, the key of its last product in it, and its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListingKey {
    #[serde(rename = "s")]
    pub sort: Sort,
    #[serde(rename = "k")]
    pub key: i64,
    #[serde(rename = "i")]
    pub id: ProductId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FacetValue {
    pub value: String,
    pub count: i64,
}

/// An attribute with the values that the products of a listing have, the most frequent first. Its
/// counts are those that the listing would have without the filter by this attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Facet {
    pub name: String,
    /// Of its numbers, if it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    pub values: Vec<FacetValue>,
}
