//! Publishes: has the store give events that were committed their places in the feed.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::time::timeout;

use super::Inner;
use crate::domain::event::Relay;

/// How long at most an event waits that was committed here, should its word have been lost.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long at most an event waits that was committed by another node, or here while another node
/// was publishing: nobody gives word of it.
const LOOK_EVERY_SHARED: Duration = Duration::from_millis(75);
/// How long to leave a store alone that has failed.
pub const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Publishes whenever something was committed, until the bus is gone.
pub async fn run(bus: Weak<Inner>) {
    let Some(inner) = bus.upgrade() else { return };
    let mut committed = inner.store.committed();
    let every = look_every(&inner);
    drop(inner);
    while let Some(inner) = bus.upgrade() {
        // Seen before what waits is: what is committed after it is seen again.
        committed.borrow_and_update();
        match inner.store.write(Relay).await {
            Ok(moved) if moved > 0 => inner.published.notify_one(),
            Ok(_) => {
                drop(inner);
                // Elapsed or told, it is time to look.
                let _told = timeout(every, committed.changed()).await;
            }
            Err(err) => {
                tracing::warn!(error = ?err, "events could not be published");
                tokio::time::sleep(RETRY_AFTER).await;
            }
        }
    }
}

/// How often to look unasked.
pub fn look_every(inner: &Arc<Inner>) -> Duration {
    if inner.store.is_shared() { LOOK_EVERY_SHARED } else { LOOK_EVERY }
}
