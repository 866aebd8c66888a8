//! Other people's services, each with a fake that ships, and other people's formats.

pub mod courier;
pub mod mail;
pub mod payment;
pub mod shopify;
