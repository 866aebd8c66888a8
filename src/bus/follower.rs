//! Follows the feed as it grows and hands what is new to the hubs of this node.

use std::{
    ops::ControlFlow,
    sync::{Arc, Mutex, Weak, atomic::Ordering},
    time::{Duration, Instant},
};

use actix::{MailboxError, Message, Recipient};
use futures_util::future::join_all;
use tokio::time::timeout;

use super::{Delivery, Heard, Inner, Signal, frame, lock, sample::Taken};
use crate::{
    domain::{Error, event::Published},
    store::Followed,
};

/// How many events are taken and handed over at once.
const BATCH_MAX: u16 = 500;
/// How long at most an event waits that another process has written to the file, or of which no word
/// was given.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long at most an event waits that another node has written: nobody gives word of it.
const LOOK_EVERY_SHARED: Duration = Duration::from_millis(75);
/// How long to leave a store alone that has failed.
pub const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Follows the feed until the bus is gone.
pub async fn run(bus: Weak<Inner>) {
    let Some(inner) = bus.upgrade() else { return };
    let mut committed = inner.store.committed();
    let every = if inner.store.is_shared() { LOOK_EVERY_SHARED } else { LOOK_EVERY };
    drop(inner);
    while let Some(inner) = bus.upgrade() {
        // Seen before the feed is read: what is committed after that is seen again.
        committed.borrow_and_update();
        match step(&inner).await {
            Ok(ControlFlow::Continue(())) => {}
            Ok(ControlFlow::Break(())) => {
                let due = lock(&inner.sampler).due();
                let due = due.map(|it| it.saturating_duration_since(Instant::now()));
                drop(inner);
                // Elapsed or told, it is time to look.
                let wait = due.map_or(every, |due| due.min(every));
                let _told = timeout(wait, committed.changed()).await;
            }
            Err(err) => {
                tracing::warn!(error = ?err, "the feed could not be read");
                drop(inner);
                tokio::time::sleep(RETRY_AFTER).await;
            }
        }
    }
}

/// Hands over one batch; `Break` after one that was not full: the next look finds what is behind it.
async fn step(inner: &Arc<Inner>) -> Result<ControlFlow<()>, Error> {
    let cursor = inner.cursor.load(Ordering::Relaxed);
    let Followed { published, is_all_own } = inner.store.follow(cursor, BATCH_MAX).await?;
    let Some(last) = published.last().map(|it| it.sequence) else {
        let over = lock(&inner.sampler).over(Instant::now());
        if let Some(run) = over {
            let told = [frame::of_left_out(&inner.epoch, run)?];
            tell(&inner.hubs, &Signal::Deliver(told.into())).await;
        }
        return Ok(ControlFlow::Break(()));
    };
    if !is_whole(cursor, &published) {
        tracing::warn!(cursor, "the feed was pruned before it was delivered");
        tell(&inner.listeners, &Heard::Resync).await;
        tell(&inner.hubs, &Signal::Resync).await;
    }
    let published: Arc<[Published]> = published.into();
    let heard = Heard::Events { published: Arc::clone(&published), is_all_own };
    tell(&inner.listeners, &heard).await;
    let batch = encoded(inner, &published)?;
    tell(&inner.hubs, &Signal::Deliver(batch.into())).await;
    inner.cursor.store(last, Ordering::Relaxed);
    let is_full = published.len() >= usize::from(BATCH_MAX);
    Ok(if is_full { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
}

/// What is told of `published`, where admins are told all or, of too many, some.
fn encoded(inner: &Inner, published: &[Published]) -> Result<Vec<Delivery>, Error> {
    let (epoch, now) = (&inner.epoch, Instant::now());
    let mut batch = Vec::with_capacity(published.len().saturating_mul(2));
    let mut sampler = lock(&inner.sampler);
    for one in published {
        match sampler.take(one, now) {
            Taken::Told(None) => batch.extend(frame::all(epoch, one)?),
            Taken::Told(Some(run)) => {
                batch.push(frame::of_left_out(epoch, run)?);
                batch.extend(frame::all(epoch, one)?);
            }
            Taken::LeftOut => batch.extend(frame::but_feed(epoch, one)?),
        }
    }
    let over = sampler.over(now).map(|run| frame::of_left_out(epoch, run));
    batch.extend(over.transpose()?);
    Ok(batch)
}

/// Whether nothing is missing between the cursor and the last of `published`.
fn is_whole(cursor: i64, published: &[Published]) -> bool {
    (cursor.saturating_add(1)..).zip(published).all(|(due, it)| it.sequence == due)
}

/// Waits until each has taken the message: one that is behind slows the follower, and loses nothing.
/// Those whose thread has ended are forgotten.
pub async fn tell<M>(all: &Mutex<Vec<Recipient<M>>>, message: &M)
where
    M: Message<Result = ()> + Clone + Send + 'static,
{
    let those: Vec<Recipient<M>> = lock(all).clone();
    let told = join_all(those.iter().map(|it| it.send(message.clone()))).await;
    let gone = those.iter().zip(told).filter(|(_, it)| matches!(it, Err(MailboxError::Closed)));
    let gone: Vec<&Recipient<M>> = gone.map(|(it, _)| it).collect();
    if !gone.is_empty() {
        lock(all).retain(|it| !gone.contains(&it));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Kind;

    fn published(sequences: &[i64]) -> Vec<Published> {
        sequences.iter().map(|it| Published::bare(*it, Kind::StockChanged)).collect()
    }

    #[test]
    fn a_feed_that_goes_on_where_the_cursor_stands_is_whole() {
        assert!(is_whole(0, &published(&[1, 2, 3])));
        assert!(is_whole(7, &published(&[8])));
    }

    #[test]
    fn a_feed_with_a_hole_is_not() {
        assert!(!is_whole(7, &published(&[9, 10])));
        assert!(!is_whole(7, &published(&[8, 10])));
    }
}
