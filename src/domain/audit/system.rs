//! The commands that leave nothing: they keep the system's own books, and change nothing that
//! anybody has or sees.

use super::{Audited, Entry};
use crate::domain::idempotency::{Answer, Keep, Prune};

/// What is kept is that nothing was done.
impl Audited for Keep {
    type Outcome = Answer;

    fn audit(&self, _kept: &Answer) -> Option<Entry> {
        None
    }
}

impl Audited for Prune {
    type Outcome = i64;

    fn audit(&self, _forgotten: &i64) -> Option<Entry> {
        None
    }
}
