//! Deliveries: each keeps its own time, and tells the order when the courier moves on.

use actix::prelude::*;
use chrono::TimeDelta;

use super::{
    Holds, atomically,
    directory::{Directory, Entity, Incarnation},
    order::{OrderActor, deliver::Deliver},
};
use crate::{
    domain::{
        Error,
        id::{DeliveryId, OrderId},
    },
    store::{self, Store, read},
};

pub struct DeliveryActor(Option<Held>);

/// What deliveries share.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub orders: Directory<OrderActor>,
}

pub struct Held {
    id: DeliveryId,
    order: OrderId,
    deps: Deps,
    incarnation: Incarnation<DeliveryActor>,
}

impl Actor for DeliveryActor {
    type Context = Context<Self>;
}

impl Holds for DeliveryActor {
    type Held = Held;

    fn held(&mut self) -> &mut Option<Held> {
        &mut self.0
    }
}

impl Entity for DeliveryActor {
    type Id = DeliveryId;
    type Deps = Deps;
    const KIND: &'static str = "delivery";
    /// Its own timer and the sweeper.
    const MAILBOX: usize = 16;

    async fn load(
        id: DeliveryId,
        deps: Deps,
        incarnation: Incarnation<Self>,
    ) -> Result<Self, Error> {
        let store = deps.store.clone();
        let order = read!(store, delivery::order(id))?;
        Ok(DeliveryActor(Some(Held { id, order, deps, incarnation })))
    }
}

/// Moves the parcel on, if it is time.
#[derive(Message)]
#[rtype(result = "Result<(), Error>")]
pub struct Move;

impl Handler<Move> for DeliveryActor {
    type Result = AtomicResponse<Self, Result<(), Error>>;

    fn handle(&mut self, _: Move, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            let deliver = Deliver { delivery: held.id };
            if let Some(due_at) = held.deps.orders.ask(held.order, deliver).await? {
                let after = (due_at - store::now()).to_std().unwrap_or_default();
                // The quick path: where it cannot be set, the sweeper finds the row.
                held.incarnation.wake(after, || Move).ok();
            }
            Ok(())
        })
    }
}

/// Has the parcel moved after a time; at once where that is past.
pub fn move_at(deliveries: &Directory<DeliveryActor>, id: DeliveryId, after: TimeDelta) {
    // The quick path: where it cannot be set, the sweeper finds the row.
    deliveries.wake(id, after.to_std().unwrap_or_default(), || Move).ok();
}
