//! What entries of the audit log are looked up by is written behind them, many at once.

use super::{Audited, Entry};

/// The most entries that one [`Index`] takes, a few milliseconds' work.
pub const INDEXED_MAX: u16 = 512;

/// Makes the oldest entries that are not in the log's index yet, at most [`INDEXED_MAX`], part of it.
#[derive(Debug, Clone, Copy)]
pub struct Index;

// The log is the same.
leave_nothing! {
    Index => ();
}
