//! `rialto bench`: the load program. It measures a server that runs, from outside.

use actix_web::rt::System;
use clap::Subcommand;

mod catalogue;
mod checkout;
mod crowd;
mod fanout;
mod feed;
mod followed;
mod frames;
mod herd;
mod logins;
mod paths;
mod raw;
mod shop;
mod table;
mod usage;

use super::Failure;

#[derive(Debug, Subcommand)]
pub enum Bench {
    /// Look at products in four ways, beside a route that only sends as many bytes
    Catalogue(catalogue::Options),
    /// Buy, from the cart to the payment, beside the plain way to write the same rows
    Checkout(checkout::Options),
    /// Tell sockets that read, in turns with and without a crowd that does what it should not
    Crowd(crowd::Options),
    /// Tell thousands of sockets, beside a bare loop and nats-server
    Fanout(fanout::Options),
    /// Buy, in turns alone and with admins who watch all that happens
    Feed(feed::Options),
    /// What a bare loop does of `fanout`, for it to start
    #[command(hide = true)]
    Floor(fanout::floor::Options),
    /// List products, in turns with and without a flood of logins beside it
    Logins(logins::Options),
}

pub fn run(bench: &Bench) -> Result<(), Failure> {
    System::new().block_on(async {
        match bench {
            Bench::Catalogue(options) => catalogue::run(options).await,
            Bench::Checkout(options) => checkout::run(options).await,
            Bench::Crowd(options) => crowd::run(options).await,
            Bench::Fanout(options) => fanout::run(options).await,
            Bench::Feed(options) => feed::run(options).await,
            Bench::Floor(options) => fanout::floor::run(options),
            Bench::Logins(options) => logins::run(options).await,
        }
    })
}
