//! Delivering an order: its parcels, from the warehouse to the door, moved by the courier's timetable
//! or by those who run the shop.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    Order, Stage, Step,
    change::{Change, Draft, NewDelivery},
};
use crate::domain::{
    Error,
    audit::Action,
    courier::Code,
    delivery::{self, Delivery, DeliveryItem, Tracked, tracking_number},
    error::Refusal,
    event::Kind,
    id::DeliveryId,
};

pub mod call_off;
pub mod courier;
pub mod pack;

/// The longest name of a carrier, and the longest number of a parcel.
pub const CARRIER_CHARS_MAX: usize = 100;
/// The longest note about a parcel.
pub const NOTE_CHARS_MAX: usize = 200;
/// The longest location, as JSON.
pub const LOCATION_BYTES_MAX: usize = 500;
/// Why the price of units is given back that were never sent.
const NOT_SENT: &str = "it could not be sent";

/// What somebody says of a parcel.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub status: delivery::Status,
    pub eta: Option<DateTime<Utc>>,
    pub note: Option<String>,
    /// Where it is, as it was said.
    pub location: Option<Value>,
}

/// What those who move a parcel expect of it from now on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expected {
    /// When they move it next; empty where nobody does.
    pub due_at: Option<DateTime<Utc>>,
    /// When it will arrive; empty where that is what was expected before.
    pub eta: Option<DateTime<Utc>>,
    /// What its buyer will say at the door, if there is nothing that they say already; empty where
    /// nobody will ask.
    pub code: Option<Code>,
}

/// What the courier does with a parcel next.
#[derive(Debug, Clone, PartialEq)]
pub struct Leg {
    /// Empty where it tells only that the parcel has come by somewhere.
    pub step: Option<delivery::Step>,
    /// Where it is then.
    pub location: Option<Value>,
}

/// What is expected of a parcel of an order, both as they are after a step.
pub type Expect<'a> = &'a dyn Fn(&Order, &Delivery) -> Expected;

impl Order {
    /// The courier moves a parcel on.
    pub fn deliver(
        &self,
        id: DeliveryId,
        leg: &Leg,
        expect: Expect<'_>,
        now: DateTime<Utc>,
    ) -> Result<Change, Error> {
        let mut draft = Change::begin(self, Action::DeliveryMoved, now);
        let mut said = json!({});
        if let Some(location) = &leg.location {
            said = json!({ "location": location });
            draft.delivery(id)?.location = Some(location.clone());
        }
        match leg.step {
            Some(step) => draft.take(id, step, said, expect)?,
            None => draft.come_by(id, said, expect)?,
        }
        Ok(draft.done())
    }

    /// Somebody says how a parcel stands. Where it is one of several and will not leave, its units are
    /// on the shelf again, and their price is owed.
    pub fn report(
        &self,
        id: DeliveryId,
        report: &Report,
        expect: Expect<'_>,
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
        // Who reports knows better.
        let expect = |order: &Order, parcel: &Delivery| {
            let expected = expect(order, parcel);
            Expected { eta: report.eta.or(expected.eta), ..expected }
        };
        match status.step_to(report.status)? {
            Some(step) => {
                draft.take(id, step, report.said(), &expect)?;
                let is_one_of_several =
                    self.deliveries.iter().any(|it| it.id != id && (it.waits() || it.has_left()));
                if step == delivery::Step::Abandon && is_one_of_several {
                    draft.give_up(&[id], None, report.note.as_deref().unwrap_or(NOT_SENT))?;
                }
                draft.follow_parcels()?;
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

    /// One of its parcels, as of the order's version and of where its courier is.
    pub fn tracked(&self, id: DeliveryId) -> Result<Tracked, Error> {
        let parcel = self.deliveries.iter().find(|it| it.id == id);
        let delivery = parcel.cloned().ok_or(Error::NotFound("delivery"))?;
        let sequence = self.version.saturating_add(delivery.positions);
        Ok(Tracked { sequence, delivery })
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
            eta: new.eta,
            due_at: new.due_at,
            ..Delivery::pending(new.id, order.delivery_method, items.collect())
        };
        self.parcels().push(delivery);
        self.tell(Kind::DeliveryCreated, json!({ "delivery_id": new.id, "eta": new.eta }));
    }

    fn delivery(&mut self, id: DeliveryId) -> Result<&mut Delivery, Error> {
        let mut all = self.deliveries().iter_mut();
        all.find(|it| it.id == id).ok_or(Error::NotFound("delivery"))
    }

    /// Moves a parcel, and with the last of them the order.
    fn take(
        &mut self,
        id: DeliveryId,
        step: delivery::Step,
        said: Value,
        expect: Expect<'_>,
    ) -> Result<(), Error> {
        let parcel = self.delivery(id)?;
        if parcel.status == delivery::Status::OutForDelivery && step == delivery::Step::Fail {
            parcel.attempts = parcel.attempts.saturating_add(1);
        }
        parcel.status = parcel.after(step)?;
        parcel.due_at = None;
        parcel.steps_done = parcel.steps_done.saturating_add(1);
        if parcel.is_over() {
            parcel.code = None; // Nobody asks for it any more.
        }
        match step {
            delivery::Step::Process => {
                self.step(Step::Process, Kind::OrderProcessing)?;
                self.expect(id, expect)
            }
            delivery::Step::Pack => {
                self.is_worked_on(step)?;
                self.expect(id, expect)?;
                self.moved(id, Kind::DeliveryPacked, said)
            }
            delivery::Step::HandOver => {
                self.is_worked_on(step)?;
                self.hand_over(id)?;
                self.expect(id, expect)?;
                self.follow_parcels()?;
                self.moved(id, Kind::DeliveryInTransit, said)
            }
            delivery::Step::Load => {
                self.expect(id, expect)?;
                self.moved(id, Kind::DeliveryOutForDelivery, said)
            }
            delivery::Step::Deliver => {
                self.moved(id, Kind::DeliveryDelivered, said)?;
                self.follow_parcels()
            }
            delivery::Step::Fail => {
                self.expect(id, expect)?;
                self.moved(id, Kind::DeliveryFailed, said)
            }
            delivery::Step::Abandon => self.moved(id, Kind::DeliveryFailed, said),
            delivery::Step::SendBack => self.moved(id, Kind::DeliveryReturned, said),
        }
    }

    /// A parcel on its way has come by the next stop of the courier's.
    fn come_by(&mut self, id: DeliveryId, said: Value, expect: Expect<'_>) -> Result<(), Error> {
        let parcel = self.delivery(id)?;
        if parcel.status != delivery::Status::InTransit {
            return Err(Refusal::transition("delivery", parcel.status, "come by").into());
        }
        parcel.stops = parcel.stops.saturating_add(1);
        self.expect(id, expect)?;
        self.moved(id, Kind::DeliveryInTransit, said)
    }

    /// Parcels are packed and leave while the order is `processing`.
    fn is_worked_on(&self, step: delivery::Step) -> Result<(), Error> {
        match self.order().stage {
            Stage::Processing => Ok(()),
            other => Err(Refusal::transition("order", other, step.verb()).into()),
        }
    }

    /// A carrier has it: by its own number and name, unless others were given.
    fn hand_over(&mut self, id: DeliveryId) -> Result<(), Error> {
        let parcel = self.delivery(id)?;
        parcel.tracking_number.get_or_insert_with(|| tracking_number(id));
        parcel.carrier.get_or_insert_with(|| "Rialto Courier".to_owned());
        for item in parcel.items.clone() {
            let line = self.line(item.id)?;
            line.shipped = line.shipped.saturating_add(item.quantity.get());
        }
        Ok(())
    }

    fn expect(&mut self, id: DeliveryId, expect: Expect<'_>) -> Result<(), Error> {
        let parcel = self.order().deliveries.iter().find(|it| it.id == id);
        let expected = expect(self.order(), parcel.ok_or(Error::NotFound("delivery"))?);
        let parcel = self.delivery(id)?;
        parcel.due_at = expected.due_at;
        parcel.eta = expected.eta.or(parcel.eta);
        parcel.code = parcel.code.or(expected.code);
        Ok(())
    }

    /// The order is shipped once no parcel waits any more, and delivered once all of them are that were
    /// not called off.
    fn follow_parcels(&mut self) -> Result<(), Error> {
        let all = &self.order().deliveries;
        let is_out = all.iter().any(Delivery::has_left) && !all.iter().any(Delivery::waits);
        if self.order().stage == Stage::Processing && is_out {
            self.step(Step::Ship, Kind::OrderShipped)?;
        }
        let mut to_come = self.order().deliveries.iter().filter(|it| !it.is_called_off).peekable();
        let has_arrived =
            to_come.peek().is_some() && to_come.all(|it| it.status == delivery::Status::Delivered);
        if self.order().stage == Stage::Shipped && has_arrived {
            self.step(Step::Deliver, Kind::OrderDelivered)?;
        }
        Ok(())
    }

    fn moved(&mut self, id: DeliveryId, kind: Kind, said: Value) -> Result<(), Error> {
        let parcel = self.delivery(id)?;
        let mut data = json!({
            "delivery_id": id,
            "delivery_status": parcel.status,
            "tracking_number": parcel.tracking_number,
            "eta": parcel.eta,
            "attempts": parcel.attempts,
        });
        if let (Some(data), Value::Object(said)) = (data.as_object_mut(), said) {
            data.extend(said);
        }
        self.tell(kind, data);
        Ok(())
    }
}
