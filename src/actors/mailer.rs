//! Sends the mails: each once, however often it fails, and whoever dies.
//!
//! The rows in the store are the queue, and all nodes take from it. On a line to a mail server one mail at
//! a time is in hand, and a node has a few lines, so that a slow server holds up some mails and not
//! all; as files, all of a claim are made at once. While there is no line to be had nothing is claimed:
//! then only the post is asked again.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use actix::prelude::*;
use chrono::TimeDelta;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use self::claimed::{lose, send};
use super::lines::{self, Drain, Lines, Looks, told};
use crate::{
    domain::{
        Error,
        id::ClaimId,
        mail::{Claim, Prune, Recover},
    },
    gateway::mail::{Line, Post, message::Stationery},
    store::{self, Store, read},
};

mod claimed;

/// How many lines a node has to a mail server at once. They allow few from one place. To files there is
/// one, since one thread makes them.
const LINES_MAX: usize = 4;
/// How many mails are claimed at once to become files: to make one twice does no harm. On a line to a
/// server each has a claim of its own, so that what one waits for does not become the fate of the next.
const CLAIMED_MAX: u16 = 64;
/// How long a mail that becomes a file may wait for company: each claim is a command of its own, and a
/// busy shop queues letters with most of its transactions.
const GATHER: Duration = Duration::from_millis(20);
/// How long the post is left alone that could not be reached; twice as long after each time.
const REACH_AGAIN: Duration = Duration::from_millis(500);
const REACH_AGAIN_MAX: Duration = Duration::from_secs(30);

/// What lines need.
pub struct Deps {
    pub store: Store,
    pub post: Post,
    pub stationery: Arc<Stationery>,
    /// When a mail is tried again for the first time.
    pub retry: TimeDelta,
}

/// What became of the mails here since the process began, and how many wait anywhere.
#[derive(Debug, Default)]
pub struct Counts {
    pub sent: AtomicU64,
    pub failed: AtomicU64,
    pub unknown: AtomicU64,
    pub waiting: AtomicU64,
}

pub struct Mailer {
    deps: Arc<Deps>,
    counts: Arc<Counts>,
    lines: Arc<Lines>,
    mailed: watch::Receiver<u64>,
    /// Of the post, which could not be reached.
    reach_again: Duration,
    not_before: Instant,
}

impl Handler<Drain> for Mailer {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Drain, _: &mut Context<Self>) -> Self::Result {
        self.lines.drain()
    }
}

impl Actor for Mailer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        lines::start(self, ctx);
    }
}

impl Mailer {
    pub fn new(deps: Deps, counts: Arc<Counts>) -> Self {
        Mailer {
            mailed: deps.store.mailed(),
            counts,
            lines: Arc::new(Lines::of(match deps.post {
                Post::Smtp(_) => LINES_MAX,
                Post::Files(_) => 1,
            })),
            deps: Arc::new(deps),
            reach_again: REACH_AGAIN,
            not_before: Instant::now(),
        }
    }

    /// Opens a line if there is more to do than the lines can take that have nothing in hand.
    fn open_line(&mut self, due: usize, ctx: &mut Context<Self>) {
        if !self.lines.wants_one(due) || Instant::now() < self.not_before {
            return;
        }
        let open = self.lines.open();
        let (deps, counts, lines) =
            (Arc::clone(&self.deps), Arc::clone(&self.counts), Arc::clone(&self.lines));
        // A task of its own: a panic in it ends the line and not this actor.
        let line = actix_rt::spawn(async move {
            let _open = open;
            run(&deps, &counts, &lines).await
        });
        let ended = line.into_actor(self).map(|ended, actor, _| match ended {
            Ok(reached) => actor.pace(reached),
            Err(error) => tracing::error!(?error, "a line to the post panicked"),
        });
        ctx.spawn(ended);
    }

    /// Leaves the post alone for a while if it could not be reached.
    fn pace(&mut self, reached: bool) {
        if reached {
            self.reach_again = REACH_AGAIN;
        } else {
            self.not_before = Instant::now() + self.reach_again;
            self.reach_again = self.reach_again.saturating_mul(2).min(REACH_AGAIN_MAX);
        }
    }
}

impl Looks for Mailer {
    type Due = usize;
    const COUNT_EVERY: Duration = Duration::from_secs(1);

    fn recover(&self) -> impl Future<Output = ()> + 'static {
        let (deps, counts) = (Arc::clone(&self.deps), Arc::clone(&self.counts));
        // With a store of its own nobody else has anything in hand, and this node has not begun.
        let nobody_lives = !deps.store.is_shared();
        async move { tidy(&deps, &counts, nobody_lives).await }
    }

    fn tidy(&self) -> impl Future<Output = ()> + 'static {
        let (deps, counts) = (Arc::clone(&self.deps), Arc::clone(&self.counts));
        async move { tidy(&deps, &counts, false).await }
    }

    fn count(&self) -> impl Future<Output = ()> + 'static {
        let (deps, counts) = (Arc::clone(&self.deps), Arc::clone(&self.counts));
        async move { lines::counted(read!(deps.store, mail::waiting()), &counts.waiting) }
    }

    fn queued(&mut self) -> impl Future<Output = ()> + 'static {
        let told = told(&mut self.mailed);
        let gather = match self.deps.post {
            Post::Smtp(_) => Duration::ZERO,
            Post::Files(_) => GATHER,
        };
        async move {
            told.await;
            sleep(gather).await;
        }
    }

    fn due(&self) -> impl Future<Output = Result<usize, Error>> + 'static {
        let deps = Arc::clone(&self.deps);
        let at_most = self.lines.due_max();
        async move { read!(deps.store, mail::due(store::now(), at_most)) }
    }

    fn begin(&mut self, due: usize, ctx: &mut Context<Self>) {
        self.open_line(due, ctx);
    }
}

/// Finds what others left, and forgets what is too old.
async fn tidy(deps: &Deps, counts: &Counts, nobody_lives: bool) {
    match deps.store.write(Recover { nobody_lives }).await {
        Ok(lost) => lost.into_iter().for_each(|mail| lose(counts, mail, "its sender died")),
        Err(error) => tracing::warn!(?error, "lost mails could not be looked for"),
    }
    lines::prune(&deps.store, Prune).await;
}

/// Opens a line and sends on it what is due, until nothing is. Whether the post was reached.
async fn run(deps: &Deps, counts: &Counts, lines: &Arc<Lines>) -> bool {
    let mut line = match deps.post.open().await {
        Ok(line) => line,
        Err(error) => {
            tracing::warn!(%error, "the mail server cannot be reached");
            return false;
        }
    };
    let mut fit = true;
    let at_most = match line {
        Line::Smtp(_) => 1,
        Line::Files(_) => CLAIMED_MAX,
    };
    while fit && !lines.is_draining() {
        let busy = lines.busy();
        let id = ClaimId::new();
        let claimed = match deps.store.write(Claim { id, at_most }).await {
            Ok(claimed) if claimed.is_empty() => break,
            Ok(claimed) => claimed,
            Err(error) => {
                tracing::warn!(?error, "no mail could be claimed");
                break;
            }
        };
        let is_all = claimed.len() < usize::from(at_most);
        fit = send(deps, counts, &mut line, (id, claimed)).await;
        drop(busy);
        if is_all {
            sleep(GATHER).await;
        }
    }
    if fit {
        line.close().await;
    }
    true
}
