//! Tells buyers of what happens to their orders: follows the feed, and has what is to be told of it
//! written into inboxes and the queue of mails, once.
//!
//! How far it has come is in the store, and goes on in the transaction that writes what is told. So
//! nothing is lost with a process, and of two nodes that tell of the same one does.

use std::{ops::ControlFlow, time::Duration};

use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{
    domain::{
        Error,
        notification::order::{BATCH_MAX, Tell},
    },
    store::{self, Store, read},
};

/// How often the feed is read unasked: for what another node has left.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long at the least one look is after the other: who is told a moment later does not mind, and a
/// busy shop writes what it tells in few transactions.
const APART: Duration = Duration::from_millis(200);
/// How long to leave a store alone that has failed.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How often it is tried to tell of an event that the store refuses, before it is left out.
const TRIES_MAX: u32 = 3;
/// After how many places without anything to tell the cursor is taken on all the same, so that whoever
/// comes next need not read them again.
const MOVE_EVERY: i64 = 2_000;

/// The task that tells, and how to end it.
pub struct Notifier {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Notifier {
    pub fn start(store: Store) -> Self {
        let (stop, stopped) = watch::channel(false);
        Notifier { stop, task: actix_rt::spawn(run(store, stopped)) }
    }

    /// Begins no more, and waits for what is in hand, at most for `at_most`. What is not told then is
    /// told by whoever comes next.
    pub async fn drain(self, at_most: Duration) {
        self.stop.send_replace(true);
        if timeout(at_most, self.task).await.is_err() {
            tracing::warn!("some notices were not finished in time");
        }
    }
}

/// Follows the feed until it is told to stop.
async fn run(store: Store, mut stopped: watch::Receiver<bool>) {
    let mut committed = store.committed();
    let mut seen = 0;
    while !*stopped.borrow() {
        // Seen before the feed is read: what is committed after that is seen again.
        committed.borrow_and_update();
        match step(&store, &mut seen).await {
            Ok(ControlFlow::Continue(())) => {}
            Ok(ControlFlow::Break(())) => {
                let told = async {
                    sleep(APART).await;
                    // Elapsed or told, it is time to look.
                    timeout(LOOK_EVERY, committed.changed()).await.ok();
                };
                tokio::select! {
                    () = told => {}
                    _ = stopped.changed() => {}
                }
            }
            Err(error) => {
                tracing::warn!(?error, "the feed could not be told of");
                sleep(RETRY_AFTER).await;
            }
        }
    }
}

/// Tells of one batch; `Break` where nothing waits behind it. There is nothing to tell up to `seen`.
async fn step(store: &Store, seen: &mut i64) -> Result<ControlFlow<()>, Error> {
    let (before, now) = (*seen, store::now());
    let due = read!(store, notification::due(before, now))?;
    let (from, to) = (due.from, due.to);
    if !due.news.is_empty() || to - from >= MOVE_EVERY {
        match tell(store, due).await {
            Ok(()) => {}
            // Another node has. Where it stands now, the store says.
            Err(Error::Stale) => {
                *seen = 0;
                return Ok(ControlFlow::Continue(()));
            }
            Err(error) => return Err(error),
        }
    }
    *seen = to;
    let is_all = to - before.max(from) < BATCH_MAX;
    Ok(if is_all { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
}

/// Tells of a batch, and if that cannot be done, of each event by itself: one that the store refuses
/// must not hold up all others.
async fn tell(store: &Store, due: Tell) -> Result<(), Error> {
    let error = match store.write(due.clone()).await {
        Err(error @ Error::Internal { .. }) => error,
        done => return done,
    };
    tracing::warn!(?error, events = due.news.len(), "telling of a batch one by one");
    for one in due.singly() {
        tell_one(store, one).await?;
    }
    Ok(())
}

/// Tells of one event, or leaves it out where that fails again and again.
async fn tell_one(store: &Store, one: Tell) -> Result<(), Error> {
    for _ in 0..TRIES_MAX {
        match store.write(one.clone()).await {
            Err(Error::Internal { doing, source }) => {
                tracing::error!(place = one.to, doing, %source, "nobody could be told of an event");
                sleep(RETRY_AFTER).await;
            }
            done => return done,
        }
    }
    store.write(Tell { news: Vec::new(), ..one }).await
}
