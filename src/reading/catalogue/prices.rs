//! Which products cost no more than so much, without looking at each of them.
//!
//! Prices fall into bands, each a fraction wider than the one below it. Of each band it is known
//! which products are in it or below; only those of the bands at the ends of a range are looked at.

use std::{collections::BTreeMap, sync::OnceLock};

use roaring::RoaringBitmap;

/// Bands between a price and its double, as a power of two: a band is a thirty-second wide.
const BANDS_BITS: u32 = 5;

/// Products by their prices; they are known by their slots.
#[derive(Debug, Default)]
pub struct Prices {
    bands: BTreeMap<u32, RoaringBitmap>,
    /// Of each band the products in it and below. Made when somebody first asks, so that a load
    /// does not pay for it, and kept true from then on.
    sums: OnceLock<BTreeMap<u32, RoaringBitmap>>,
}

impl Prices {
    pub fn add(&mut self, slot: u32, price: i64) {
        let band = band(price);
        self.bands.entry(band).or_default().insert(slot);
        let Some(sums) = self.sums.get_mut() else { return };
        if !sums.contains_key(&band) {
            let below = sums.range(..band).next_back();
            let below = below.map(|(_, sum)| sum.clone()).unwrap_or_default();
            sums.insert(band, below);
        }
        for (_, sum) in sums.range_mut(band..) {
            sum.insert(slot);
        }
    }

    pub fn remove(&mut self, slot: u32, price: i64) {
        let band = band(price);
        if let Some(products) = self.bands.get_mut(&band) {
            products.remove(slot);
        }
        let Some(sums) = self.sums.get_mut() else { return };
        for (_, sum) in sums.range_mut(band..) {
            sum.remove(slot);
        }
    }

    /// The products that cost at least `min` and at most `max`; `price` says what each costs.
    pub fn within(
        &self,
        min: Option<i64>,
        max: Option<i64>,
        price: impl Fn(u32) -> i64,
    ) -> RoaringBitmap {
        let all = || self.sums().last_key_value().map(|(_, sum)| sum.clone()).unwrap_or_default();
        let mut set = max.map_or_else(all, |max| self.up_to(max, &price));
        if let Some(below) = min.and_then(|min| min.checked_sub(1)) {
            set -= self.up_to(below, &price);
        }
        set
    }

    fn up_to(&self, max: i64, price: impl Fn(u32) -> i64) -> RoaringBitmap {
        let band = band(max);
        let below = self.sums().range(..band).next_back();
        let mut set = below.map(|(_, sum)| sum.clone()).unwrap_or_default();
        if let Some(edge) = self.bands.get(&band) {
            set.extend(edge.iter().filter(|slot| price(*slot) <= max));
        }
        set
    }

    fn sums(&self) -> &BTreeMap<u32, RoaringBitmap> {
        self.sums.get_or_init(|| {
            let mut sum = RoaringBitmap::new();
            let so_far = |(band, products): (&u32, &RoaringBitmap)| {
                sum |= products;
                (*band, sum.clone())
            };
            self.bands.iter().map(so_far).collect()
        })
    }
}

/// The band of a price: of two prices the higher one is in no lower band.
fn band(price: i64) -> u32 {
    let price = u64::try_from(price).unwrap_or(0).saturating_add(1);
    let doublings = price.ilog2();
    let above = price ^ (1 << doublings);
    let fine = match doublings.checked_sub(BANDS_BITS) {
        Some(more) => above >> more,
        None => above << BANDS_BITS.saturating_sub(doublings),
    };
    (doublings << BANDS_BITS).saturating_add(u32::try_from(fine).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng, rngs::StdRng};

    use super::*;

    #[test]
    fn a_higher_price_is_in_no_lower_band() {
        let prices = (0..5_000).chain([1 << 20, (1 << 20) + 1, i64::MAX >> 6, i64::MAX]);
        let bands: Vec<u32> = prices.map(band).collect();
        assert!(bands.is_sorted());
        assert_eq!((band(-1), band(0)), (0, 0));
    }

    #[test]
    fn a_range_holds_what_a_look_at_each_finds() {
        let dice = &mut StdRng::seed_from_u64(5);
        let (mut prices, mut all) = (Prices::default(), BTreeMap::new());
        for _ in 0..2_000 {
            let (slot, price) = (dice.random_range(0..300), dice.random_range(0..3_000));
            match all.remove(&slot) {
                Some(old) => prices.remove(slot, old),
                None => {
                    prices.add(slot, price);
                    all.insert(slot, price);
                }
            }
            let bound =
                |dice: &mut StdRng| dice.random_bool(0.8).then(|| dice.random_range(0..3_000));
            let (min, max) = (bound(dice), bound(dice));

            let set = prices.within(min, max, |slot| all[&slot]);

            let fits = |price: &i64| {
                min.is_none_or(|it| *price >= it) && max.is_none_or(|it| *price <= it)
            };
            let due: RoaringBitmap =
                all.iter().filter(|(_, price)| fits(price)).map(|(slot, _)| *slot).collect();
            assert_eq!(set, due, "{min:?} {max:?}");
        }
    }
}
