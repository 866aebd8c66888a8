//! Which products have which value of which attribute, and how many there are of each in a set.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use roaring::RoaringBitmap;
use smallvec::SmallVec;

use super::place;
use crate::domain::catalogue::{
    attribute::Value,
    listing::{Facet, FacetValue},
};

/// The most values of one attribute that a listing shows: those that occur most often.
pub const VALUES_MAX: usize = 100;
/// The most attributes that a listing shows: those of which a value occurs most often.
pub const NAMES_MAX: usize = 50;
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
    /// The values, by their ids.
    values: Vec<Held>,
    /// Ids of values that no product has any more.
    free: Vec<u32>,
    /// Of each product the ids of its values, by slot.
    products: Vec<SmallVec<[u32; VALUES_INLINE]>>,
}

#[derive(Debug, Default)]
struct Name {
    unit: Option<String>,
    /// The ids of its values, by what they are shown as.
    ids: HashMap<String, u32>,
}

/// A value of an attribute.
#[derive(Debug)]
struct Held {
    name: String,
    value: String,
    /// Those that have it.
    products: RoaringBitmap,
}

impl Facets {
    /// What the product of `slot` says from now on.
    pub fn set(&mut self, slot: u32, attributes: &BTreeMap<String, Value>) {
        self.clear(slot);
        let ids: SmallVec<[u32; VALUES_INLINE]> =
            attributes.iter().map(|(name, value)| self.id(name, value)).collect();
        for id in &ids {
            if let Some(held) = self.values.get_mut(place(*id)) {
                held.products.insert(slot);
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
            let Some(held) = self.values.get_mut(place(id)) else { continue };
            held.products.remove(slot);
            if held.products.is_empty() {
                self.forget(id);
            }
        }
    }

    /// Gives the id of a value back that no product has.
    fn forget(&mut self, id: u32) {
        let Some(held) = self.values.get(place(id)) else { return };
        if let Some(of) = self.names.get_mut(&held.name) {
            of.ids.remove(&held.value);
            if of.ids.is_empty() {
                self.names.remove(&held.name);
            }
        }
        self.free.push(id);
    }

    fn id(&mut self, name: &str, value: &Value) -> u32 {
        let of = self.names.entry(name.to_owned()).or_default();
        if let Some(unit) = value.unit() {
            of.unit = Some(unit.to_owned());
        }
        let value = value.to_string();
        if let Some(id) = of.ids.get(&value) {
            return *id;
        }
        let (name, text) = (name.to_owned(), value.clone());
        let held = Held { name, value: text, products: RoaringBitmap::new() };
        let id = match self.free.pop() {
            Some(id) => {
                if let Some(place) = self.values.get_mut(place(id)) {
                    *place = held;
                }
                id
            }
            None => {
                self.values.push(held);
                u32::try_from(self.values.len().saturating_sub(1)).unwrap_or(u32::MAX)
            }
        };
        of.ids.insert(value, id);
        id
    }

    /// The products that have one of `values` of the attribute.
    pub fn any(&self, name: &str, values: &BTreeSet<String>) -> RoaringBitmap {
        let Some(of) = self.names.get(name) else { return RoaringBitmap::new() };
        let ids = values.iter().filter_map(|value| of.ids.get(value));
        let values = ids.filter_map(|id| self.values.get(place(*id)));
        values.fold(RoaringBitmap::new(), |all, held| all | &held.products)
    }

    /// How many values are kept.
    #[cfg(test)]
    pub fn values(&self) -> usize {
        self.values.len()
    }

    /// How often each value occurs: of most attributes among `set`, of those that are among
    /// `apart` in the set that is given there.
    pub fn count(&self, set: &RoaringBitmap, apart: &BTreeMap<&str, RoaringBitmap>) -> Vec<Facet> {
        let counts = self.looked_through(set, self.values.len());
        let facets = self.names.iter().filter_map(|(name, of)| {
            let values = match apart.get(name.as_str()) {
                Some(set) => self.counted(of, set, &self.looked_through(set, of.ids.len())),
                None => self.counted(of, set, &counts),
            };
            let (name, unit) = (name.clone(), of.unit.clone());
            (!values.is_empty()).then_some(Facet { name, unit, values })
        });
        let mut facets: Vec<Facet> = facets.collect();
        if facets.len() > NAMES_MAX {
            let most = |facet: &Facet| facet.values.first().map_or(0, |it| it.count);
            facets.sort_by_key(|facet| Reverse(most(facet)));
            facets.truncate(NAMES_MAX);
            facets.sort_by(|one, other| one.name.cmp(&other.name));
        }
        facets
    }

    fn counted(
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
            |held: &Held| i64::try_from(held.products.intersection_len(set)).unwrap_or(i64::MAX);
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
