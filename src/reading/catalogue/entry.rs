//! A product as it is shown at one moment: what it says, its units, and the texts made of both.

use std::sync::{Arc, OnceLock};

use serde::Serialize;

use super::encoded::Encoded;
use crate::domain::{
    Error,
    catalogue::{
        Product,
        change::{Revision, Shown},
        rating::Rating,
        stock::{Level, Stock},
    },
    id::{ProductId, VariantId},
    money::Money,
};

/// A product at one moment. It never changes: what changes is which entry stands in its place.
#[derive(Debug)]
pub struct Entry {
    /// Its stock is that of some earlier moment: [`Entry::levels`] are those of this one.
    pub product: Arc<Product>,
    /// See [`Revision::number`].
    pub number: i64,
    /// Moves of the stock of variants that were taken out.
    past_moves: i64,
    /// Of its variants, in their order.
    levels: Box<[Level]>,
    body: OnceLock<Arc<Encoded>>,
}

impl Entry {
    /// The product of `revision`; of each variant the later one of its units there and in `known`.
    pub fn of(revision: &Revision, shown: Shown, known: Option<&Entry>) -> Self {
        let Shown { product, mut levels } = shown;
        let read: i64 = levels.iter().map(|level| level.version).sum();
        for level in &mut levels {
            let later = known.and_then(|it| it.level(level.variant));
            if let Some(later) = later.filter(|it| it.version > level.version) {
                *level = *later;
            }
        }
        Entry {
            product: Arc::new(product),
            number: revision.number,
            past_moves: revision.moves.saturating_sub(read),
            levels: levels.into(),
            body: OnceLock::new(),
        }
    }

    /// The same with the units of one variant as they are now; none where they are no later.
    pub fn with(&self, level: &Level) -> Option<Self> {
        let mut levels = self.levels.clone();
        let place = levels.iter_mut().find(|it| it.variant == level.variant)?;
        if level.version <= place.version {
            return None;
        }
        *place = *level;
        let (product, number, past_moves) =
            (Arc::clone(&self.product), self.number, self.past_moves);
        Some(Entry { product, number, past_moves, levels, body: OnceLock::new() })
    }

    /// The same with what `change` makes of what it says.
    pub fn changed(&self, change: impl FnOnce(&mut Product)) -> Self {
        let mut product = Product::clone(&self.product);
        change(&mut product);
        Entry {
            product: Arc::new(product),
            number: self.number,
            past_moves: self.past_moves,
            levels: self.levels.clone(),
            body: OnceLock::new(),
        }
    }

    fn level(&self, variant: VariantId) -> Option<&Level> {
        self.levels.iter().find(|level| level.variant == variant)
    }

    /// Whether any of it can be bought now.
    pub fn is_in_stock(&self) -> bool {
        self.levels.iter().any(|level| level.on_hand > level.reserved)
    }

    /// Units sold of all its variants.
    pub fn sold(&self) -> i64 {
        self.levels.iter().map(|level| level.sold).sum()
    }

    /// Rises with every change of it, whoever makes it, and is the same on all nodes.
    pub fn sequence(&self) -> i64 {
        let moves: i64 = self.levels.iter().map(|level| level.version).sum();
        self.number.saturating_add(self.past_moves).saturating_add(moves)
    }

    /// Its JSON, and whether it had been made before.
    pub fn body(&self) -> Result<(Arc<Encoded>, bool), Error> {
        if let Some(body) = self.body.get() {
            return Ok((Arc::clone(body), true));
        }
        let body = Arc::new(Encoded::of(&self.view())?);
        Ok((Arc::clone(self.body.get_or_init(|| body)), false))
    }

    /// As shoppers see it.
    pub fn view(&self) -> Product {
        let mut product = Product::clone(&self.product);
        for (variant, stock) in product.variants.iter_mut().zip(self.stocks()) {
            variant.stock = stock;
        }
        product
    }

    /// What those are told who follow it.
    pub fn live(&self) -> Live<'_> {
        let stocks = self.product.variants.iter().zip(self.stocks());
        let variants = stocks.map(|(variant, stock)| LiveVariant {
            id: variant.id,
            sku: &variant.sku,
            price: variant.price,
            compare_at_price: variant.compare_at_price,
            stock,
        });
        Live {
            id: self.product.id,
            version: self.product.version,
            available: self.is_in_stock(),
            price_from: self.product.price_from,
            rating: self.product.rating,
            variants: variants.collect(),
        }
    }

    fn stocks(&self) -> impl Iterator<Item = Stock> {
        self.product
            .variants
            .iter()
            .zip(&self.levels)
            .map(|(variant, level)| Stock::of(level.on_hand, level.reserved, variant.low_threshold))
    }
}

/// What changes of a product while somebody looks at it: the whole of it each time.
#[derive(Debug, Serialize)]
pub struct Live<'a> {
    id: ProductId,
    version: i64,
    /// Whether any of it can be bought now.
    available: bool,
    price_from: Money,
    rating: Rating,
    variants: Vec<LiveVariant<'a>>,
}

#[derive(Debug, Serialize)]
struct LiveVariant<'a> {
    id: VariantId,
    sku: &'a str,
    price: Money,
    compare_at_price: Option<Money>,
    stock: Stock,
}
