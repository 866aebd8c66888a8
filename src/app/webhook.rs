//! The messages to other programs: who queues and who sends them on this node.

use std::{sync::Arc, time::Duration};

use actix::prelude::*;
use tokio::sync::Notify;

use crate::{
    actors::{
        lines::Drain,
        webhook::{
            fanout,
            sender::{Counts, Deps, Sender},
        },
    },
    config::Config,
    domain::{Error, outside::Reach, proof::Proofs},
    gateway::{tls::Tls, webhook::Post},
    store::Store,
};

/// How far webhooks may reach.
pub fn reach(config: &Config) -> Reach {
    if config.webhook_private { Reach::Anywhere } else { Reach::Public }
}

/// Starts both; the secrets of the endpoints are derived by `proofs`.
pub fn start_webhooks(
    config: &Config,
    store: Store,
    proofs: Proofs,
    counts: Arc<Counts>,
) -> Result<Addr<Sender>, Error> {
    let tls = Tls::of_this_machine().map_err(Error::internal("reading the certificates"))?;
    if !tls.is_trusting {
        tracing::warn!("this machine has no certificates: nothing can be sent to webhooks by TLS");
    }
    let queued = Arc::new(Notify::new());
    actix_rt::spawn(fanout::run(store.clone(), Arc::clone(&queued)));
    let post = Post::new(tls, reach(config));
    let deps = Deps { store, post, proofs, retry: config.webhook_retry, queued };
    Ok(Sender::new(deps, counts).start())
}

/// Has no more messages taken into hand, and waits for those that are, at most for `at_most`: one that
/// is cut off is sent again.
pub async fn drain_webhooks(sender: &Addr<Sender>, at_most: Duration) {
    if sender.send(Drain).timeout(at_most).await.is_err() {
        tracing::warn!("some messages to webhooks were not finished in time");
    }
}
