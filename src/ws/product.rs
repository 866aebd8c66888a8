//! `product:{id}`: how a product stands, to anybody: its price, stock and availability.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::value::RawValue;

use super::topic::{Ask, Opening};
use crate::{
    bus::{Bus, Delivery, frame},
    domain::{Error, id::ProductId},
    reading::catalogue::Catalogue,
    store,
};

/// How long after one push of a product the next one comes at the earliest: what changes meanwhile
/// is told as it stands then.
const PUSH_EVERY: Duration = Duration::from_millis(100);

/// The product as it stands now. Of a state there is nothing to resume.
pub async fn open(ask: &Ask<'_>, id: ProductId) -> Result<Opening, Error> {
    let live = ask.catalogue.live(id)?;
    let state = live.state.ok_or(Error::NotFound("product"))?;
    let snapshot = RawValue::from_string(state).map_err(Error::internal("writing a product"))?;
    Ok(Opening {
        head: live.sequence,
        recovered: ask.follow.since.as_ref().map(|_| false),
        snapshot: Some(snapshot),
        position: live.sequence,
        previous: 0,
    })
}

/// The products that sockets of this node follow: of the others nothing is encoded.
#[derive(Debug, Clone, Default)]
pub struct Followed(Arc<Mutex<HashMap<ProductId, usize>>>);

impl Followed {
    pub fn add(&self, id: ProductId) {
        let mut all = self.lock();
        let count = all.entry(id).or_default();
        *count = count.saturating_add(1);
    }

    pub fn leave(&self, id: ProductId) {
        let mut all = self.lock();
        if let Some(count) = all.get_mut(&id) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                all.remove(&id);
            }
        }
    }

    fn contains(&self, id: ProductId) -> bool {
        self.lock().contains_key(&id)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ProductId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells those who follow a product each time that it looks otherwise, for ever.
pub async fn tell(catalogue: Catalogue, bus: Bus, followed: Followed) {
    loop {
        let changed = catalogue.changed().await;
        let those = changed.into_iter().filter(|id| followed.contains(*id));
        let pushes: Vec<Delivery> =
            those.filter_map(|id| push(&catalogue, bus.epoch(), id)).collect();
        if !pushes.is_empty() {
            bus.push(pushes.into()).await;
        }
        tokio::time::sleep(PUSH_EVERY).await;
    }
}

fn push(catalogue: &Catalogue, epoch: &str, id: ProductId) -> Option<Delivery> {
    let live = catalogue.live(id);
    let push =
        live.and_then(|it| frame::of_product(epoch, id, it.sequence, store::now(), it.state));
    push.inspect_err(|err| tracing::error!(error = ?err, "a product could not be told of")).ok() // logged
}
