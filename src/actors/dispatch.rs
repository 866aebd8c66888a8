//! Brings messages to people's devices: each at least once, whoever dies.
//!
//! The rows in the store are the queue, and all nodes take from it. One message at a time is in hand on a
//! line; a node has a few lines, so that whoever is slow to take one holds up some messages and not all.

use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix::prelude::*;
use chrono::TimeDelta;
use tokio::sync::watch;

use super::lines::{self, Drain, Lines, Looks, told};
use crate::{
    domain::{
        Error,
        dispatch::{Carried, Claim, Claimed, Ending, Prune, Recover, Settle, To},
        id::ClaimId,
        push::KeepKey,
    },
    gateway::{carrier::Carrier, push::WebPush, sms::Sms},
    store::{self, Store, read},
};

/// How many messages a node brings at once.
const LINES_MAX: usize = 8;

/// What lines need.
pub struct Deps {
    pub store: Store,
    pub push: WebPush,
    pub sms: Sms,
    /// When a message is tried again for the first time.
    pub retry: TimeDelta,
}

/// What became of the messages here since the process began, and how many wait anywhere.
#[derive(Debug, Default)]
pub struct Counts {
    pub sent: AtomicU64,
    pub failed: AtomicU64,
    /// Browsers that were forgotten, as they are gone.
    pub gone: AtomicU64,
    pub waiting: AtomicU64,
}

pub struct Dispatcher {
    deps: Rc<Deps>,
    counts: Arc<Counts>,
    lines: Rc<Lines>,
    queued: watch::Receiver<u64>,
}

impl Handler<Drain> for Dispatcher {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Drain, _: &mut Context<Self>) -> Self::Result {
        self.lines.drain()
    }
}

impl Actor for Dispatcher {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        lines::start(self, ctx);
    }
}

impl Looks for Dispatcher {
    type Due = usize;
    const COUNT_EVERY: Duration = Duration::from_secs(5);

    fn recover(&self) -> impl Future<Output = ()> + 'static {
        let deps = Rc::clone(&self.deps);
        async move { lines::recover(&deps.store, Recover).await }
    }

    fn tidy(&self) -> impl Future<Output = ()> + 'static {
        let deps = Rc::clone(&self.deps);
        async move { lines::prune(&deps.store, Prune).await }
    }

    fn count(&self) -> impl Future<Output = ()> + 'static {
        let (deps, counts) = (Rc::clone(&self.deps), Arc::clone(&self.counts));
        async move { lines::counted(read!(deps.store, dispatch::waiting()), &counts.waiting) }
    }

    fn queued(&mut self) -> impl Future<Output = ()> + 'static {
        told(&mut self.queued)
    }

    fn due(&self) -> impl Future<Output = Result<usize, Error>> + 'static {
        let deps = Rc::clone(&self.deps);
        let at_most = self.lines.due_max();
        async move { read!(deps.store, dispatch::due(store::now(), at_most)) }
    }

    fn begin(&mut self, due: usize, ctx: &mut Context<Self>) {
        if !self.lines.wants_one(due) {
            return;
        }
        let (deps, counts) = (Rc::clone(&self.deps), Arc::clone(&self.counts));
        let (lines, open) = (Rc::clone(&self.lines), self.lines.open());
        // A task of its own: a panic in it ends the line and not this actor.
        let line = actix_rt::spawn(async move {
            let _open = open;
            run(&deps, &counts, &lines).await;
        });
        ctx.spawn(line.into_actor(self).map(|ended, _, _| {
            if let Err(error) = ended {
                tracing::error!(?error, "a line to devices panicked");
            }
        }));
    }
}

impl Dispatcher {
    pub fn new(deps: Deps, counts: Arc<Counts>) -> Self {
        let queued = deps.store.mailed();
        Dispatcher { deps: Rc::new(deps), counts, lines: Rc::new(Lines::of(LINES_MAX)), queued }
    }
}

/// The private key by which push services know the shop: the one that is kept, or else `made`.
pub async fn key(store: &Store, made: String) -> Result<String, Error> {
    store.write(KeepKey { key: made }).await
}

/// Brings what is due, one after the other, until nothing is.
async fn run(deps: &Deps, counts: &Counts, lines: &Lines) {
    while !lines.is_draining() {
        let _busy = lines.busy();
        match deps.store.write(Claim { id: ClaimId::new() }).await {
            Ok(Some(claimed)) => bring(deps, counts, &claimed).await,
            Ok(None) => break,
            Err(error) => {
                tracing::warn!(?error, "no message to a device could be claimed");
                break;
            }
        }
    }
}

/// Brings a message once, and writes down what came of it. If it cannot be written down either, the claim
/// ends by itself, and it is brought once more.
async fn bring(deps: &Deps, counts: &Counts, claimed: &Claimed) {
    let carried = match &claimed.to {
        To::Browser(_, subscription) => deps.push.carry(subscription, &claimed.message).await,
        To::Phone(phone) => deps.sms.carry(phone, &claimed.message).await,
    };
    let thousandths = rand::random_range(0..=1_000);
    let ending = claimed.after(carried, store::now(), deps.retry, thousandths);
    let (dispatch, claim) = (claimed.message.id, claimed.claim);
    if carried != Carried::Taken {
        tracing::info!(%dispatch, tries = claimed.tries, ?carried, ?ending, "a message was not taken");
    }
    match ending {
        Ending::Sent => counts.sent.fetch_add(1, Ordering::Relaxed),
        Ending::Failed => counts.failed.fetch_add(1, Ordering::Relaxed),
        Ending::Gone => counts.gone.fetch_add(1, Ordering::Relaxed),
        Ending::Again { .. } => 0,
    };
    match lines::settle(&deps.store, Settle { dispatch, claim, ending }).await {
        // It was forgotten in between.
        Ok(()) | Err(Error::Stale) => {}
        Err(error) => tracing::error!(%dispatch, ?error, "a message could not be settled"),
    }
}
