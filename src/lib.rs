//! Rialto: the realtime backend of a shop. The layers, lowest first.

pub mod actors;
pub mod cache;
pub mod config;
pub mod domain;
pub mod gateway;
pub mod logging;
pub mod store;
