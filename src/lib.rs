//! Rialto: the realtime backend of a shop. `ARCHITECTURE.md` says how the layers stand.

#![expect(clippy::duplicate_mod, reason = "the query files are compiled once for each database")]

pub mod actors;
pub mod app;
pub mod bus;
pub mod cache;
pub mod cli;
pub mod config;
pub mod demo;
pub mod domain;
pub mod gateway;
pub mod http;
pub mod logging;
pub mod pages;
pub mod reading;
pub mod store;
pub mod threads;
pub mod ws;
