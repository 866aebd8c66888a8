//! What is left of addresses: nothing of what they say, only which parts were changed.

use serde_json::json;

use super::{Action, Audited, Entry};
use crate::domain::address::{Change, Delete, Save, Saved};

impl Audited for Save {
    type Outcome = Saved;

    fn audit(&self, saved: &Saved) -> Option<Entry> {
        let entry = Entry::new(Action::AddressSaved, self.id);
        Some(entry.after(json!({ "is_default": saved.is_default })))
    }
}

impl Audited for Change {
    type Outcome = Saved;

    fn audit(&self, saved: &Saved) -> Option<Entry> {
        let entry = Entry::new(Action::AddressChanged, self.id);
        let after = json!({ "changed": self.edit.named(), "is_default": saved.is_default });
        Some(entry.after(after))
    }
}

impl Audited for Delete {
    type Outcome = ();

    fn audit(&self, (): &()) -> Option<Entry> {
        Some(Entry::new(Action::AddressDeleted, self.id))
    }
}
