//! What becomes of messages to devices: books of the system's own. What they tell of has its entry
//! already, and that a browser is gone its push service has said.

use super::{Audited, Entry};
use crate::domain::{
    dispatch::{Claim, Claimed, Prune, Recover, Settle},
    push::KeepKey,
};

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

leave_nothing! {
    Claim => Option<Claimed>;
    Settle => ();
    Recover => ();
    Prune => i64;
    KeepKey => String;
}
