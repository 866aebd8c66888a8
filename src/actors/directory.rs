//! The directory of virtual actors: an id is enough to reach an entity, which is loaded from the
//! store when somebody asks for it, passivated when nobody does, and rebuilt after a panic.
//!
//! What holds, for one directory:
//!
//! - An id has one incarnation at most. The next one is loaded only when the last one was dropped.
//! - A message is begun once at most, and in the order of arrival (save those that find the mailbox
//!   full). It waits in the id's slot, not in an incarnation: when an incarnation is passivated,
//!   stops itself or panics, what was not begun is begun by the next one. Of a panic only the
//!   messages in hand learn ([`Error::Internal`]).
//! - Nothing is passivated while a message of it waits or is in hand, even when whoever sent it is
//!   gone, nor while a [`Hold`] lives.
//! - What waits or is in hand of one id is [`Entity::MAILBOX`] messages at most: who finds it full
//!   waits in line until there is room or [`Limits::ask_max`] is over.
//!
//! The actor is an ordinary actix actor with ordinary handlers. Its own mailbox isn't used, since
//! it bounds nothing (`Addr::send` to a full one goes in at the first poll: 100,000 messages sat in
//! a mailbox of 16) and takes what is queued with it when its actor panics. A future in the actor's
//! context takes the messages out of the slot instead and calls the handlers (`directory/mail.rs`).
//!
//! ```text
//! Absent ─ask─▶ Loading ─loaded─▶ Live ─idle, or above the cap─▶ Leaving ─dropped─▶ Absent
//!                                  └─panic─▶ Absent, or after too many Quarantined ─time─▶ Absent
//! ```
//! From `Absent` with messages waiting it is `Loading` at once.

use std::{
    fmt::Display,
    hash::Hash,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use actix::prelude::*;
use tokio::{sync::Semaphore, time::timeout};

use self::{flight::Flight, mail::Posted, table::Table, wakes::Wakes};
use super::ASK_MAX;
use crate::domain::Error;

mod flight;
mod life;
mod mail;
mod slot;
mod table;
#[cfg(test)]
mod tests;
mod wakes;

/// How many messages that were told may wait for their answers at once, per directory.
const TELLS_MAX: usize = 4096;

/// An actor that a directory activates by id.
///
/// - A handler that fails in the middle and can't trust its memory calls `ctx.stop()`: the next
///   message is served by an incarnation loaded from the store.
/// - A handler ends: what it waits for has a deadline. Until then its entity stays in memory.
/// - Passivation doesn't ask: `stopping` isn't called (and must not answer `Continue`, which after
///   a panic would go on with broken memory), timers and futures of the context end. Work that
///   must be finished belongs to a handler's answer or under a [`Hold`]; a timer that must outlive
///   the incarnation is a [`wake`](Incarnation::wake).
pub trait Entity: Actor<Context = Context<Self>> {
    type Id: Copy + Eq + Hash + Display + Send + Sync + 'static;
    /// What all entities of the kind share: the store, other directories.
    type Deps: Clone + Send + Sync + 'static;
    /// For logs.
    const KIND: &'static str;
    /// How many messages of one id may wait or be in hand at once: the burst that it must take.
    /// At 0 it is reached by nobody.
    const MAILBOX: usize;

    /// Builds it from the store, on the thread where it will live. Whoever waits for it then gets
    /// its error; the next to ask tries again. After [`Limits::ask_max`] it is dropped (`Busy`).
    fn load(
        id: Self::Id,
        deps: Self::Deps,
        incarnation: Incarnation<Self>,
    ) -> impl Future<Output = Result<Self, Error>>;
}

/// How much a directory keeps, waits and forgives.
#[derive(Debug, Clone)]
pub struct Limits {
    /// An entity that nobody asked for so long is passivated.
    pub idle: Duration,
    /// Above it the least recently used are passivated by the sweep; at twice as many, an entity
    /// that isn't in memory is `Busy`.
    pub cap: usize,
    /// So many panics of one id within the window quarantine it.
    pub panics_max: u32,
    pub panic_window: Duration,
    /// So long a quarantined id is `Busy`; it is told at the granularity of the sweeps.
    pub quarantine: Duration,
    /// How long an ask takes at most, with the wait for room and the loading.
    pub ask_max: Duration,
    /// How many wakes may be set at once.
    pub wakes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            idle: Duration::from_secs(300),
            cap: 10_000,
            panics_max: 3,
            panic_window: Duration::from_secs(60),
            quarantine: Duration::from_secs(60),
            ask_max: ASK_MAX,
            wakes_max: 100_000,
        }
    }
}

/// What a directory does and did, for metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Ids that there is something to know of: an incarnation, a message, a panic, a quarantine.
    pub known: usize,
    /// Entities in memory, those being loaded or dropped included.
    pub live: usize,
    /// Messages that wait or are in hand, and holds.
    pub in_flight: usize,
    /// Ids that are in quarantine.
    pub quarantined: usize,
    /// Wakes that are set.
    pub wakes: usize,
    pub activations: u64,
    pub passivations: u64,
    /// Incarnations that ended by a panic, while loading too, or by stopping themselves before
    /// they took a message that waited.
    pub panics: u64,
}

/// Reaches the entities of one kind by id, from any thread.
///
/// Entities live on until they are passivated or their arbiter stops, also without a directory.
pub struct Directory<A: Entity> {
    inner: Arc<Inner<A>>,
}

/// What the handles of a directory and the lives of its entities share.
struct Inner<A: Entity> {
    table: Table<A>,
    wakes: Wakes<A::Id>,
    tells: Arc<Semaphore>,
    deps: A::Deps,
    arbiters: Arc<[ArbiterHandle]>,
    limits: Limits,
}

impl<A: Entity> Directory<A> {
    /// Its entities are spread over `arbiters` by id; without any, every ask is `Busy`.
    pub fn new(deps: A::Deps, arbiters: Arc<[ArbiterHandle]>, limits: Limits) -> Self {
        let table = Table::new(limits.clone());
        let wakes = Wakes::new(limits.wakes_max);
        let tells = Arc::new(Semaphore::new(TELLS_MAX));
        Directory { inner: Arc::new(Inner { table, wakes, tells, deps, arbiters, limits }) }
    }

    /// Has the entity handle `msg`, and gives its answer.
    ///
    /// Dropping the future takes back a message that wasn't begun; one that was is finished. A
    /// handler that asks its own id waits for itself, to the deadline.
    ///
    /// # Errors
    /// What the handler or [`Entity::load`] answers, and
    /// - [`Error::Busy`] after [`Limits::ask_max`] (whether the message was begun, and what came of
    ///   it, is unknown: ask again with the same key), in quarantine, above twice the cap, or while
    ///   draining;
    /// - [`Error::Internal`] if the entity panicked, or stopped, with the message in hand.
    pub async fn ask<M, T>(&self, id: A::Id, msg: M) -> Result<T, Error>
    where
        A: Handler<M>,
        M: Message<Result = Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        self.inner.send(id, msg).await
    }

    /// Like an [`ask`](Self::ask) whose answer nobody needs: it queues in the order of the calls, a
    /// failure is logged. With 4,096 told messages unanswered it is not sent, and that is logged.
    pub fn tell<M, T>(&self, id: A::Id, msg: M)
    where
        A: Handler<M>,
        M: Message<Result = Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        let Ok(ticket) = Arc::clone(&self.inner.tells).try_acquire_owned() else {
            return log::<A>(id, "a message was not sent", &Error::Busy);
        };
        let answer = self.inner.send(id, msg);
        let waits = self.inner.spawn(id, async move {
            if let Err(error) = answer.await {
                log::<A>(id, "a message that was told failed", &error);
            }
            drop(ticket);
        });
        if !waits {
            log::<A>(id, "a message was not sent", &Error::Busy);
        }
    }

    /// Tells the entity what `make_msg` makes, `after` a time, in memory by then or not. An id has
    /// one wake for each type of message: setting it again replaces it.
    ///
    /// It dies with the process: what must happen is a row with a due time, this the quick path.
    ///
    /// # Errors
    /// [`Error::Busy`] at [`Limits::wakes_max`] or while draining: then no wake is set.
    pub fn wake<M, T, F>(&self, id: A::Id, after: Duration, make_msg: F) -> Result<(), Error>
    where
        A: Handler<M>,
        M: Message<Result = Result<T, Error>> + Send + 'static,
        T: Send + 'static,
        F: FnOnce() -> M + Send + 'static,
    {
        wakes::set(&self.inner, id, after, make_msg)
    }

    /// Passivates what was idle for too long and, above the cap, the least recently used; ends
    /// quarantines. To be called each second.
    pub fn sweep(&self, now: Instant) {
        self.inner.table.sweep(now);
    }

    /// Refuses new messages and drops all wakes, then waits until nothing is in flight. Whether it
    /// came to that within `at_most` is the answer.
    ///
    /// Directories are drained in the order of their asks: who asks first, who is asked last.
    pub async fn drain(&self, at_most: Duration) -> bool {
        self.inner.table.refuse();
        self.inner.wakes.clear();
        timeout(at_most, self.inner.table.emptied()).await.is_ok()
    }

    pub fn stats(&self) -> Stats {
        Stats { wakes: self.inner.wakes.len(), ..self.inner.table.stats() }
    }
}

impl<A: Entity> Clone for Directory<A> {
    fn clone(&self) -> Self {
        Directory { inner: Arc::clone(&self.inner) }
    }
}

impl<A: Entity> Inner<A> {
    /// Queues `msg` at once where there is room; the future waits for room, and for the answer.
    fn send<M, T>(
        self: &Arc<Self>,
        id: A::Id,
        msg: M,
    ) -> impl Future<Output = Result<T, Error>> + Send + use<A, M, T>
    where
        A: Handler<M>,
        M: Message<Result = Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        let posted = Flight::enter(self, id).map(|flight| Posted::new(flight, msg));
        let ask_max = self.limits.ask_max;
        async move { timeout(ask_max, posted?.answer()).await.unwrap_or(Err(Error::Busy)) }
    }

    /// Runs `work` on the arbiter of `id`; if that is gone, drops it and says false.
    fn spawn(&self, id: A::Id, work: impl Future<Output = ()> + Send + 'static) -> bool {
        let arbiter = table::pick(&self.arbiters, self.table.hash(id));
        arbiter.is_some_and(|arbiter| arbiter.spawn(work))
    }
}

/// What an incarnation knows of its place in the directory; it doesn't keep the directory.
pub struct Incarnation<A: Entity> {
    inner: Weak<Inner<A>>,
    id: A::Id,
}

/// While it lives, its entity isn't passivated for want of messages.
pub struct Hold<A: Entity>(Option<Flight<A>>);

impl<A: Entity> Incarnation<A> {
    /// The entity's [`Directory::wake`] of itself: it may be passivated in between.
    ///
    /// # Errors
    /// [`Error::Busy`] if it could not be set.
    pub fn wake<M, T, F>(&self, after: Duration, make_msg: F) -> Result<(), Error>
    where
        A: Handler<M>,
        M: Message<Result = Result<T, Error>> + Send + 'static,
        T: Send + 'static,
        F: FnOnce() -> M + Send + 'static,
    {
        wakes::set(&self.inner.upgrade().ok_or(Error::Busy)?, self.id, after, make_msg)
    }

    /// For work that goes on after the answer. It counts as in flight, so a drain waits for it.
    pub fn hold(&self) -> Hold<A> {
        Hold(self.inner.upgrade().and_then(|inner| Flight::hold(&inner, self.id)))
    }
}

impl<A: Entity> Clone for Incarnation<A> {
    fn clone(&self) -> Self {
        Incarnation { inner: Weak::clone(&self.inner), id: self.id }
    }
}

/// Logs a failure that nobody is answered: only faults and overload are worth a warning.
fn log<A: Entity>(id: A::Id, what: &'static str, error: &Error) {
    match error {
        Error::Internal { .. } | Error::Busy => {
            tracing::warn!(kind = A::KIND, %id, ?error, "{what}");
        }
        _ => tracing::debug!(kind = A::KIND, %id, ?error, "{what}"),
    }
}
