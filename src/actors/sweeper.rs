//! What is due: timers that matter are rows, and this is who reads them, here and after a crash.
//! Each row is handed to the actor that owns it, which looks again whether it is time.

use std::time::Duration;

use actix::prelude::*;

use super::{Actors, delivery, link::Send, order::Expire, payment::Attend};
use crate::{
    domain::{Error, idempotency, link, session},
    store::{self, Store, read},
};

/// How often the rows are read. The actors' own timers are quicker; these are for what a crash or
/// another node left.
const SWEEP_EVERY: Duration = Duration::from_millis(500);
/// How often what nobody can ask for any more is forgotten.
const PRUNE_EVERY: Duration = Duration::from_secs(600);
/// The most rows of a kind in one sweep.
const ROWS_MAX: i64 = 500;

pub struct Sweeper {
    pub store: Store,
    pub actors: Actors,
}

impl Actor for Sweeper {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.run_later(SWEEP_EVERY, Self::sweep);
        ctx.run_interval(PRUNE_EVERY, |actor, ctx| {
            let store = actor.store.clone();
            ctx.spawn(async move { log(prune(&store).await) }.into_actor(actor));
        });
    }
}

impl Sweeper {
    /// Sweeps once, and sets the next: two never overlap.
    fn sweep(&mut self, ctx: &mut Context<Self>) {
        let (store, actors) = (self.store.clone(), self.actors.clone());
        let swept = async move { log(sweep(&store, &actors).await) }.into_actor(self);
        ctx.spawn(swept.map(|(), _, ctx: &mut Context<Self>| {
            ctx.run_later(SWEEP_EVERY, Self::sweep);
        }));
    }
}

async fn sweep(store: &Store, actors: &Actors) -> Result<(), Error> {
    let now = store::now();
    for order in read!(store, order::expired(now, ROWS_MAX))? {
        actors.orders.tell(order, Expire);
    }
    for link in read!(store, link::waiting(ROWS_MAX))? {
        actors.links.tell(link, Send);
    }
    for payment in read!(store, payment::due(now, ROWS_MAX))? {
        actors.payments.tell(payment, Attend);
    }
    for delivery in read!(store, delivery::due(now, ROWS_MAX))? {
        actors.deliveries.tell(delivery, delivery::Move);
    }
    Ok(())
}

/// Forgets what nobody can ask for any more.
async fn prune(store: &Store) -> Result<(), Error> {
    store.write(idempotency::Prune).await?;
    store.write(link::Prune).await?;
    // A little at a time, so that nobody waits behind it.
    while store.write(session::Prune).await? > 0 {}
    Ok(())
}

fn log(swept: Result<(), Error>) {
    if let Err(error) = swept {
        tracing::warn!(?error, "a sweep failed");
    }
}
