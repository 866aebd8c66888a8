//! `cart`: how a cart stands, to its user or the guest who holds it: the whole of it after each edit
//! on any device, and when what it holds has another price, stock or availability.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde_json::value::to_raw_value;

use self::due::Carts;
use super::topic::{Ask, Opening};
use crate::{
    bus::{Bus, Delivery, frame},
    domain::{Error, cart::live::Live, id::CartId},
    store::{self, Store, read},
};

pub mod due;

/// How long after one push of a cart the next one comes at the earliest: what changes meanwhile is
/// told as it stands then.
const PUSH_EVERY: Duration = Duration::from_millis(100);
/// How many carts are read for one round of pushes: a product may be in many, and whoever edits one
/// waits for the round.
const ROUND_MAX: usize = 256;
/// How many are read at once: half of the readers are left to those who wait for an answer.
const READS_MAX: usize = store::READERS / 2;
/// How long to leave a store alone that has failed.
const RETRY_AFTER: Duration = Duration::from_millis(500);
/// How often it is looked what other nodes have made of the carts that are followed here.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How many carts are asked for at once.
const LOOKED_AT_MAX: usize = 500;

/// The cart as it stands now. Of a state there is nothing to resume.
pub async fn open(ask: &Ask<'_>, id: CartId) -> Result<Opening, Error> {
    let cart = read_again(ask.store, &ask.followed.carts, id).await?;
    let snapshot = to_raw_value(&cart.view).map_err(Error::internal("writing a cart"))?;
    Ok(ask.state(cart.sequence, snapshot))
}

/// Tells those who follow a cart each time that it was put down as due, for ever.
pub async fn tell(store: Store, bus: Bus, carts: Carts) {
    loop {
        let due = carts.due(ROUND_MAX).await;
        let read =
            due.into_iter().map(async |id| (id, push(&store, &carts, bus.epoch(), id).await));
        let read: Vec<_> = stream::iter(read).buffer_unordered(READS_MAX).collect().await;
        let (mut pushes, mut failed, mut why) = (Vec::new(), Vec::new(), None);
        for (id, outcome) in read {
            match outcome {
                Ok(push) => pushes.push(push),
                Err(err) => {
                    failed.push(id);
                    why = Some(err);
                }
            }
        }
        if !pushes.is_empty() {
            bus.push(pushes.into()).await;
        }
        let Some(error) = why else {
            tokio::time::sleep(PUSH_EVERY).await;
            continue;
        };
        tracing::warn!(?error, carts = failed.len(), "carts could not be told of");
        carts.failed(&failed);
        tokio::time::sleep(RETRY_AFTER).await;
    }
}

/// Puts the carts down that other nodes have edited, for ever.
pub async fn watch_others(store: Store, carts: Carts) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        for some in carts.ids().chunks(LOOKED_AT_MAX) {
            let some = some.to_vec();
            match read!(store, cart::versions(some)) {
                Ok(found) => carts.found(&found),
                Err(error) => tracing::warn!(?error, "the versions of carts could not be read"),
            }
        }
    }
}

async fn push(store: &Store, carts: &Carts, epoch: &str, id: CartId) -> Result<Delivery, Error> {
    frame::of_cart(epoch, store::now(), &read_again(store, carts, id).await?)
}

async fn read_again(store: &Store, carts: &Carts, id: CartId) -> Result<Live, Error> {
    let (from, now) = (carts.now(), store::now());
    let cart = read!(store, cart::live(id, now))?;
    carts.seen(&cart, from);
    Ok(cart)
}
