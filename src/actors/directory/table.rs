//! The slots of a directory: each change of a slot is one step under the lock of its shard, and
//! all that may lock again (letters, wakers, lives) is dropped or called after it.

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    hash::{BuildHasher, RandomState},
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    task::Waker,
    time::Instant,
};

use tokio::sync::{Notify, Semaphore};

use super::{
    Entity, Limits, Stats,
    life::Ending,
    mail::Letter,
    slot::{Phase, Slot},
};
use crate::domain::Error;

/// Enough that two threads seldom want the same one.
const SHARDS: usize = 64;

/// The slots, by id.
pub(super) struct Table<A: Entity> {
    shards: [Mutex<Shard<A>>; SHARDS],
    hasher: RandomState,
    limits: Limits,
    refusing: AtomicBool,
    /// Told at each end of a flight while refusing.
    landed: Notify,
    counts: Counts,
}

type Shard<A> = HashMap<<A as Entity>::Id, Slot<A>>;

#[derive(Default)]
struct Counts {
    live: AtomicUsize,
    in_flight: AtomicUsize,
    quarantined: AtomicUsize,
    activations: AtomicU64,
    passivations: AtomicU64,
    panics: AtomicU64,
}

/// What the mail of an incarnation does next.
pub(super) enum Next<A: Entity> {
    Begin(Box<dyn Letter<A>>),
    /// The waker is kept, and called when there is something to do.
    Wait,
    Leave,
}

/// What follows from the end of an incarnation, once the lock is released.
pub(super) struct End<A: Entity> {
    /// To be answered with `error`.
    pub refused: VecDeque<Box<dyn Letter<A>>>,
    pub error: Error,
    /// The next incarnation is to be started.
    pub again: bool,
}

impl<A: Entity> Table<A> {
    pub fn new(limits: Limits) -> Self {
        Table {
            shards: std::array::from_fn(|_| Mutex::new(HashMap::new())),
            hasher: RandomState::new(),
            limits,
            refusing: AtomicBool::new(false),
            landed: Notify::new(),
            counts: Counts::default(),
        }
    }

    pub fn hash(&self, id: A::Id) -> u64 {
        self.hasher.hash_one(id)
    }

    /// Counts a message for `id`; gives the places of its mailbox.
    pub fn enter(&self, id: A::Id, now: Instant) -> Result<Arc<Semaphore>, Error> {
        let mut shard = self.lock(id);
        if self.refusing.load(SeqCst) {
            return Err(Error::Busy);
        }
        let slot = match shard.entry(id) {
            Entry::Occupied(slot) => slot.into_mut(),
            Entry::Vacant(place) => {
                if self.counts.live.load(SeqCst) >= self.limits.cap.saturating_mul(2) {
                    return Err(Error::Busy);
                }
                place.insert(Slot::new(now))
            }
        };
        if slot.is_quarantined() {
            return Err(Error::Busy);
        }
        Ok(self.count(slot, now))
    }

    /// Counts work of the incarnation of `id`, if there is one.
    pub fn hold(&self, id: A::Id) -> Option<Arc<Semaphore>> {
        let mut shard = self.lock(id);
        let slot = shard.get_mut(&id).filter(|slot| slot.is_live())?;
        let used = slot.used;
        Some(self.count(slot, used))
    }

    fn count(&self, slot: &mut Slot<A>, now: Instant) -> Arc<Semaphore> {
        slot.in_flight += 1;
        slot.used = now;
        self.counts.in_flight.fetch_add(1, SeqCst);
        Arc::clone(&slot.room)
    }

    /// The end of what was counted.
    pub fn leave(&self, id: A::Id, now: Instant) {
        let mut shard = self.lock(id);
        if let Entry::Occupied(mut place) = shard.entry(id) {
            let slot = place.get_mut();
            slot.in_flight = slot.in_flight.saturating_sub(1);
            slot.used = now;
            self.counts.in_flight.fetch_sub(1, SeqCst);
            if slot.is_spent() {
                place.remove();
            }
        }
        drop(shard);
        if self.refusing.load(SeqCst) {
            self.landed.notify_waiters();
        }
    }

    /// Queues a letter that was counted. True if `id` is `Loading` from now on, which is the
    /// caller's to do.
    pub fn post(&self, id: A::Id, letter: Box<dyn Letter<A>>) -> bool {
        let mut shard = self.lock(id);
        let Some(slot) = shard.get_mut(&id).filter(|slot| !slot.is_quarantined()) else {
            drop(shard);
            letter.refuse(Error::Busy);
            return false;
        };
        slot.queue.push_back(letter);
        let start = self.load_if_absent(slot);
        let mail = slot.mail.take();
        drop(shard);
        if let Some(mail) = mail {
            mail.wake();
        }
        start
    }

    fn load_if_absent(&self, slot: &mut Slot<A>) -> bool {
        let absent = matches!(slot.phase, Phase::Absent);
        if absent {
            slot.phase = Phase::Loading;
            self.counts.live.fetch_add(1, SeqCst);
        }
        absent
    }

    /// The incarnation of `id` takes messages from now on.
    pub fn loaded(&self, id: A::Id) {
        self.counts.activations.fetch_add(1, SeqCst);
        if let Some(slot) = self.lock(id).get_mut(&id) {
            slot.phase = Phase::Live;
            slot.begun = false;
        }
    }

    /// What the incarnation of `id` does next.
    pub fn next(&self, id: A::Id, mail: &Waker) -> Next<A> {
        let mut shard = self.lock(id);
        let Some(slot) = shard.get_mut(&id).filter(|slot| slot.is_live()) else {
            return Next::Leave;
        };
        match slot.queue.pop_front() {
            Some(letter) => {
                slot.begun = true;
                Next::Begin(letter)
            }
            None => {
                slot.mail = Some(mail.clone());
                Next::Wait
            }
        }
    }

    /// The incarnation of `id` is dropped.
    pub fn end(&self, id: A::Id, ending: Ending, now: Instant) -> End<A> {
        let mut end = End { refused: VecDeque::new(), error: Error::Busy, again: false };
        let mut shard = self.lock(id);
        let Some(slot) = shard.get_mut(&id) else { return end };
        let fault = slot.is_fault(&ending);
        self.counts.live.fetch_sub(1, SeqCst);
        slot.phase = Phase::Absent;
        slot.mail = None;
        if fault {
            self.fault(slot, now);
        }
        let mut refuses = slot.is_quarantined();
        match ending {
            Ending::Left | Ending::Panicked => {}
            Ending::Cut => refuses = true,
            Ending::NotLoaded { error, .. } => (refuses, end.error) = (true, error),
        }
        if refuses {
            end.refused = mem::take(&mut slot.queue);
        }
        end.again = !slot.queue.is_empty() && self.load_if_absent(slot);
        if slot.is_spent() {
            shard.remove(&id);
        }
        end
    }

    fn fault(&self, slot: &mut Slot<A>, now: Instant) {
        self.counts.panics.fetch_add(1, SeqCst);
        if slot.fault(now, &self.limits) {
            self.counts.quarantined.fetch_add(1, SeqCst);
        }
    }

    /// See [`Directory::sweep`](super::Directory::sweep).
    pub fn sweep(&self, now: Instant) {
        let mut in_memory = 0_usize;
        let mut unused = Vec::new();
        for shard in &self.shards {
            let mut leaving = Vec::new();
            lock(shard).retain(|id, slot| {
                slot.forget(now, &self.limits);
                if slot.release(now, &self.limits) {
                    self.counts.quarantined.fetch_sub(1, SeqCst);
                }
                if slot.is_idle(now, &self.limits) {
                    leaving.push(self.passivate(slot));
                }
                if slot.is_unused() {
                    unused.push((slot.used, *id));
                }
                in_memory += usize::from(slot.stays());
                !slot.is_spent()
            });
            leaving.into_iter().flatten().for_each(Waker::wake);
        }
        let surplus = in_memory.saturating_sub(self.limits.cap);
        if surplus == 0 {
            return;
        }
        if surplus < unused.len() {
            unused.select_nth_unstable_by_key(surplus, |(used, _)| *used);
            unused.truncate(surplus);
        }
        unused.into_iter().for_each(|(used, id)| self.passivate_unless_used(id, used));
    }

    fn passivate_unless_used(&self, id: A::Id, used: Instant) {
        let mut shard = self.lock(id);
        let slot = shard.get_mut(&id).filter(|slot| slot.is_unused() && slot.used == used);
        let mail = slot.and_then(|slot| self.passivate(slot));
        drop(shard);
        if let Some(mail) = mail {
            mail.wake();
        }
    }

    /// Gives the waker of the mail, to be called without the lock.
    fn passivate(&self, slot: &mut Slot<A>) -> Option<Waker> {
        slot.phase = Phase::Leaving;
        self.counts.passivations.fetch_add(1, SeqCst);
        slot.mail.take()
    }

    /// From now on nobody enters.
    pub fn refuse(&self) {
        self.refusing.store(true, SeqCst);
        // Who looked before that and is under a lock still: is counted when this is over.
        self.shards.iter().for_each(|shard| drop(lock(shard)));
    }

    /// Waits until nothing is in flight, once all are refused.
    pub async fn emptied(&self) {
        loop {
            let landed = self.landed.notified();
            if self.counts.in_flight.load(SeqCst) == 0 {
                return;
            }
            landed.await;
        }
    }

    pub fn stats(&self) -> Stats {
        let Counts { live, in_flight, quarantined, activations, passivations, panics } =
            &self.counts;
        Stats {
            known: self.shards.iter().map(|shard| lock(shard).len()).sum(),
            live: live.load(SeqCst),
            in_flight: in_flight.load(SeqCst),
            quarantined: quarantined.load(SeqCst),
            wakes: 0,
            activations: activations.load(SeqCst),
            passivations: passivations.load(SeqCst),
            panics: panics.load(SeqCst),
        }
    }

    fn lock(&self, id: A::Id) -> MutexGuard<'_, Shard<A>> {
        let [first, ..] = &self.shards;
        lock(pick(&self.shards, self.hash(id)).unwrap_or(first))
    }
}

fn lock<T>(shard: &Mutex<T>) -> MutexGuard<'_, T> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The one of `all` for a hash; none of nothing.
pub(super) fn pick<T>(all: &[T], hash: u64) -> Option<&T> {
    let count = u64::try_from(all.len()).ok()?; // It fits.
    all.get(usize::try_from(hash.checked_rem(count)?).ok()?) // It is less than the length.
}
