//! Which products have which value of which attribute, and how many there are of each in a set.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use roaring::RoaringBitmap;
use smallvec::SmallVec;

use crate::domain::catalogue::{
    attribute::Value,
    listing::{Facet, FacetValue},
};

/// The most values of one attribute that a listing shows: those that occur most often.
pub const VALUES_MAX: usize = 100;
/// How many values of a product are kept beside those of its neighbours, where they are looked
/// through quickly.
const VALUES_INLINE: usize = 6;
/// How many products can be looked through in the time in which those of a value are compared with
/// a set.
const LOOKS_OF_A_VALUE: u64 = 1_000;

/// The values of all attributes. Products are known by their slots.
#[derive(Debug, Default)]
pub struct Facets {
    names: BTreeMap<String, Name>,
    /// Of each value the products that have it, by its id.
    values: Vec<RoaringBitmap>,
    /// Of each product the ids of its values, by slot.
    products: Vec<SmallVec<[u32; VALUES_INLINE]>>,
}

#[derive(Debug, Default)]
struct Name {
    unit: Option<String>,
    /// The ids of its values, by what they are shown as.
    ids: HashMap<String, u32>,
}

impl Facets {
    /// What the product of `slot` says from now on.
    pub fn set(&mut self, slot: u32, attributes: &BTreeMap<String, Value>) {
        self.clear(slot);
        let ids: SmallVec<[u32; VALUES_INLINE]> =
            attributes.iter().map(|(name, value)| self.id(name, value)).collect();
        for id in &ids {
            if let Some(products) = self.values.get_mut(place(*id)) {
                products.insert(slot);
            }
        }
        let at = place(slot);
        if self.products.len() <= at {
            self.products.resize_with(at.saturating_add(1), SmallVec::new);
        }
        if let Some(of) = self.products.get_mut(at) {
            *of = ids;
        }
    }

    /// The product of `slot` says nothing any more.
    pub fn clear(&mut self, slot: u32) {
        let Some(ids) = self.products.get_mut(place(slot)).map(std::mem::take) else { return };
        for id in ids {
            if let Some(products) = self.values.get_mut(place(id)) {
                products.remove(slot);
            }
        }
    }

    fn id(&mut self, name: &str, value: &Value) -> u32 {
        let of = self.names.entry(name.to_owned()).or_default();
        if let Some(unit) = value.unit() {
            of.unit = Some(unit.to_owned());
        }
        *of.ids.entry(value.to_string()).or_insert_with(|| {
            let id = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
            self.values.push(RoaringBitmap::new());
            id
        })
    }

    /// The products that have one of `values` of the attribute.
    pub fn any(&self, name: &str, values: &BTreeSet<String>) -> RoaringBitmap {
        let Some(of) = self.names.get(name) else { return RoaringBitmap::new() };
        let ids = values.iter().filter_map(|value| of.ids.get(value));
        let products = ids.filter_map(|id| self.values.get(place(*id)));
        products.fold(RoaringBitmap::new(), |all, of| all | of)
    }

    /// How often each value occurs: of most attributes among `set`, of those that are among
    /// `apart` in the set that is given there.
    pub fn count(&self, set: &RoaringBitmap, apart: &BTreeMap<&str, RoaringBitmap>) -> Vec<Facet> {
        let counts = self.looked_through(set, self.values.len());
        let facets = self.names.iter().filter_map(|(name, of)| {
            let values = match apart.get(name.as_str()) {
                Some(set) => self.values(of, set, &self.looked_through(set, of.ids.len())),
                None => self.values(of, set, &counts),
            };
            let (name, unit) = (name.clone(), of.unit.clone());
            (!values.is_empty()).then_some(Facet { name, unit, values })
        });
        facets.collect()
    }

    fn values(
        &self,
        name: &Name,
        set: &RoaringBitmap,
        counts: &Option<Vec<i64>>,
    ) -> Vec<FacetValue> {
        match counts {
            Some(counts) => shown(name, |id| counts.get(place(id)).copied()),
            None => self.compared(name, set),
        }
    }

    /// The counts of all values, by id, where it is quicker to go through the products of `set` than
    /// through so many `values`.
    fn looked_through(&self, set: &RoaringBitmap, values: usize) -> Option<Vec<i64>> {
        let values = u64::try_from(values).unwrap_or(u64::MAX);
        if set.len() > values.saturating_mul(LOOKS_OF_A_VALUE) {
            return None;
        }
        let mut counts = vec![0_i64; self.values.len()];
        for slot in set {
            for id in self.products.get(place(slot)).into_iter().flatten() {
                if let Some(count) = counts.get_mut(place(*id)) {
                    *count = count.saturating_add(1);
                }
            }
        }
        Some(counts)
    }

    fn compared(&self, name: &Name, set: &RoaringBitmap) -> Vec<FacetValue> {
        let count =
            |of: &RoaringBitmap| i64::try_from(of.intersection_len(set)).unwrap_or(i64::MAX);
        shown(name, |id| self.values.get(place(id)).map(count))
    }
}

/// The values of an attribute that occur, the most frequent first.
fn shown(name: &Name, count: impl Fn(u32) -> Option<i64>) -> Vec<FacetValue> {
    let counted = name.ids.iter().filter_map(|(value, id)| Some((Reverse(count(*id)?), value)));
    let mut counted: Vec<(Reverse<i64>, &String)> = counted.filter(|(it, _)| it.0 > 0).collect();
    counted.sort_unstable();
    let value = |(count, value): (Reverse<i64>, &String)| FacetValue {
        value: value.clone(),
        count: count.0,
    };
    counted.into_iter().take(VALUES_MAX).map(value).collect()
}

/// Where something stands in a list; a machine has at least 32 bits.
fn place(id: u32) -> usize {
    usize::try_from(id).unwrap_or(usize::MAX)
}
