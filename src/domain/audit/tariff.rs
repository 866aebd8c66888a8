//! What is left of tariffs: the whole of both, since there is no other history of them.

use serde_json::json;

use super::{Action, Audited, Entry, Object};
use crate::domain::tariff::{Change, Changed};

impl Audited for Change {
    type Outcome = Changed;

    fn audit(&self, Changed { before, after }: &Changed) -> Option<Entry> {
        let entry = Entry::new(Action::TariffChanged, Object::TARIFF);
        Some(entry.before(json!(before)).after(json!(after)))
    }
}
