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
use tokio::sync::Notify;

use crate::{
    domain::{Error, catalogue::change::Changes, id::ProductId},
    store::{Store, read},
};

mod categories;
pub mod encoded;
mod entry;
mod facets;
pub mod listing;
mod orders;
mod prices;
pub mod refresher;
mod shelf;
#[cfg(test)]
mod tests;
mod text;

use self::{
    encoded::Encoded,
    listing::Kept,
    shelf::{Effects, Found, Shelf, Stamps},
    text::Text,
};

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
    results: Kept,
    categories: Mutex<Option<(Stamps, Arc<Encoded>)>>,
    /// Products that look otherwise since somebody last asked which.
    changed: Mutex<HashSet<ProductId>>,
    has_changed: Notify,
    hits: AtomicU64,
    misses: AtomicU64,
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
            results: listing::room(),
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
        store.watch(Box::new(move |changes| watching.apply(changes)))?;
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

    fn shelf(&self) -> RwLockReadGuard<'_, Shelf> {
        self.0.shelf.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// Where something of this number stands in a list; a machine has at least 32 bits.
fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
