//! The payment providers of this process, and the emulator's letters.

use std::net::SocketAddr;

use crate::{
    config::{Config, Secret},
    domain::{Error, payment::ProviderName, proof::proof},
    gateway::payment::{
        Provider, Providers,
        emulator::{
            Emulator,
            post::{self, Address, Letters},
        },
        stripe::{Account, Stripe},
    },
    store,
};

/// The emulator's letters, until it is known where they go.
pub struct Post {
    letters: Letters,
    secret: String,
}

/// The providers that are set up. The emulator always is: what it has taken, it gives back.
pub fn providers(config: &Config) -> Result<(Providers, Post), Error> {
    // Derived from the server's keys, so that all nodes sign alike and nothing more is to be kept.
    let keys = config.signing_keys().map_err(Error::internal("reading the signing key"))?;
    let derived = |key: &Secret| proof(key.as_bytes(), "webhooks", "emulator");
    let secrets: Vec<String> = keys.iter().map(derived).collect();
    let secret = secrets.first().cloned().unwrap_or_default();
    let (outbox, letters) = post::outbox();
    let emulator = Emulator::new(config.emulator_delay, secrets, outbox);
    let emulator: Box<dyn Provider> =
        Box::new(if config.is_emulating() { emulator } else { emulator.closed() });
    let providers = match (stripe(config)?, config.payment_provider) {
        (Some(stripe), ProviderName::Stripe) => Providers::new(stripe, vec![emulator]),
        (Some(stripe), ProviderName::Emulator) => Providers::new(emulator, vec![stripe]),
        (None, ProviderName::Stripe | ProviderName::Emulator) => {
            Providers::new(emulator, Vec::new())
        }
    };
    match providers.first() {
        ProviderName::Emulator if config.is_emulating() => {
            tracing::warn!("payments are emulated: no money moves");
        }
        ProviderName::Emulator => tracing::error!("nobody can pay: no payment provider is set up"),
        ProviderName::Stripe => {
            tracing::info!(at = config.stripe_url.as_str(), "payments are Stripe's")
        }
    }
    Ok((providers, Post { letters, secret }))
}

fn stripe(config: &Config) -> Result<Option<Box<dyn Provider>>, Error> {
    let Some(key) = &config.stripe_key else { return Ok(None) };
    let secrets = config.stripe_webhook_secrets.iter().map(|it| it.reveal().to_owned());
    let account = Account {
        url: config.stripe_url.as_str().to_owned(),
        key: key.reveal().to_owned(),
        webhook_secrets: secrets.collect(),
    };
    let stripe = Stripe::new(account).map_err(Error::internal("reading the certificates"))?;
    Ok(Some(Box::new(stripe)))
}

/// Brings the emulator's letters to the server that listens on `bound`: this one.
pub fn start_posting(Post { letters, secret }: Post, bound: SocketAddr) {
    let mut own = bound;
    if bound.ip().is_unspecified() {
        own.set_ip(match bound {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    let url = format!("http://{own}/api/v1/webhooks/payments/{}", ProviderName::Emulator);
    actix_rt::spawn(post::deliver(letters, Address { url, secret, clock: store::now }));
}
