//! What only SQLite lends itself to.

pub(crate) mod simulated;
