//! Full-text search, kept current on a thread of its own: what changes is taken into the index in
//! order, many changes at once, and whoever has made one can wait for it.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
};

use tantivy::IndexReader;
use tokio::sync::watch;

mod index;
mod search;
mod words;

pub use search::Hit;

use self::{
    index::{Fields, TextIndex},
    search::Wanted,
    words::Words,
};
use crate::domain::{Error, catalogue::Product};

/// The most changes that are taken at once: more would make the first wait.
const BATCH_MAX: usize = 10_000;

/// What the product of a slot says from now on; none where it is gone.
pub type Update = (u32, Option<Arc<Product>>);

/// A handle on the index; when the last is gone its thread ends.
pub struct Text {
    updates: mpsc::Sender<(u64, Vec<Update>)>,
    /// The number of the last updates that were sent.
    sent: AtomicU64,
    shared: Arc<Shared>,
    words: Mutex<Words>,
}

struct Shared {
    current: RwLock<(IndexReader, Fields)>,
    /// Another one each time that a search may find something else.
    generation: AtomicU64,
    /// The number of the last updates that searches see.
    seen: watch::Sender<u64>,
}

impl Text {
    pub fn start() -> Result<Self, Error> {
        let index = TextIndex::new()?;
        let current = RwLock::new((index.reader.clone(), index.fields));
        let (generation, seen) = (AtomicU64::new(0), watch::Sender::new(0));
        let shared = Arc::new(Shared { current, generation, seen });
        let (updates, queue) = mpsc::channel();
        let keeper = Keeper {
            index,
            words: Words::of_the_shop(),
            products: BTreeMap::new(),
            is_broken: false,
            shared: Arc::clone(&shared),
        };
        thread::Builder::new()
            .name("catalogue-text".to_owned())
            .spawn(move || keeper.run(&queue))
            .map_err(Error::internal("starting a thread"))?;
        let words = Mutex::new(Words::of_people());
        Ok(Text { updates, sent: AtomicU64::new(0), shared, words })
    }

    /// Has searches find `updates`, soon. To be called by one thread at a time: updates are taken in
    /// the order in which they are sent.
    pub fn update(&self, updates: Vec<Update>) {
        if !updates.is_empty() {
            let number = self.sent.fetch_add(1, Ordering::SeqCst).wrapping_add(1);
            self.updates.send((number, updates)).ok(); // The thread has ended: we are stopping.
        }
    }

    /// Waits until searches find all that was updated before.
    pub async fn settled(&self) {
        let sent = self.sent.load(Ordering::SeqCst);
        // An error says that the thread has ended: we are stopping.
        self.shared.seen.subscribe().wait_for(|seen| *seen >= sent).await.ok();
    }

    /// Another one each time that a search may find something else: to be read before it.
    pub fn generation(&self) -> u64 {
        self.shared.generation.load(Ordering::SeqCst)
    }

    /// The products that fit `query`, in no order; none where it has no word.
    pub fn find(&self, query: &str) -> Result<Vec<Hit>, Error> {
        let wanted = {
            let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
            let found = words.of_query(query);
            let wanted = |word: String| Wanted { stems: words.stems(&word), word };
            found.into_iter().map(wanted).collect::<Vec<Wanted>>()
        };
        let (reader, fields) = {
            let current = self.shared.current.read().unwrap_or_else(PoisonError::into_inner);
            (current.0.searcher(), current.1)
        };
        search::find(&reader, fields, &wanted)
    }
}

/// The index on its thread.
struct Keeper {
    index: TextIndex,
    words: Words,
    /// All that is in it, so that it can be made anew.
    products: BTreeMap<u32, Arc<Product>>,
    /// Whether it holds something else than it should.
    is_broken: bool,
    shared: Arc<Shared>,
}

impl Keeper {
    fn run(mut self, queue: &mpsc::Receiver<(u64, Vec<Update>)>) {
        while let Ok((mut number, mut updates)) = queue.recv() {
            while updates.len() < BATCH_MAX
                && let Ok((later, mut more)) = queue.try_recv()
            {
                number = later;
                updates.append(&mut more);
            }
            self.note(&updates);
            let taken = if self.is_broken {
                contained(|| self.make_anew())
            } else {
                contained(|| self.take(&updates))
            };
            if let Err(err) = taken {
                tracing::error!(error = ?err, "the text index failed and is made anew");
                let anew = contained(|| self.make_anew());
                self.is_broken = anew.is_err();
                if let Err(err) = anew {
                    tracing::error!(error = ?err, "searches find what they found before");
                }
            } else {
                self.is_broken = false;
            }
            self.shared.generation.fetch_add(1, Ordering::SeqCst);
            self.shared.seen.send_replace(number);
        }
    }

    fn note(&mut self, updates: &[Update]) {
        for (slot, product) in updates {
            match product {
                Some(product) => self.products.insert(*slot, Arc::clone(product)),
                None => self.products.remove(slot),
            };
        }
    }

    fn take(&mut self, updates: &[Update]) -> Result<(), Error> {
        for (slot, product) in updates {
            self.index.set(*slot, product.as_deref(), &mut self.words)?;
        }
        self.index.commit()
    }

    fn make_anew(&mut self) -> Result<(), Error> {
        let mut index = TextIndex::new()?;
        for (slot, product) in &self.products {
            index.set(*slot, Some(product), &mut self.words)?;
        }
        index.commit()?;
        let current = (index.reader.clone(), index.fields);
        *self.shared.current.write().unwrap_or_else(PoisonError::into_inner) = current;
        self.index = index;
        Ok(())
    }
}

/// A panic in the index is a fault of it, and not the end of its thread: somebody waits for it.
fn contained(work: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(index::failed("it panicked")))
}
