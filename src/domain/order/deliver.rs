//! Delivering an order: its parcels, from the warehouse to the door, moved by the courier's timetable
//! or by those who run the shop.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    Line, Order, Stage, Status, Step,
    change::{Change, Draft, NewDelivery, StockEffect},
    refund::Units,
    returns::Received,
};
use crate::domain::{
    Error,
    audit::Action,
    delivery::{self, Delivery, DeliveryItem, Tracked, tracking_number},
    error::Refusal,
    event::Kind,
    id::{DeliveryId, LineId},
};

/// The longest name of a carrier, and the longest number of a parcel.
pub const CARRIER_CHARS_MAX: usize = 100;
/// The longest note about a parcel.
pub const NOTE_CHARS_MAX: usize = 200;
/// The longest location, as JSON.
pub const LOCATION_BYTES_MAX: usize = 500;

/// An order is handed over to a carrier.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shipment {
    /// What goes out; empty is all.
    pub items: Option<Vec<Units>>,
    pub carrier: Option<String>,
    pub tracking_number: Option<String>,
}

/// What somebody says of a parcel.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub status: delivery::Status,
    pub eta: Option<DateTime<Utc>>,
    pub note: Option<String>,
    /// Where it is, as it was said.
    pub location: Option<Value>,
}

impl Order {
    /// The courier moves a parcel on; `due_at` is when it moves it next.
    pub fn deliver(
        &self,
        id: DeliveryId,
        step: delivery::Step,
        due_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<Change, Error> {
        let mut draft = Change::begin(self, Action::DeliveryMoved, now);
        draft.take(id, step, json!({}))?;
        draft.delivery(id)?.due_at = due_at;
        Ok(draft.done())
    }

    /// The warehouse begins to pick what was bought; `due_at` is when the courier goes on.
    pub fn process(
        &self,
        due_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<Change, Error> {
        let parcel = self.outgoing(Step::Process)?.id;
        let mut draft = Change::begin(self, Action::OrderProcessed, now);
        draft.take(parcel, delivery::Step::Process, json!({}))?;
        draft.delivery(parcel)?.due_at = due_at;
        Ok(draft.done())
    }

    /// Hands the order over, packed or not; `due_at` is when the courier goes on.
    pub fn ship(
        &self,
        shipment: &Shipment,
        due_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<Change, Error> {
        let parcel = self.outgoing(Step::Ship)?;
        self.is_whole(shipment)?;
        let mut draft = Change::begin(self, Action::OrderShipped, now);
        if parcel.status == delivery::Status::Pending {
            draft.take(parcel.id, delivery::Step::Pack, json!({}))?;
        }
        let sent = draft.delivery(parcel.id)?;
        sent.carrier.clone_from(&shipment.carrier);
        sent.tracking_number.clone_from(&shipment.tracking_number);
        draft.take(parcel.id, delivery::Step::HandOver, json!({}))?;
        draft.delivery(parcel.id)?.due_at = due_at;
        Ok(draft.done())
    }

    /// Somebody says how a parcel stands. After a step, `due_at` is when the courier goes on.
    pub fn report(
        &self,
        id: DeliveryId,
        report: &Report,
        due_at: impl FnOnce(delivery::Step) -> Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<Change, Error> {
        let parcel = self.deliveries.iter().find(|it| it.id == id);
        let status = parcel.ok_or(Error::NotFound("delivery"))?.status;
        let mut draft = Change::begin(self, Action::DeliveryMoved, now);
        if report.eta.is_some() {
            draft.delivery(id)?.eta = report.eta;
        }
        if report.location.is_some() {
            draft.delivery(id)?.location.clone_from(&report.location);
        }
        match status.step_to(report.status)? {
            Some(step) => {
                draft.take(id, step, report.said())?;
                draft.delivery(id)?.due_at = due_at(step);
            }
            None => {
                let is_near = status == delivery::Status::OutForDelivery;
                let kind =
                    if is_near { Kind::DeliveryOutForDelivery } else { Kind::DeliveryInTransit };
                if report.says_nothing_new() {
                    let verb = format!("be {} again", report.status);
                    return Err(Refusal::transition("delivery", status, &verb).into());
                }
                draft.moved(id, kind, report.said())?;
            }
        }
        Ok(draft.done())
    }

    /// Calls the order off for the shop: as its buyer may, and also once it has left and none of its
    /// parcels will arrive. Then its units are on the shelf again or written off, as `restock` says;
    /// unless it says anything, those of parcels that came back are on the shelf.
    pub fn call_off(
        &self,
        reason: &str,
        restock: Option<bool>,
        now: DateTime<Utc>,
    ) -> Result<Change, Error> {
        let is_lost = self.deliveries.iter().all(|it| it.status.is_lost());
        if self.stage != Stage::Shipped || !is_lost {
            return self.cancel(Some(reason), now);
        }
        let stage = self.stage.after(Step::GiveUp)?;
        let came_back = || self.deliveries.iter().all(|it| it.status == delivery::Status::Returned);
        let restock = restock.unwrap_or_else(came_back);
        let units = |line: &Line| Received { id: line.id, quantity: line.quantity, restock };
        let mut draft = Change::begin(self, Action::OrderCancelled, now);
        draft.stage(stage);
        draft.stock(StockEffect::TakeBack(self.items.iter().map(units).collect()));
        draft.owe_rest(Some(reason))?;
        Ok(draft.event(Kind::OrderCancelled, json!({ "reason": reason })).done())
    }

    /// One of its parcels, as of the order's version.
    pub fn tracked(&self, id: DeliveryId) -> Result<Tracked, Error> {
        let parcel = self.deliveries.iter().find(|it| it.id == id);
        let delivery = parcel.cloned().ok_or(Error::NotFound("delivery"))?;
        Ok(Tracked { sequence: self.version, delivery })
    }

    /// The parcel that is yet to leave, where the order may take `step`. What was paid back whole
    /// goes nowhere.
    fn outgoing(&self, step: Step) -> Result<&Delivery, Error> {
        self.stage.after(step)?;
        if self.is_given_back()? {
            return Err(Refusal::transition("order", Status::Refunded, step.verb()).into());
        }
        let waits = |it: &&Delivery| match it.status {
            delivery::Status::Pending | delivery::Status::Packed => true,
            delivery::Status::InTransit
            | delivery::Status::OutForDelivery
            | delivery::Status::Delivered
            | delivery::Status::Failed
            | delivery::Status::Returned => false,
        };
        let refused = Refusal::transition("delivery", delivery::Status::Failed, step.verb());
        self.deliveries.iter().find(waits).ok_or(refused.into())
    }

    /// An order goes out in one parcel.
    fn is_whole(&self, shipment: &Shipment) -> Result<(), Error> {
        let Some(items) = &shipment.items else { return Ok(()) };
        let mut named: BTreeMap<LineId, i64> = BTreeMap::new();
        for units in items {
            let all = named.entry(units.id).or_default();
            *all = all.saturating_add(units.quantity.get());
        }
        let ordered = self.items.iter().map(|line| (line.id, line.quantity.get())).collect();
        if named == ordered {
            return Ok(());
        }
        let message = "an order goes out whole: name all units of all its lines, or none";
        Err(Error::invalid("items", "partial_shipment", message))
    }
}

impl Report {
    fn says_nothing_new(&self) -> bool {
        self.eta.is_none() && self.note.is_none() && self.location.is_none()
    }

    fn said(&self) -> Value {
        let mut said = json!({});
        if let Some(said) = said.as_object_mut() {
            said.extend(self.note.iter().map(|it| ("note".to_owned(), json!(it))));
            said.extend(self.location.iter().map(|it| ("location".to_owned(), it.clone())));
        }
        said
    }
}

impl Draft {
    /// A parcel with all that was bought.
    pub fn create_delivery(&mut self, new: NewDelivery) {
        let order = self.order();
        let items = order.items.iter().map(|it| DeliveryItem { id: it.id, quantity: it.quantity });
        let delivery = Delivery {
            id: new.id,
            status: delivery::Status::Pending,
            method: order.delivery_method,
            tracking_number: None,
            carrier: None,
            eta: new.eta,
            location: None,
            items: items.collect(),
            due_at: new.due_at,
            steps_done: 0,
        };
        self.deliveries().push(delivery);
        self.tell(Kind::DeliveryCreated, json!({ "delivery_id": new.id, "eta": new.eta }));
    }

    fn delivery(&mut self, id: DeliveryId) -> Result<&mut Delivery, Error> {
        let mut all = self.deliveries().iter_mut();
        all.find(|it| it.id == id).ok_or(Error::NotFound("delivery"))
    }

    /// Moves a parcel, and the order with it; nobody moves it from there until somebody says so.
    fn take(&mut self, id: DeliveryId, step: delivery::Step, said: Value) -> Result<(), Error> {
        let parcel = self.delivery(id)?;
        parcel.status = parcel.status.after(step)?;
        parcel.due_at = None;
        parcel.steps_done = parcel.steps_done.saturating_add(1);
        match step {
            delivery::Step::Process => self.step(Step::Process, Kind::OrderProcessing),
            delivery::Step::Pack => {
                if self.order().stage != Stage::Processing {
                    let stage = self.order().stage;
                    return Err(Refusal::transition("order", stage, step.verb()).into());
                }
                self.moved(id, Kind::DeliveryPacked, said)
            }
            delivery::Step::HandOver => {
                let parcel = self.delivery(id)?;
                parcel.tracking_number.get_or_insert_with(|| tracking_number(id));
                parcel.carrier.get_or_insert_with(|| "Rialto Courier".to_owned());
                self.step(Step::Ship, Kind::OrderShipped)?;
                self.moved(id, Kind::DeliveryInTransit, said)
            }
            delivery::Step::Load => self.moved(id, Kind::DeliveryOutForDelivery, said),
            delivery::Step::Deliver => {
                self.moved(id, Kind::DeliveryDelivered, said)?;
                self.step(Step::Deliver, Kind::OrderDelivered)
            }
            delivery::Step::Abandon | delivery::Step::Fail => {
                self.moved(id, Kind::DeliveryFailed, said)
            }
            delivery::Step::SendBack => self.moved(id, Kind::DeliveryReturned, said),
        }
    }

    fn moved(&mut self, id: DeliveryId, kind: Kind, said: Value) -> Result<(), Error> {
        let parcel = self.delivery(id)?;
        let mut data = json!({
            "delivery_id": id,
            "delivery_status": parcel.status,
            "tracking_number": parcel.tracking_number,
            "eta": parcel.eta,
        });
        if let (Some(data), Value::Object(said)) = (data.as_object_mut(), said) {
            data.extend(said);
        }
        self.tell(kind, data);
        Ok(())
    }

    /// None of them will leave. One that was given up before stays so.
    pub fn abandon_deliveries(&mut self) -> Result<(), Error> {
        let all = self.order().deliveries.iter();
        let open = all.filter(|it| it.status != delivery::Status::Failed);
        let ids: Vec<DeliveryId> = open.map(|it| it.id).collect();
        for id in ids {
            self.take(id, delivery::Step::Abandon, json!({}))?;
        }
        Ok(())
    }
}
