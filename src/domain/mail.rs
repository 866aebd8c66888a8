//! Letters that the shop writes to people: what each says, and how one is brought to its end.
//!
//! No letter holds a secret: where it has a link, it holds the link's id, and the token is derived
//! when it is sent (`proof.rs`).
//!
//! A mail is never sent twice. Whoever wants to send one claims it; a claim that is not renewed
//! ends, and another one may begin. Before the words are given out of hand it is written down
//! that they are, and from then on nobody but that claim says what became of them: where it dies
//! without a word, it stays unknown, and a mail too few is better than one too many.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{
    account::{Email, User},
    id::{ClaimId, LinkId, MailId, OrderId, UserId},
    notification::{
        BackInStock,
        message::Message,
        order::{Bought, NewOrder, OrderNews},
    },
    words::words,
};

/// How long a claim holds unless it is renewed, in seconds: so long a mail waits whose node died.
pub const CLAIM_SECONDS: i64 = 60;
/// How long after the words were given out of hand their fate is unknown, in seconds: longer than
/// any server may take for its answer (RFC 5321, 4.5.3.2).
pub const HAND_OVER_SECONDS: i64 = 1_200;
/// How long a mail that was refused for now is tried again, in days.
const TRIED_DAYS: i64 = 3;
/// The longest wait between two tries, in hours.
const WAIT_HOURS_MAX: i64 = 6;
/// How long a mail is kept that has come to an end: it is personal.
pub const KEPT_DAYS: i64 = 14;

/// How many letters about one account (and no order) are written in an hour before those are left out
/// that only tell what was done: more than anybody needs to be warned.
pub const HOUR_MAX: i64 = 10;

/// The longest description of a device that a letter repeats, in characters.
const DEVICE_CHARS_MAX: usize = 120;

/// A letter to somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct Mail {
    pub id: MailId,
    pub to: Email,
    /// What they want to be called; empty where nobody knows.
    pub name: String,
    /// Whose account it is about.
    pub user: Option<UserId>,
    /// The order that it tells of, if it does.
    pub order: Option<OrderId>,
    /// The language they read, such as `en`; one that we do not write falls back to English.
    pub locale: String,
    pub letter: Letter,
}

/// What a letter is about. This is its form in the store, so variants and fields are only added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Letter {
    /// Asks the owner of a new account to confirm the address.
    Confirm {
        link: LinkId,
    },
    /// Greets a new account.
    Welcome,
    /// Lets somebody who has forgotten the password choose another one.
    Reset {
        link: LinkId,
    },
    PasswordChanged,
    /// To the new address of an account: asks to confirm it.
    EmailChange {
        link: LinkId,
    },
    /// To the present address: somebody who knows the password asks for another one, of which this is
    /// a part.
    EmailChangeAsked {
        hint: String,
    },
    /// To the old address: the account has another one from now on, of which this is a part.
    EmailChanged {
        hint: String,
    },
    /// Somebody came in from where nobody came in before.
    NewDevice {
        device: String,
        at: DateTime<Utc>,
    },
    /// Tells how an order stands, and what was bought where it was just placed.
    Order {
        news: OrderNews,
        bought: Option<Bought>,
    },
    /// Tells the shop's own people of an order that was just placed.
    NewOrder {
        order: NewOrder,
    },
    /// Tells somebody who has asked for it, once.
    BackInStock {
        back: BackInStock,
    },
    /// What another program of the shop has to say.
    Message {
        message: Message,
    },
}

impl Mail {
    /// A letter to a user, at the address that they have.
    pub fn to(user: &User, letter: Letter) -> Self {
        Mail {
            id: MailId::new(),
            to: user.email.clone(),
            name: user.name.clone(),
            user: Some(user.id),
            order: None,
            locale: user.locale.to_string(),
            letter,
        }
    }
}

words! {
    /// How far a mail has come.
    Status {
        /// To be sent when it is due.
        Queued = "queued",
        /// Somebody has it in hand.
        Claimed = "claimed",
        /// Its words are on their way: it must not be sent again.
        HandingOver = "handing_over",
        Sent = "sent",
        /// Refused for good, or for too long.
        Failed = "failed",
        /// It may have arrived; nobody will know.
        Unknown = "unknown",
    }
}

/// A mail in hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    pub claim: ClaimId,
    pub mail: Mail,
    /// How often it has been claimed, this time among them.
    pub attempts: u32,
    pub queued_at: DateTime<Utc>,
}

impl Claimed {
    /// What comes of it that it was refused for now: it is tried again after `wait`, then after
    /// twice as long each time, and at last given up. `thousandths`, from 0 to 1000 and by chance,
    /// spread the tries, so that not all come back at once.
    pub fn refused_for_now(&self, now: DateTime<Utc>, wait: TimeDelta, thousandths: i32) -> Ending {
        if now - self.queued_at > TimeDelta::days(TRIED_DAYS) {
            return Ending::Failed;
        }
        let doublings = self.attempts.saturating_sub(1).min(30);
        let longest = TimeDelta::hours(WAIT_HOURS_MAX);
        let wait = wait.checked_mul(1 << doublings).map_or(longest, |wait| wait.min(longest));
        // From three quarters to five quarters of it.
        let wait = (wait / 2_000).checked_mul(thousandths.clamp(0, 1_000).saturating_add(1_500));
        Ending::Again { at: now + wait.unwrap_or(longest) }
    }
}

/// What became of a mail in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Sent,
    Failed,
    Unknown,
    /// Nobody has it, for certain: it is to be tried again.
    Again {
        at: DateTime<Utc>,
    },
}

/// Takes the mails into hand that have been due for longest; the outcome is none where none is due.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    pub id: ClaimId,
    /// How many, at the most.
    pub at_most: u16,
}

/// Keeps a mail in hand for another [`CLAIM_SECONDS`]; `Stale` where the claim has ended.
#[derive(Debug, Clone, Copy)]
pub struct Renew {
    pub mail: MailId,
    pub claim: ClaimId,
}

/// Writes down that the words of a mail are about to be given out of hand; `Stale` where the claim
/// has ended.
#[derive(Debug, Clone, Copy)]
pub struct HandOver {
    pub mail: MailId,
    pub claim: ClaimId,
}

/// Says what became of mails; `Stale` where that was somebody else's to say of all of them.
#[derive(Debug, Clone)]
pub struct Settle {
    pub claim: ClaimId,
    pub endings: Vec<(MailId, Ending)>,
}

/// Finds what those left who died: what they had only claimed can be claimed again, and what they
/// were handing over is unknown from now on. The outcome is the latter.
#[derive(Debug, Clone, Copy)]
pub struct Recover {
    /// Whether nobody can have anything in hand: then all that is in hand was left, however short
    /// the time.
    pub nobody_lives: bool,
}

/// Forgets mails that ended more than [`KEPT_DAYS`] ago; the outcome is how many.
#[derive(Debug, Clone, Copy)]
pub struct Prune;

impl Letter {
    /// To the old address. Whoever reads it learns where the account has gone, and not the whole
    /// address: the mailbox may be somebody else's by now.
    pub fn email_changed(to: &Email) -> Self {
        Letter::EmailChanged { hint: hint(to) }
    }

    /// To the present address, while there is time to prevent the change.
    pub fn email_change_asked(to: &Email) -> Self {
        Letter::EmailChangeAsked { hint: hint(to) }
    }

    /// What a client says of itself is anything: it is repeated as one short line.
    pub fn new_device(device: &str, at: DateTime<Utc>) -> Self {
        let line = device.chars().map(|c| if c.is_control() { ' ' } else { c });
        Letter::NewDevice { device: line.take(DEVICE_CHARS_MAX).collect(), at }
    }
}

/// A part of an address by which its owner knows it.
fn hint(email: &Email) -> String {
    let (local, host) = email.as_str().split_once('@').unwrap_or_default();
    let first: String = local.chars().take(1).collect();
    format!("{first}…@{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_address_is_not_told_the_whole_new_one() {
        let letter = Letter::email_changed(&Email::parse("countess@lovelace.example").unwrap());
        assert_eq!(letter, Letter::EmailChanged { hint: "c…@lovelace.example".to_owned() });
    }

    #[test]
    fn a_device_is_one_short_line() {
        let said = format!("Firefox\r\nBcc: all@example.com {}", "x".repeat(500));
        let Letter::NewDevice { device, .. } = Letter::new_device(&said, DateTime::UNIX_EPOCH)
        else {
            unreachable!()
        };
        assert!(device.starts_with("Firefox  Bcc:") && device.chars().count() == 120, "{device}");
    }

    #[test]
    fn the_tries_grow_apart_and_come_to_an_end() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let mail = Mail {
            id: MailId::new(),
            to: Email::parse("ada@example.com").unwrap(),
            name: String::new(),
            user: None,
            order: None,
            locale: "en".to_owned(),
            letter: Letter::Welcome,
        };
        let after = |attempts, thousandths, age| {
            let queued_at = now - TimeDelta::hours(age);
            let claimed =
                Claimed { claim: ClaimId::new(), mail: mail.clone(), attempts, queued_at };
            match claimed.refused_for_now(now, TimeDelta::seconds(30), thousandths) {
                Ending::Again { at } => Some((at - now).as_seconds_f64()),
                _ => None,
            }
        };

        assert_eq!([1, 2, 3, 8].map(|it| after(it, 500, 0)), [30., 60., 120., 3_840.].map(Some));
        assert_eq!((after(1, 0, 0), after(1, 1_000, 0)), (Some(22.5), Some(37.5)));
        assert_eq!(after(u32::MAX, 500, 71), Some(6. * 3_600.));
        assert_eq!(after(20, 500, 73), None);
    }

    #[test]
    fn a_letter_in_the_store_reads_back() {
        let link = LinkId::new();
        let stored = serde_json::to_value(Letter::Reset { link }).unwrap();
        assert_eq!(stored, serde_json::json!({ "about": "reset", "link": link }));
        assert_eq!(serde_json::from_value::<Letter>(stored).unwrap(), Letter::Reset { link });
    }
}
