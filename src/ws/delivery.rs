//! `delivery:{id}`: where a parcel is, to those who may see its order: the whole of it each time that
//! it moves.

use std::{collections::HashMap, time::Duration};

use actix::prelude::*;
use futures_util::{StreamExt, stream};
use serde_json::value::to_raw_value;

use self::due::Deliveries;
use super::{
    order,
    topic::{Ask, Opening},
};
use crate::{
    bus::{Bus, Delivery, Heard, frame},
    domain::{Error, id::DeliveryId},
    store::{self, Store, read},
};

pub mod due;

/// How many are read at once: half of the readers are left to those who wait for an answer.
const READS_MAX: usize = store::READERS / 2;
/// How often it is looked whether couriers are elsewhere.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How many parcels are asked for at once.
const LOOKED_AT_MAX: usize = 500;
/// How long to leave a store alone that has failed.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// The parcel as it is now. Of a state there is nothing to resume.
pub async fn open(ask: &Ask<'_>, id: DeliveryId) -> Result<Opening, Error> {
    let holder = order::holder(ask.keys, &ask.who, ask.follow.order_token.as_deref());
    let of = read!(ask.store, delivery::order(id))?;
    // Neither answer says whether there is such a parcel.
    let hidden = |err| match err {
        Error::NotFound(_) => Error::NotFound("delivery"),
        other => other,
    };
    holder.may_open(of).map_err(hidden)?;
    let order = read!(ask.store, order::get(of))?;
    holder.opens(of, order.buyer).map_err(hidden)?;
    let mut tracked = order.tracked(id)?;
    if holder.owns(of, order.buyer) {
        tracked.delivery.show_code(); // Pushes don't: one text goes to all who follow.
    }
    let snapshot = to_raw_value(&tracked.delivery).map_err(Error::internal("writing a parcel"))?;
    Ok(ask.state(tracked.sequence, snapshot))
}

/// Hears of parcels that have moved, on whatever node.
pub struct Watcher(pub Deliveries);

impl Actor for Watcher {
    type Context = Context<Self>;
}

impl Handler<Heard> for Watcher {
    type Result = ();

    fn handle(&mut self, heard: Heard, _: &mut Context<Self>) {
        match heard {
            Heard::Events { published: all, .. } => {
                let named = |name: &'static str| {
                    all.iter().filter_map(move |it| it.event.data.get(name)?.as_str()?.parse().ok())
                };
                // What a new parcel has was taken out of another.
                self.0.moved(named("delivery_id").chain(named("from_delivery_id")));
            }
            Heard::Resync => self.0.moved(self.0.ids().into_iter()),
        }
    }
}

/// Puts down the parcels whose couriers are elsewhere by now, whichever node they have told, for ever.
/// A place is no event: it is looked for as long as somebody here follows the parcel.
pub async fn watch_positions(store: Store, deliveries: Deliveries) {
    let mut seen = HashMap::new();
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let mut now = HashMap::new();
        for some in deliveries.ids().chunks(LOOKED_AT_MAX) {
            let some = some.to_vec();
            match read!(store, courier::positions(some)) {
                Ok(found) => now.extend(found),
                Err(error) => tracing::warn!(?error, "the places of couriers could not be read"),
            }
        }
        let is_news = |it: &(&DeliveryId, &i64)| seen.get(it.0) != Some(it.1);
        deliveries.moved(now.iter().filter(is_news).map(|(id, _)| *id));
        seen = now;
    }
}

/// Tells those who follow a parcel each time that it has moved, for ever.
pub async fn tell(store: Store, bus: Bus, deliveries: Deliveries) {
    loop {
        let due = deliveries.due().await;
        let read = due.into_iter().map(async |id| (id, push(&store, bus.epoch(), id).await));
        let read: Vec<_> = stream::iter(read).buffer_unordered(READS_MAX).collect().await;
        let (mut pushes, mut failed) = (Vec::new(), Vec::new());
        for (id, outcome) in read {
            match outcome {
                Ok(push) => pushes.push(push),
                Err(error) => {
                    tracing::warn!(?error, delivery = %id, "a parcel could not be told of");
                    failed.push(id);
                }
            }
        }
        if !pushes.is_empty() {
            bus.push(pushes.into()).await;
        }
        if !failed.is_empty() {
            tokio::time::sleep(RETRY_AFTER).await;
            deliveries.moved(failed.into_iter());
        }
    }
}

async fn push(store: &Store, epoch: &str, id: DeliveryId) -> Result<Delivery, Error> {
    let of = read!(store, delivery::order(id))?;
    let tracked = read!(store, order::get(of))?.tracked(id)?;
    frame::of_delivery(epoch, store::now(), &tracked)
}
