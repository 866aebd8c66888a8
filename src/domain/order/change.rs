//! Changing an order: each command is decided here, on values, and written by the store as it is.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Order, Status, Step};
use crate::domain::{
    Error,
    audit::Action,
    delivery::{self, Delivery, DeliveryItem, tracking_number},
    error::Refusal,
    event::{Event, Kind},
    id::{DeliveryId, EventId},
    idempotency::{Answer, Claim},
    money::Money,
    payment::{self, Due, Entry, EntryKind, Task, Verdict},
};

/// How long after its cancellation an order's refund is overdue.
const REFUND_AFTER: TimeDelta = TimeDelta::seconds(10);

/// An order after a command, with all that the store must write for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What the audit log calls it.
    pub action: Action,
    /// How the order stood before.
    pub was: State,
    /// The order as it will be.
    pub order: Order,
    /// The version that the decision was made on: stored with another one, the change is `Stale`.
    pub expected: i64,
    pub events: Vec<Event>,
    pub stock: StockEffect,
    pub ledger: Vec<Entry>,
    /// Whether the payment changed, and whether a delivery did.
    pub touched: Touched,
}

/// How an order stands, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct State {
    pub version: i64,
    pub status: Status,
    pub payment_status: payment::Status,
}

impl State {
    pub fn of(order: &Order) -> Self {
        let Order { version, status, payment, .. } = order;
        State { version: *version, status: *status, payment_status: payment.status }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Touched {
    pub payment: bool,
    pub deliveries: bool,
}

/// What a change does to the stock of the order's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockEffect {
    None,
    /// Reserved units have been sold: they leave the shop.
    Commit,
    /// Reserved units are free again.
    Release,
    /// Units that had been sold come back.
    Return,
}

/// Writes a [`Change`]; with a claim, its answer is kept in the same transaction.
#[derive(Debug, Clone)]
pub struct Advance {
    pub change: Change,
    pub claim: Option<(Claim, Answer)>,
}

/// What came of an [`Advance`].
#[derive(Debug, Clone)]
pub enum Advanced {
    Done,
    /// The claim had been answered before: nothing was changed.
    Replayed(Answer),
}

/// The first delivery of an order, as the courier announced it.
#[derive(Debug, Clone, Copy)]
pub struct NewDelivery {
    pub id: DeliveryId,
    pub eta: Option<DateTime<Utc>>,
    pub due_at: Option<DateTime<Utc>>,
}

impl Order {
    /// The buyer confirms: from now on the provider may be asked, under the key of this attempt.
    pub fn attempt(
        &self,
        token: &str,
        claim: &Claim,
        due_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Change, Error> {
        self.status.after(Step::Pay)?;
        if now >= self.expires_at {
            return Err(Refusal::transition("order", "expired", "be paid").into());
        }
        let mut draft = Change::begin(self, Action::PaymentAttempted, now);
        let payment = draft.payment();
        payment.status = payment.status.after(payment::Step::Attempt)?;
        payment.attempt = payment.attempt.saturating_add(1);
        payment.token = Some(token.to_owned());
        payment.claim = Some(claim.clone());
        payment.failure_code = None;
        payment.due = Some(Due { task: Task::LookUp, at: due_at });
        Ok(draft.done())
    }

    /// The provider has answered for `attempt`, or is known not to have. An answer to an attempt
    /// that is settled already changes nothing, and is `None`.
    pub fn settle(
        &self,
        attempt: i32,
        verdict: &Verdict,
        delivery: NewDelivery,
        look_up_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Option<Change>, Error> {
        if self.payment.attempt != attempt || self.payment.status != payment::Status::Processing {
            return Ok(None);
        }
        let mut draft = Change::begin(self, Action::PaymentSettled, now);
        match verdict {
            Verdict::Captured { reference } => draft.capture(reference, delivery)?,
            Verdict::Declined { code } => draft.decline(code)?,
            Verdict::Unknown => {
                draft.payment().due = Some(Due { task: Task::LookUp, at: look_up_at });
            }
        }
        Ok(Some(draft.done()))
    }

    /// Calls the order off. What was paid is owed back from this moment.
    pub fn cancel(&self, reason: Option<&str>, now: DateTime<Utc>) -> Result<Change, Error> {
        let status = self.status.after(Step::Cancel)?;
        let mut draft = Change::begin(self, Action::OrderCancelled, now);
        draft.change.order.status = status;
        if self.payment.status == payment::Status::Captured {
            draft.change.stock = StockEffect::Return;
            // Whoever cancels gives it back at once; this is for whoever comes after a crash.
            draft.payment().due = Some(Due { task: Task::Refund, at: now + REFUND_AFTER });
            draft.abandon_deliveries()?;
        } else {
            draft.change.stock = StockEffect::Release;
            draft.drop_payment()?;
        }
        Ok(draft.event(Kind::OrderCancelled, json!({ "reason": reason })).done())
    }

    /// The time to pay is over. Not while the provider is being asked: its answer comes first.
    pub fn expire(&self, now: DateTime<Utc>) -> Result<Change, Error> {
        if now < self.expires_at {
            return Err(Error::conflict("not_due", "there is still time to pay"));
        }
        let status = self.status.after(Step::Expire)?;
        let mut draft = Change::begin(self, Action::OrderExpired, now);
        draft.change.order.status = status;
        draft.change.stock = StockEffect::Release;
        draft.drop_payment()?;
        Ok(draft
            .event(Kind::OrderExpired, json!({}))
            .event(Kind::OrderCancelled, json!({ "reason": "expired" }))
            .done())
    }

    /// The provider has given the money back. Where that is known already it is `None`.
    pub fn refund(&self, now: DateTime<Utc>) -> Result<Option<Change>, Error> {
        if self.payment.status == payment::Status::Refunded {
            return Ok(None);
        }
        let mut draft = Change::begin(self, Action::PaymentRefunded, now);
        let amount = self.payment.amount;
        let payment = draft.payment();
        payment.status = payment.status.after(payment::Step::Refund)?;
        payment.refunded = amount;
        payment.due = None;
        draft.enter(EntryKind::Refunded, amount);
        Ok(Some(draft.event(Kind::PaymentRefunded, json!({ "amount": amount })).done()))
    }

    /// A parcel moves on; `due_at` is when the courier moves it next.
    pub fn deliver(
        &self,
        id: DeliveryId,
        step: delivery::Step,
        due_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<Change, Error> {
        let mut draft = Change::begin(self, Action::DeliveryMoved, now);
        let parcel = draft.delivery(id)?;
        parcel.status = parcel.status.after(step)?;
        parcel.due_at = due_at;
        parcel.steps_done = parcel.steps_done.saturating_add(1);
        match step {
            delivery::Step::Process => draft.step(Step::Process, Kind::OrderProcessing)?,
            delivery::Step::Pack => draft.moved(id, Kind::DeliveryPacked)?,
            delivery::Step::HandOver => {
                draft.ship(id)?;
                draft.step(Step::Ship, Kind::OrderShipped)?;
                draft.moved(id, Kind::DeliveryInTransit)?;
            }
            delivery::Step::Load => draft.moved(id, Kind::DeliveryOutForDelivery)?,
            delivery::Step::Deliver => {
                draft.moved(id, Kind::DeliveryDelivered)?;
                draft.step(Step::Deliver, Kind::OrderDelivered)?;
            }
            delivery::Step::Abandon => draft.moved(id, Kind::DeliveryFailed)?,
        }
        Ok(draft.done())
    }
}

/// A change while it is being decided.
pub struct Draft {
    change: Change,
    now: DateTime<Utc>,
}

impl Change {
    /// A draft on `order` as it stands.
    pub fn begin(order: &Order, action: Action, now: DateTime<Utc>) -> Draft {
        let mut after = order.clone();
        after.version = order.version.saturating_add(1);
        after.updated_at = now;
        let change = Change {
            action,
            was: State::of(order),
            order: after,
            expected: order.version,
            events: Vec::new(),
            stock: StockEffect::None,
            ledger: Vec::new(),
            touched: Touched::default(),
        };
        Draft { change, now }
    }
}

impl Draft {
    pub fn done(self) -> Change {
        self.change
    }

    /// Adds an event to the timeline; the state that the order is in by now goes with it.
    pub fn event(mut self, kind: Kind, data: Value) -> Self {
        self.tell(kind, data);
        self
    }

    fn tell(&mut self, kind: Kind, data: Value) {
        let order = &mut self.change.order;
        order.sequence = order.sequence.saturating_add(1);
        let mut all = json!({
            "order_id": order.id,
            "number": order.number,
            "status": order.status,
            "payment_status": order.payment.status,
            "version": order.version,
        });
        if let (Some(all), Value::Object(data)) = (all.as_object_mut(), data) {
            all.extend(data);
        }
        self.change.events.push(Event {
            id: EventId::new(),
            order: Some((order.id, order.sequence)),
            user: order.buyer.user(),
            kind,
            at: self.now,
            data: all,
        });
    }

    fn payment(&mut self) -> &mut payment::Payment {
        self.change.touched.payment = true;
        &mut self.change.order.payment
    }

    fn enter(&mut self, kind: EntryKind, amount: Money) {
        self.change.ledger.push(Entry { payment: self.change.order.payment.id, kind, amount });
    }

    fn capture(&mut self, reference: &str, new: NewDelivery) -> Result<(), Error> {
        let amount = self.change.order.total;
        let payment = self.payment();
        payment.reference = Some(reference.to_owned());
        payment.token = None;
        payment.due = None;
        payment.status = payment.status.after(payment::Step::Authorize)?;
        self.enter(EntryKind::Authorized, amount);
        self.tell(Kind::PaymentAuthorized, json!({ "amount": amount }));
        let payment = self.payment();
        payment.status = payment.status.after(payment::Step::Capture)?;
        self.enter(EntryKind::Captured, amount);
        self.tell(Kind::PaymentCaptured, json!({ "amount": amount }));
        self.change.stock = StockEffect::Commit;
        self.step(Step::Pay, Kind::OrderPaid)?;
        self.create_delivery(new);
        Ok(())
    }

    fn decline(&mut self, code: &str) -> Result<(), Error> {
        let payment = self.payment();
        payment.status = payment.status.after(payment::Step::Fail)?;
        payment.failure_code = Some(code.to_owned());
        payment.token = None;
        payment.due = None;
        self.tell(Kind::PaymentFailed, json!({ "failure_code": code }));
        Ok(())
    }

    fn drop_payment(&mut self) -> Result<(), Error> {
        let payment = self.payment();
        payment.status = payment.status.after(payment::Step::Cancel)?;
        payment.due = None;
        self.tell(Kind::PaymentCancelled, json!({}));
        Ok(())
    }

    fn step(&mut self, step: Step, kind: Kind) -> Result<(), Error> {
        self.change.order.status = self.change.order.status.after(step)?;
        self.tell(kind, json!({}));
        Ok(())
    }

    fn create_delivery(&mut self, new: NewDelivery) {
        let order = &mut self.change.order;
        let items = order.items.iter().map(|it| DeliveryItem { id: it.id, quantity: it.quantity });
        let delivery = Delivery {
            id: new.id,
            status: delivery::Status::Pending,
            method: order.delivery_method,
            tracking_number: None,
            carrier: None,
            eta: new.eta,
            items: items.collect(),
            due_at: new.due_at,
            steps_done: 0,
        };
        order.deliveries.push(delivery);
        self.change.touched.deliveries = true;
        self.tell(Kind::DeliveryCreated, json!({ "delivery_id": new.id, "eta": new.eta }));
    }

    fn delivery(&mut self, id: DeliveryId) -> Result<&mut Delivery, Error> {
        self.change.touched.deliveries = true;
        let mut all = self.change.order.deliveries.iter_mut();
        all.find(|it| it.id == id).ok_or(Error::NotFound("delivery"))
    }

    fn ship(&mut self, id: DeliveryId) -> Result<(), Error> {
        let parcel = self.delivery(id)?;
        parcel.tracking_number = Some(tracking_number(id));
        parcel.carrier = Some("Rialto Courier".to_owned());
        Ok(())
    }

    fn moved(&mut self, id: DeliveryId, kind: Kind) -> Result<(), Error> {
        let parcel = self.delivery(id)?;
        let data = json!({
            "delivery_id": id,
            "delivery_status": parcel.status,
            "tracking_number": parcel.tracking_number,
            "eta": parcel.eta,
        });
        self.tell(kind, data);
        Ok(())
    }

    fn abandon_deliveries(&mut self) -> Result<(), Error> {
        let ids: Vec<DeliveryId> = self.change.order.deliveries.iter().map(|it| it.id).collect();
        for id in ids {
            let parcel = self.delivery(id)?;
            parcel.status = parcel.status.after(delivery::Step::Abandon)?;
            parcel.due_at = None;
            self.moved(id, Kind::DeliveryFailed)?;
        }
        Ok(())
    }
}
