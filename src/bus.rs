//! Committed events to whoever follows them, on this node.
//!
//! The follower of each node follows the feed and hands what is new to the hubs, which belong to a layer
//! above: the bus knows them as [`Recipient`]s of a [`Signal`].

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError, Weak,
    atomic::{AtomicI64, Ordering},
};

use actix::prelude::*;
use bytestring::ByteString;

use self::sample::{Run, Sampler};
use crate::{
    domain::{
        Error,
        event::{Kind, Published},
        id::{CartId, DeliveryId, OrderId, ProductId, UserId},
    },
    store::{Store, read},
};

mod follower;
pub mod frame;
pub mod presence;
pub mod sample;
#[cfg(test)]
pub(crate) mod tests;

/// What a topic is to the machine: whose events, or whose state, it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// What happens to one order: sequences are those of its timeline.
    Order(OrderId),
    /// What concerns one user.
    User(UserId),
    /// Everything that happens.
    Feed,
    /// How the shop is doing: a state, as those that follow.
    Stats,
    /// Who of those who run it is looking, likewise.
    Presence,
    /// How a product stands: each delivery is the whole of it, and its sequence may skip.
    Product(ProductId),
    /// How a cart stands, likewise.
    Cart(CartId),
    /// Where a parcel is, likewise.
    Delivery(DeliveryId),
}

/// One event as the followers of one channel are told it. Clones share the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    pub channel: Channel,
    /// Its place in the channel: of events, one more than that of the event before.
    pub sequence: i64,
    pub kind: Kind,
    /// The JSON of the push, encoded once for all who follow.
    pub frame: ByteString,
    /// Of the feed: that events were left out, of which the last has the sequence.
    pub left_out: Option<Arc<LeftOut>>,
}

/// Events of the feed that are not told.
#[derive(Debug, PartialEq, Eq)]
pub struct LeftOut {
    run: Run,
    /// The JSON of the push up to the number of those that were left out.
    head: String,
}

/// What the bus tells a hub.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub enum Signal {
    /// What has happened, in the order of the feed.
    Deliver(Arc<[Delivery]>),
    /// Some of it can't be delivered: whoever follows anything has to read what is stored.
    Resync,
}

/// What the bus tells those who keep something current by it.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub enum Heard {
    /// What has happened, in the order of the feed; see [`Followed::is_all_own`].
    ///
    /// [`Followed::is_all_own`]: crate::store::Followed::is_all_own
    Events { published: Arc<[Published]>, is_all_own: bool },
    /// Some of what has happened is not told: all has to be read again.
    Resync,
}

/// A handle on the bus of this node; clones share it, and when the last is gone the bus stops.
#[derive(Clone)]
pub struct Bus(Arc<Inner>);

struct Inner {
    store: Store,
    epoch: String,
    /// The last event of the feed that was handed to all hubs.
    cursor: AtomicI64,
    sampler: Mutex<Sampler>,
    hubs: Mutex<Vec<Recipient<Signal>>>,
    listeners: Mutex<Vec<Recipient<Heard>>>,
}

impl Bus {
    /// Starts the follower on this thread's arbiter. What was published before is
    /// not delivered: whoever wants it reads it.
    pub async fn start(store: Store) -> Result<Self, Error> {
        let epoch = read!(store, event::epoch())?;
        let cursor = AtomicI64::new(read!(store, event::head())?);
        let (hubs, listeners) = (Mutex::default(), Mutex::default());
        let sampler = Mutex::default();
        let inner = Arc::new(Inner { store, epoch, cursor, sampler, hubs, listeners });
        keep(Arc::downgrade(&inner));
        Ok(Bus(inner))
    }

    /// Which life of the store sequences are counted in; it never changes while a process runs.
    pub fn epoch(&self) -> &str {
        &self.0.epoch
    }

    /// Hands `hub` all that is published from now on, for as long as its mailbox stands.
    pub fn join(&self, hub: Recipient<Signal>) {
        lock(&self.0.hubs).push(hub);
    }

    /// Tells `listener` of all that is published from now on, before any hub hears of it.
    pub fn listen(&self, listener: Recipient<Heard>) {
        lock(&self.0.listeners).push(listener);
    }

    /// How many events there have been, up to the last that was handed to all hubs.
    pub fn place(&self) -> u64 {
        self.0.cursor.load(Ordering::Relaxed).try_into().unwrap_or(0)
    }

    /// How many events of the feed were not told to those who follow it, since there were too many.
    pub fn left_out(&self) -> u64 {
        lock(&self.0.sampler).left_out()
    }

    /// Hands `batch` to all hubs of this node: the latest state of what is not stored as events.
    pub async fn push(&self, batch: Arc<[Delivery]>) {
        follower::tell(&self.0.hubs, &Signal::Deliver(batch)).await;
    }
}

impl Delivery {
    /// The first place that it tells of; the last one is its sequence.
    pub fn first(&self) -> i64 {
        self.left_out.as_ref().map_or(self.sequence, |it| it.run.from)
    }

    /// The same to whoever wants events of these `kinds` alone, with the place of the last of them that
    /// was left out; none where none of them was. Only of what [`Delivery::left_out`] tells.
    pub fn of_kinds(&self, left_out: &LeftOut, kinds: &[Kind]) -> Option<(Delivery, i64)> {
        let (count, last) = left_out.run.of(kinds)?;
        Some((Delivery { frame: left_out.text(count), ..self.clone() }, last))
    }
}

impl LeftOut {
    fn text(&self, count: u64) -> ByteString {
        format!("{}{count}}}}}", self.head).into()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs the follower for as long as the bus stands; one that panics is begun again.
fn keep(inner: Weak<Inner>) {
    actix_rt::spawn(async move {
        while inner.strong_count() > 0 {
            let followed = actix_rt::spawn(follower::run(Weak::clone(&inner))).await;
            if followed.is_err_and(|err| err.is_panic()) {
                tracing::error!("the follower of the feed panicked and is begun again");
                tokio::time::sleep(follower::RETRY_AFTER).await;
            }
        }
    });
}
