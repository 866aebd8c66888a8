//! Who is looking is no change of anything: books of the system's own.

use super::{Audited, Entry};
use crate::domain::presence::{Pin, Unpin};

impl Audited for Pin {
    type Outcome = ();

    fn audit(&self, (): &()) -> Option<Entry> {
        None
    }
}

impl Audited for Unpin {
    type Outcome = ();

    fn audit(&self, (): &()) -> Option<Entry> {
        None
    }
}
