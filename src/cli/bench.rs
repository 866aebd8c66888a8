//! `rialto bench`: the load program. It measures a server that runs, from outside.

use actix_web::rt::System;
use clap::Subcommand;

mod logins;
mod table;

use super::Failure;

#[derive(Debug, Subcommand)]
pub enum Bench {
    /// List products, in turns with and without a flood of logins beside it
    Logins(logins::Options),
}

pub fn run(bench: &Bench) -> Result<(), Failure> {
    System::new().block_on(async {
        match bench {
            Bench::Logins(options) => logins::run(options).await,
        }
    })
}
