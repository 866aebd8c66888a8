//! Parcels that the shop's own couriers bring: given to them, and moved by what they say.

use actix::prelude::*;
use serde_json::json;

use super::{OrderActor, deliver::expecting};
use crate::{
    actors::atomically,
    domain::{
        Error,
        id::{DeliveryId, UserId},
        idempotency::{Answer, Claim},
        order::{Order, deliver::courier::Told},
    },
};

/// Gives a parcel to a courier, or takes it from whoever has it; what is so already stays so.
/// `Conflict("not_a_courier")` where the account, when that is written, is none's who brings parcels, or
/// cannot be used.
#[derive(Message)]
#[rtype(result = "Result<Order, Error>")]
pub struct Assign {
    pub delivery: DeliveryId,
    pub courier: Option<UserId>,
}

impl Handler<Assign> for OrderActor {
    type Result = AtomicResponse<Self, Result<Order, Error>>;

    fn handle(
        &mut self,
        Assign { delivery, courier }: Assign,
        _: &mut Context<Self>,
    ) -> Self::Result {
        atomically(self, async move |held| {
            let mover = held.deps.courier;
            held.change(|order, now| order.assign(delivery, courier, &expecting(mover, now), now))
                .await
        })
    }
}

/// A courier says how a parcel of theirs stands; the answer is the parcel as they see it.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Answer, Error>")]
pub struct Hear {
    pub delivery: DeliveryId,
    pub told: Told,
    /// Without one, a repeat is another try.
    pub claim: Option<Claim>,
}

impl Handler<Hear> for OrderActor {
    type Result = AtomicResponse<Self, Result<Answer, Error>>;

    fn handle(
        &mut self,
        Hear { delivery, told, claim }: Hear,
        _: &mut Context<Self>,
    ) -> Self::Result {
        atomically(self, async move |held| {
            let (mover, courier) = (held.deps.courier, told.courier);
            let hear =
                |order: &Order, now| order.told_by(delivery, &told, &expecting(mover, now), now);
            // It was theirs a moment ago.
            let seen = |order: &Order| json!(order.errand(delivery, courier).ok());
            held.once(claim.as_ref(), hear, seen).await
        })
    }
}
