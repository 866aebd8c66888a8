//! The only writers: an actor per order, payment, cart, delivery and session, found by its id.

use std::time::Duration;

pub mod directory;

/// How long anybody waits for an actor's answer before it is [`Busy`](crate::domain::Error::Busy).
pub const ASK_MAX: Duration = Duration::from_secs(5);
