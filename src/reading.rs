//! What is read far more often than it changes, kept in memory as it is sent: built from the store,
//! and kept current by what the writer commits here and by what the bus tells of other nodes.

pub mod catalogue;
