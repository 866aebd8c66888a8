//! What becomes of messages to devices: books of the system's own. What they tell of has its entry
//! already, and that a browser is gone its push service has said.

use super::{Audited, Entry};
use crate::domain::{
    dispatch::{Claim, Claimed, Prune, Recover, Settle},
    push::KeepKey,
};

leave_nothing! {
    Claim => Option<Claimed>;
    Settle => ();
    Recover => ();
    Prune => i64;
    KeepKey => String;
}
