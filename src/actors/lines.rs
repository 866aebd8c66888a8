//! What all senders have in common: lines, on each of which one claim at a time is in hand, and the rows
//! in the store that are their queue, from which all nodes take.

use std::{
    future::pending,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use actix::prelude::*;
use futures_util::FutureExt;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use crate::{
    domain::Error,
    store::{Command, Store},
};

/// How often the rows are read unasked: for what another node left, and what is to be tried again.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often it is looked for what is too old.
const TIDY_EVERY: Duration = Duration::from_secs(60);
/// How often it is tried to write down what became of a thing.
const SETTLE_TRIES_MAX: u32 = 5;
const SETTLE_AGAIN: Duration = Duration::from_millis(200);

/// The lines of a sender on this node.
pub struct Lines {
    most: usize,
    open: watch::Sender<usize>,
    /// Those that have something in hand.
    busy: watch::Sender<usize>,
    draining: AtomicBool,
}

/// Takes nothing more into hand; answered when nothing is in hand any more.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Drain;

impl Lines {
    /// Of which there may be so many.
    pub fn of(most: usize) -> Self {
        let (open, busy) = (watch::Sender::new(0), watch::Sender::new(0));
        Lines { most, open, busy, draining: AtomicBool::new(false) }
    }

    /// How many due things are worth finding: more than all lines can take are as many as one more.
    pub fn due_max(&self) -> i64 {
        i64::try_from(self.most).unwrap_or(i64::MAX).saturating_add(1)
    }

    /// One more line, until it is dropped.
    pub fn open(&self) -> OneMore {
        OneMore::of(&self.open)
    }

    /// One more that has something in hand, until it is dropped.
    pub fn busy(&self) -> OneMore {
        OneMore::of(&self.busy)
    }

    /// Whether nothing more is to be taken into hand.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Whether another line is needed, where so many things are `due`, and allowed.
    pub fn wants_one(&self, due: usize) -> bool {
        let open = *self.open.borrow();
        let idle = open.saturating_sub(*self.busy.borrow());
        due > idle && open < self.most && !self.is_draining()
    }

    /// What answers [`Drain`].
    pub fn drain(&self) -> ResponseFuture<()> {
        self.draining.store(true, Ordering::Relaxed);
        let mut busy = self.busy.subscribe();
        Box::pin(async move {
            busy.wait_for(|busy| *busy == 0).await.ok(); // The lines are gone, and all is done.
        })
    }
}

/// One more of a count, until it is dropped.
pub struct OneMore(watch::Sender<usize>);

impl OneMore {
    fn of(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count = count.saturating_add(1));
        OneMore(count.clone())
    }
}

impl Drop for OneMore {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

/// A sender, beside what it does on its lines.
pub trait Looks: Actor<Context = Context<Self>> {
    type Due: 'static;
    /// How often it is counted how much waits.
    const COUNT_EVERY: Duration;

    /// Takes back, before anything else, what was in hand when a process ended.
    fn recover(&self) -> impl Future<Output = ()> + 'static;

    /// Forgets what is too old.
    fn tidy(&self) -> impl Future<Output = ()> + 'static;

    /// Counts how much waits.
    fn count(&self) -> impl Future<Output = ()> + 'static;

    /// Ends when something was queued here since this was called.
    fn queued(&mut self) -> impl Future<Output = ()> + 'static;

    /// Reads what is due.
    fn due(&self) -> impl Future<Output = Result<Self::Due, Error>> + 'static;

    /// Opens the lines that it takes.
    fn begin(&mut self, due: Self::Due, ctx: &mut Context<Self>);
}

/// Begins to look, to tidy and to count.
pub fn start<S: Looks>(sender: &S, ctx: &mut Context<S>) {
    let recovered = sender.recover().into_actor(sender);
    ctx.spawn(recovered.map(|(), sender, ctx| look(sender, ctx)));
    ctx.run_interval(TIDY_EVERY, |sender, ctx| {
        ctx.spawn(sender.tidy().into_actor(sender));
    });
    ctx.run_interval(S::COUNT_EVERY, |sender, ctx| {
        ctx.spawn(sender.count().into_actor(sender));
    });
}

/// Writes a command that takes back all that is in hand. With a store of its own nobody else has anything
/// in hand, and this node has not begun.
pub async fn recover<C: Command>(store: &Store, command: C) {
    if !store.is_shared()
        && let Err(error) = store.write(command).await
    {
        tracing::warn!(?error, "what was in hand could not be recovered");
    }
}

/// Writes a command that forgets what is too old.
pub async fn prune<C: Command>(store: &Store, command: C) {
    if let Err(error) = store.write(command).await {
        tracing::warn!(?error, "what is too old could not be forgotten");
    }
}

/// Keeps in `waiting` how much was counted to wait.
pub fn counted(count: Result<u64, Error>, waiting: &AtomicU64) {
    match count {
        Ok(count) => waiting.store(count, Ordering::Relaxed),
        Err(error) => tracing::warn!(?error, "what waits to be sent could not be counted"),
    }
}

/// Looks what is due, has lines opened, and waits to look again: two looks never overlap.
fn look<S: Looks>(sender: &mut S, ctx: &mut Context<S>) {
    // Asked before the rows are read: what is committed after it is seen again.
    let queued = sender.queued();
    let looked = sender.due().into_actor(sender).then(|due, sender, ctx| {
        match due {
            Ok(due) => sender.begin(due, ctx),
            Err(error) => tracing::warn!(?error, "what is to be sent could not be read"),
        }
        // Elapsed or told, it is time to look.
        let told = timeout(LOOK_EVERY, queued).map(drop);
        told.into_actor(sender).map(|(), sender, ctx| look(sender, ctx))
    });
    ctx.spawn(looked);
}

/// Ends when the store has told of more than it had when this was called.
pub fn told(by: &mut watch::Receiver<u64>) -> impl Future<Output = ()> + use<> {
    by.borrow_and_update();
    let mut by = by.clone();
    async move {
        if by.changed().await.is_err() {
            pending::<()>().await; // The store is gone: nothing is queued any more.
        }
    }
}

/// Writes down what became of a thing, and tries it again where the store is busy.
pub async fn settle<C: Command>(store: &Store, command: C) -> Result<C::Outcome, Error> {
    for _ in 1..SETTLE_TRIES_MAX {
        match store.write(command.clone()).await {
            Err(Error::Busy) => sleep(SETTLE_AGAIN).await,
            done => return done,
        }
    }
    store.write(command).await
}
