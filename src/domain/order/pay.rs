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
    error::Refusal,
    event::Kind,
    idempotency::Claim,
    payment::{self, Due, EntryKind, Task, Verdict},
};

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
        let stage = self.stage.after(Step::Cancel)?;
        let mut draft = Change::begin(self, Action::OrderCancelled, now);
        draft.stage(stage);
        if self.payment.was_captured() {
            draft.stock(StockEffect::Return);
            draft.owe_rest(reason)?;
            draft.abandon_deliveries()?;
        } else {
            draft.stock(StockEffect::Release);
            draft.drop_payment()?;
        }
        Ok(draft.event(Kind::OrderCancelled, json!({ "reason": reason })).done())
    }

    /// The time to pay is over. Not while the provider is being asked: its answer comes first.
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
    fn capture(&mut self, reference: &str, new: NewDelivery) -> Result<(), Error> {
        let amount = self.order().total;
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
        self.stock(StockEffect::Commit);
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
}
