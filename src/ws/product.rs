//! `product:{id}`: how a product stands, to anybody: its price, stock and availability.

use std::time::Duration;

use serde_json::value::RawValue;

use super::topic::{Ask, Opening, followed::Followed};
use crate::{
    bus::{Bus, Delivery, frame},
    domain::{Error, id::ProductId},
    reading::catalogue::{Catalogue, Live},
    store,
};

/// How long after one push of a product the next one comes at the earliest: what changes meanwhile
/// is told as it stands then.
const PUSH_EVERY: Duration = Duration::from_millis(100);

/// The product as it stands now. Of a state there is nothing to resume.
pub async fn open(ask: &Ask<'_>, id: ProductId) -> Result<Opening, Error> {
    let live = ask.catalogue.live(id)?;
    let state = live.state.ok_or(Error::NotFound("product"))?;
    let snapshot =
        RawValue::from_string(state.into()).map_err(Error::internal("writing a product"))?;
    Ok(ask.state(live.sequence, snapshot))
}

/// Tells those who follow a product each time that it looks otherwise, and has the carts read again
/// that hold it, for ever.
pub async fn tell(catalogue: Catalogue, bus: Bus, followed: Followed) {
    loop {
        let changed = catalogue.changed().await;
        followed.carts.touched(&changed);
        let those = changed.into_iter().filter(|id| followed.has_product(*id));
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
    let push = live.and_then(|Live { sequence, state }| {
        frame::of_product(epoch, id, sequence, store::now(), state.map(String::from))
    });
    push.inspect_err(|err| tracing::error!(error = ?err, "a product could not be told of")).ok() // logged
}
