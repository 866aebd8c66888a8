//! `rialto serve`: the server, from its settings to its end.

use std::net::SocketAddr;

use actix_web::rt::System;

use super::{
    Failure, configured, say,
    seed::{self, DEMO_ADMIN, DEMO_SHOPPER, Login},
    shop,
};
use crate::{
    app::App,
    config::{Config, Environment, Origin, SETTINGS, Texts},
    store::Store,
};

/// Serves until it is told to stop; what was begun is finished by then.
pub fn run() -> Result<(), Failure> {
    let (config, texts) = configured()?;
    warn_of_what_is_not_used(&texts);
    System::new().block_on(async {
        let store = prepare(&config).await?;
        let app = App::build(&config, store).await?;
        say(banner(&config, app.address()))?;
        Ok(app.run().await?)
    })
}

/// Opens the store and brings it to where the server can begin.
async fn prepare(config: &Config) -> Result<Store, Failure> {
    let store = shop::open(config)?;
    match config.env {
        Environment::Dev if makes_demo_logins(config) => {
            seed::logins(&store, config.password_hash).await?;
            seed::first(&store).await?;
        }
        Environment::Dev => {
            tracing::warn!("no demo logins are made: this address can be reached from outside");
            seed::first(&store).await?;
        }
        Environment::Test => {}
        Environment::Prod => {
            seed::refuse_demo_logins(&store, config.password_hash).await?;
        }
    }
    Ok(store)
}

/// Everybody knows the demo logins, so they are made where only this machine can use them.
fn makes_demo_logins(config: &Config) -> bool {
    config.env == Environment::Dev && config.listen.ip().is_loopback()
}

/// Whoever sets something believes that it has an effect.
fn warn_of_what_is_not_used(texts: &Texts) {
    for setting in SETTINGS.iter().filter(|setting| !setting.is_used()) {
        if texts.get(setting.name).is_some_and(|(_, origin)| origin != Origin::Default) {
            tracing::warn!(setting = setting.name, "this setting has no effect yet");
        }
    }
}

/// Where everything is, for whoever has just started it.
fn banner(config: &Config, bound: SocketAddr) -> String {
    let base = config.public_url(bound);
    let socket = base.replacen("http", "ws", 1);
    let mut banner = format!(
        "\nRialto {} is open at {base}\n\n  \
           API      {base}/api/v1\n  \
           docs     {base}/api/docs\n  \
           socket   {socket}/api/v1/ws\n  \
           metrics  {base}/metrics\n",
        env!("CARGO_PKG_VERSION")
    );
    if makes_demo_logins(config) {
        for Login { email, password, .. } in [DEMO_ADMIN, DEMO_SHOPPER] {
            banner.push_str(&format!("\n  log in   {email} / {password}"));
        }
        banner.push('\n');
    }
    banner
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(env: &str) -> String {
        let secret = "k7Zp0QmXv3TnB9sRdY5wLhC2fJgE8uAa";
        let given = [("RIALTO_ENV", env), ("RIALTO_JWT_SECRET", secret)];
        let config = Config::of(&given).unwrap();
        banner(&config, "127.0.0.1:4711".parse().unwrap())
    }

    #[test]
    fn the_banner_says_where_everything_is() {
        let banner = shown("dev");
        for place in ["http://127.0.0.1:4711/api/docs", "ws://127.0.0.1:4711/api/v1/ws"] {
            assert!(banner.contains(place), "{banner}");
        }
        assert!(banner.contains("admin@rialto.test / rialto-admin"), "{banner}");
    }

    #[test]
    fn an_address_that_others_reach_is_told_of_no_demo_login() {
        let config = Config::of(&[("RIALTO_LISTEN", "0.0.0.0:0")]).unwrap();
        assert!(!banner(&config, "0.0.0.0:4711".parse().unwrap()).contains("rialto-admin"));
    }

    #[test]
    fn prod_is_told_of_no_demo_login() {
        assert!(!shown("prod").contains("rialto-admin"));
    }
}
