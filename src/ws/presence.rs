//! `admin:presence`: which of those who run the shop are looking, and at which orders.

use std::time::Duration;

use serde_json::value::to_raw_value;

use super::topic::{
    Ask, Opening,
    followed::{Followed, Versions},
};
use crate::{
    bus::{Bus, frame, presence::Pinned},
    domain::{Error, presence::Presence},
    store::{self, Store},
};

/// How long after one push the next one comes at the earliest.
const PUSH_EVERY: Duration = Duration::from_millis(100);
/// How long to leave a store alone that has failed.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Who is looking now; whoever asks is told of themselves by the next push. Of a state there is nothing to
/// resume.
pub async fn open(ask: &Ask<'_>) -> Result<Opening, Error> {
    let Followed { presence, versions, .. } = ask.followed;
    see_others(presence.look().await);
    let all = presence.all(ask.store).await?;
    let snapshot = to_raw_value(&all).map_err(Error::internal("writing who is there"))?;
    Ok(ask.state(versions.next(store::now()), snapshot))
}

/// Tells those who follow it each time that somebody has come or gone, or looks at something else, for
/// ever.
pub async fn tell(store: Store, bus: Bus, followed: Followed) {
    let Followed { presence, versions, .. } = followed;
    let (mut pinned, mut last) = (Pinned::default(), None);
    loop {
        presence.due().await;
        see_others(presence.renew(&mut pinned).await);
        see_others(presence.look().await);
        match presence.all(&store).await {
            Ok(all) if last.as_ref() == Some(&all) => {}
            Ok(all) => {
                push(&bus, &versions, &all).await;
                last = Some(all);
            }
            Err(error) => {
                tracing::warn!(?error, "nobody could be told who is there");
                tokio::time::sleep(RETRY_AFTER).await;
                presence.touch();
            }
        }
        tokio::time::sleep(PUSH_EVERY).await;
    }
}

async fn push(bus: &Bus, versions: &Versions, all: &Presence) {
    let now = store::now();
    match frame::of_presence(bus.epoch(), versions.next(now), now, all) {
        Ok(push) => bus.push([push].into()).await,
        Err(error) => tracing::error!(?error, "nobody could be told who is there"),
    }
}

/// Where other nodes can't be asked, what is known of them is told until they would be taken for dead.
fn see_others(seen: Result<(), Error>) {
    if let Err(error) = seen {
        tracing::warn!(?error, "who is at other nodes could not be seen");
    }
}
