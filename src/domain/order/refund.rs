//! Giving back what was paid for an order: all of it, an amount, or the price of some units.
//!
//! What is owed is a row from the moment it is decided; the provider is asked under the row's id, so
//! that to ask again gives nothing twice. The unit price of a line is what was paid for the line, to
//! the cent: the first `n` units of `q` cost `n/q` of it, rounded down, so that all of them cost all.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Line, Order, Stage,
    change::{Change, Draft},
};
use crate::domain::{
    Error,
    audit::Action,
    cart::Quantity,
    error::Refusal,
    event::Kind,
    id::{LineId, RefundId},
    idempotency::Claim,
    money::Money,
    payment::{self, Due, EntryKind, Task},
    words::words,
};

#[cfg(test)]
mod tests;

/// How long after it was decided a refund is overdue. Whoever decides it gives it back at once; this
/// is for whoever comes after a crash.
const REFUND_AFTER: TimeDelta = TimeDelta::seconds(10);

words! {
    #[schema(as = RefundStatus)]
    Status {
        /// The provider has not said yet that it is done.
        Pending = "pending",
        Done = "done",
        /// The provider will never do it. Its amount and its units can be given back by another refund.
        Failed = "failed",
    }
}

/// Money that goes back to the buyer.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Refund {
    pub id: RefundId,
    pub amount: Money,
    pub status: Status,
    pub reason: Option<String>,
    /// The units whose price it is; empty where it is an amount.
    pub items: Vec<Units>,
    pub created_at: DateTime<Utc>,
    pub done_at: Option<DateTime<Utc>>,
    /// Why it has `failed`, in a word of the provider's.
    pub failure_code: Option<String>,
    /// What asked for it, which is answered once it is done.
    #[serde(skip)]
    pub claim: Option<Claim>,
}

/// Units of a line of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LineUnits)]
pub struct Units {
    /// The line.
    pub id: LineId,
    pub quantity: Quantity,
}

/// What is to be given back.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    Amount(Money),
    Items(Vec<Units>),
    /// All that has not been given back yet.
    Rest,
}

impl Refund {
    /// Whether the provider has yet to give it back.
    pub fn is_owed(&self) -> bool {
        self.status == Status::Pending
    }

    /// What it takes of what was paid, in minor units.
    pub fn counted(&self) -> i64 {
        match self.status {
            Status::Pending | Status::Done => self.amount.amount,
            Status::Failed => 0,
        }
    }
}

impl Line {
    /// What was paid for the line.
    pub fn paid(&self) -> Result<Money, Error> {
        self.line_total.minus(self.discount)?.plus(self.tax)
    }

    /// What was paid for `units` more of it than were given back already.
    fn price_of(&self, units: Quantity) -> Result<Money, Error> {
        let (paid, all) = (self.paid()?, i128::from(self.quantity.get()));
        let up_to = |units: i64| i128::from(paid.amount) * i128::from(units) / all.max(1);
        let more = up_to(self.refunded.saturating_add(units.get())) - up_to(self.refunded);
        Ok(Money { amount: i64::try_from(more).unwrap_or(0), ..paid })
    }
}

impl Order {
    /// What was captured and is neither given back nor owed.
    pub fn refundable(&self) -> Result<Money, Error> {
        if !self.payment.was_captured() {
            return Ok(Money::ZERO);
        }
        let open = self.refunds.iter().filter(|it| it.is_owed());
        let owed = Money::sum(open.map(|it| it.amount))?;
        self.payment.amount.minus(self.payment.refunded)?.minus(owed)
    }

    /// Whether all that was paid was given back, or is owed; or at least for all goods.
    pub fn is_given_back(&self) -> Result<bool, Error> {
        let was_paid = self.payment.was_captured() && self.payment.amount.amount > 0;
        let for_goods = self.items.iter().all(|line| line.refunded == line.quantity.get());
        Ok(was_paid && (for_goods || self.refundable()?.amount == 0))
    }

    /// Owes a part of what was paid, or the rest of it, from now on. What is paid back whole before
    /// any of it has left stays where it is: it was sold, until the order is cancelled. Where a part
    /// has left, the other is on the shelf again.
    pub fn ask_refund(
        &self,
        what: &What,
        reason: &str,
        claim: &Claim,
        now: DateTime<Utc>,
    ) -> Result<Change, Error> {
        if !self.payment.was_captured() {
            return Err(Refusal::transition("order", self.status, "be refunded").into());
        }
        let mut draft = Change::begin(self, Action::RefundAsked, now);
        match what {
            What::Amount(amount) => draft.owe(*amount, Vec::new(), Some(reason))?,
            What::Items(items) => draft.owe_items(items, reason)?,
            What::Rest => draft.owe(self.refundable()?, Vec::new(), Some(reason))?,
        }
        if let Some(asked) = draft.refunds().last_mut() {
            asked.claim = Some(claim.clone());
        }
        if draft.order().is_given_back()? {
            match self.stage {
                Stage::Paid | Stage::Processing => draft.abandon_rest(reason)?,
                Stage::PendingPayment
                | Stage::Shipped
                | Stage::Delivered
                | Stage::Cancelled
                | Stage::Returned => {}
            }
        }
        Ok(draft.done())
    }

    /// The provider has given a refund back. Where that is known already it is `None`.
    pub fn refunded(&self, id: RefundId, now: DateTime<Utc>) -> Result<Option<Change>, Error> {
        let refund = self.refunds.iter().find(|it| it.id == id);
        let refund = refund.ok_or(Error::NotFound("refund"))?;
        if !refund.is_owed() {
            return Ok(None);
        }
        let mut draft = Change::begin(self, Action::PaymentRefunded, now);
        draft.give_back(id, refund.amount)?;
        Ok(Some(draft.done()))
    }

    /// The provider will never give a refund back: it is owed no more, and people have to give it back
    /// in another way. Where it is known how it ended it is `None`.
    pub fn refund_failed(
        &self,
        id: RefundId,
        code: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Change>, Error> {
        let refund = self.refunds.iter().find(|it| it.id == id);
        let refund = refund.ok_or(Error::NotFound("refund"))?;
        if !refund.is_owed() {
            return Ok(None);
        }
        let mut draft = Change::begin(self, Action::RefundFailed, now);
        draft.fail_refund(refund, code)?;
        Ok(Some(draft.done()))
    }
}

impl Draft {
    /// Owes `amount`; a `Conflict` where that is more than there is.
    pub fn owe(
        &mut self,
        amount: Money,
        items: Vec<Units>,
        reason: Option<&str>,
    ) -> Result<(), Error> {
        let most = self.order().refundable()?;
        if amount.currency != most.currency || !(1..=most.amount).contains(&amount.amount) {
            return Err(too_large(most).into());
        }
        let (created_at, reason) = (self.now(), reason.map(str::to_owned));
        let (id, status, done_at) = (RefundId::new(), Status::Pending, None);
        let (claim, failure_code) = (None, None);
        let refund =
            Refund { id, amount, status, reason, items, created_at, done_at, failure_code, claim };
        self.refunds().push(refund);
        let due = Due { task: Task::Refund, at: created_at + REFUND_AFTER };
        self.payment().due = Some(due);
        Ok(())
    }

    /// Owes all that is not given back or owed yet, if there is anything.
    pub fn owe_rest(&mut self, reason: Option<&str>) -> Result<(), Error> {
        let rest = self.order().refundable()?;
        if rest.amount == 0 {
            return Ok(());
        }
        self.owe(rest, Vec::new(), reason)
    }

    /// Owes the price of some units.
    fn owe_items(&mut self, items: &[Units], reason: &str) -> Result<(), Error> {
        let amount = self.count_refunded(items)?;
        self.owe(amount, items.to_vec(), Some(reason))
    }

    /// Owes the price of some units, or what is left of what was paid, if that is less.
    pub fn owe_at_most(&mut self, items: &[Units], reason: &str) -> Result<(), Error> {
        let (price, left) = (self.count_refunded(items)?, self.order().refundable()?);
        let amount = price.amount.min(left.amount);
        if amount == 0 {
            return Ok(());
        }
        self.owe(Money { amount, ..left }, items.to_vec(), Some(reason))
    }

    /// Counts units as given back; what comes of it is their price.
    fn count_refunded(&mut self, items: &[Units]) -> Result<Money, Error> {
        let refundable = self.order().refundable()?;
        let mut amount = Money::ZERO;
        for units in items {
            let line = self.line(units.id)?;
            let left = line.quantity.get().saturating_sub(line.refunded);
            if units.quantity.get() > left {
                let refusal = too_large(refundable).with("item_id", units.id.to_string());
                return Err(refusal.with("refundable_quantity", left).into());
            }
            amount = amount.plus(line.price_of(units.quantity)?)?;
            line.refunded = line.refunded.saturating_add(units.quantity.get());
        }
        Ok(amount)
    }

    fn give_back(&mut self, id: RefundId, amount: Money) -> Result<(), Error> {
        let now = self.now();
        for refund in self.refunds().iter_mut().filter(|it| it.id == id) {
            (refund.status, refund.done_at) = (Status::Done, Some(now));
        }
        self.answered();
        let payment = self.payment();
        payment.refunded = payment.refunded.plus(amount)?;
        let is_all = payment.refunded == payment.amount;
        let step = if is_all { payment::Step::Refund } else { payment::Step::RefundPart };
        payment.status = payment.status.after(step)?;
        self.enter(EntryKind::Refunded, amount);
        self.tell(Kind::PaymentRefunded, json!({ "amount": amount, "refund_id": id }));
        match self.order().stage {
            Stage::Paid | Stage::Processing | Stage::Shipped | Stage::Delivered => {
                let kind = if is_all { Kind::OrderRefunded } else { Kind::OrderPartiallyRefunded };
                self.tell(kind, json!({ "refund_id": id }));
            }
            // These stay what they are, whatever is given back of them.
            Stage::PendingPayment | Stage::Cancelled | Stage::Returned => {}
        }
        Ok(())
    }
}

impl Draft {
    fn fail_refund(&mut self, failed: &Refund, code: &str) -> Result<(), Error> {
        for refund in self.refunds().iter_mut().filter(|it| it.id == failed.id) {
            (refund.status, refund.failure_code) = (Status::Failed, Some(code.to_owned()));
        }
        for units in &failed.items {
            let line = self.line(units.id)?;
            line.refunded = line.refunded.saturating_sub(units.quantity.get()).max(0);
        }
        self.answered();
        let Refund { id, amount, .. } = failed;
        let data = json!({ "refund_id": id, "amount": amount, "failure_code": code });
        self.tell(Kind::PaymentRefundFailed, data);
        Ok(())
    }

    /// The provider has said what comes of a refund: nothing is due where it was the last one.
    fn answered(&mut self) {
        let is_open = self.order().refunds.iter().any(Refund::is_owed);
        let payment = self.payment();
        payment.tries = 0;
        if !is_open {
            payment.due = None;
        }
    }
}

fn too_large(most: Money) -> Refusal {
    let message = "that is more than is left of what was paid, or nothing";
    let most = json!({ "amount": most.amount, "currency": most.currency });
    Refusal::new("refund_too_large", message).with("refundable", most)
}
