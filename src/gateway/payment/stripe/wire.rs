//! What Stripe says, as far as it is read.

use std::collections::HashMap;

use serde::Deserialize;

use super::{GivenBack, Hint, State};

/// How a charge failed that wants more of the buyer than a card.
pub const AUTHENTICATION_REQUIRED: &str = "authentication_required";
/// How a charge failed where Stripe doesn't say how.
const DECLINED: &str = "card_declined";
/// Reasons that a thief must not learn; Stripe says to show such a decline like any other.
const SECRET: [&str; 7] = [
    "fraudulent",
    "lost_card",
    "merchant_blacklist",
    "pickup_card",
    "restricted_card",
    "security_violation",
    "stolen_card",
];
/// Of a reason longer than that the rest is cut: reasons are words.
const CODE_BYTES_MAX: usize = 64;

#[derive(Debug, Deserialize)]
pub struct Intent {
    pub id: String,
    status: IntentStatus,
    last_payment_error: Option<Fault>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum IntentStatus {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    RequiresCapture,
    Processing,
    Succeeded,
    Canceled,
    #[serde(other)]
    Unknown,
}

impl Intent {
    /// Whether nothing will happen before the buyer does something.
    pub fn waits_for_the_buyer(&self) -> bool {
        match self.status {
            IntentStatus::RequiresAction | IntentStatus::RequiresConfirmation => true,
            IntentStatus::RequiresPaymentMethod
            | IntentStatus::RequiresCapture
            | IntentStatus::Processing
            | IntentStatus::Succeeded
            | IntentStatus::Canceled
            | IntentStatus::Unknown => false,
        }
    }

    /// How the charge stands; none where the status is not known here.
    pub fn state(self) -> Option<State> {
        let reference = self.id;
        Some(match self.status {
            IntentStatus::RequiresCapture => State::Authorized { reference },
            IntentStatus::Succeeded => State::Captured { reference },
            IntentStatus::Canceled => State::Voided { reference },
            IntentStatus::RequiresPaymentMethod => {
                let code = self.last_payment_error.map_or(DECLINED.to_owned(), |it| it.code());
                State::Declined { code }
            }
            IntentStatus::Processing
            | IntentStatus::RequiresAction
            | IntentStatus::RequiresConfirmation => State::Pending { reference: Some(reference) },
            IntentStatus::Unknown => return None,
        })
    }
}

/// Why Stripe refused.
#[derive(Debug, Default, Deserialize)]
pub struct Fault {
    code: Option<String>,
    /// The bank's own reason, which says more than `card_declined`.
    decline_code: Option<String>,
}

impl Fault {
    /// What the body of an error says.
    pub fn read(body: &[u8]) -> Self {
        #[derive(Default, Deserialize)]
        struct Body {
            error: Fault,
        }
        serde_json::from_slice(body).unwrap_or(Body::default()).error // It is refused all the same.
    }

    /// Why the card was declined, as far as whoever holds it may be told.
    pub fn code(&self) -> String {
        let code = self.decline_code.as_ref().or(self.code.as_ref());
        let is_word = |it: &&String| {
            let mut bytes = it.bytes();
            it.len() <= CODE_BYTES_MAX && bytes.all(|it| it.is_ascii_alphanumeric() || it == b'_')
        };
        let may_be_told = |it: &&String| !SECRET.contains(&it.as_str());
        code.filter(is_word).filter(may_be_told).map_or(DECLINED.to_owned(), String::clone)
    }
}

#[derive(Debug, Deserialize)]
pub struct Listed<T> {
    pub data: Vec<T>,
}

#[derive(Debug, Deserialize)]
pub struct Refund {
    status: RefundStatus,
    failure_reason: Option<String>,
    #[serde(default)]
    metadata: HashMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RefundStatus {
    Succeeded,
    Failed,
    Canceled,
    #[serde(other)]
    Pending,
}

impl Refund {
    /// Whether it is the one that the shop calls `id`.
    pub fn is_ours(&self, id: &str) -> bool {
        self.metadata.get("refund_id").is_some_and(|it| it == id)
    }

    pub fn given_back(self) -> GivenBack {
        match self.status {
            RefundStatus::Succeeded => GivenBack::Done,
            RefundStatus::Pending => GivenBack::Pending,
            RefundStatus::Failed | RefundStatus::Canceled => {
                let code = Fault { code: self.failure_reason, decline_code: None }.code();
                GivenBack::Failed { code }
            }
        }
    }
}

/// An event, as its webhook brings it.
#[derive(Debug, Deserialize)]
pub struct Told {
    data: Data,
}

#[derive(Debug, Deserialize)]
struct Data {
    object: Object,
}

#[derive(Debug, Deserialize)]
struct Object {
    id: String,
    object: String,
    #[serde(default)]
    metadata: HashMap<String, String>,
}

impl Told {
    /// The payment that it is about, by the metadata that we gave to all that is of it.
    pub fn hint(self) -> Option<Hint> {
        let Object { id, object, mut metadata } = self.data.object;
        let payment = metadata.get("payment_id")?.parse().ok()?; // Another shop's of the account.
        let charge = metadata.remove("charge").filter(|_| object == "payment_intent");
        Some(Hint { payment, charge: charge.map(|charge| (charge, id)) })
    }
}
