//! The WebSocket edge.

pub mod protocol;
