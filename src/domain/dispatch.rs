//! Messages to somebody's own devices, a browser or a telephone: what is to be brought, and what comes
//! of it.
//!
//! A message is brought at least once: whoever dies with one in hand leaves it to be brought again. It is
//! brought for as long as it is news.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{
    Error,
    hex::hex,
    id::{ClaimId, DispatchId, SubscriptionId},
    notification::{Kind, Notice, Text},
    phone::Phone,
    push::Subscription,
    settings::Language,
    words::words,
};

/// How long a claim holds, in seconds: longer than an attempt can take, so that nobody renews it.
pub const CLAIM_SECONDS: i64 = 60;
/// How long a message is kept that has come to an end, in days: as long as what happened is told of if
/// the feed is read again, so that it isn't made twice.
pub const KEPT_DAYS: i64 = super::mail::KEPT_DAYS;
/// The longest wait between two tries, in hours; also where whoever takes it asks for a longer one.
const WAIT_HOURS_MAX: i64 = 1;
/// The longest text of a message, in characters; what is longer is cut.
const TEXT_CHARS_MAX: usize = 250;
/// The longest payload, in bytes: below what a push service takes, whatever the letters of it.
pub const PAYLOAD_BYTES_MAX: usize = 3500;

words! {
    /// How far a message has come.
    Status {
        /// To be sent when it is due.
        Waiting = "waiting",
        Sending = "sending",
        Sent = "sent",
        /// Refused, or no news any more.
        Failed = "failed",
    }
}

words! {
    /// How much it matters that a message comes at once (RFC 8030, 5.3).
    Urgency {
        Normal = "normal",
        High = "high",
    }
}

impl Kind {
    /// How long it is news.
    pub fn lasts(self) -> TimeDelta {
        match self {
            Kind::OutForDelivery => TimeDelta::hours(6),
            Kind::BackInStock => TimeDelta::days(1),
            Kind::PasswordChanged
            | Kind::PasswordReset
            | Kind::EmailChanged
            | Kind::NewDevice
            | Kind::OrderPlaced
            | Kind::OrderPaid
            | Kind::PaymentFailed
            | Kind::OrderShipped
            | Kind::DeliveryFailed
            | Kind::DeliveryReturned
            | Kind::OrderDelivered
            | Kind::OrderCancelled
            | Kind::OrderRefunded
            | Kind::ServiceMessage => TimeDelta::days(3),
        }
    }

    pub fn urgency(self) -> Urgency {
        match self {
            Kind::PasswordChanged
            | Kind::PasswordReset
            | Kind::EmailChanged
            | Kind::NewDevice
            | Kind::PaymentFailed
            | Kind::OutForDelivery => Urgency::High,
            Kind::OrderPlaced
            | Kind::OrderPaid
            | Kind::OrderShipped
            | Kind::DeliveryFailed
            | Kind::DeliveryReturned
            | Kind::OrderDelivered
            | Kind::OrderCancelled
            | Kind::OrderRefunded
            | Kind::BackInStock
            | Kind::ServiceMessage => Urgency::Normal,
        }
    }
}

/// Where a message goes.
#[derive(Clone, PartialEq, Eq)]
pub enum To {
    Browser(SubscriptionId, Subscription),
    Phone(Phone),
}

/// A message as it is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The same on every try.
    pub id: DispatchId,
    pub notice: Notice,
    pub language: Language,
    /// For how long it is worth bringing yet.
    pub left: TimeDelta,
}

impl Message {
    pub fn text(&self) -> Text {
        let Text { title, body } = self.notice.text(self.language);
        Text { title: cut(&title), body: cut(&body) }
    }

    /// What a page of the shop shows it by: JSON of at most [`PAYLOAD_BYTES_MAX`] bytes. The details
    /// are in the inbox too, and so they are left out if they do not fit.
    pub fn payload(&self) -> Result<String, Error> {
        let Text { title, body } = self.text();
        let kind = self.notice.kind();
        let of = |data: Value| {
            let tag = self.topic().unwrap_or_else(|| self.id.to_string());
            json!({ "title": title, "body": body, "type": kind, "tag": tag, "data": data })
                .to_string()
        };
        let whole = of(self.notice.data()?);
        Ok(if whole.len() > PAYLOAD_BYTES_MAX { of(Value::Object(Map::new())) } else { whole })
    }

    /// What a later message on the same takes the place of, where nobody has seen this one yet (RFC
    /// 8030, 5.4): how an order stands by now is all there is to say of it. Of what happens to an account,
    /// and of what other programs have to say, each thing is said.
    pub fn topic(&self) -> Option<String> {
        let about = match &self.notice {
            Notice::PasswordChanged
            | Notice::PasswordReset
            | Notice::EmailChanged
            | Notice::NewDevice(_)
            | Notice::Message(_) => return None,
            Notice::Order(news) => news.order_id.to_string(),
            Notice::BackInStock(back) => back.variant_id.to_string(),
        };
        let mut hash = hex(&Sha256::digest(about));
        hash.truncate(32);
        Some(hash)
    }
}

fn cut(text: &str) -> String {
    let chars = text.chars().count();
    if chars <= TEXT_CHARS_MAX {
        return text.to_owned();
    }
    text.chars().take(TEXT_CHARS_MAX - 1).chain(['…']).collect()
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// Whoever brings it on has it.
    Taken,
    /// Nobody is there any more: the address can be forgotten.
    Gone,
    /// It is not taken, and will not be.
    Refused,
    /// It may be taken later; not before that, if they said so.
    Later { after: Option<TimeDelta> },
}

/// A message in hand.
#[derive(Clone, PartialEq)]
pub struct Claimed {
    pub claim: ClaimId,
    pub to: To,
    pub message: Message,
    /// How often it has been tried, this time among them.
    pub tries: i32,
}

impl Claimed {
    /// What becomes of it. `wait` is the first one, and each is twice as long as the one before;
    /// `thousandths`, from 0 to 1000 and by chance, spread the tries, so that not all come back at once.
    pub fn after(
        &self,
        carried: Carried,
        now: DateTime<Utc>,
        wait: TimeDelta,
        thousandths: i32,
    ) -> Ending {
        let asked = match carried {
            Carried::Taken => return Ending::Sent,
            Carried::Gone => return Ending::Gone,
            Carried::Refused => return Ending::Failed,
            Carried::Later { after } => after.unwrap_or_default(),
        };
        let longest = TimeDelta::hours(WAIT_HOURS_MAX);
        let doublings = self.tries.saturating_sub(1).clamp(0, 20);
        let wait = wait.checked_mul(1 << doublings).map_or(longest, |wait| wait.min(longest));
        // As long as was asked for at the least, and a half more at the most.
        let wait = wait.max(asked.min(longest));
        let more = (wait / 2_000).checked_mul(thousandths.clamp(0, 1_000)).unwrap_or_default();
        let wait = wait + more;
        if wait >= self.message.left { Ending::Failed } else { Ending::Again { at: now + wait } }
    }
}

/// What becomes of a message after a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Sent,
    Failed,
    /// It has failed, and nothing more is sent there.
    Gone,
    Again {
        at: DateTime<Utc>,
    },
}

/// Takes the message into hand that has been due for longest; the outcome is none where none is due.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    pub id: ClaimId,
}

/// Says what became of a message; `Stale` where it was somebody else's to say.
#[derive(Debug, Clone, Copy)]
pub struct Settle {
    pub dispatch: DispatchId,
    pub claim: ClaimId,
    pub ending: Ending,
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
    use crate::domain::{
        id::{OrderId, ProductId, VariantId},
        notification::{
            BackInStock,
            order::{OrderNews, What},
        },
    };

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn message(notice: Notice, left: TimeDelta) -> Message {
        Message { id: DispatchId::new(), notice, language: Language::Ru, left }
    }

    fn back(name: String) -> Notice {
        let (product_id, variant_id) = (ProductId::new(), VariantId::new());
        Notice::BackInStock(BackInStock { product_id, variant_id, name, slug: "tea".to_owned() })
    }

    fn after(tries: i32, carried: Carried, thousandths: i32) -> Ending {
        let message = message(Notice::PasswordChanged, TimeDelta::hours(2));
        let to = To::Phone(Phone::parse("+493012345678").unwrap());
        let claimed = Claimed { claim: ClaimId::new(), to, message, tries };
        claimed.after(carried, NOW, TimeDelta::seconds(10), thousandths)
    }

    #[test]
    fn the_tries_grow_apart_and_wait_as_long_as_was_asked_for() {
        let seconds = |tries, after_seconds: Option<i64>, thousandths| {
            let later = Carried::Later { after: after_seconds.map(TimeDelta::seconds) };
            match after(tries, later, thousandths) {
                Ending::Again { at } => Some((at - NOW).num_seconds()),
                _ => None,
            }
        };
        assert_eq!(
            [1, 2, 3, 9, 60].map(|it| seconds(it, None, 0)),
            [10, 20, 40, 2560, 3600].map(Some)
        );
        assert_eq!(seconds(1, None, 1_000), Some(15));
        assert_eq!(
            (seconds(1, Some(300), 0), seconds(1, Some(300), 1_000)),
            (Some(300), Some(450))
        );
        assert_eq!(seconds(1, Some(1_000_000), 0), Some(3_600), "nobody is waited for for ever");
    }

    #[test]
    fn what_is_no_news_by_the_next_try_has_failed() {
        let message = message(Notice::PasswordChanged, TimeDelta::seconds(9));
        let to = To::Phone(Phone::parse("+493012345678").unwrap());
        let claimed = Claimed { claim: ClaimId::new(), to, message, tries: 1 };
        let later = Carried::Later { after: None };
        assert_eq!(claimed.after(later, NOW, TimeDelta::seconds(10), 0), Ending::Failed);
        assert_eq!(after(1, Carried::Taken, 0), Ending::Sent);
        assert_eq!(after(1, Carried::Gone, 0), Ending::Gone);
        assert_eq!(after(1, Carried::Refused, 0), Ending::Failed);
    }

    #[test]
    fn a_payload_fits_whatever_it_tells_of() {
        let short = message(back("Shirt".to_owned()), TimeDelta::days(1)).payload().unwrap();
        let short: Value = serde_json::from_str(&short).unwrap();
        assert_eq!(
            (&short["data"]["slug"], &short["type"]),
            (&json!("tea"), &json!("variant.back_in_stock"))
        );
        let long =
            message(back("\u{1F455}\"".repeat(2_000)), TimeDelta::days(1)).payload().unwrap();
        assert!(long.len() <= PAYLOAD_BYTES_MAX, "{}", long.len());
        let long: Value = serde_json::from_str(&long).unwrap();
        assert_eq!(long["data"], json!({}));
        assert!(long["title"].as_str().unwrap().ends_with('…'));
    }

    #[test]
    fn what_is_said_of_one_order_takes_the_place_of_what_was_said_before() {
        let of = |order_id, what| {
            let news = OrderNews { order_id, number: "R-1".to_owned(), what };
            message(Notice::Order(news), TimeDelta::days(1)).topic().unwrap()
        };
        let (one, other) = (OrderId::new(), OrderId::new());
        assert_eq!(of(one, What::Delivered {}), of(one, What::OutForDelivery {}));
        assert_ne!(of(one, What::Delivered {}), of(other, What::Delivered {}));
        assert_eq!(of(one, What::Delivered {}).len(), 32);
        assert_eq!(message(Notice::PasswordReset, TimeDelta::days(1)).topic(), None);
    }
}
