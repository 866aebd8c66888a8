//! Paying for an order: attempts, what the provider says of them, and the ways in which it comes to
//! nothing.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{
    Order, Step,
    change::{Change, Draft, NewDelivery, StockEffect},
};
use crate::domain::{
    Error,
    audit::Action,
    delivery::Delivery,
    error::Refusal,
    event::Kind,
    id::RefundId,
    idempotency::Claim,
    payment::{self, ATTEMPTS_MAX, Due, EntryKind, Task, Verdict},
};

/// Why money goes back that came after the order was off.
const TOO_LATE: &str = "the payment came after the order was cancelled";
/// How a payment failed that the provider let go by itself.
const VOIDED: &str = "voided";

impl Order {
    /// The buyer confirms: from now on the provider may be asked, under the key of this attempt.
    pub fn attempt(
        &self,
        token: &str,
        claim: &Claim,
        due_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Change, Error> {
        self.stage.after(Step::Pay)?;
        if now >= self.expires_at {
            return Err(Refusal::transition("order", "expired", "be paid").into());
        }
        if self.payment.attempt >= ATTEMPTS_MAX {
            let message = "this payment was tried too often: place another order";
            return Err(Error::conflict("too_many_attempts", message));
        }
        let mut draft = Change::begin(self, Action::PaymentAttempted, now);
        let payment = draft.payment();
        payment.status = payment.status.after(payment::Step::Attempt)?;
        payment.attempt = payment.attempt.saturating_add(1);
        payment.token = Some(token.to_owned());
        payment.claim = Some(claim.clone());
        payment.failure_code = None;
        payment.reference = None;
        payment.tries = 0;
        payment.due = Some(Due { task: Task::LookUp, at: due_at });
        Ok(draft.done())
    }

    /// The provider has answered for `attempt`, or is known not to have. An answer to an attempt
    /// that is settled already changes nothing, and is `None`.
    ///
    /// The order may be off by now: then money that was taken is owed back at once.
    pub fn settle(
        &self,
        attempt: i32,
        verdict: &Verdict,
        delivery: NewDelivery,
        now: DateTime<Utc>,
    ) -> Result<Option<Change>, Error> {
        if self.payment.attempt != attempt || self.payment.status != payment::Status::Processing {
            return Ok(None);
        }
        let mut draft = Change::begin(self, Action::PaymentSettled, now);
        match verdict {
            Verdict::Captured { reference } => draft.capture(reference, delivery)?,
            Verdict::Voided { reference } => draft.void(reference)?,
            Verdict::Declined { code } => draft.decline(code)?,
            Verdict::Unknown { reference } => {
                let payment = draft.payment();
                payment.put_off(Task::LookUp, now);
                if reference.is_some() {
                    payment.reference.clone_from(reference);
                }
            }
        }
        Ok(Some(draft.done()))
    }

    /// The provider has not said that `refund` is done, after so many `tries`: it is asked again
    /// later. Where somebody else has asked since, or it is done, it is `None`.
    pub fn put_off_refund(
        &self,
        refund: RefundId,
        tries: i32,
        now: DateTime<Utc>,
    ) -> Option<Change> {
        let is_owed = self.refunds.iter().any(|it| it.id == refund && it.is_owed());
        if !is_owed || self.payment.tries != tries {
            return None;
        }
        let mut draft = Change::begin(self, Action::RefundPutOff, now);
        draft.payment().put_off(Task::Refund, now);
        Some(draft.done())
    }

    /// Calls the order off, of which nothing may have left yet. What was paid is owed back from this
    /// moment.
    pub fn cancel(&self, reason: Option<&str>, now: DateTime<Utc>) -> Result<Change, Error> {
        let stage = self.stage.after(Step::Cancel)?;
        if self.deliveries.iter().any(Delivery::has_left) {
            return Err(Refusal::transition("order", "partially_shipped", "be cancelled").into());
        }
        let mut draft = Change::begin(self, Action::OrderCancelled, now);
        draft.stage(stage);
        if self.payment.was_captured() {
            draft.stock(self.unsold());
            draft.owe_rest(reason)?;
            draft.abandon_deliveries()?;
        } else {
            draft.stock(StockEffect::Release);
            draft.drop_payment()?;
        }
        Ok(draft.event(Kind::OrderCancelled, json!({ "reason": reason })).done())
    }

    /// The time to pay is over. Where the provider is being asked, what it says comes too late: the
    /// money will be let go, or given back.
    pub fn expire(&self, now: DateTime<Utc>) -> Result<Change, Error> {
        if now < self.expires_at {
            return Err(Error::conflict("not_due", "there is still time to pay"));
        }
        let stage = self.stage.after(Step::Expire)?;
        let mut draft = Change::begin(self, Action::OrderExpired, now);
        draft.stage(stage);
        draft.stock(StockEffect::Release);
        draft.drop_payment()?;
        Ok(draft
            .event(Kind::OrderExpired, json!({}))
            .event(Kind::OrderCancelled, json!({ "reason": "expired" }))
            .done())
    }
}

impl Draft {
    /// The money is ours: what was ordered is sold, or the money owed back where the order is off.
    fn capture(&mut self, reference: &str, new: NewDelivery) -> Result<(), Error> {
        self.set_aside(reference)?;
        let amount = self.order().payment.amount;
        let payment = self.payment();
        payment.status = payment.status.after(payment::Step::Capture)?;
        self.enter(EntryKind::Captured, amount);
        self.tell(Kind::PaymentCaptured, json!({ "amount": amount }));
        if self.order().is_off() {
            return self.owe_rest(Some(TOO_LATE));
        }
        self.stock(StockEffect::Commit);
        self.step(Step::Pay, Kind::OrderPaid)?;
        self.create_delivery(new);
        Ok(())
    }

    /// The money was let go again. Where nobody called the order off it was the provider's doing,
    /// and is a decline like any other.
    fn void(&mut self, reference: &str) -> Result<(), Error> {
        self.set_aside(reference)?;
        self.enter(EntryKind::Voided, self.order().payment.amount);
        if !self.order().is_off() {
            return self.fail(VOIDED);
        }
        let payment = self.payment();
        payment.status = payment.status.after(payment::Step::Void)?;
        self.tell(Kind::PaymentCancelled, json!({ "voided": true }));
        Ok(())
    }

    fn set_aside(&mut self, reference: &str) -> Result<(), Error> {
        let payment = self.payment();
        payment.reference = Some(reference.to_owned());
        payment.settled();
        payment.status = payment.status.after(payment::Step::Authorize)?;
        let amount = payment.amount;
        self.enter(EntryKind::Authorized, amount);
        self.tell(Kind::PaymentAuthorized, json!({ "amount": amount }));
        Ok(())
    }

    fn decline(&mut self, code: &str) -> Result<(), Error> {
        if !self.order().is_off() {
            return self.fail(code);
        }
        let payment = self.payment();
        payment.settled();
        payment.failure_code = Some(code.to_owned());
        payment.status = payment.status.after(payment::Step::Cancel)?;
        self.tell(Kind::PaymentCancelled, json!({ "failure_code": code }));
        Ok(())
    }

    fn fail(&mut self, code: &str) -> Result<(), Error> {
        let payment = self.payment();
        payment.settled();
        payment.failure_code = Some(code.to_owned());
        payment.status = payment.status.after(payment::Step::Fail)?;
        self.tell(Kind::PaymentFailed, json!({ "failure_code": code }));
        Ok(())
    }

    /// Nothing is to be paid any more. What the provider is being asked for is still unknown: it is
    /// looked up at once, and settled by that.
    fn drop_payment(&mut self) -> Result<(), Error> {
        let now = self.now();
        let payment = self.payment();
        match payment.status {
            payment::Status::Processing => {
                payment.tries = 0;
                payment.due = Some(Due { task: Task::LookUp, at: now });
            }
            payment::Status::RequiresConfirmation
            | payment::Status::Failed
            | payment::Status::Authorized
            | payment::Status::Captured
            | payment::Status::Cancelled
            | payment::Status::PartiallyRefunded
            | payment::Status::Refunded => {
                payment.status = payment.status.after(payment::Step::Cancel)?;
                payment.due = None;
                self.tell(Kind::PaymentCancelled, json!({}));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
