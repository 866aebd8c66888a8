//! What is due: timers that matter are rows, and this is who reads them, here and after a crash.
//! Each row is handed to the actor that owns it, which looks again whether it is time.

use std::time::Duration;

use actix::prelude::*;
use futures_util::future::join_all;

use super::{
    Actors,
    cart::{self, CartActor},
    delivery::{self, DeliveryActor},
    directory::Directory,
    link::{LinkActor, Send},
    order::{Expire, OrderActor},
    payment::{Attend, PaymentActor},
};
use crate::{
    domain::{
        Error, alert,
        audit::reading::{INDEXED_MAX, Index},
        idempotency, link, session,
    },
    store::{self, Store, read},
};

/// How often the rows are read. The actors' own timers are quicker; these are for what a crash or
/// another node left.
const SWEEP_EVERY: Duration = Duration::from_millis(500);
/// How often what nobody can ask for any more is forgotten.
const PRUNE_EVERY: Duration = Duration::from_secs(600);
/// How often it is looked how long the end of the audit log is that has no index.
const INDEX_EVERY: Duration = Duration::from_millis(100);
/// How many carts are emptied at once: whoever buys waits for no more of them.
const IDLE_MAX: i64 = 50;
/// The most rows of a kind in one sweep.
const ROWS_MAX: i64 = 500;

pub struct Sweeper {
    pub store: Store,
    pub owners: Owners,
}

/// Who owns what can be due.
#[derive(Clone)]
pub struct Owners {
    pub links: Directory<LinkActor>,
    pub orders: Directory<OrderActor>,
    pub carts: Directory<CartActor>,
    pub payments: Directory<PaymentActor>,
    pub deliveries: Directory<DeliveryActor>,
}

impl Owners {
    pub fn of(actors: &Actors) -> Self {
        Owners {
            links: actors.links.clone(),
            orders: actors.orders.clone(),
            carts: actors.carts.clone(),
            payments: actors.payments.clone(),
            deliveries: actors.deliveries.clone(),
        }
    }
}

impl Actor for Sweeper {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.run_later(SWEEP_EVERY, Self::sweep);
        ctx.run_later(SWEEP_EVERY, Self::prune);
        ctx.run_later(INDEX_EVERY, Self::index);
    }
}

impl Sweeper {
    /// Sweeps once, and sets the next: two never overlap.
    fn sweep(&mut self, ctx: &mut Context<Self>) {
        let (store, owners) = (self.store.clone(), self.owners.clone());
        let swept = async move { log(sweep(&store, &owners).await) }.into_actor(self);
        ctx.spawn(swept.map(|(), _, ctx: &mut Context<Self>| {
            ctx.run_later(SWEEP_EVERY, Self::sweep);
        }));
    }
}

impl Sweeper {
    /// The same of what nobody waits for.
    fn prune(&mut self, ctx: &mut Context<Self>) {
        let (store, owners) = (self.store.clone(), self.owners.clone());
        let pruned = async move {
            log(empty_idle(&store, &owners).await);
            log(prune(&store).await);
        };
        ctx.spawn(pruned.into_actor(self).map(|(), _, ctx: &mut Context<Self>| {
            ctx.run_later(PRUNE_EVERY, Self::prune);
        }));
    }
}

impl Sweeper {
    /// The same of the audit log's index.
    fn index(&mut self, ctx: &mut Context<Self>) {
        let store = self.store.clone();
        let indexed = async move { log(index(&store).await) }.into_actor(self);
        ctx.spawn(indexed.map(|(), _, ctx: &mut Context<Self>| {
            ctx.run_later(INDEX_EVERY, Self::index);
        }));
    }
}

/// Brings the index of the audit log near its end, many entries at once. Whoever reads the log reads
/// the end of it as it stands, so a short one may stay.
async fn index(store: &Store) -> Result<(), Error> {
    while read!(store, audit::unindexed())? >= INDEXED_MAX.into() {
        store.write(Index).await?;
    }
    Ok(())
}

/// Empties the carts that nobody has touched for too long, a little at a time.
async fn empty_idle(store: &Store, owners: &Owners) -> Result<(), Error> {
    let (now, mut last) = (store::now(), None);
    loop {
        let after = last;
        let idle = read!(store, cart::idle(now, after, IDLE_MAX))?;
        let Some(next) = idle.last() else { return Ok(()) };
        last = Some(*next);
        let emptied = idle.iter().map(|id| owners.carts.ask(*id, cart::Expire));
        // One that could not be emptied now is found the next time.
        for error in join_all(emptied).await.into_iter().filter_map(Result::err) {
            tracing::warn!(?error, "a cart could not be emptied");
        }
    }
}

/// Hands all that is due by now to those who own it.
pub async fn sweep(store: &Store, owners: &Owners) -> Result<(), Error> {
    let now = store::now();
    for order in read!(store, order::expired(now, ROWS_MAX))? {
        owners.orders.tell(order, Expire);
    }
    for cart in read!(store, cart::held_until(now, ROWS_MAX))? {
        owners.carts.tell(cart, cart::Expire);
    }
    for link in read!(store, link::waiting(ROWS_MAX))? {
        owners.links.tell(link, Send);
    }
    for payment in read!(store, payment::due(now, ROWS_MAX))? {
        owners.payments.tell(payment, Attend);
    }
    for delivery in read!(store, delivery::due(now, ROWS_MAX))? {
        owners.deliveries.tell(delivery, delivery::Move);
    }
    Ok(())
}

/// Forgets what nobody can ask for any more.
async fn prune(store: &Store) -> Result<(), Error> {
    store.write(idempotency::Prune).await?;
    store.write(link::Prune).await?;
    while store.write(alert::Prune).await? > 0 {}
    // A little at a time, so that nobody waits behind it.
    while store.write(session::Prune).await? > 0 {}
    Ok(())
}

fn log(swept: Result<(), Error>) {
    if let Err(error) = swept {
        tracing::warn!(?error, "a sweep failed");
    }
}
