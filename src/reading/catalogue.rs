//! The catalogue as shoppers read it: every answer comes from memory.
//!
//! One lock guards it, held for the moment of a change or of a look; what is sent is encoded once
//! for each product and state, outside the lock. A change that was committed on this node is here
//! before it is answered; what other nodes commit is read again when the bus tells of it.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use bytestring::ByteString;
use quick_cache::{Weighter, sync::Cache};
use roaring::RoaringBitmap;
use tokio::sync::Notify;

use crate::{
    domain::{
        Error,
        catalogue::{
            change::Changes,
            listing::{Facet, Filter, ListingKey, Sort},
        },
        id::{ProductId, VariantId},
        page::Page,
    },
    store::{Store, read},
};

mod categories;
pub mod encoded;
mod entry;
mod facets;
mod orders;
mod prices;
pub mod refresher;
mod shelf;
#[cfg(test)]
mod tests;
mod text;

use self::{
    encoded::Encoded,
    entry::Entry,
    orders::first,
    shelf::{Effects, Found, Shelf, Stamps},
    text::{Hit, Text},
};

/// What results of filters may take in memory.
const RESULTS_BYTES: u64 = 64 << 20;
/// What a result takes beside what it holds.
const RESULT_COST: u64 = 512;
/// What a name, and what a text, of a filter takes beside its letters: the nodes of the trees that they
/// stand in.
const NAME_COST: u64 = 512;
const VALUE_COST: u64 = 64;
/// How many results are expected: what the cache makes room for.
const RESULTS: usize = 4_096;
/// How many products are read again at once.
const READ_AT_ONCE: usize = 500;
/// So often the progress of a load is told, in products.
const PROGRESS_EVERY: u64 = 10_000;

/// A handle on the catalogue of this node; clones share it.
#[derive(Clone)]
pub struct Catalogue(Arc<Inner>);

struct Inner {
    shelf: RwLock<Shelf>,
    text: Text,
    results: Cache<Filter, Arc<Results>, Bytes>,
    categories: Mutex<Option<(Stamps, Arc<Encoded>)>>,
    /// Products that look otherwise since somebody last asked which.
    changed: Mutex<HashSet<ProductId>>,
    has_changed: Notify,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// What a filter lets through.
struct Results {
    of: Basis,
    selected: Arc<Selected>,
    /// Of the facets.
    facets: Encoded,
}

/// Products that pass a filter.
struct Selected {
    set: RoaringBitmap,
    /// How well they fit, where something was searched for.
    hits: Option<Arc<Vec<Hit>>>,
}

/// What a result was made of: it holds for as long as that is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Basis {
    stamps: Stamps,
    /// Of the text index, where something was searched for.
    generation: u64,
}

#[derive(Clone)]
struct Bytes;

impl Weighter<Filter, Arc<Results>> for Bytes {
    fn weight(&self, filter: &Filter, results: &Arc<Results>) -> u64 {
        let hits =
            results.selected.hits.as_ref().map_or(0, |hits| count(size_of_val(hits.as_slice())));
        count(results.selected.set.serialized_size())
            .saturating_add(hits)
            .saturating_add(count(results.facets.plain().len()))
            .saturating_add(weight(filter))
            .saturating_add(RESULT_COST)
    }
}

/// What a filter takes in memory, in bytes: anybody may make one up.
fn weight(filter: &Filter) -> u64 {
    let text = |text: &String| count(text.len()).saturating_add(VALUE_COST);
    let attributes = filter.attributes.iter().map(|(name, values)| {
        let values = values.iter().map(text).fold(0, u64::saturating_add);
        values.saturating_add(text(name)).saturating_add(NAME_COST)
    });
    let texts = [&filter.query, &filter.category].into_iter().flatten().map(text);
    texts.chain(attributes).fold(0, u64::saturating_add)
}

/// A page of a listing, as it is sent.
pub struct Listing {
    pub items: Vec<Arc<Encoded>>,
    pub next: Option<ListingKey>,
    pub total: u64,
    pub facets: bytes::Bytes,
    /// Of all of it.
    pub tag: String,
    /// Whether the products and facets had been made before.
    pub was_there: bool,
}

/// What those are told who follow a product.
#[derive(Debug)]
pub struct Live {
    pub sequence: i64,
    /// Its JSON; none where it is not sold any more.
    pub state: Option<ByteString>,
}

impl Catalogue {
    /// One with nothing in it.
    pub fn new() -> Result<Self, Error> {
        Ok(Catalogue(Arc::new(Inner {
            shelf: RwLock::default(),
            text: Text::start()?,
            results: Cache::with_weighter(RESULTS, RESULTS_BYTES, Bytes),
            categories: Mutex::default(),
            changed: Mutex::default(),
            has_changed: Notify::new(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        })))
    }

    /// One with nothing in it yet, that is told of what is committed on this node.
    pub fn watching(store: &Store) -> Result<Self, Error> {
        let catalogue = Catalogue::new()?;
        let watching = catalogue.clone();
        store.watch(Box::new(move |changes| watching.apply(changes.clone())))?;
        Ok(catalogue)
    }

    /// Reads all that the store shows: what is here is brought up to date product by product, so
    /// that whoever reads meanwhile sees a whole catalogue.
    pub async fn load(&self, store: &Store) -> Result<(), Error> {
        let (seen, taking) = (Arc::new(Mutex::new(HashSet::new())), self.clone());
        let tell = {
            let seen = Arc::clone(&seen);
            move |changes: Changes| {
                let mut seen = lock(&seen);
                let before = count(seen.len()) / PROGRESS_EVERY;
                seen.extend(changes.products.iter().map(|it| it.id));
                let after = count(seen.len());
                if after / PROGRESS_EVERY > before {
                    tracing::info!(products = after, "reading the catalogue");
                }
                taking.apply(changes);
            }
        };
        read!(store, catalogue::all(tell))?;
        let gone: Vec<ProductId> = {
            let seen = lock(&seen);
            self.shelf().ids().into_iter().filter(|id| !seen.contains(id)).collect()
        };
        for some in gone.chunks(READ_AT_ONCE) {
            let some = some.to_vec();
            let products = read!(store, catalogue::revisions_of(some))?;
            self.apply(Changes { products, ..Changes::default() });
        }
        self.settled().await;
        Ok(())
    }

    /// Takes what has changed, unless something later is here.
    pub fn apply(&self, changes: Changes) {
        let mut effects = Effects::default();
        {
            let mut shelf = self.0.shelf.write().unwrap_or_else(PoisonError::into_inner);
            shelf.apply(changes, &mut effects);
            // Within the lock: what is later here must not be taken into the index earlier.
            self.0.text.update(effects.updates);
        }
        if !effects.changed.is_empty() {
            lock(&self.0.changed).extend(effects.changed);
            self.0.has_changed.notify_one();
        }
    }

    /// Waits until searches find all that was changed before.
    pub async fn settled(&self) {
        self.0.text.settled().await;
    }

    /// Waits until a product looks otherwise, and says which do since this was last asked.
    pub async fn changed(&self) -> HashSet<ProductId> {
        loop {
            let changed = std::mem::take(&mut *lock(&self.0.changed));
            if !changed.is_empty() {
                return changed;
            }
            self.0.has_changed.notified().await;
        }
    }

    /// How many products are shown.
    pub fn len(&self) -> u64 {
        self.shelf().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many answers had been put together before, and how many had not.
    pub fn hits(&self) -> (u64, u64) {
        (self.0.hits.load(Ordering::Relaxed), self.0.misses.load(Ordering::Relaxed))
    }

    fn count(&self, was_there: bool) {
        let of = if was_there { &self.0.hits } else { &self.0.misses };
        of.fetch_add(1, Ordering::Relaxed);
    }

    /// A product by its id or its slug, and whether its text had been made before.
    pub fn product(&self, id_or_slug: &str) -> Result<(Arc<Encoded>, bool), Error> {
        let found = self.shelf().find(id_or_slug);
        match found {
            Some(Found::Shown(entry)) => entry.body().inspect(|(_, it)| self.count(*it)),
            Some(Found::Gone(_)) | None => Err(Error::NotFound("product")),
        }
    }

    /// The product that a variant is of, if it is shown.
    pub fn of_variant(&self, variant: VariantId) -> Option<ProductId> {
        self.shelf().of_variant(variant)
    }

    /// What those are told who follow a product, or `NotFound` where it was never shown.
    pub fn live(&self, id: ProductId) -> Result<Live, Error> {
        let found = self.shelf().find(&id.to_string());
        match found {
            Some(Found::Shown(entry)) => {
                Ok(Live { sequence: entry.sequence(), state: Some(entry.live()?) })
            }
            Some(Found::Gone(sequence)) => Ok(Live { sequence, state: None }),
            None => Err(Error::NotFound("product")),
        }
    }

    /// The tree of categories, and whether its text had been made before.
    pub fn categories(&self) -> Result<(Arc<Encoded>, bool), Error> {
        let (stamps, shown) = {
            let shelf = self.shelf();
            let kept = lock(&self.0.categories);
            if let Some((_, kept)) = kept.as_ref().filter(|(of, _)| of.said == shelf.stamps.said) {
                return Ok((Arc::clone(kept), true));
            }
            (shelf.stamps, shelf.categories.shown())
        };
        let tree = serde_json::json!({ "items": shown, "next_cursor": null });
        let encoded = Arc::new(Encoded::of(&tree)?);
        *lock(&self.0.categories) = Some((stamps, Arc::clone(&encoded)));
        Ok((encoded, false))
    }

    /// A page of what passes `filter`.
    pub fn list(
        &self,
        filter: &Filter,
        sort: Sort,
        page: &Page<ListingKey>,
    ) -> Result<Listing, Error> {
        let kept = self.0.results.get(filter);
        // Read before the search is made: what changes meanwhile is searched for again.
        let generation = if filter.query.is_some() { self.0.text.generation() } else { 0 };
        let hits = match (&filter.query, &kept) {
            (Some(_), Some(kept)) if kept.of.generation == generation => kept.selected.hits.clone(),
            (Some(query), _) => Some(Arc::new(self.0.text.find(query)?)),
            (None, _) => None,
        };
        let limit = usize::try_from(page.limit).unwrap_or(0);
        let (found, selected, keyed, entries) = {
            let shelf = self.shelf();
            let of = Basis::new(filter, shelf.stamps, generation);
            let (found, selected) = match kept.filter(|kept| kept.of == of) {
                Some(kept) => {
                    let selected = Arc::clone(&kept.selected);
                    (Ok(kept), selected)
                }
                None => {
                    let (selected, facets) = Selected::of(&shelf, filter, hits);
                    (Err((of, facets)), Arc::new(selected))
                }
            };
            let after = page.after.as_ref().map(|key| (key.key, key.id.uuid().as_u128()));
            let keyed = selected.page(&shelf, filter, (sort, after, limit.saturating_add(1)));
            let shown = keyed.iter().take(limit);
            let entries: Vec<Arc<Entry>> =
                shown.filter_map(|(_, slot)| shelf.entry(*slot)).collect();
            (found, selected, keyed, entries)
        };
        let was_there = found.is_ok();
        let results = match found {
            Ok(kept) => kept,
            Err((of, facets)) => self.keep(filter, of, selected, &facets)?,
        };
        let more = keyed.len() > limit;
        let last = keyed.get(limit.saturating_sub(1)).filter(|_| more);
        let next = last.map(|((key, id), _)| ListingKey {
            sort,
            key: *key,
            id: uuid::Uuid::from_u128(*id).into(),
        });
        self.put_together(&results, &entries, next, was_there)
    }

    /// A page of `results`, of what each of its products says.
    fn put_together(
        &self,
        results: &Results,
        entries: &[Arc<Entry>],
        next: Option<ListingKey>,
        was_there: bool,
    ) -> Result<Listing, Error> {
        let mut items = Vec::with_capacity(entries.len());
        let mut were_there = was_there;
        for entry in entries {
            let (body, was_there) = entry.body()?;
            were_there &= was_there;
            items.push(body);
        }
        self.count(were_there);
        let total = results.selected.set.len();
        let key = next.as_ref().map(|key| (key.key, key.id)).map(|key| format!("{key:?}"));
        let ends = [total.to_string(), key.unwrap_or_default()];
        let parts = items.iter().map(|item| item.tag()).chain([results.facets.tag()]);
        let parts = parts.chain(ends.iter().map(String::as_str));
        Ok(Listing {
            tag: encoded::tag(parts.map(str::as_bytes)),
            items,
            next,
            total,
            facets: results.facets.plain().clone(),
            was_there: were_there,
        })
    }

    /// Keeps what a filter lets through for the next who asks for it.
    fn keep(
        &self,
        filter: &Filter,
        of: Basis,
        selected: Arc<Selected>,
        facets: &[Facet],
    ) -> Result<Arc<Results>, Error> {
        let results = Arc::new(Results { of, selected, facets: Encoded::of(&facets)? });
        self.0.results.insert(filter.clone(), Arc::clone(&results));
        Ok(results)
    }

    fn shelf(&self) -> RwLockReadGuard<'_, Shelf> {
        self.0.shelf.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Basis {
    /// Which products can be bought concerns a result only where that is asked for.
    fn new(filter: &Filter, stamps: Stamps, generation: u64) -> Self {
        let in_stock = if filter.in_stock { stamps.in_stock } else { 0 };
        Basis { stamps: Stamps { in_stock, ..stamps }, generation }
    }
}

impl Selected {
    fn of(shelf: &Shelf, filter: &Filter, hits: Option<Arc<Vec<Hit>>>) -> (Self, Vec<Facet>) {
        let found = hits.as_ref().map(|hits| hits.iter().map(|(slot, _)| *slot).collect());
        let (set, facets) = shelf.select(filter, found.as_ref());
        (Selected { set, hits }, facets)
    }

    fn page(
        &self,
        shelf: &Shelf,
        filter: &Filter,
        (sort, after, limit): (Sort, Option<orders::Key>, usize),
    ) -> Vec<(orders::Key, u32)> {
        match (&self.hits, sort) {
            (Some(hits), Sort::Relevance) => {
                let hits = hits.iter().filter(|(slot, _)| self.set.contains(*slot));
                let keyed =
                    hits.map(|(slot, fits)| ((i64::from(*fits), shelf.orders.id(*slot)), *slot));
                first(keyed, false, after, limit)
            }
            _ => {
                let prices = (filter.price_min, filter.price_max);
                shelf.orders.page(sort, &self.set, after, limit, prices)
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
