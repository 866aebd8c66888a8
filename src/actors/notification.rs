//! Tells buyers of what happens to their orders, and the shop's people of new ones: follows the feed, and
//! has what is to be told of it written into inboxes and the queue of mails, once.

use tokio::time::sleep;

use super::consumer::{Consume, Look, RETRY_AFTER, write_whole};
use crate::{
    domain::{
        Error,
        notification::order::{Seller, Tell},
    },
    store::{self, Store, read},
};

/// How often it is tried to tell of an event that the store refuses, before it is left out.
const TRIES_MAX: u32 = 3;

/// Tells of orders.
pub struct OrderNews {
    /// Who is told of new orders besides their buyers.
    pub seller: Option<Seller>,
}

impl Consume for OrderNews {
    type Batch = Tell;
    const NAME: &'static str = "notifications";

    async fn look(&self, store: &Store, seen: i64) -> Result<Look<Tell>, Error> {
        let now = store::now();
        let (due, is_last) = read!(store, notification::due(seen, now))?;
        let (from, to, has_news) = (due.from, due.to, !due.news.is_empty());
        let batch = Tell { seller: self.seller.clone(), ..due };
        Ok(Look { from, to, has_news, is_last, batch })
    }

    /// Tells of a batch, and if that cannot be done, of each event by itself: one that the store
    /// refuses must not hold up all others.
    async fn tell(store: &Store, due: Tell) -> Result<(), Error> {
        if write_whole(store, due.clone(), due.news.len()).await? {
            return Ok(());
        }
        for one in due.singly() {
            tell_one(store, one).await?;
        }
        Ok(())
    }
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
