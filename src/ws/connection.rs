//! One open socket.

pub mod inbound;
pub mod line;
pub mod queue;
pub mod rate;
pub mod vitals;
