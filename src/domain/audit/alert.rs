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

macro_rules! leave_nothing {
    ($($command:ty => $outcome:ty;)*) => {$(
        impl Audited for $command {
            type Outcome = $outcome;

            fn audit(&self, _outcome: &$outcome) -> Option<Entry> {
                None
            }
        }
    )*};
}

// Books of the system's own.
leave_nothing! {
    Tell => ();
    Prune => i64;
}
