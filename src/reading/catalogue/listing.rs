//! Listings: what passes a filter, kept for as long as nothing changes that it was made of, and the
//! page of it that is asked for.

use std::sync::Arc;

use quick_cache::{Weighter, sync::Cache};
use roaring::RoaringBitmap;

use super::{
    Catalogue, count,
    encoded::{self, Encoded},
    entry::Entry,
    orders::{self, first},
    shelf::{Shelf, Stamps},
    text::Hit,
};
use crate::domain::{
    Error,
    catalogue::listing::{Facet, Filter, ListingKey, Sort},
    page::Page,
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
/// Results by what they let through.
pub type Kept = Cache<Filter, Arc<Results>, Bytes>;

/// Room for what filters let through.
pub fn room() -> Kept {
    Cache::with_weighter(RESULTS, RESULTS_BYTES, Bytes)
}

/// What a filter lets through.
pub struct Results {
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
pub struct Bytes;

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
pub fn weight(filter: &Filter) -> u64 {
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

impl Catalogue {
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
