//! What becomes of mails, and who is told of what: books of the system's own. What they tell of has its
//! entry already.

use super::{Audited, Entry};
use crate::domain::{
    id::MailId,
    mail::{Claim, Claimed, HandOver, Prune, Recover, Renew, Settle},
    notification::order::Tell,
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
    Claim => Vec<Claimed>;
    Renew => ();
    HandOver => ();
    Settle => ();
    Recover => Vec<MailId>;
    Prune => i64;
    Tell => ();
}
