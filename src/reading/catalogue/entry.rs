//! A product as it is shown at one moment: what it says, its units, and the texts made of both.

use std::sync::{Arc, OnceLock};

use bytestring::ByteString;
use serde::Serialize;

use super::encoded::Encoded;
use crate::domain::{
    Error,
    catalogue::{
        Product,
        change::Shown,
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
    /// See [`Revision::number`](crate::domain::catalogue::change::Revision::number).
    pub number: i64,
    /// How often the stock of its variants has changed, of those that were taken out too: it never
    /// falls, whatever was read last.
    moves: i64,
    /// Of its variants, in their order.
    levels: Box<[Level]>,
    body: OnceLock<Arc<Encoded>>,
    live: OnceLock<ByteString>,
}

impl Entry {
    /// The product of a revision with this number and these moves; of each variant the later one of its units there and in `known`.
    /// Its stock had moved `moved` times already, as far as was known here.
    pub fn of(
        (number, mut moves): (i64, i64),
        shown: Shown,
        known: Option<&Entry>,
        moved: i64,
    ) -> Self {
        let Shown { product, mut levels } = shown;
        for level in &mut levels {
            let later = known.and_then(|it| it.level(level.variant));
            if let Some(later) = later.filter(|it| it.version > level.version) {
                moves = moves.saturating_add(later.version.saturating_sub(level.version));
                *level = *later;
            }
        }
        Entry::new(Arc::new(product), number, moves.max(moved), levels.into())
    }

    fn new(product: Arc<Product>, number: i64, moves: i64, levels: Box<[Level]>) -> Self {
        Entry { product, number, moves, levels, body: OnceLock::new(), live: OnceLock::new() }
    }

    /// The same with the units of one variant as they are now; none where they are no later.
    pub fn with(&self, level: &Level) -> Option<Self> {
        let mut levels = self.levels.clone();
        let place = levels.iter_mut().find(|it| it.variant == level.variant)?;
        if level.version <= place.version {
            return None;
        }
        let moves = self.moves.saturating_add(level.version.saturating_sub(place.version));
        *place = *level;
        Some(Entry::new(Arc::clone(&self.product), self.number, moves, levels))
    }

    /// The same with what `change` makes of what it says.
    pub fn changed(&self, change: impl FnOnce(&mut Product)) -> Self {
        let mut product = Product::clone(&self.product);
        change(&mut product);
        Entry::new(Arc::new(product), self.number, self.moves, self.levels.clone())
    }

    /// See [`Entry::sequence`].
    pub fn moves(&self) -> i64 {
        self.moves
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

    /// Rises with every change of it, whoever makes it, and is the same on all nodes that have read the
    /// same.
    pub fn sequence(&self) -> i64 {
        self.number.saturating_add(self.moves)
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

    /// The JSON of what those are told who follow it.
    pub fn live(&self) -> Result<ByteString, Error> {
        if let Some(live) = self.live.get() {
            return Ok(live.clone());
        }
        let live = serde_json::to_string(&self.state()).map_err(Error::internal("writing JSON"))?;
        Ok(self.live.get_or_init(|| live.into()).clone())
    }

    fn state(&self) -> Live<'_> {
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
struct Live<'a> {
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
