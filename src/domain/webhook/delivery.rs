//! The messages to an endpoint: what is to be sent, what came of it, and when it is tried again.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::{Reason, Target};
use crate::domain::{
    event::{Kind, Published},
    id::{ClaimId, EventId, SecretId, WebhookId},
    words::words,
};

/// How long a claim holds, in seconds: longer than an attempt can take, so that nobody renews it.
pub const CLAIM_SECONDS: i64 = 60;
/// How much of an answer is kept, in bytes.
pub const ANSWER_BYTES_MAX: usize = 1024;
/// How long a message is kept that has come to an end, in days.
pub const KEPT_DAYS: i64 = 30;
/// How long a message waits after each try, in times of the first wait: with one of 5 s it is tried
/// again after 5 s, 5 and 30 min, 2, 5, 10, 14, 20 and 24 h, and at last given up.
const WAITS: [i32; 9] = [1, 60, 360, 1_440, 3_600, 7_200, 10_080, 14_400, 17_280];

words! {
    /// How far a message has come.
    #[schema(as = WebhookDeliveryStatus)]
    Status {
        /// To be sent when it is due.
        Waiting = "waiting",
        Sending = "sending",
        Delivered = "delivered",
        /// Given up.
        Failed = "failed",
    }
}

words! {
    /// Why an attempt came to nothing.
    #[schema(as = WebhookFault)]
    Fault {
        /// The answer was no 2xx.
        Refused = "refused",
        /// No answer came in time.
        TimedOut = "timed_out",
        /// Nobody listens there, or TLS came to nothing, or the connection broke.
        Unreachable = "unreachable",
        /// The name leads nowhere.
        Unresolved = "unresolved",
        /// The name leads into a network that is not the internet: nothing was sent.
        PrivateAddress = "private_address",
        /// The address is none that may be sent to: nothing was sent.
        NotAllowed = "not_allowed",
        /// The endpoint was disabled while it waited.
        Disabled = "disabled",
    }
}

impl Fault {
    /// Whether the next message would fare the same: nobody has answered at all.
    pub fn is_of_the_endpoint(self) -> bool {
        match self {
            Fault::TimedOut
            | Fault::Unreachable
            | Fault::Unresolved
            | Fault::PrivateAddress
            | Fault::NotAllowed => true,
            Fault::Refused | Fault::Disabled => false,
        }
    }
}

/// A message as the log shows it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = WebhookDelivery)]
pub struct Delivery {
    /// The id of the event, and the header `webhook-id` of every attempt.
    pub id: EventId,
    pub r#type: Kind,
    /// The place of the event in the feed.
    pub sequence: i64,
    pub status: Status,
    /// How often it was tried.
    pub attempts: i32,
    /// What the last attempt was answered; null where no answer came.
    pub http_status: Option<i32>,
    /// Why the last attempt came to nothing.
    pub error: Option<Fault>,
    /// How the last answer began.
    #[schema(max_length = 1024)]
    pub answer: Option<String>,
    /// How long the last attempt took.
    pub duration_ms: Option<i64>,
    /// When it is tried next; null where nothing is left to do, or it is being sent.
    pub next_attempt_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A message in hand.
#[derive(Clone, PartialEq)]
pub struct Claimed {
    pub claim: ClaimId,
    pub webhook: WebhookId,
    pub event: EventId,
    pub target: Target,
    pub body: String,
    /// What it is signed by.
    pub secrets: Vec<SecretId>,
    /// How often it has been tried since it was queued, or sent again by hand; this time among them.
    pub tries: i32,
}

impl Claimed {
    /// What comes of a try. `wait` is the first one; `thousandths`, from 0 to 1000 and by chance,
    /// spread the tries, so that not all come back at once.
    pub fn after(
        &self,
        tried: &Tried,
        now: DateTime<Utc>,
        wait: TimeDelta,
        thousandths: i32,
    ) -> Ending {
        if tried.fault.is_none() {
            return Ending::Delivered;
        }
        let at = usize::try_from(self.tries.saturating_sub(1)).unwrap_or(0);
        let times = WAITS.get(at).filter(|_| !tried.is_gone());
        let wait = times.and_then(|times| wait.checked_mul(*times)).and_then(|wait| {
            // From nine tenths to eleven tenths of it.
            (wait / 5_000).checked_mul(thousandths.clamp(0, 1_000).saturating_add(4_500))
        });
        wait.map_or(Ending::Failed, |wait| Ending::Again { at: now + wait })
    }
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// What was answered, if anything.
    pub status: Option<u16>,
    /// None where it has arrived.
    pub fault: Option<Fault>,
    /// How the answer began.
    pub answer: Option<String>,
    pub duration_ms: i64,
}

impl Tried {
    /// Whether the endpoint wants no more.
    pub fn is_gone(&self) -> bool {
        self.status == Some(410)
    }
}

/// How an answer begins, as it is kept: one text, in which what is no text is a space.
pub fn excerpt(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().min(ANSWER_BYTES_MAX));
    for it in String::from_utf8_lossy(bytes).chars() {
        if text.len().saturating_add(it.len_utf8()) > ANSWER_BYTES_MAX {
            break;
        }
        text.push(if it.is_control() && it != '\n' { ' ' } else { it });
    }
    text
}

/// What becomes of a message after a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Delivered,
    Failed,
    Again { at: DateTime<Utc> },
}

/// What happened that nobody has been told yet, and where the cursor stands.
#[derive(Debug, Clone, Default)]
pub struct Untold {
    pub cursor: i64,
    /// Where the first of it can be: what is before it, no endpoint wants.
    pub from: i64,
    pub published: Vec<Published>,
}

/// Queues a message for each endpoint that wants to be told of one of `published`, and takes the
/// cursor from `from` to `to`; `Stale` where another node has done that. The outcome is how many
/// messages.
#[derive(Debug, Clone)]
pub struct FanOut {
    pub from: i64,
    pub to: i64,
    pub published: Arc<[Published]>,
}

/// Takes the message into hand that has been due for longest at an endpoint; the outcome is none
/// where none is due, or one is in hand: each endpoint is told of one thing after the other.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    pub id: ClaimId,
    pub webhook: WebhookId,
}

/// Says what came of a message; `Stale` where it was somebody else's to say. The endpoint is disabled
/// where it wants no more, or nothing has arrived for too long.
#[derive(Debug, Clone)]
pub struct Settle {
    pub webhook: WebhookId,
    pub event: EventId,
    pub claim: ClaimId,
    pub tried: Tried,
    pub ending: Ending,
}

/// Whether the endpoint was disabled, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    pub disabled: Option<Reason>,
}

/// Has all be due that somebody had in hand: only where nobody else can.
#[derive(Debug, Clone, Copy)]
pub struct Recover;

/// Forgets messages that ended more than [`KEPT_DAYS`] ago; the outcome is how many.
#[derive(Debug, Clone, Copy)]
pub struct Prune;

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(status: Option<u16>, fault: Option<Fault>) -> Tried {
        Tried { status, fault, answer: None, duration_ms: 1 }
    }

    fn after(tries: i32, tried: &Tried, thousandths: i32) -> Ending {
        let claimed = Claimed {
            claim: ClaimId::new(),
            webhook: WebhookId::new(),
            event: EventId::new(),
            target: Target::kept("https://hooks.example.com/".to_owned()),
            body: String::new(),
            secrets: Vec::new(),
            tries,
        };
        claimed.after(tried, DateTime::UNIX_EPOCH, TimeDelta::seconds(5), thousandths)
    }

    #[test]
    fn the_tries_are_those_of_the_specification_and_come_to_an_end() {
        let refused = tried(Some(500), Some(Fault::Refused));
        let seconds = |tries, thousandths| match after(tries, &refused, thousandths) {
            Ending::Again { at } => Some((at - DateTime::UNIX_EPOCH).num_seconds()),
            Ending::Delivered | Ending::Failed => None,
        };
        let waits: Vec<_> = (1..=10).map(|tries| seconds(tries, 500)).collect();
        let hours = |hours: i64| Some(hours * 3_600);
        let due = [Some(5), Some(300), Some(1_800), hours(2), hours(5), hours(10), hours(14)];
        assert_eq!(waits, [&due[..], &[hours(20), hours(24), None]].concat());
        assert_eq!((seconds(2, 0), seconds(2, 1_000)), (Some(270), Some(330)));
    }

    #[test]
    fn what_has_arrived_and_whom_nobody_is_any_more_are_tried_no_more() {
        assert_eq!(after(1, &tried(Some(204), None), 0), Ending::Delivered);
        assert_eq!(after(1, &tried(Some(410), Some(Fault::Refused)), 0), Ending::Failed);
    }

    #[test]
    fn an_answer_is_kept_as_a_short_text() {
        assert_eq!(excerpt(b"no\0pe\r\nat all\xff"), "no pe \nat all\u{fffd}");
        assert_eq!(excerpt(&[0xff; 5_000]).len(), 1_023);
        assert_eq!(excerpt(&[b'x'; 5_000]).len(), 1_024);
    }
}
