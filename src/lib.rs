//! Rialto: the realtime backend of a shop. The layers, lowest first.

pub mod config;
pub mod domain;
pub mod store;
