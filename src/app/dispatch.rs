//! The messages to people's devices: who brings them from this node.

use std::{sync::Arc, time::Duration};

use actix::prelude::*;
use chrono::TimeDelta;

use super::webhook::reach;
use crate::{
    actors::{
        dispatch::{self, Counts, Deps, Dispatcher},
        lines::Drain,
    },
    config::Config,
    domain::Error,
    gateway::{
        outbound::Outbound,
        push::{
            AGENT, WebPush,
            vapid::{self, Vapid},
        },
        sms::Sms,
        tls::Tls,
    },
    http::push::PublicKey,
    store::{self, Store},
};

/// Starts them. Push services are told to write to `url` if there is anything to say, or to whom mails
/// are from where that is no address that they take.
pub async fn start_dispatching(
    config: &Config,
    store: Store,
    url: String,
    counts: Arc<Counts>,
) -> Result<(Addr<Dispatcher>, PublicKey), Error> {
    let contact = match url.starts_with("https://") {
        true => url,
        false => format!("mailto:{}", config.mail_from.address.as_str()),
    };
    let key = match &config.vapid_key {
        Some(key) => key.reveal().to_owned(),
        None => dispatch::key(&store, vapid::make()).await?,
    };
    let vapid = Vapid::new(&key, contact)?;
    let public = PublicKey(vapid.public().to_owned());
    let tls = Tls::of_this_machine().map_err(Error::internal("reading the certificates"))?;
    let push =
        WebPush { outbound: Outbound::new(tls, reach(config), AGENT), vapid, now: store::now };
    let sms = Sms::below(&config.data_dir, config.mail_from.name.clone());
    let retry = TimeDelta::from_std(config.dispatch_retry);
    let retry = retry.map_err(Error::internal("reading a time"))?;
    Ok((Dispatcher::new(Deps { store, push, sms, retry }, counts).start(), public))
}

/// Has no more messages taken into hand, and waits for those that are, at most for `at_most`: one that is
/// cut off is brought again.
pub async fn drain_dispatcher(dispatcher: &Addr<Dispatcher>, at_most: Duration) {
    if dispatcher.send(Drain).timeout(at_most).await.is_err() {
        tracing::warn!("some messages to devices were not finished in time");
    }
}
