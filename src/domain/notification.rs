//! The inbox of an account: what the shop tells its user, newest first, until it is read.
//!
//! What was told is kept as a kind and its details, and put into words when it is shown: in the
//! language that the user reads then.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Error,
    id::{NotificationId, UserId},
    page::Listed,
    settings::{Channel, Channels, Language, Settings},
    words::words,
};

mod en;

/// How many are kept of a user; the oldest go. More than anybody reads again, and few enough to be
/// counted at every change, so that the count of unread ones is never a second truth.
pub const KEPT_MAX: i64 = 500;

words! {
    /// What a notification is about; the text of each is part of the public contract.
    #[schema(as = NotificationType)]
    Kind {
        PasswordChanged = "account.password_changed",
        PasswordReset = "account.password_reset",
        EmailChanged = "account.email_changed",
        NewDevice = "account.new_device",
    }
}

/// What a user is told. The details are its form in the store, so fields are only added.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    PasswordChanged,
    PasswordReset,
    EmailChanged,
    NewDevice(NewDevice),
}

/// A login with what was never seen before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewDevice {
    /// What it is called, such as `Firefox on Linux`.
    pub device: String,
    pub at: DateTime<Utc>,
}

/// A notice in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub title: String,
    pub body: String,
}

impl Notice {
    pub fn kind(&self) -> Kind {
        match self {
            Notice::PasswordChanged => Kind::PasswordChanged,
            Notice::PasswordReset => Kind::PasswordReset,
            Notice::EmailChanged => Kind::EmailChanged,
            Notice::NewDevice(_) => Kind::NewDevice,
        }
    }

    /// The details, as programs read them.
    pub fn data(&self) -> Result<Value, Error> {
        match self {
            Notice::PasswordChanged | Notice::PasswordReset | Notice::EmailChanged => {
                Ok(Value::Object(serde_json::Map::new()))
            }
            Notice::NewDevice(it) => serde_json::to_value(it).map_err(unwritten),
        }
    }

    /// The notice of this kind and these details.
    pub fn of(kind: Kind, data: &str) -> Result<Self, serde_json::Error> {
        Ok(match kind {
            Kind::PasswordChanged => Notice::PasswordChanged,
            Kind::PasswordReset => Notice::PasswordReset,
            Kind::EmailChanged => Notice::EmailChanged,
            Kind::NewDevice => Notice::NewDevice(serde_json::from_str(data)?),
        })
    }

    /// What is said of it in a language; in English where there are no words in that one yet.
    pub fn text(&self, language: Language) -> Text {
        match language {
            Language::En | Language::De | Language::Ru => en::text(self),
        }
    }

    /// Whether a user who has chosen these settings finds it in their inbox.
    pub fn is_wanted(&self, settings: &Settings) -> bool {
        self.channels(settings).has(Channel::InApp)
    }

    /// By which ways a user wants to hear of such things.
    fn channels(&self, settings: &Settings) -> Channels {
        match self {
            Notice::PasswordChanged
            | Notice::PasswordReset
            | Notice::EmailChanged
            | Notice::NewDevice(_) => settings.notifications.security,
        }
    }
}

fn unwritten(error: serde_json::Error) -> Error {
    Error::internal("writing a notification")(error)
}

/// A notice in somebody's inbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    pub id: NotificationId,
    pub notice: Notice,
    pub created_at: DateTime<Utc>,
    pub read_at: Option<DateTime<Utc>>,
}

/// A page of an inbox, and what is true of the whole at that moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Inbox {
    pub listed: Listed<Notification, NotificationId>,
    pub unread: i64,
    /// What the user reads.
    pub language: Language,
}

/// Marks one as read; to read it twice is no error, another's is `NotFound`.
#[derive(Debug, Clone, Copy)]
pub struct MarkRead {
    pub user: UserId,
    pub id: NotificationId,
}

/// Marks all as read.
#[derive(Debug, Clone, Copy)]
pub struct MarkAllRead {
    pub user: UserId,
}

/// What came of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marked {
    /// How many were unread until now.
    pub newly: i64,
    /// How many are unread yet.
    pub unread: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::settings::Notifications;

    fn all() -> Vec<Notice> {
        let device = "Firefox on Linux".to_owned();
        let new_device = NewDevice { device, at: DateTime::UNIX_EPOCH };
        vec![
            Notice::PasswordChanged,
            Notice::PasswordReset,
            Notice::EmailChanged,
            Notice::NewDevice(new_device),
        ]
    }

    #[test]
    fn every_kind_reads_back_from_the_store_and_has_words_in_every_language() {
        let kinds: Vec<Kind> = all().iter().map(Notice::kind).collect();
        assert_eq!(kinds, Kind::ALL);
        for notice in all() {
            let data = notice.data().unwrap();
            assert!(data.is_object(), "{data}");
            assert_eq!(Notice::of(notice.kind(), &data.to_string()).unwrap(), notice);
            for language in Language::ALL {
                let Text { title, body } = notice.text(*language);
                assert!(!title.is_empty() && !body.is_empty(), "{notice:?}");
            }
        }
    }

    #[test]
    fn a_new_device_is_named_with_the_time() {
        let Text { body, .. } = all().pop().unwrap().text(Language::En);
        assert!(body.contains("Firefox on Linux"), "{body}");
        assert!(body.contains("1 January 1970 at 00:00 UTC"), "{body}");
    }

    #[test]
    fn an_inbox_can_be_switched_off() {
        let on = Settings::default();
        let security = Channels::of(&[Channel::Email, Channel::Push]);
        let off = Settings { notifications: Notifications { security, ..on.notifications }, ..on };
        for notice in all() {
            assert!(notice.is_wanted(&on) && !notice.is_wanted(&off), "{notice:?}");
        }
    }
}
