//! `rialto tour`: a shopper buys something and follows it to the door, an admin watches, and each
//! request and each socket frame is printed as it happens.

use std::{path::PathBuf, rc::Rc, time::Duration};

use actix_web::rt::System;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

mod http;
mod journal;
mod look;
mod purchase;
mod server;
mod socket;
mod verdict;

use self::{http::Client, journal::Journal, server::Server};
use super::{Failure, base, say, seed::DEMO_ADMIN};

#[derive(Debug, Args)]
pub struct Options {
    /// The server to buy from; without it one is started for the tour, with a shop of its own
    #[arg(long, value_name = "URL", conflicts_with = "catalogue")]
    url: Option<String>,
    /// Sell what this CSV file of Shopify's holds, instead of the demo shop's products
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
    /// Who watches; the password is `TOUR_ADMIN_PASSWORD` of the environment, or the demo shop's
    #[arg(long, value_name = "EMAIL", default_value = DEMO_ADMIN.email)]
    admin: String,
    /// How long each step may take, in seconds; the tour's own courier needs a few
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=604_800))]
    patience: u64,
}

/// Everything that a tour needs at hand.
struct Tour {
    http: Client,
    journal: Rc<Journal>,
    /// Without a slash at the end.
    base: String,
    admin: (String, String),
    /// Whether nobody else buys here.
    alone: bool,
    patience: Duration,
}

/// Plays the tour; it fails with the name of the step that did not come.
pub fn run(options: &Options) -> Result<(), Failure> {
    System::new().block_on(async {
        tokio::select! {
            played = play(options) => played,
            stopped = told_to_stop() => Err(stopped),
        }
        // Whatever ended it, a server that was started for it is dropped by now, and gone.
    })
}

async fn play(options: &Options) -> Result<(), Failure> {
    let server = match options.url {
        Some(_) => None,
        None => {
            say("Opening a shop of its own for the tour …")?;
            Some(Server::start(options.catalogue.as_deref()).await?)
        }
    };
    let address = match (&options.url, &server) {
        (Some(url), _) => base::checked(url)?,
        (None, Some(server)) => server.base().to_owned(),
        (None, None) => return Err(Failure::new("there is no server")),
    };
    let journal = Rc::new(Journal::start());
    let about = server.as_ref().map_or("", Server::about);
    say(format!("{address}  {about}").trim_end())?;
    let tour = Tour {
        http: Client::new(&address, Rc::clone(&journal), patience(options)),
        journal: Rc::clone(&journal),
        admin: admin(options),
        alone: server.is_some(),
        patience: patience(options),
        base: address,
    };
    let played = purchase::play(&tour).await;
    match (&played, server) {
        (Ok(()), _) => say(format!("\nThe whole purchase took {} seconds.", journal.elapsed()))?,
        (Err(_), Some(server)) => server.show_log()?,
        (Err(_), None) => {}
    }
    played
}

fn patience(options: &Options) -> Duration {
    Duration::from_secs(options.patience)
}

fn admin(options: &Options) -> (String, String) {
    let password =
        std::env::var("TOUR_ADMIN_PASSWORD").unwrap_or_else(|_| DEMO_ADMIN.password.to_owned());
    (options.admin.clone(), password)
}

async fn told_to_stop() -> Failure {
    let stopped = async {
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            pressed = tokio::signal::ctrl_c() => pressed,
            _ = terminate.recv() => Ok(()),
        }
    };
    match stopped.await {
        Ok(()) => Failure::new("the tour was stopped"),
        Err(err) => Failure::from(err),
    }
}
