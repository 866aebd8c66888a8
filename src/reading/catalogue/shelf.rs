//! All products that are published, each in a slot of its own, and how they are found.
//!
//! What arrives is compared with what is here by its number, so that it may come twice and in any
//! order: from the writer of this node, from a reading on behalf of another, or from a reload.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use roaring::RoaringBitmap;

use super::{
    categories::Categories, entry::Entry, facets::Facets, orders::Orders, place, text::Update,
};
use crate::domain::{
    catalogue::{
        Product,
        change::{Changes, Revision, Tree},
        listing::{Facet, Filter},
        stock::Level,
    },
    id::{ProductId, VariantId},
};

/// The products of a shop.
#[derive(Debug, Default)]
pub struct Shelf {
    /// A slot is given once; that of a product which is gone waits for its return.
    slots: Vec<Slot>,
    by_id: HashMap<ProductId, u32>,
    by_slug: HashMap<String, u32>,
    by_variant: HashMap<VariantId, u32>,
    shown: RoaringBitmap,
    in_stock: RoaringBitmap,
    pub categories: Categories,
    facets: Facets,
    pub orders: Orders,
    pub stamps: Stamps,
}

/// What a result depends on: it holds while these stay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stamps {
    /// What products say and where they stand.
    pub said: u64,
    /// Which of them can be bought.
    pub in_stock: u64,
}

#[derive(Debug)]
enum Slot {
    Shown(Arc<Entry>),
    /// Not published, when its number was this and its stock had moved so often.
    Gone {
        number: i64,
        moves: i64,
    },
}

/// Whom a change concerns beside those who read.
#[derive(Debug, Default)]
pub struct Effects {
    pub updates: Vec<Update>,
    /// Products that look otherwise now.
    pub changed: Vec<ProductId>,
}

/// How a product stands.
#[derive(Debug, Clone)]
pub enum Found {
    Shown(Arc<Entry>),
    /// It was published once; its last sequence.
    Gone(i64),
}

impl Shelf {
    pub fn len(&self) -> u64 {
        self.shown.len()
    }

    pub fn apply(&mut self, changes: Changes, effects: &mut Effects) {
        let Changes { products, levels, tree } = changes;
        if let Some(tree) = tree.filter(|it| it.version > self.categories.version()) {
            self.grow(tree, effects);
        }
        for revision in products {
            self.revise(revision, effects);
        }
        for level in levels {
            self.stock(&level, effects);
        }
    }

    /// Takes `revision`, unless a later one is here; its units are compared apart from it.
    fn revise(&mut self, revision: Revision, effects: &mut Effects) {
        let id = revision.id;
        let known = self.by_id.get(&id).copied();
        let (before, moved, entry) = match known.and_then(|slot| self.slot(slot)) {
            Some(Slot::Shown(entry)) => (entry.number, entry.moves(), Some(Arc::clone(entry))),
            Some(Slot::Gone { number, moves }) => (*number, *moves, None),
            None => (i64::MIN, 0, None),
        };
        if revision.number < before {
            return;
        }
        let Some(slot) = known.or_else(|| self.new_slot(id)) else { return };
        let Revision { number, moves, shown, .. } = revision;
        match shown {
            Some(mut shown) => {
                // Its category may have been read before it was renamed.
                if let Some(now) = self.categories.get(shown.product.category.id) {
                    shown.product.category = now.clone();
                }
                let new = Arc::new(Entry::of((number, moves), shown, entry.as_deref(), moved));
                self.show(slot, entry.as_deref(), new, effects);
            }
            None => {
                self.hide(slot, entry.as_deref(), (id, number, moves.max(moved)), effects);
            }
        }
    }

    fn new_slot(&mut self, id: ProductId) -> Option<u32> {
        let slot = u32::try_from(self.slots.len()).ok()?; // four billion products are refused
        self.slots.push(Slot::Gone { number: i64::MIN, moves: 0 });
        self.by_id.insert(id, slot);
        Some(slot)
    }

    fn show(&mut self, slot: u32, old: Option<&Entry>, new: Arc<Entry>, effects: &mut Effects) {
        if let Some(old) = old {
            self.forget(slot, old);
        }
        let product = &new.product;
        self.by_slug.insert(product.slug.clone(), slot);
        for variant in &product.variants {
            self.by_variant.insert(variant.id, slot);
        }
        self.categories.add(product.category.id, slot);
        self.facets.set(slot, &product.attributes);
        self.shown.insert(slot);
        self.stamps.said = self.stamps.said.wrapping_add(1);
        if old.is_none_or(|old| is_found_otherwise(&old.product, product)) {
            effects.updates.push((slot, Some(Arc::clone(product))));
        }
        self.place(slot, old.is_some(), new, effects);
    }

    /// Puts an entry where another one of the same product stands, or none.
    fn place(&mut self, slot: u32, was: bool, entry: Arc<Entry>, effects: &mut Effects) {
        self.orders.set(slot, &entry, was);
        let has_changed = if entry.is_in_stock() {
            self.in_stock.insert(slot)
        } else {
            self.in_stock.remove(slot)
        };
        if has_changed {
            self.stamps.in_stock = self.stamps.in_stock.wrapping_add(1);
        }
        effects.changed.push(entry.product.id);
        if let Some(place) = self.slot_mut(slot) {
            *place = Slot::Shown(entry);
        }
    }

    fn hide(
        &mut self,
        slot: u32,
        old: Option<&Entry>,
        (id, number, moves): (ProductId, i64, i64),
        effects: &mut Effects,
    ) {
        if let Some(place) = self.slot_mut(slot) {
            *place = Slot::Gone { number, moves };
        }
        effects.changed.push(id);
        let Some(old) = old else { return };
        self.forget(slot, old);
        self.orders.remove(slot);
        self.shown.remove(slot);
        if self.in_stock.remove(slot) {
            self.stamps.in_stock = self.stamps.in_stock.wrapping_add(1);
        }
        self.stamps.said = self.stamps.said.wrapping_add(1);
        effects.updates.push((slot, None));
    }

    /// Takes a product out of where it is found by what it says.
    fn forget(&mut self, slot: u32, old: &Entry) {
        let product = &old.product;
        // Another product may have its slug by now.
        if self.by_slug.get(&product.slug) == Some(&slot) {
            self.by_slug.remove(&product.slug);
        }
        for variant in &product.variants {
            self.by_variant.remove(&variant.id);
        }
        self.categories.remove(product.category.id, slot);
        self.facets.clear(slot);
    }

    fn stock(&mut self, level: &Level, effects: &mut Effects) {
        let Some(slot) = self.by_variant.get(&level.variant).copied() else { return };
        let Some(Slot::Shown(entry)) = self.slot(slot) else { return };
        if let Some(entry) = entry.with(level) {
            self.place(slot, true, Arc::new(entry), effects);
        }
    }

    /// Takes another tree: products are in other places of it, or their category has another name.
    fn grow(&mut self, tree: Tree, effects: &mut Effects) {
        self.categories = Categories::of(tree);
        self.stamps.said = self.stamps.said.wrapping_add(1);
        for slot in &self.shown.clone() {
            let Some(Slot::Shown(entry)) = self.slot(slot) else { continue };
            let entry = Arc::clone(entry);
            let category = &entry.product.category;
            self.categories.add(category.id, slot);
            if let Some(new) = self.categories.get(category.id).filter(|it| *it != category) {
                let new = new.clone();
                let entry = Arc::new(entry.changed(|product| product.category = new));
                effects.updates.push((slot, Some(Arc::clone(&entry.product))));
                self.place(slot, true, entry, effects);
            }
        }
    }

    /// A product by its id or its slug; none where nobody has heard of it.
    pub fn find(&self, id_or_slug: &str) -> Option<Found> {
        let by_id = || self.by_id.get(&id_or_slug.parse().ok()?); // what is no id may be a slug
        let slot = by_id().or_else(|| self.by_slug.get(id_or_slug))?;
        match self.slot(*slot)? {
            Slot::Shown(entry) => Some(Found::Shown(Arc::clone(entry))),
            Slot::Gone { number, moves } => Some(Found::Gone(number.saturating_add(*moves))),
        }
    }

    pub fn entry(&self, slot: u32) -> Option<Arc<Entry>> {
        match self.slot(slot)? {
            Slot::Shown(entry) => Some(Arc::clone(entry)),
            Slot::Gone { .. } => None,
        }
    }

    /// All that are shown.
    pub fn ids(&self) -> Vec<ProductId> {
        let entries = self.shown.iter().filter_map(|slot| self.entry(slot));
        entries.map(|entry| entry.product.id).collect()
    }

    /// The products that pass `filter` and are among those that a search has found, and how many of
    /// them have which value of which attribute.
    pub fn select(
        &self,
        filter: &Filter,
        found: Option<&RoaringBitmap>,
    ) -> (RoaringBitmap, Vec<Facet>) {
        let base = self.base(filter, found);
        let by_name: BTreeMap<&str, RoaringBitmap> = filter
            .attributes
            .iter()
            .map(|(name, values)| (name.as_str(), self.facets.any(name, values)))
            .collect();
        let without = |left_out: Option<&str>| {
            let kept = by_name.iter().filter(|(name, _)| Some(**name) != left_out);
            kept.fold(base.clone(), |set, (_, some)| set & some)
        };
        let set = without(None);
        let apart = by_name.keys().map(|name| (*name, without(Some(name)))).collect();
        let facets = self.facets.count(&set, &apart);
        (set, facets)
    }

    /// What passes all of the filter but for the attributes.
    fn base(&self, filter: &Filter, found: Option<&RoaringBitmap>) -> RoaringBitmap {
        let mut set = match &filter.category {
            Some(slug) => self.categories.within(slug).cloned().unwrap_or_default(),
            None => self.shown.clone(),
        };
        if let Some(found) = found {
            set &= found;
        }
        if filter.category.is_some() || found.is_some() {
            set &= &self.shown;
        }
        if filter.in_stock {
            set &= &self.in_stock;
        }
        if filter.price_min.is_some() || filter.price_max.is_some() {
            set &= self.orders.priced(filter.price_min, filter.price_max);
        }
        set
    }

    fn slot(&self, slot: u32) -> Option<&Slot> {
        self.slots.get(place(slot))
    }

    fn slot_mut(&mut self, slot: u32) -> Option<&mut Slot> {
        self.slots.get_mut(place(slot))
    }
}

/// Whether a search may find the one where it does not find the other.
fn is_found_otherwise(old: &Product, new: &Product) -> bool {
    let said = |it: &Product| {
        (it.name.clone(), it.description.clone(), it.brand.clone(), it.category.name.clone())
    };
    let variants = |it: &Product| {
        let variants = it.variants.iter();
        variants.map(|it| (it.sku.clone(), it.name.clone(), it.options.clone())).collect::<Vec<_>>()
    };
    said(old) != said(new) || old.attributes != new.attributes || variants(old) != variants(new)
}
