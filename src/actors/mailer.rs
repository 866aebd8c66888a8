//! Sends the mails: each once, however often it fails, and whoever dies.
//!
//! The rows in the store are the queue, and all nodes take from it. One mail at a time is in hand on
//! a line to the post; a node has a few lines at most, so that a slow server holds up some mails and
//! not all. While there is no line to be had nothing is claimed: then only the post is asked again.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix::prelude::*;
use chrono::TimeDelta;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::lines::{self, Drain, Lines, Looks, told};
use crate::{
    domain::{
        Error,
        id::{ClaimId, MailId},
        mail::{CLAIM_SECONDS, Claim, Claimed, Ending, HandOver, Prune, Recover, Renew, Settle},
    },
    gateway::mail::{
        Line, Post, Refusal,
        message::{Message, Stationery},
    },
    store::{self, Store, read},
};

/// How many lines a node has to the post at once. Mail servers allow few from one place.
const LINES_MAX: usize = 4;
/// How many mails are claimed at once on a line on which it does no harm to send one twice. On others
/// each has a claim of its own, so that what one waits for does not become the fate of the next.
const CLAIMED_MAX: i64 = 64;
/// How long the post is left alone that could not be reached; twice as long after each time.
const REACH_AGAIN: Duration = Duration::from_millis(500);
const REACH_AGAIN_MAX: Duration = Duration::from_secs(30);
/// How often a claim is renewed: two renewals may fail.
const RENEW_EVERY: Duration = Duration::from_secs(20);
const _: () = assert!(RENEW_EVERY.as_secs() * 3 <= CLAIM_SECONDS.unsigned_abs());

/// What lines need.
pub struct Deps {
    pub store: Store,
    pub post: Post,
    pub stationery: Stationery,
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
            deps: Arc::new(deps),
            counts,
            lines: Arc::new(Lines::of(LINES_MAX)),
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
        told(&mut self.mailed)
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

fn lose(counts: &Counts, mail: MailId, why: &str) {
    counts.unknown.fetch_add(1, Ordering::Relaxed);
    tracing::error!(%mail, why, "nobody knows whether a mail has arrived; it is not sent again");
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
    let at_most = if line.repeats_safely() { CLAIMED_MAX } else { 1 };
    while fit && !lines.is_draining() {
        let busy = lines.busy();
        let id = ClaimId::new();
        match deps.store.write(Claim { id, at_most }).await {
            Ok(claimed) if claimed.is_empty() => break,
            Ok(claimed) => fit = send(deps, counts, &mut line, (id, claimed)).await,
            Err(error) => {
                tracing::warn!(?error, "no mail could be claimed");
                break;
            }
        }
        drop(busy);
    }
    if fit {
        line.close().await;
    }
    true
}

/// Brings what was claimed to its end; answers whether the line is fit for more.
async fn send(
    deps: &Deps,
    counts: &Counts,
    line: &mut Line,
    (claim, all): (ClaimId, Vec<Claimed>),
) -> bool {
    let (mut endings, mut fit) = (Vec::with_capacity(all.len()), true);
    for claimed in all {
        let in_hand = InHand { deps, counts, claimed };
        // What comes behind one that broke the line has not left.
        let ending = if fit { in_hand.send(line, &mut fit).await } else { Some(in_hand.again()) };
        endings.extend(ending.map(|ending| (in_hand.claimed.mail.id, ending)));
    }
    if !endings.is_empty() {
        settle(deps, counts, Settle { claim, endings }).await;
    }
    fit
}

/// A mail that this node has claimed.
struct InHand<'d> {
    deps: &'d Deps,
    counts: &'d Counts,
    claimed: Claimed,
}

impl InHand<'_> {
    /// Sends the mail; answers what became of it, which is none where the claim was lost, and says
    /// whether the line is `fit` for the next one.
    async fn send(&self, line: &mut Line, fit: &mut bool) -> Option<Ending> {
        let id = self.claimed.mail.id;
        let message = self.deps.stationery.write(&self.claimed.mail, self.claimed.queued_at);
        let ending;
        (ending, *fit) = match message {
            Ok(message) => self.post(line, &message).await,
            Err(error) => {
                tracing::warn!(mail = %id, ?error, "a mail cannot be written");
                (Some(Ending::Failed), true)
            }
        };
        ending
    }

    /// Sends the message; answers what became of it, which is none where the claim was lost, and
    /// whether the line is fit for the next one.
    async fn post(&self, line: &mut Line, message: &Message) -> (Option<Ending>, bool) {
        let id = message.id;
        if let Err(refusal) = self.renewing(line.offer(message)).await {
            return (Some(self.refused(&refusal)), matches!(refusal, Refusal::Refused { .. }));
        }
        if !line.repeats_safely() {
            let HandOver { mail, claim } = self.hand_over();
            match self.deps.store.write(HandOver { mail, claim }).await {
                Ok(()) => {}
                // It took too long, and another node has it.
                Err(Error::Stale) => return (None, false),
                // Whether that is written down or not, no word has left.
                Err(error) => {
                    tracing::warn!(mail = %id, ?error, "a mail could not be handed over");
                    return (Some(self.again()), false);
                }
            }
        }
        match line.hand_over(message).await {
            Ok(()) => (Some(Ending::Sent), true),
            Err(Refusal::Broken(why)) if !line.repeats_safely() => {
                lose(self.counts, id, &why);
                (Some(Ending::Unknown), false)
            }
            Err(refusal) => {
                let fit = matches!(refusal, Refusal::Refused { .. });
                (Some(self.refused(&refusal)), fit)
            }
        }
    }

    fn hand_over(&self) -> HandOver {
        HandOver { mail: self.claimed.mail.id, claim: self.claimed.claim }
    }

    /// What comes of a mail that nobody has taken.
    fn refused(&self, refusal: &Refusal) -> Ending {
        let ending = match refusal {
            Refusal::Refused { lasting: true, .. } => Ending::Failed,
            Refusal::Refused { .. } | Refusal::Broken(_) => self.again(),
        };
        let (mail, attempts) = (self.claimed.mail.id, self.claimed.attempts);
        tracing::warn!(%mail, attempts, %refusal, ?ending, "a mail was not taken");
        ending
    }

    fn again(&self) -> Ending {
        let thousandths = rand::random_range(0..=1_000);
        self.claimed.refused_for_now(store::now(), self.deps.retry, thousandths)
    }

    /// Does `work`, and keeps the claim meanwhile.
    async fn renewing<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::select! {
            done = work => done,
            never = self.renew() => match never {},
        }
    }

    async fn renew(&self) -> Infallible {
        let HandOver { mail, claim } = self.hand_over();
        loop {
            sleep(RENEW_EVERY).await;
            if let Err(error) = self.deps.store.write(Renew { mail, claim }).await {
                tracing::warn!(%mail, ?error, "a claim could not be renewed");
            }
        }
    }
}

/// Writes down what became of mails. If that fails too, what stands there says the least: it is found
/// when the claim has ended.
async fn settle(deps: &Deps, counts: &Counts, settle: Settle) {
    for (_, ending) in &settle.endings {
        match ending {
            Ending::Sent => counts.sent.fetch_add(1, Ordering::Relaxed),
            Ending::Failed => counts.failed.fetch_add(1, Ordering::Relaxed),
            Ending::Unknown | Ending::Again { .. } => 0,
        };
    }
    let count = settle.endings.len();
    if let Err(error) = lines::settle(&deps.store, settle).await {
        tracing::error!(count, ?error, "mails could not be settled");
    }
}
