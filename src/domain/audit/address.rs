//! What is left of addresses: where somebody lives is never in the log.

use serde_json::json;

use super::{Action, Audited, Entry};
use crate::domain::address::{Change, Delete, Save, Saved};

impl Audited for Save {
    type Outcome = Saved;

    fn audit(&self, saved: &Saved) -> Option<Entry> {
        let after = json!({ "user_id": self.user, "is_default": saved.is_default });
        Some(Entry::new(Action::AddressSaved, self.id).after(after))
    }
}

impl Audited for Change {
    type Outcome = Saved;

    fn audit(&self, saved: &Saved) -> Option<Entry> {
        let after = json!({ "user_id": self.user, "is_default": saved.is_default });
        Some(Entry::new(Action::AddressChanged, self.id).after(after))
    }
}

impl Audited for Delete {
    type Outcome = ();

    fn audit(&self, (): &()) -> Option<Entry> {
        Some(Entry::new(Action::AddressDeleted, self.id).before(json!({ "user_id": self.user })))
    }
}
