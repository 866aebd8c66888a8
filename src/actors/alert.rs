//! Tells those who wait for something that it is in stock again: follows the feed for whatever may have
//! put some on the shelf.

use tokio::time::sleep;

use super::consumer::{Consume, Look, RETRY_AFTER, write_whole};
use crate::{
    domain::{Error, alert::Tell},
    store::{Store, read},
};

/// Tells of what is back.
pub struct BackInStock;

impl Consume for BackInStock {
    type Batch = Tell;
    const NAME: &'static str = "stock_alerts";

    async fn look(&self, store: &Store, seen: i64) -> Result<Look<Tell>, Error> {
        let (due, is_last) = read!(store, alert::due(seen))?;
        let has_news = !due.due.is_empty();
        Ok(Look { from: due.from, to: due.to, has_news, is_last, batch: due })
    }

    /// Tells all at once, and if that cannot be done, each by themselves: one who cannot be told goes on
    /// waiting, and holds up no other.
    async fn tell(store: &Store, told: Tell) -> Result<(), Error> {
        if write_whole(store, told.clone(), told.due.len()).await? {
            return Ok(());
        }
        let Tell { from, to, due } = told;
        for one in due {
            let alert = one.alert;
            match store.write(Tell { from, to: from, due: vec![one] }).await {
                Err(Error::Internal { doing, source }) => {
                    tracing::error!(%alert, doing, %source, "somebody could not be told of what is back");
                }
                done => done?,
            }
        }
        // Those who could not be told may be all that is found again.
        sleep(RETRY_AFTER).await;
        store.write(Tell { from, to, due: Vec::new() }).await
    }
}
