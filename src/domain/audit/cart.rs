//! What is left of carts.

use serde_json::json;

use super::{Action, Audited, Entry};
use crate::domain::cart::{
    Item,
    change::{Save, Saved},
    merge::{Merge, Merged},
};

impl Audited for Save {
    type Outcome = Saved;

    fn audit(&self, _: &Self::Outcome) -> Option<Entry> {
        let line = |item: &Item| json!({ "id": item.id, "variant_id": item.variant, "quantity": item.quantity });
        let put: Vec<_> = self.upserts.iter().map(line).collect();
        let after = json!({
            "version": self.expected.saturating_add(1),
            "put": put,
            "removed": self.removed,
            "codes": self.codes,
            "held_until": self.held_until,
            "released": self.released.as_ref().map(|it| it.why),
        });
        let entry = Entry::new(self.action, self.cart).before(json!({ "version": self.expected }));
        Some(entry.after(after))
    }
}

impl Audited for Merge {
    type Outcome = Merged;

    fn audit(&self, merged: &Merged) -> Option<Entry> {
        let version = merged.cart.version;
        let after = json!({ "version": version, "from": self.from, "report": merged.report });
        let entry = Entry::new(Action::CartMerged, self.into)
            .before(json!({ "version": version.saturating_sub(1) }));
        merged.is_changed.then(|| entry.after(after))
    }
}
