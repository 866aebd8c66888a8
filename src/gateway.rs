//! Other people's services, each with a fake that ships, and other people's formats.

pub mod carrier;
pub mod courier;
pub mod html;
pub mod mail;
pub mod ndjson;
pub mod outbound;
pub mod outside;
pub mod payment;
pub mod products;
pub mod push;
pub mod shopify;
pub mod sms;
pub mod tls;
pub mod webhook;
