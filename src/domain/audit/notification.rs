//! What is left of the inbox: that something was read, never what.

use serde_json::json;

use super::{Action, Audited, Entry};
use crate::domain::notification::{MarkAllRead, MarkRead, Marked};

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
