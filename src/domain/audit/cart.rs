//! What is left of carts.

use serde_json::json;

use super::{Action, Audited, Entry};
use crate::domain::cart::Save;

impl Audited for Save {
    type Outcome = ();

    fn audit(&self, (): &()) -> Option<Entry> {
        let line = |item: &crate::domain::cart::Item| json!({ "id": item.id, "variant_id": item.variant, "quantity": item.quantity });
        let put: Vec<_> = self.upserts.iter().map(line).collect();
        let version = self.expected.saturating_add(1);
        let entry = Entry::new(Action::CartChanged, self.cart)
            .before(json!({ "version": self.expected }))
            .after(json!({ "version": version, "put": put, "removed": self.removed }));
        Some(entry)
    }
}
