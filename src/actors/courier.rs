//! The shop's own couriers, who say where they are.

use actix::prelude::*;

use super::{
    apart,
    directory::{Entity, Incarnation},
};
use crate::{
    domain::{
        Error,
        courier::{Locate, Position},
        id::{DeliveryId, UserId},
    },
    store::Store,
};

/// A courier. It remembers nothing: the latest place is a column of each parcel that is out.
pub struct CourierActor {
    id: UserId,
    store: Store,
}

impl Actor for CourierActor {
    type Context = Context<Self>;
}

impl Entity for CourierActor {
    type Id = UserId;
    type Deps = Store;
    const KIND: &'static str = "courier";
    /// A device that says it each second, and what it has kept where there was no network.
    const MAILBOX: usize = 16;

    async fn load(id: UserId, store: Store, _: Incarnation<Self>) -> Result<Self, Error> {
        Ok(CourierActor { id, store })
    }
}

/// The courier is here now: so is all that they have out for delivery, which the answer names.
#[derive(Message)]
#[rtype(result = "Result<Vec<DeliveryId>, Error>")]
pub struct Here(pub Position);

impl Handler<Here> for CourierActor {
    // The store takes them in the order in which they come, and of two the later one stands.
    type Result = ResponseFuture<Result<Vec<DeliveryId>, Error>>;

    fn handle(&mut self, Here(position): Here, _: &mut Context<Self>) -> Self::Result {
        let (store, command) = (self.store.clone(), Locate { courier: self.id, position });
        apart(async move { store.write(command).await })
    }
}
