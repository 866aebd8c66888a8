//! Moving what was ordered: the courier when it is time, and those who run the shop when they say so.

use actix::prelude::*;
use chrono::{DateTime, Utc};

use super::{Held, OrderActor};
use crate::{
    actors::atomically,
    domain::{
        Error, delivery,
        id::DeliveryId,
        order::{
            Order,
            deliver::{Report, Shipment},
        },
    },
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
            held.change(|order, now| {
                let due_at = courier.after(order, delivery::Step::Process, now);
                order.process(due_at, now).map(Some)
            })
            .await
        })
    }
}

/// A carrier takes what was bought.
#[derive(Message)]
#[rtype(result = "Result<Order, Error>")]
pub struct Ship(pub Shipment);

impl Handler<Ship> for OrderActor {
    type Result = AtomicResponse<Self, Result<Order, Error>>;

    fn handle(&mut self, Ship(shipment): Ship, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            let courier = held.deps.courier;
            held.change(|order, now| {
                let due_at = courier.after(order, delivery::Step::HandOver, now);
                order.ship(&shipment, due_at, now).map(Some)
            })
            .await
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
                let due_at = |step| courier.after(order, step, now);
                order.report(msg.delivery, &msg.report, due_at, now).map(Some)
            })
            .await
        })
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
                let done = parcel(order, id)?.steps_done;
                match courier.next(order, done, now) {
                    Some((step, due_at)) => order.deliver(id, step, due_at, now).map(Some),
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

fn parcel(order: &Order, id: DeliveryId) -> Result<&delivery::Delivery, Error> {
    order.deliveries.iter().find(|it| it.id == id).ok_or(Error::NotFound("delivery"))
}
