//! Letters that the shop writes to people: what each says, and how one is brought to its end.
//!
//! No letter holds a secret: where it has a link, it holds the link's id, and the token is derived
//! when it is sent (`proof.rs`).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    account::Email,
    id::{LinkId, MailId, UserId},
};

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
    /// To the old address: the account has another one from now on, of which this is a part.
    EmailChanged {
        hint: String,
    },
    /// Somebody came in from where nobody came in before.
    NewDevice {
        device: String,
        at: DateTime<Utc>,
    },
}

impl Letter {
    /// To the old address. Whoever reads it learns where the account has gone, and not the whole
    /// address: the mailbox may be somebody else's by now.
    pub fn email_changed(to: &Email) -> Self {
        let (local, host) = to.as_str().split_once('@').unwrap_or_default();
        let first: String = local.chars().take(1).collect();
        Letter::EmailChanged { hint: format!("{first}…@{host}") }
    }

    /// What a client says of itself is anything: it is repeated as one short line.
    pub fn new_device(device: &str, at: DateTime<Utc>) -> Self {
        let line = device.chars().map(|c| if c.is_control() { ' ' } else { c });
        Letter::NewDevice { device: line.take(DEVICE_CHARS_MAX).collect(), at }
    }
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
    fn a_letter_in_the_store_reads_back() {
        let link = LinkId::new();
        let stored = serde_json::to_value(Letter::Reset { link }).unwrap();
        assert_eq!(stored, serde_json::json!({ "about": "reset", "link": link }));
        assert_eq!(serde_json::from_value::<Letter>(stored).unwrap(), Letter::Reset { link });
    }
}
