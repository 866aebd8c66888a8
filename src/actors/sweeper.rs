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
        audit::index::{INDEXED_MAX, Index},
        idempotency, link, session,
    },
    store::{self, Store, read},
};

/// How often the rows are read. The actors' own timers are quicker; these are for what a crash or
/// another node left.
const SWEEP_EVERY: Duration = Duration::from_millis(500);
/// How often what nobody can ask for any more is forgotten.
const PRUNE_EVERY: Duration = Duration::from_secs(600);
/// How soon the next entries go into the audit log's index where more wait: 10,000 a second do.
const INDEX_AGAIN: Duration = Duration::from_millis(50);
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
        Sweeper::again(SWEEP_EVERY, ctx, |store, owners| async move {
            log("rows that are due", sweep(&store, &owners).await);
            SWEEP_EVERY
        });
        Sweeper::again(SWEEP_EVERY, ctx, |store, owners| async move {
            log("idle carts", empty_idle(&store, &owners).await);
            log("what is to be forgotten", prune(&store).await);
            PRUNE_EVERY
        });
        Sweeper::again(SWEEP_EVERY, ctx, |store, _| async move {
            let indexed = index(&store).await;
            let next = if matches!(indexed, Ok(true)) { INDEX_AGAIN } else { SWEEP_EVERY };
            log("the index of the audit log", indexed.map(drop));
            next
        });
    }
}

impl Sweeper {
    /// Does `work` after a while, and again when the time is over that it answers: two never overlap.
    fn again<F>(wait: Duration, ctx: &mut Context<Self>, work: fn(Store, Owners) -> F)
    where
        F: Future<Output = Duration> + 'static,
    {
        ctx.run_later(wait, move |sweeper, ctx| {
            let done = work(sweeper.store.clone(), sweeper.owners.clone()).into_actor(sweeper);
            ctx.spawn(
                done.map(move |next, _, ctx: &mut Context<Self>| Sweeper::again(next, ctx, work)),
            );
        });
    }
}

/// Brings the index of the audit log nearer to its end, many entries at once. Whoever reads the log reads
/// the end of it as it stands, so a short one may stay; a long one, after an upgrade, is done a little at
/// a time, so that nobody waits behind it. Whether there may be more to do.
async fn index(store: &Store) -> Result<bool, Error> {
    let is_long = read!(store, audit::unindexed())? >= INDEXED_MAX.into();
    if is_long {
        store.write(Index).await?;
    }
    Ok(is_long)
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

fn log(what: &str, swept: Result<(), Error>) {
    if let Err(error) = swept {
        tracing::warn!(?error, what, "a sweep failed");
    }
}
