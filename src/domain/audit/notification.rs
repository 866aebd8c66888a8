//! What is left of the inbox: that something was read or sent, never what.

use serde_json::json;

use super::{Action, Audited, Entry};
use crate::domain::{
    idempotency::Answer,
    notification::{MarkAllRead, MarkRead, Marked, message::Notify},
};

impl Audited for MarkRead {
    type Outcome = Marked;

    fn audit(&self, marked: &Marked) -> Option<Entry> {
        (marked.newly > 0).then(|| Entry::new(Action::NotificationRead, self.id))
    }
}

impl Audited for MarkAllRead {
    type Outcome = Marked;

    fn audit(&self, marked: &Marked) -> Option<Entry> {
        let after = json!({ "count": marked.newly });
        (marked.newly > 0).then(|| Entry::new(Action::AccountInboxRead, self.user).after(after))
    }
}

impl Audited for Notify {
    type Outcome = Answer;

    fn audit(&self, answer: &Answer) -> Option<Entry> {
        (!answer.replayed).then(|| Entry::new(Action::AccountNotified, self.user))
    }
}
