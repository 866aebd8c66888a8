//! `admin:stats`: how the shop is doing, once a second, to those who run it. Nothing is read while
//! nobody follows it.

use std::time::Duration;

use actix::prelude::*;
use serde_json::value::to_raw_value;
use tokio::time::{MissedTickBehavior, interval};

use self::counting::Counters;
use super::topic::{Ask, Opening};
use crate::{
    bus::{Bus, Heard, frame},
    domain::Error,
    store::{self, Store},
};

pub mod counting;

const PUSH_EVERY: Duration = Duration::from_secs(1);

/// The figures as they are now. Of a state there is nothing to resume.
pub async fn open(ask: &Ask<'_>) -> Result<Opening, Error> {
    let (sequence, stats) = ask.followed.stats.now(ask.store, store::now()).await?;
    let snapshot = to_raw_value(&stats).map_err(Error::internal("writing figures"))?;
    Ok(ask.state(sequence, snapshot))
}

/// Hears of all that happens, on whatever node.
pub struct Watcher(pub Counters);

impl Actor for Watcher {
    type Context = Context<Self>;
}

impl Handler<Heard> for Watcher {
    type Result = ();

    fn handle(&mut self, heard: Heard, _: &mut Context<Self>) {
        self.0.heard(heard);
    }
}

/// Tells those who follow the figures once a second how they stand, for ever.
pub async fn tell(store: Store, bus: Bus, counters: Counters) {
    let mut tick = interval(PUSH_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        counters.followed().await;
        tick.tick().await;
        let now = store::now();
        let stats = counters.now(&store, now).await;
        match stats.and_then(|(at, stats)| frame::of_stats(bus.epoch(), at, now, &stats)) {
            Ok(push) => bus.push([push].into()).await,
            Err(error) => tracing::warn!(?error, "the shop's figures could not be told"),
        }
    }
}
