//! Follows the feed, and queues a message of each event for each endpoint that wants to be told.
//!
//! The cursor moves in the transaction that queues them, so that neither a crash nor another node that
//! does the same leaves one out or queues it twice. Where nobody is to be told of anything, the feed
//! is not read and nothing is written: what is before the first event that an endpoint can be told of
//! is passed over in one step.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use super::super::consumer::APART;
use crate::{
    domain::{
        Error,
        webhook::delivery::{FanOut, Untold},
    },
    store::{Store, read},
};

/// How many events are queued at once, each for all who want it: the writer is held up no longer.
const BATCH_MAX: i64 = 200;
/// How often the feed is looked at unasked: for what another node left, and for a first endpoint.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a store is left alone that has failed.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What a look at the feed came to.
enum Look {
    /// There was something, and there may be more.
    Told,
    /// All has been told, or nobody is to be.
    Nothing,
}

/// Follows the feed for as long as the process runs; `queued` is told when there is something to send.
pub async fn run(store: Store, queued: Arc<Notify>) {
    let mut committed = store.committed();
    loop {
        // Seen before the feed is read: what is committed after that is seen again.
        committed.borrow_and_update();
        match step(&store, &queued).await {
            // Where another node was faster, the next look begins where that one ended.
            Ok(Look::Told) | Err(Error::Stale) => {}
            Ok(Look::Nothing) => {
                sleep(APART).await;
                // Elapsed or told, it is time to look.
                let _told = timeout(LOOK_EVERY, committed.changed()).await;
            }
            Err(error) => {
                tracing::warn!(?error, "no message could be queued for webhooks");
                sleep(RETRY_AFTER).await;
            }
        }
    }
}

async fn step(store: &Store, queued: &Notify) -> Result<Look, Error> {
    let Some(untold) = read!(store, webhook::untold(BATCH_MAX))? else {
        return Ok(Look::Nothing);
    };
    let Untold { cursor, from, published } = untold;
    let Some(to) = published.last().map(|it| it.sequence) else { return Ok(Look::Nothing) };
    let missing = to.saturating_sub(from).saturating_sub(count(published.len()));
    if missing > 0 {
        tracing::warn!(
            from,
            to,
            missing,
            "events were forgotten before webhooks were told of them"
        );
    }
    let command = FanOut { from: cursor, to, published: published.into() };
    if store.write(command).await? > 0 {
        queued.notify_one();
    }
    Ok(Look::Told)
}

fn count(len: usize) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX)
}
