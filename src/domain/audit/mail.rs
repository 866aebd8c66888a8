//! What becomes of mails, and who is told of what: books of the system's own. What they tell of has its
//! entry already.

use super::{Audited, Entry};
use crate::domain::{
    id::MailId,
    mail::{Claim, Claimed, HandOver, Prune, Recover, Renew, Settle},
    notification::order::Tell,
};

leave_nothing! {
    Claim => Vec<Claimed>;
    Renew => ();
    HandOver => ();
    Settle => ();
    Recover => Vec<MailId>;
    Prune => i64;
    Tell => ();
}
