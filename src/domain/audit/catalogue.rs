//! What is left of the catalogue and its stock.

use serde_json::json;

mod edit;

use super::{Action, Audited, Entry, Object};
use crate::domain::catalogue::{
    import::{Import, Imported},
    stock::{ChangeStock, StockChanged, StockLevel},
};

impl Audited for Import {
    type Outcome = Imported;

    fn audit(&self, imported: &Imported) -> Option<Entry> {
        let Imported { created, updated, categories, .. } = imported;
        let after = json!({ "categories": categories, "created": created, "updated": updated });
        let is_changed = categories + created + updated > 0;
        is_changed.then(|| Entry::new(Action::CatalogueImported, Object::CATALOGUE).after(after))
    }
}

impl Audited for ChangeStock {
    type Outcome = StockChanged;

    fn audit(&self, StockChanged { before, after }: &StockChanged) -> Option<Entry> {
        let level = |it: &StockLevel| json!({ "on_hand": it.on_hand, "reserved": it.reserved });
        let entry = Entry::new(Action::StockChanged, self.variant);
        Some(entry.before(level(before)).after(level(after)))
    }
}
