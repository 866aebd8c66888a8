//! Sending back what was delivered: the buyer asks, the goods arrive, and their price is owed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Order, Step,
    change::{Change, Draft, StockEffect},
    refund::Units,
};
use crate::domain::{
    Error,
    audit::Action,
    cart::Quantity,
    error::Refusal,
    event::Kind,
    id::{LineId, OrderId, ReturnId},
    words::words,
};

/// In how many parts an order can be sent back.
const RETURNS_MAX: usize = 100;

words! {
    /// How far a return is.
    #[schema(as = ReturnStatus)]
    Status {
        /// The buyer wants to send it back.
        Requested = "requested",
        /// It has arrived, or as much of it as ever will.
        Received = "received",
    }
}

/// Goods that go back to the shop.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Return {
    pub id: ReturnId,
    pub order_id: OrderId,
    pub status: Status,
    pub reason: String,
    /// What the buyer wants to send back.
    pub items: Vec<Units>,
    /// What arrived of it.
    pub received: Vec<Received>,
    pub created_at: DateTime<Utc>,
    pub received_at: Option<DateTime<Utc>>,
}

/// Units of a line that have arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReceivedUnits)]
pub struct Received {
    /// The line.
    pub id: LineId,
    pub quantity: Quantity,
    /// Whether they can be sold again; those that can't are written off.
    pub restock: bool,
}

impl Order {
    /// The buyer wants to send units back. No more of a line than were bought and have neither come
    /// back nor are said to come back already.
    pub fn ask_return(
        &self,
        items: &[Units],
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<Change, Error> {
        self.stage.after(Step::Return)?;
        if self.returns.len() >= RETURNS_MAX {
            let message = "an order is sent back in at most 100 parts";
            return Err(Error::conflict("too_many_returns", message));
        }
        for (id, asked) in counted(items.iter().map(|it| (it.id, it.quantity))) {
            let left = self.returnable(id)?;
            if asked > left {
                return Err(too_many(id, left).into());
            }
        }
        let id = ReturnId::new();
        let mut draft = Change::begin(self, Action::ReturnAsked, now);
        draft.returns().push(Return {
            id,
            order_id: self.id,
            status: Status::Requested,
            reason: reason.to_owned(),
            items: items.to_vec(),
            received: Vec::new(),
            created_at: now,
            received_at: None,
        });
        let data = json!({ "return_id": id, "items": items });
        Ok(draft.event(Kind::OrderReturnRequested, data).done())
    }

    /// What was sent back has arrived, or as much of it as ever will. Its price is owed from this
    /// moment, as far as it was not given back before; with the last unit of the order, all is.
    pub fn receive(
        &self,
        id: ReturnId,
        items: &[Received],
        now: DateTime<Utc>,
    ) -> Result<Change, Error> {
        let sent = self.returns.iter().find(|it| it.id == id).ok_or(Error::NotFound("return"))?;
        if sent.status == Status::Received {
            return Err(Refusal::transition("return", sent.status, "be received").into());
        }
        let asked = counted(sent.items.iter().map(|it| (it.id, it.quantity)));
        let arrived = counted(items.iter().map(|it| (it.id, it.quantity)));
        for (line, units) in &arrived {
            let most = asked.get(line).copied().unwrap_or(0);
            if *units > most {
                return Err(too_many(*line, most).into());
            }
        }
        let reason = sent.reason.clone();
        let mut draft = Change::begin(self, Action::ReturnReceived, now);
        for it in draft.returns().iter_mut().filter(|it| it.id == id) {
            it.status = Status::Received;
            (it.received, it.received_at) = (items.to_vec(), Some(now));
        }
        draft.stock(StockEffect::TakeBack(items.to_vec()));
        draft.take_back(&arrived, &reason)?;
        if draft.order().items.iter().all(|line| line.returned == line.quantity.get()) {
            draft.owe_rest(Some(&reason))?;
            draft.stage(self.stage.after(Step::Return)?);
            draft.tell(Kind::OrderReturned, json!({ "return_id": id }));
        }
        Ok(draft.done())
    }

    /// How many units of a line the buyer may yet send back.
    fn returnable(&self, id: LineId) -> Result<i64, Error> {
        let line = self.line(id).ok_or(Error::NotFound("item"))?;
        let open = self.returns.iter().filter(|it| it.status == Status::Requested);
        let asked = open.flat_map(|it| &it.items).filter(|it| it.id == id);
        let asked: i64 = asked.map(|it| it.quantity.get()).sum();
        Ok(line.quantity.get().saturating_sub(line.returned).saturating_sub(asked))
    }
}

impl Draft {
    /// Counts what has arrived, and owes the price of those units that were not given back before: a
    /// refund of units counts for those that come first.
    pub fn take_back(
        &mut self,
        arrived: &BTreeMap<LineId, i64>,
        reason: &str,
    ) -> Result<(), Error> {
        let mut owed = Vec::new();
        for (&id, &units) in arrived {
            let line = self.line(id)?;
            line.returned = line.returned.saturating_add(units);
            let more = line.returned.saturating_sub(line.refunded).min(units);
            if let Ok(quantity) = Quantity::try_from(more) {
                owed.push(Units { id, quantity });
            }
        }
        self.owe_at_most(&owed, reason)
    }
}

/// Units by line; the same line may be named more than once.
pub fn counted(units: impl IntoIterator<Item = (LineId, Quantity)>) -> BTreeMap<LineId, i64> {
    let mut all = BTreeMap::new();
    for (id, quantity) in units {
        let sum: &mut i64 = all.entry(id).or_default();
        *sum = sum.saturating_add(quantity.get());
    }
    all
}

fn too_many(line: LineId, most: i64) -> Refusal {
    let message = "these are more units than can come back of this line";
    let refusal = Refusal::new("return_too_large", message).with("item_id", line.to_string());
    refusal.with("returnable_quantity", most)
}
