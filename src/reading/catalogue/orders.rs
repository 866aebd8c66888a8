//! The products in each order that a listing can have, and the page of one that follows a key.
//!
//! Each order ends on the product's id, so that no two are equal, and a key stays where it is
//! while other products come and go.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Included, Unbounded},
};

use roaring::RoaringBitmap;

use super::{entry::Entry, place, prices::Prices};
use crate::domain::catalogue::listing::Sort;

/// A place in an order: what it goes by, then the id of the product.
pub type Key = (i64, u128);

/// What a product is ordered by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Keys {
    id: u128,
    price: i64,
    /// By the average, then by how many rated.
    rating: i64,
    sold: i64,
}

impl Keys {
    fn of(entry: &Entry) -> Self {
        let rating = entry.product.rating;
        let count = rating.count().clamp(0, i64::from(u32::MAX));
        Keys {
            id: entry.product.id.uuid().as_u128(),
            price: entry.product.price_from.amount,
            rating: rating.average_hundredths().saturating_mul(1 << 32).saturating_add(count),
            sold: entry.sold(),
        }
    }

    fn all(self) -> [Key; 4] {
        [self.price, self.rating, self.sold, 0].map(|key| (key, self.id))
    }
}

/// All products, known by their slots, in each order from the lowest key to the highest.
#[derive(Debug, Default)]
pub struct Orders {
    /// By slot; those of a product that is gone stay.
    keys: Vec<Keys>,
    /// By price, rating, units sold, and age.
    orders: [BTreeMap<Key, u32>; 4],
    prices: Prices,
}

impl Orders {
    /// The product of `slot` is this one from now on; `was` it there before?
    pub fn set(&mut self, slot: u32, entry: &Entry, was: bool) {
        let (at, keys) = (place(slot), Keys::of(entry));
        if self.keys.len() <= at {
            self.keys.resize(at.saturating_add(1), Keys::default());
        }
        let Some(of) = self.keys.get_mut(at) else { return };
        let old = std::mem::replace(of, keys);
        if was && old.price != keys.price {
            self.prices.remove(slot, old.price);
        }
        if !was || old.price != keys.price {
            self.prices.add(slot, keys.price);
        }
        for ((order, old), new) in self.orders.iter_mut().zip(old.all()).zip(keys.all()) {
            if was && old != new {
                order.remove(&old);
            }
            if !was || old != new {
                order.insert(new, slot);
            }
        }
    }

    pub fn remove(&mut self, slot: u32) {
        let Some(keys) = self.keys.get(place(slot)) else { return };
        self.prices.remove(slot, keys.price);
        for (order, key) in self.orders.iter_mut().zip(keys.all()) {
            order.remove(&key);
        }
    }

    pub fn id(&self, slot: u32) -> u128 {
        self.keys.get(place(slot)).map_or(0, |keys| keys.id)
    }

    /// The products whose price is at least `min` and at most `max`.
    pub fn priced(&self, min: Option<i64>, max: Option<i64>) -> RoaringBitmap {
        self.prices.within(min, max, |slot| self.price(slot))
    }

    fn price(&self, slot: u32) -> i64 {
        self.keys.get(place(slot)).map_or(0, |keys| keys.price)
    }

    /// The first `limit` products of `set` after `after`, each with its key. All of `set` cost what
    /// `prices` allow, so that an order by price need not be gone through from its very end.
    pub fn page(
        &self,
        sort: Sort,
        set: &RoaringBitmap,
        after: Option<Key>,
        limit: usize,
        prices: (Option<i64>, Option<i64>),
    ) -> Vec<(Key, u32)> {
        let [price, rating, sold, age] = &self.orders;
        let (min, max) = prices;
        let (order, key, up, end): (_, fn(&Keys) -> i64, _, Option<Key>) = match sort {
            Sort::PriceUp => (price, |it| it.price, true, min.map(|min| (min, 0))),
            Sort::PriceDown => (price, |it| it.price, false, max.map(|max| (max, u128::MAX))),
            Sort::Rating => (rating, |it| it.rating, false, None),
            Sort::Popular => (sold, |it| it.sold, false, None),
            Sort::Newest | Sort::Relevance => (age, |_| 0, false, None),
        };
        let start = match (after, end) {
            (Some(after), _) => Excluded(after),
            (None, Some(end)) => Included(end),
            (None, None) => Unbounded,
        };
        let found = if up {
            walk(order.range((start, Unbounded)), set, limit)
        } else {
            walk(order.range((Unbounded, start)).rev(), set, limit)
        };
        found.unwrap_or_else(|| {
            let keyed = set.iter().filter_map(|slot| {
                let keys = self.keys.get(place(slot))?;
                Some(((key(keys), keys.id), slot))
            });
            first(keyed, up, after, limit)
        })
    }
}

/// Goes along an order and takes what is in `set`; none where that would take longer than to look at
/// each of `set`: what is wanted may all be at the other end.
fn walk<'o>(
    order: impl Iterator<Item = (&'o Key, &'o u32)>,
    set: &RoaringBitmap,
    limit: usize,
) -> Option<Vec<(Key, u32)>> {
    let (mut found, mut steps_left) = (Vec::with_capacity(limit), set.len());
    for (key, slot) in order {
        if found.len() == limit {
            break;
        }
        if set.contains(*slot) {
            found.push((*key, *slot));
        }
        steps_left = steps_left.checked_sub(1)?;
    }
    Some(found)
}

/// The first `limit` of `keyed`, in the order of their keys, that come after `after`.
pub fn first(
    keyed: impl Iterator<Item = (Key, u32)>,
    up: bool,
    after: Option<Key>,
    limit: usize,
) -> Vec<(Key, u32)> {
    let is_after = |(key, _): &(Key, u32)| match after {
        None => true,
        Some(after) if up => *key > after,
        Some(after) => *key < after,
    };
    let mut all: Vec<(Key, u32)> = keyed.filter(is_after).collect();
    let compare = |a: &(Key, u32), b: &(Key, u32)| if up { a.cmp(b) } else { b.cmp(a) };
    if limit < all.len() {
        all.select_nth_unstable_by(limit, compare);
        all.truncate(limit);
    }
    all.sort_unstable_by(compare);
    all
}
