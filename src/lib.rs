//! Rialto: the realtime backend of a shop. The layers, lowest first.

pub mod domain;

pub mod cache;
pub mod gateway;
pub mod store;

pub mod bus;

pub mod actors;

pub mod ws;
