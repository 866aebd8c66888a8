//! Moving what was ordered: the courier when it is time, and those who run the shop when they say so.

use actix::prelude::*;
use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Held, OrderActor};
use crate::{
    actors::atomically,
    domain::{
        Error,
        courier::{CODES, Code},
        delivery::{Delivery, Status},
        id::DeliveryId,
        idempotency::{Answer, Claim},
        order::{
            Order,
            deliver::{Expected, Report, pack::Shipment},
            refund::Units,
        },
    },
    gateway::courier::Courier,
    store,
};

/// The courier has reached the next station, if it is time; the answer is when the one after
/// that is due.
#[derive(Message)]
#[rtype(result = "Result<Option<DateTime<Utc>>, Error>")]
pub struct Deliver {
    pub delivery: DeliveryId,
}

impl Handler<Deliver> for OrderActor {
    type Result = AtomicResponse<Self, Result<Option<DateTime<Utc>>, Error>>;

    fn handle(&mut self, msg: Deliver, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| held.deliver(msg.delivery).await)
    }
}

/// The warehouse begins to pick what was bought.
#[derive(Message)]
#[rtype(result = "Result<Order, Error>")]
pub struct Process;

impl Handler<Process> for OrderActor {
    type Result = AtomicResponse<Self, Result<Order, Error>>;

    fn handle(&mut self, _: Process, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            let courier = held.deps.courier;
            held.change(|order, now| order.process(&expecting(courier, now), now).map(Some)).await
        })
    }
}

/// Some of what was bought is packed in a parcel; the answer is the order.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Answer, Error>")]
pub struct Pack {
    /// Without, all that is not packed yet.
    pub items: Option<Vec<Units>>,
    /// Without one, a repeat packs another parcel.
    pub claim: Option<Claim>,
}

impl Handler<Pack> for OrderActor {
    type Result = AtomicResponse<Self, Result<Answer, Error>>;

    fn handle(&mut self, Pack { items, claim }: Pack, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            let courier = held.deps.courier;
            let pack =
                |order: &Order, now| order.pack(items.as_deref(), &expecting(courier, now), now);
            held.once(claim.as_ref(), pack, |order| json!(order)).await
        })
    }
}

/// A carrier takes what was bought, or some of it; the answer is the order.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Answer, Error>")]
pub struct Ship {
    pub shipment: Shipment,
    /// Without one, a repeat ships as much again.
    pub claim: Option<Claim>,
}

impl Handler<Ship> for OrderActor {
    type Result = AtomicResponse<Self, Result<Answer, Error>>;

    fn handle(&mut self, Ship { shipment, claim }: Ship, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            let courier = held.deps.courier;
            let ship = |order: &Order, now| order.ship(&shipment, &expecting(courier, now), now);
            held.once(claim.as_ref(), ship, |order| json!(order)).await
        })
    }
}

/// Somebody says how a parcel stands.
#[derive(Message)]
#[rtype(result = "Result<Order, Error>")]
pub struct Say {
    pub delivery: DeliveryId,
    pub report: Report,
}

impl Handler<Say> for OrderActor {
    type Result = AtomicResponse<Self, Result<Order, Error>>;

    fn handle(&mut self, msg: Say, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            let courier = held.deps.courier;
            held.change(|order, now| {
                let expect = expecting(courier, now);
                order.report(msg.delivery, &msg.report, &expect, now).map(Some)
            })
            .await
        })
    }
}

/// What the courier makes of a parcel from now on; of one that the shop's own couriers have out for
/// delivery, also what is said at the door.
pub(super) fn expecting(
    courier: Courier,
    now: DateTime<Utc>,
) -> impl Fn(&Order, &Delivery) -> Expected {
    move |order, parcel| {
        let is_asked = parcel.courier.is_some() && parcel.status == Status::OutForDelivery;
        // Of a generator that nobody can foretell.
        let code = is_asked.then(|| Code::drawn(rand::random_range(0..CODES)));
        Expected { code, ..courier.expected(order, parcel, now) }
    }
}

impl Held {
    async fn deliver(&mut self, id: DeliveryId) -> Result<Option<DateTime<Utc>>, Error> {
        let courier = self.deps.courier;
        if self.may_be_old() {
            self.order = None; // What is not due here may be due, or done, in the store.
        }
        // Asked before `change`, which reads again where there is nothing to do.
        if let Some(early_or_never) = not_yet(self.order().await?, id, store::now())? {
            return Ok(early_or_never);
        }
        // An admin may be faster: what is due is asked anew with each try.
        let order = self
            .change(|order, now| {
                if not_yet(order, id, now)?.is_some() {
                    return Ok(None);
                }
                match courier.next(order, parcel(order, id)?) {
                    Some(leg) => order.deliver(id, &leg, &expecting(courier, now), now).map(Some),
                    None => Err(Error::conflict("invalid_transition", "there is no further step")),
                }
            })
            .await?;
        Ok(parcel(&order, id)?.due_at)
    }
}

/// When the parcel is due, where that is later or never; `None` where it is due now.
fn not_yet(
    order: &Order,
    id: DeliveryId,
    now: DateTime<Utc>,
) -> Result<Option<Option<DateTime<Utc>>>, Error> {
    match parcel(order, id)?.due_at {
        Some(due_at) if due_at <= now => Ok(None),
        early_or_never => Ok(Some(early_or_never)),
    }
}

fn parcel(order: &Order, id: DeliveryId) -> Result<&Delivery, Error> {
    order.deliveries.iter().find(|it| it.id == id).ok_or(Error::NotFound("delivery"))
}
