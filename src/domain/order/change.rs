//! Changing an order: each command is decided here, on values, and written by the store as it is.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Line, Order, Stage, Status, Step,
    refund::Refund,
    returns::{Received, Return},
};
use crate::domain::{
    Error,
    audit::Action,
    delivery::{self, Delivery},
    error::Refusal,
    event::{Event, Kind},
    id::{DeliveryId, EventId, LineId, UserId},
    idempotency::{Answer, Claim},
    money::Money,
    payment::{self, Entry, EntryKind},
};

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
    /// What of it changed besides the order itself.
    pub touched: Touched,
    /// Who is given a parcel by it: it is written if that is then [a courier who can
    /// bring it](crate::domain::courier::may_bring).
    pub given_to: Option<UserId>,
    /// What whoever asked for it is told instead of the order: what they tried is written down, and
    /// was not done.
    pub refusal: Option<Refusal>,
}

/// How an order stands, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct State {
    pub version: i64,
    pub status: Status,
    pub payment_status: payment::Status,
    /// What was given back or is owed, in minor units.
    #[serde(skip_serializing_if = "is_none")]
    pub refunds: i64,
    /// Units that have come back.
    #[serde(skip_serializing_if = "is_none")]
    pub returned: i64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deliveries: Vec<delivery::Status>,
    /// Those of the parcels that one of the shop's own couriers brings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub couriers: Vec<Brought>,
}

/// A parcel and the courier who brings it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Brought {
    pub delivery_id: DeliveryId,
    pub courier_id: UserId,
    /// How many wrong codes were said at the door; after 5 of them only those who run the shop can say
    /// that it is delivered.
    pub wrong_codes: i32,
}

impl Brought {
    /// Those of an order that a courier of the shop's own brings.
    pub fn all(order: &Order) -> Vec<Brought> {
        let of = |it: &Delivery| {
            let Delivery { id: delivery_id, wrong_codes, .. } = *it;
            it.courier.map(|courier_id| Brought { delivery_id, courier_id, wrong_codes })
        };
        order.deliveries.iter().filter_map(of).collect()
    }
}

fn is_none(figure: &i64) -> bool {
    *figure == 0
}

impl State {
    pub fn of(order: &Order) -> Self {
        let Order { version, status, payment, .. } = order;
        State {
            version: *version,
            status: *status,
            payment_status: payment.status,
            refunds: order.refunds.iter().map(Refund::counted).sum(),
            returned: order.items.iter().map(|it| it.returned).sum(),
            deliveries: order.deliveries.iter().map(|it| it.status).collect(),
            couriers: Brought::all(order),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Touched {
    pub lines: bool,
    pub payment: bool,
    pub refunds: bool,
    pub returns: bool,
    pub deliveries: bool,
    /// What is in which of them.
    pub contents: bool,
}

/// What a change does to the stock of the order's lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StockEffect {
    None,
    /// Reserved units have been sold: they leave the shop.
    Commit,
    /// Reserved units are free again.
    Release,
    /// Units that had been sold come back: all of them, which had not left.
    Return,
    /// These have come back after they had left, or will not.
    TakeBack(Vec<Received>),
}

/// Writes a [`Change`]. `Stale` where the order is at another version than the change was decided on.
#[derive(Debug, Clone)]
pub struct Advance {
    pub change: Change,
    pub claim: Claimed,
}

/// Under which claim a change is written, if it is under one.
#[derive(Debug, Clone)]
pub enum Claimed {
    /// Each try is a change.
    Not,
    /// Only where nothing has been answered yet, else it is [`Advanced::Replayed`], or `KeyReused` where that
    /// was another request; the answer comes with a later change.
    Unanswered(Claim),
    /// Its answer is kept in the same transaction.
    Answered(Claim, Answer),
}

impl Claimed {
    /// The claim, whatever becomes of it.
    pub fn claim(&self) -> Option<&Claim> {
        match self {
            Claimed::Not => None,
            Claimed::Unanswered(claim) | Claimed::Answered(claim, _) => Some(claim),
        }
    }

    /// With the answer, where there is a claim.
    pub fn answered(claim: Option<Claim>, answer: &Answer) -> Self {
        claim.map_or(Claimed::Not, |claim| Claimed::Answered(claim, answer.clone()))
    }
}

/// What came of an [`Advance`].
#[derive(Debug, Clone)]
pub enum Advanced {
    Done,
    /// It was done, but under the claim something was answered before: that is what is told.
    Told(Answer),
    /// It was done, but under the key another request was answered before.
    Clashed,
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
            given_to: None,
            refusal: None,
        };
        Draft { change, now }
    }
}

impl Draft {
    pub fn done(mut self) -> Change {
        self.show();
        self.change
    }

    /// The moment of the change.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The order as it will be, so far.
    pub fn order(&self) -> &Order {
        &self.change.order
    }

    pub fn stage(&mut self, stage: Stage) {
        self.change.order.stage = stage;
    }

    /// Makes the status that is shown what the stage and the payment say.
    fn show(&mut self) {
        let order = &mut self.change.order;
        order.status = Status::of(order.stage, order.payment.status);
    }

    /// Adds an event to the timeline; the state that the order is in by now goes with it.
    pub fn event(mut self, kind: Kind, data: Value) -> Self {
        self.tell(kind, data);
        self
    }

    pub fn tell(&mut self, kind: Kind, data: Value) {
        self.show();
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
            data: all.into(),
        });
    }

    pub fn payment(&mut self) -> &mut payment::Payment {
        self.change.touched.payment = true;
        &mut self.change.order.payment
    }

    pub fn deliveries(&mut self) -> &mut Vec<Delivery> {
        self.change.touched.deliveries = true;
        &mut self.change.order.deliveries
    }

    /// The same where their contents change too.
    pub fn parcels(&mut self) -> &mut Vec<Delivery> {
        self.change.touched.contents = true;
        self.deliveries()
    }

    pub fn refunds(&mut self) -> &mut Vec<Refund> {
        self.change.touched.refunds = true;
        &mut self.change.order.refunds
    }

    pub fn returns(&mut self) -> &mut Vec<Return> {
        self.change.touched.returns = true;
        &mut self.change.order.returns
    }

    /// A line, or `NotFound`.
    pub fn line(&mut self, id: LineId) -> Result<&mut Line, Error> {
        self.change.touched.lines = true;
        let mut all = self.change.order.items.iter_mut();
        all.find(|it| it.id == id).ok_or(Error::NotFound("item"))
    }

    pub fn stock(&mut self, effect: StockEffect) {
        self.change.stock = effect;
    }

    /// Enters a movement of money in the ledger; where nothing moves there is none.
    pub fn enter(&mut self, kind: EntryKind, amount: Money) {
        if amount.amount == 0 {
            return;
        }
        self.change.ledger.push(Entry { payment: self.change.order.payment.id, kind, amount });
    }

    pub fn step(&mut self, step: Step, kind: Kind) -> Result<(), Error> {
        self.stage(self.change.order.stage.after(step)?);
        self.tell(kind, json!({}));
        Ok(())
    }
}
