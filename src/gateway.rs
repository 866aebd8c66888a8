//! Other people's services, each with a fake that ships.

pub mod courier;
pub mod payment;
pub mod shopify;
