//! What is left of settings.

use serde_json::json;

use super::{Action, Audited, Entry};
use crate::domain::settings::{ChangeSettings, Changed};

impl Audited for ChangeSettings {
    type Outcome = Changed;

    fn audit(&self, Changed { before, after }: &Changed) -> Option<Entry> {
        if before == after {
            return None;
        }
        let entry = Entry::new(Action::AccountSettingsChanged, self.user);
        Some(entry.before(json!(before)).after(json!(after)))
    }
}
