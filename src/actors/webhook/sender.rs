//! Sends the messages that are queued for endpoints: each at least once, whoever dies.
//!
//! The rows in the store are the queue, and all nodes take from it. One message at a time is in hand
//! for an endpoint, on all nodes, so that it is told in order as long as it answers; and each endpoint
//! has a line of its own, so that one that is slow holds up no other. There are only so many
//! endpoints, and so memory does not grow whatever they do.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix::prelude::*;
use chrono::TimeDelta;
use tokio::{sync::Notify, time::Instant};

use super::super::lines::{self, Drain, Lines, Looks};
use crate::{
    domain::{
        Error,
        id::{ClaimId, WebhookId},
        proof::Proofs,
        webhook::delivery::{Claim, Claimed, Ending, Prune, Recover, Settle, Settled, Tried},
    },
    gateway::webhook::{Letter, Post},
    store::{self, Store, read},
};

/// The longest that an endpoint is left alone that does not answer, in times of the first wait.
const PAUSE_TIMES_MAX: u32 = 12;

/// What lines need.
pub struct Deps {
    pub store: Store,
    pub post: Post,
    pub proofs: Proofs,
    /// When a message is tried again for the first time.
    pub retry: Duration,
    /// Is told when something was queued here.
    pub queued: Arc<Notify>,
}

/// What became of the attempts here since the process began, and how many messages wait anywhere.
#[derive(Debug, Default)]
pub struct Counts {
    pub delivered: AtomicU64,
    /// Attempts that came to nothing.
    pub failed: AtomicU64,
    /// Endpoints that were disabled, as nobody is there.
    pub disabled: AtomicU64,
    pub waiting: AtomicU64,
}

pub struct Sender {
    deps: Rc<Deps>,
    counts: Arc<Counts>,
    lines: Rc<Lines>,
    /// The endpoints that have a line here.
    open: HashSet<WebhookId>,
    pauses: HashMap<WebhookId, Pause>,
}

/// How long an endpoint is left alone that does not answer.
struct Pause {
    until: Instant,
    length: Duration,
}

/// What a line has come to its end with.
enum End {
    /// Nothing was left to do.
    Idle { has_sent: bool },
    /// Nobody answers there.
    Silent,
}

impl Handler<Drain> for Sender {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Drain, _: &mut Context<Self>) -> Self::Result {
        self.lines.drain()
    }
}

impl Actor for Sender {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        lines::start(self, ctx);
    }
}

impl Sender {
    pub fn new(deps: Deps, counts: Arc<Counts>) -> Self {
        Sender {
            deps: Rc::new(deps),
            counts,
            // There are only so many endpoints, each of which has one.
            lines: Rc::new(Lines::of(usize::MAX)),
            open: HashSet::new(),
            pauses: HashMap::new(),
        }
    }

    /// Opens the line to an endpoint, if it has none and is not left alone.
    fn open_line(&mut self, webhook: WebhookId, ctx: &mut Context<Self>) {
        let is_paused = self.pauses.get(&webhook).is_some_and(|it| Instant::now() < it.until);
        if is_paused || self.lines.is_draining() || !self.open.insert(webhook) {
            return;
        }
        let (deps, counts, lines) =
            (Rc::clone(&self.deps), Arc::clone(&self.counts), Rc::clone(&self.lines));
        // A task of its own: a panic in it ends the line and not this actor.
        let line = actix_rt::spawn(async move { run(&deps, &counts, &lines, webhook).await });
        let ended = line.into_actor(self).map(move |ended, actor, _| {
            actor.open.remove(&webhook);
            match ended {
                Ok(end) => actor.pace(webhook, &end),
                Err(error) => tracing::error!(%webhook, ?error, "a line to a webhook panicked"),
            }
        });
        ctx.spawn(ended);
    }

    /// Leaves an endpoint alone for a while that does not answer, longer each time.
    fn pace(&mut self, webhook: WebhookId, end: &End) {
        match end {
            End::Idle { has_sent } => {
                self.pauses.remove(&webhook);
                // What came while the line ended is not to wait for the next look.
                if *has_sent {
                    self.deps.queued.notify_one();
                }
            }
            End::Silent => {
                let first = self.deps.retry;
                let twice = self.pauses.get(&webhook).map(|it| it.length.saturating_mul(2));
                let length = twice.unwrap_or(first).min(first.saturating_mul(PAUSE_TIMES_MAX));
                self.pauses.insert(webhook, Pause { until: Instant::now() + length, length });
            }
        }
    }
}

impl Looks for Sender {
    type Due = Vec<WebhookId>;
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
        async move { lines::counted(read!(deps.store, webhook::waiting()), &counts.waiting) }
    }

    fn queued(&mut self) -> impl Future<Output = ()> + 'static {
        let queued = Arc::clone(&self.deps.queued);
        async move { queued.notified().await }
    }

    fn due(&self) -> impl Future<Output = Result<Vec<WebhookId>, Error>> + 'static {
        let deps = Rc::clone(&self.deps);
        async move { read!(deps.store, webhook::due(store::now())) }
    }

    fn begin(&mut self, due: Vec<WebhookId>, ctx: &mut Context<Self>) {
        due.into_iter().for_each(|webhook| self.open_line(webhook, ctx));
    }
}

/// Sends what is due to an endpoint, one after the other, until nothing is or nobody answers.
async fn run(deps: &Deps, counts: &Counts, lines: &Lines, webhook: WebhookId) -> End {
    let mut has_sent = false;
    while !lines.is_draining() {
        let _busy = lines.busy();
        match deps.store.write(Claim { id: ClaimId::new(), webhook }).await {
            Ok(Some(claimed)) => {
                has_sent = true;
                let tried = send(deps, counts, &claimed).await;
                if tried.fault.is_some_and(|it| it.is_of_the_endpoint()) {
                    return End::Silent;
                }
            }
            Ok(None) => break,
            Err(error) => {
                tracing::warn!(%webhook, ?error, "no message to a webhook could be claimed");
                return End::Idle { has_sent: false };
            }
        }
    }
    End::Idle { has_sent }
}

/// Sends a message once, and writes down what came of it.
async fn send(deps: &Deps, counts: &Counts, claimed: &Claimed) -> Tried {
    let secrets: Vec<_> = claimed.secrets.iter().flat_map(|it| deps.proofs.webhook(*it)).collect();
    let letter = Letter {
        target: &claimed.target,
        id: claimed.event,
        body: &claimed.body,
        secrets: &secrets,
        at: store::now().timestamp(),
    };
    let tried = deps.post.send(&letter).await;
    let retry = TimeDelta::from_std(deps.retry).unwrap_or(TimeDelta::MAX);
    let ending = claimed.after(&tried, store::now(), retry, rand::random_range(0..=1_000));
    match ending {
        Ending::Delivered => counts.delivered.fetch_add(1, Ordering::Relaxed),
        Ending::Failed | Ending::Again { .. } => counts.failed.fetch_add(1, Ordering::Relaxed),
    };
    settle(deps, counts, claimed, &tried, ending).await;
    tried
}

/// If it cannot be written down either, the claim ends by itself, and it is sent once more.
async fn settle(deps: &Deps, counts: &Counts, claimed: &Claimed, tried: &Tried, ending: Ending) {
    let Claimed { claim, webhook, event, .. } = *claimed;
    let command = Settle { webhook, event, claim, tried: tried.clone(), ending };
    match lines::settle(&deps.store, command).await {
        Ok(Settled { disabled: None }) => {}
        Ok(Settled { disabled: Some(reason) }) => {
            counts.disabled.fetch_add(1, Ordering::Relaxed);
            let host = claimed.target.host();
            tracing::warn!(%webhook, host, %reason, "a webhook was disabled");
        }
        // It was disabled or deleted in between.
        Err(Error::Stale | Error::NotFound(_)) => {}
        Err(error) => {
            tracing::error!(%webhook, %event, ?error, "a message could not be settled");
        }
    }
}
