//! Follows the feed on behalf of a consumer of it, batch by batch, until the process ends.
//!
//! How far a consumer has come is in the store, and goes on in the transaction that writes what follows
//! from the events. So nothing is lost with a process, and of two nodes that do the same one does.

use std::{ops::ControlFlow, time::Duration};

use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{
    domain::{Error, audit::Audited},
    store::{Command, Store},
};

/// How often the feed is read unasked: for what another node has left.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long at the least one look is after the other: who is told a moment later does not mind, and a
/// busy shop writes what it tells in few transactions.
pub const APART: Duration = Duration::from_millis(200);
/// How long to leave a store alone that has failed.
pub const RETRY_AFTER: Duration = Duration::from_secs(1);
/// After how many places without anything to do the cursor is taken on all the same, so that whoever
/// comes next need not read them again.
const MOVE_EVERY: i64 = 2_000;

/// What is done with the feed.
pub trait Consume: 'static {
    type Batch: 'static;
    /// What it is called in the log.
    const NAME: &'static str;

    /// What follows from the events that nobody has done yet, from `seen` on at the least: there was
    /// nothing before it.
    fn look(
        &self,
        store: &Store,
        seen: i64,
    ) -> impl Future<Output = Result<Look<Self::Batch>, Error>>;

    /// Writes it, with the cursor; `Stale` where another node has.
    fn tell(store: &Store, batch: Self::Batch) -> impl Future<Output = Result<(), Error>>;
}

/// Writes what follows from a batch; false where the store refuses that, and one thing in it may be why:
/// then each of them is to be written by itself, so that it holds up no other.
pub async fn write_whole<C>(store: &Store, batch: C, things: usize) -> Result<bool, Error>
where
    C: Command + Audited<Outcome = ()>,
{
    match store.write(batch).await {
        Ok(()) => Ok(true),
        Err(error @ Error::Internal { .. }) => {
            tracing::warn!(?error, things, "what follows from a batch is written one by one");
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// A batch of the feed.
pub struct Look<B> {
    /// Where the cursor stands, and where it will.
    pub from: i64,
    pub to: i64,
    /// Whether anything follows from it.
    pub has_news: bool,
    /// Whether nothing waits behind it.
    pub is_last: bool,
    pub batch: B,
}

/// The task of a consumer, and how to end it.
pub struct Consumer {
    name: &'static str,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Consumer {
    pub fn start<C: Consume>(store: Store, consumer: C) -> Self {
        let (stop, stopped) = watch::channel(false);
        Consumer { name: C::NAME, stop, task: actix_rt::spawn(run(store, consumer, stopped)) }
    }

    /// Begins no more, and waits for what is in hand, at most for `at_most`. What is not done then is
    /// done by whoever comes next.
    pub async fn drain(self, at_most: Duration) {
        self.stop.send_replace(true);
        if timeout(at_most, self.task).await.is_err() {
            tracing::warn!(consumer = self.name, "the feed was not left in time");
        }
    }
}

/// Follows the feed until it is told to stop.
async fn run<C: Consume>(store: Store, consumer: C, mut stopped: watch::Receiver<bool>) {
    let mut committed = store.committed();
    let mut seen = 0;
    while !*stopped.borrow() {
        // Seen before the feed is read: what is committed after that is seen again.
        committed.borrow_and_update();
        match step(&store, &consumer, &mut seen).await {
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
                tracing::warn!(?error, consumer = C::NAME, "the feed could not be told of");
                sleep(RETRY_AFTER).await;
            }
        }
    }
}

/// Does one batch; `Break` where nothing waits behind it. There is nothing to do up to `seen`.
async fn step<C: Consume>(
    store: &Store,
    consumer: &C,
    seen: &mut i64,
) -> Result<ControlFlow<()>, Error> {
    let Look { from, to, has_news, is_last, batch } = consumer.look(store, *seen).await?;
    if has_news || to.saturating_sub(from) >= MOVE_EVERY {
        match C::tell(store, batch).await {
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
    Ok(if is_last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
}
