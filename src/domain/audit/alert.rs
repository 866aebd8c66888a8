//! What is left of the wish to be told when something is in stock: of what, never who was to be written
//! to.

use super::{Action, Audited, Entry};
use crate::domain::alert::{Ask, Asked, Prune, Tell};

impl Audited for Ask {
    type Outcome = Asked;

    fn audit(&self, asked: &Asked) -> Option<Entry> {
        asked.is_new.then(|| Entry::new(Action::StockAlertAsked, self.variant))
    }
}

// Books of the system's own.
leave_nothing! {
    Tell => ();
    Prune => i64;
}
