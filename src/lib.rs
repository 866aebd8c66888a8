//! Rialto: the realtime backend of a shop. The layers, lowest first.

pub mod domain;

pub mod demo;
