//! What a transaction changed of the catalogue, whole and as it stands after the commit.
//!
//! Each part has a number that rises with every change of it, whoever makes it: of two readings
//! the one with the higher number is the later one, in whatever order they arrive.

use super::{CategoryRef, Product, attribute::Definition, stock::Level};
use crate::domain::id::{CategoryId, ProductId};

/// What changed in one transaction.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    pub products: Vec<Revision>,
    pub levels: Vec<Level>,
    pub tree: Option<Tree>,
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        self.products.is_empty() && self.levels.is_empty() && self.tree.is_none()
    }
}

/// A product as it was at one moment.
#[derive(Debug, Clone)]
pub struct Revision {
    pub id: ProductId,
    /// Rises with each change of the product and with each rating of it.
    pub number: i64,
    /// Rises with each change of the stock of any variant that it has or had.
    pub moves: i64,
    /// None where it is not published.
    pub shown: Option<Shown>,
}

/// A product that is published, with the units of its variants in their order.
#[derive(Debug, Clone)]
pub struct Shown {
    pub product: Product,
    pub levels: Vec<Level>,
}

/// All categories as they were at one moment.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// Rises with each change of any category.
    pub version: i64,
    /// Those with one parent are in their order.
    pub nodes: Vec<Node>,
}

/// A category of the [`Tree`].
#[derive(Debug, Clone)]
pub struct Node {
    pub category: CategoryRef,
    pub parent: Option<CategoryId>,
    /// Its own; those above it add theirs.
    pub attributes: Vec<Definition>,
}
