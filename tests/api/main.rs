//! The whole program over the wire: each test starts it as a process with a database of its own,
//! and knows no more of it than its clients do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, which is what it is for"
)]

mod account;
mod address;
mod alert;
mod audit;
mod bench;
mod browser;
mod cart;
mod catalogue;
mod checkout;
mod confirmed;
mod courier;
mod crash;
mod delivery;
mod dispatch;
mod editing;
mod errors;
mod fault;
mod feed;
mod guest;
mod idempotency;
mod image;
mod import;
mod leaks;
mod lifecycle;
mod limit;
mod link;
mod mail;
mod notification;
mod oracle;
mod order;
mod password;
mod payment;
mod presence;
mod profile;
mod promotion;
mod purchase;
mod push;
mod resume;
mod review;
mod routes;
mod saga;
mod session;
mod settings;
mod socket;
mod stats;
mod stock;
mod storefront;
mod support;
mod tariff;
mod token;
mod users;
mod webhook;
