//! The shop's words and rules: values in, values out. No I/O, no clock, no framework.

pub mod account;
pub mod address;
pub mod audit;
pub mod cart;
pub mod catalogue;
pub mod country;
pub mod delivery;
pub mod error;
pub mod event;
pub mod expected;
pub mod id;
pub mod idempotency;
pub mod image;
pub mod limit;
pub mod link;
pub mod mail;
pub mod money;
pub mod notification;
pub mod order;
pub mod page;
pub mod password;
pub mod patch;
pub mod payment;
pub mod phone;
pub mod pricing;
pub mod promotion;
pub mod proof;
pub mod push;
pub mod review;
pub mod session;
pub mod settings;
pub mod tariff;
pub mod topic;
pub mod words;

pub use error::Error;
