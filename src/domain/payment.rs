//! Payments: what an order costs, and how far the money has come.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::{
    Error,
    error::Refusal,
    id::{OrderId, PaymentId},
    idempotency::Claim,
    money::Money,
    words::words,
};

/// How often a payment can be tried: whoever needs more is trying out cards.
pub const ATTEMPTS_MAX: i32 = 10;
/// The longest card token, in bytes.
pub const TOKEN_BYTES_MAX: usize = 100;
/// How soon what the provider did not answer is asked again; twice as long after each time.
const ASK_AGAIN_MIN: TimeDelta = TimeDelta::seconds(1);
/// How long it is at most between two questions.
const ASK_AGAIN_MAX: TimeDelta = TimeDelta::minutes(5);

words! {
    /// Who moves the money.
    #[schema(as = PaymentProvider)]
    ProviderName {
        /// The one that ships with the shop, and moves none.
        Emulator = "emulator",
        Stripe = "stripe",
    }
}

words! {
    /// The state of a payment.
    #[schema(as = PaymentStatus)]
    Status {
        RequiresConfirmation = "requires_confirmation",
        Processing = "processing",
        Authorized = "authorized",
        Captured = "captured",
        Failed = "failed",
        Cancelled = "cancelled",
        PartiallyRefunded = "partially_refunded",
        Refunded = "refunded",
    }
}

/// What can happen to a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The buyer confirmed; the provider is being asked.
    Attempt,
    Authorize,
    Capture,
    Fail,
    /// Nothing was taken and nothing will be: the order is off.
    Cancel,
    /// What was set aside was let go, because the order is off.
    Void,
    /// A part of it was given back, or the rest.
    RefundPart,
    Refund,
}

impl Status {
    /// The status after `step`. This match is the whole life of a payment.
    pub fn after(self, step: Step) -> Result<Status, Error> {
        match (self, step) {
            // A declined payment can be tried again until its order expires.
            (Status::RequiresConfirmation | Status::Failed, Step::Attempt) => {
                Ok(Status::Processing)
            }
            (Status::Processing, Step::Authorize) => Ok(Status::Authorized),
            (Status::Authorized, Step::Capture) => Ok(Status::Captured),
            (Status::Processing | Status::Authorized, Step::Fail) => Ok(Status::Failed),
            (Status::RequiresConfirmation | Status::Processing | Status::Failed, Step::Cancel)
            | (Status::Authorized, Step::Void) => Ok(Status::Cancelled),
            (Status::Captured | Status::PartiallyRefunded, Step::RefundPart) => {
                Ok(Status::PartiallyRefunded)
            }
            (Status::Captured | Status::PartiallyRefunded, Step::Refund) => Ok(Status::Refunded),
            (status, step) => Err(Refusal::transition("payment", status, step.verb()).into()),
        }
    }
}

impl Step {
    fn verb(self) -> &'static str {
        match self {
            Step::Attempt => "be confirmed",
            Step::Authorize => "be authorized",
            Step::Capture => "be captured",
            Step::Fail => "fail",
            Step::Cancel | Step::Void => "be cancelled",
            Step::RefundPart | Step::Refund => "be refunded",
        }
    }
}

/// The one payment of an order. The amount is the order's, always.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Payment {
    pub id: PaymentId,
    pub order_id: OrderId,
    pub status: Status,
    pub amount: Money,
    pub refunded: Money,
    pub failure_code: Option<String>,
    pub created_at: DateTime<Utc>,
    /// Who moves the money.
    #[serde(skip)]
    pub provider: ProviderName,
    /// How often the provider has been asked in vain since it last answered.
    #[serde(skip)]
    pub tries: i32,
    /// How often the buyer has confirmed; with the id it is the provider's idempotency key.
    #[serde(skip)]
    pub attempt: i32,
    /// What stands for the card, kept while the provider may have to be asked again.
    #[serde(skip)]
    pub token: Option<String>,
    /// The provider's name for the charge.
    #[serde(skip)]
    pub reference: Option<String>,
    /// The confirmation that the present attempt answers.
    #[serde(skip)]
    pub claim: Option<Claim>,
    /// What is still to be asked of the provider, and when at the latest.
    #[serde(skip)]
    pub due: Option<Due>,
}

/// Something that must yet be asked of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub task: Task,
    pub at: DateTime<Utc>,
}

words! {
    /// What is to be asked.
    Task {
        /// Whether an attempt whose answer never came went through.
        LookUp = "look_up",
        /// To give back what was captured for an order that is no more.
        Refund = "refund",
    }
}

impl Payment {
    /// Whether the money was taken, whatever has become of it since.
    pub fn was_captured(&self) -> bool {
        match self.status {
            Status::Captured | Status::PartiallyRefunded | Status::Refunded => true,
            Status::RequiresConfirmation
            | Status::Processing
            | Status::Authorized
            | Status::Failed
            | Status::Cancelled => false,
        }
    }

    /// Nothing is to be asked of the provider for the present attempt any more.
    pub fn settled(&mut self) {
        self.token = None;
        self.tries = 0;
        self.due = None;
    }

    /// Has the provider asked again later, as it did not say how things stand: each time it is
    /// twice as long to then.
    pub fn put_off(&mut self, task: Task, now: DateTime<Utc>) {
        let doublings = u32::try_from(self.tries).unwrap_or(0).min(16);
        let wait = (ASK_AGAIN_MIN * 2_i32.saturating_pow(doublings)).min(ASK_AGAIN_MAX);
        self.tries = self.tries.saturating_add(1);
        self.due = Some(Due { task, at: now + wait });
    }

    /// The key under which the provider knows an attempt; the same for each repeat of it.
    pub fn provider_key(&self) -> String {
        format!("{}:{}", self.id, self.attempt)
    }
}

/// What the provider said of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The money is ours.
    Captured {
        reference: String,
    },
    /// The money was set aside, and let go again.
    Voided {
        reference: String,
    },
    Declined {
        code: String,
    },
    /// No answer: it may or may not have gone through, so nothing is decided. The provider's name
    /// for the charge may be known already.
    Unknown {
        reference: Option<String>,
    },
}

/// A movement of money at the provider; entries are never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub payment: PaymentId,
    pub kind: EntryKind,
    pub amount: Money,
}

words! {
    /// Which way the money moved.
    EntryKind {
        Authorized = "authorized",
        Captured = "captured",
        /// What was set aside was let go.
        Voided = "voided",
        Refunded = "refunded",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(step: Step) -> Vec<Status> {
        Status::ALL.iter().copied().filter(|status| status.after(step).is_ok()).collect()
    }

    #[test]
    fn only_an_unpaid_payment_can_be_confirmed() {
        assert_eq!(from(Step::Attempt), [Status::RequiresConfirmation, Status::Failed]);
    }

    #[test]
    fn money_that_moved_is_not_cancelled_but_let_go_or_given_back() {
        let unmoved = [Status::RequiresConfirmation, Status::Processing, Status::Failed];
        assert_eq!(from(Step::Cancel), unmoved);
        assert_eq!(from(Step::Void), [Status::Authorized]);
    }

    #[test]
    fn money_is_set_aside_before_it_is_taken() {
        assert_eq!(from(Step::Authorize), [Status::Processing]);
        assert_eq!(from(Step::Capture), [Status::Authorized]);
        assert_eq!(from(Step::Fail), [Status::Processing, Status::Authorized]);
    }

    #[test]
    fn only_what_was_captured_is_refunded() {
        let with_money = [Status::Captured, Status::PartiallyRefunded];
        assert_eq!(from(Step::Refund), with_money);
        assert_eq!(from(Step::RefundPart), with_money);
    }
}
