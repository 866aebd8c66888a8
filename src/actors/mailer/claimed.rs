//! What is claimed is brought to its end: on a line to a mail server one mail after the other, as files
//! all at once.

use std::{
    convert::Infallible,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::time::sleep;

use super::{super::lines, Counts, Deps};
use crate::{
    domain::{
        Error,
        id::{ClaimId, MailId},
        mail::{CLAIM_SECONDS, Claimed, Ending, HandOver, Renew, Settle},
    },
    gateway::mail::{
        Line, Refusal,
        files::{Folder, Unkept},
        message::Message,
        smtp::Session,
    },
    store,
};

/// How often a claim is renewed: two renewals may fail.
const RENEW_EVERY: Duration = Duration::from_secs(20);
const _: () = assert!(RENEW_EVERY.as_secs() * 3 <= CLAIM_SECONDS.unsigned_abs());

/// Brings what was claimed to its end; answers whether the line is fit for more.
pub async fn send(
    deps: &Deps,
    counts: &Counts,
    line: &mut Line,
    (claim, all): (ClaimId, Vec<Claimed>),
) -> bool {
    let (endings, fit) = match line {
        Line::Smtp(session) => one_by_one(deps, counts, session, &all).await,
        Line::Files(folder) => (keep(deps, counts, folder, all.into()).await, true),
    };
    if !endings.is_empty() {
        settle(deps, counts, Settle { claim, endings }).await;
    }
    fit
}

/// Sends mails to a server; what became of them, and whether the line is fit for more.
async fn one_by_one(
    deps: &Deps,
    counts: &Counts,
    session: &mut Session,
    all: &[Claimed],
) -> (Vec<(MailId, Ending)>, bool) {
    let (mut endings, mut fit) = (Vec::with_capacity(all.len()), true);
    for claimed in all {
        let in_hand = InHand { deps, counts, claimed };
        // What comes behind one that broke the line has not left.
        let ending =
            if fit { in_hand.send(session, &mut fit).await } else { Some(in_hand.again()) };
        endings.extend(ending.map(|ending| (claimed.mail.id, ending)));
    }
    (endings, fit)
}

/// Makes files of mails; what became of them.
async fn keep(
    deps: &Deps,
    counts: &Counts,
    folder: &Folder,
    all: Arc<[Claimed]>,
) -> Vec<(MailId, Ending)> {
    let in_hand = |claimed| InHand { deps, counts, claimed };
    let kept = match folder.keep(&deps.stationery, &all).await {
        Ok(kept) => kept,
        Err(error) => {
            tracing::warn!(count = all.len(), ?error, "no mail could be kept");
            return all.iter().map(|it| (it.mail.id, in_hand(it).again())).collect();
        }
    };
    let endings = all.iter().map(in_hand).zip(kept).map(|(in_hand, kept)| match kept {
        Ok(()) => Ending::Sent,
        Err(Unkept::Unwritable(error)) => in_hand.unwritable(&error),
        Err(Unkept::Refused(err)) => {
            in_hand.refused(&Refusal::Refused { why: err.to_string(), lasting: false })
        }
    });
    all.iter().map(|it| it.mail.id).zip(endings).collect()
}

pub fn lose(counts: &Counts, mail: MailId, why: &str) {
    counts.unknown.fetch_add(1, Ordering::Relaxed);
    tracing::error!(%mail, why, "nobody knows whether a mail has arrived; it is not sent again");
}

/// A mail that this node has claimed.
struct InHand<'d> {
    deps: &'d Deps,
    counts: &'d Counts,
    claimed: &'d Claimed,
}

impl InHand<'_> {
    /// Sends the mail; answers what became of it, which is none where the claim was lost, and says
    /// whether the line is `fit` for the next one.
    async fn send(&self, session: &mut Session, fit: &mut bool) -> Option<Ending> {
        let message = self.deps.stationery.write(&self.claimed.mail, self.claimed.queued_at);
        let ending;
        (ending, *fit) = match message {
            Ok(message) => self.post(session, &message).await,
            Err(error) => (Some(self.unwritable(&error)), true),
        };
        ending
    }

    /// Sends the message; answers what became of it, which is none where the claim was lost, and
    /// whether the line is fit for the next one.
    async fn post(&self, session: &mut Session, message: &Message) -> (Option<Ending>, bool) {
        let id = message.id;
        if let Err(refusal) = self.renewing(session.offer(message)).await {
            return (Some(self.refused(&refusal)), matches!(refusal, Refusal::Refused { .. }));
        }
        match self.deps.store.write(self.hand_over()).await {
            Ok(()) => {}
            // It took too long, and another node has it.
            Err(Error::Stale) => return (None, false),
            // Whether that is written down or not, no word has left.
            Err(error) => {
                tracing::warn!(mail = %id, ?error, "a mail could not be handed over");
                return (Some(self.again()), false);
            }
        }
        match session.hand_over(message).await {
            Ok(()) => (Some(Ending::Sent), true),
            Err(Refusal::Broken(why)) => {
                lose(self.counts, id, &why);
                (Some(Ending::Unknown), false)
            }
            Err(refusal @ Refusal::Refused { .. }) => (Some(self.refused(&refusal)), true),
        }
    }

    fn hand_over(&self) -> HandOver {
        HandOver { mail: self.claimed.mail.id, claim: self.claimed.claim }
    }

    /// What comes of a mail that cannot be laid out.
    fn unwritable(&self, error: &Error) -> Ending {
        tracing::warn!(mail = %self.claimed.mail.id, ?error, "a mail cannot be written");
        Ending::Failed
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
