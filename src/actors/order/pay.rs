//! What orders are told of their payments: an attempt, what came of it, and money that went back.

use std::time::Duration;

use actix::prelude::*;

use super::{
    super::{TRIES_MAX, atomically},
    Held, OrderActor,
};
use crate::{
    domain::{
        Error,
        id::{DeliveryId, RefundId},
        idempotency::{Answer, Claim, Keep, Outcome},
        order::{
            Order,
            change::{Advanced, Claimed},
        },
        payment::{self, Task, Verdict},
    },
    store,
};

/// When a payment whose answer did not come is looked up, if nobody does it before.
const LOOK_UP_AFTER: Duration = Duration::from_secs(10);

/// The buyer confirms the payment: notes that the provider is about to be asked.
#[derive(Message)]
#[rtype(result = "Result<Attempted, Error>")]
pub struct Attempt {
    pub token: String,
    pub claim: Claim,
}

/// What an [`Attempt`] leads to.
pub enum Attempted {
    /// The provider is to be asked for the payment of this order.
    Go(Box<Order>),
    /// It had been answered before.
    Answered(Answer),
}

impl Handler<Attempt> for OrderActor {
    type Result = AtomicResponse<Self, Result<Attempted, Error>>;

    fn handle(&mut self, msg: Attempt, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| held.attempt(&msg).await)
    }
}

/// What the provider said of an attempt. With a claim, the answer is the payment as it is then.
#[derive(Message)]
#[rtype(result = "Result<Settled, Error>")]
pub struct Settle {
    pub attempt: i32,
    pub verdict: Verdict,
    pub claim: Option<Claim>,
}

/// The order after a [`Settle`], and the answer for who confirmed.
pub struct Settled {
    pub order: Order,
    pub answer: Answer,
}

impl Handler<Settle> for OrderActor {
    type Result = AtomicResponse<Self, Result<Settled, Error>>;

    fn handle(&mut self, msg: Settle, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| held.settle(&msg).await)
    }
}

/// The provider has not said that the money is back, after so many tries: it is asked again later.
#[derive(Message)]
#[rtype(result = "Result<Order, Error>")]
pub struct PutOffRefund {
    pub refund: RefundId,
    pub tries: i32,
}

impl Handler<PutOffRefund> for OrderActor {
    type Result = AtomicResponse<Self, Result<Order, Error>>;

    fn handle(&mut self, msg: PutOffRefund, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            held.change(|order, now| Ok(order.put_off_refund(msg.refund, msg.tries, now))).await
        })
    }
}

impl Held {
    async fn attempt(&mut self, msg: &Attempt) -> Result<Attempted, Error> {
        let claim = &msg.claim;
        for _ in 0..TRIES_MAX {
            let (may_be_old, providers) = (self.may_be_old(), self.deps.providers.clone());
            let order = self.order().await?;
            if order.payment.claim.as_ref().is_some_and(|it| it.key == claim.key) {
                return self.attempt_again(claim).await;
            }
            let now = store::now();
            let provider = providers.get(order.payment.provider);
            if !provider.is_some_and(|it| it.accepts(&msg.token)) {
                let message = "the payment provider knows no such token".to_owned();
                let unknown = Error::Rejected { code: "invalid_token", message };
                return self.answered_or(claim, unknown).await;
            }
            match order.attempt(&msg.token, claim, now + LOOK_UP_AFTER, now) {
                Ok(change) => match self.write(change, Claimed::Unanswered(claim.clone())).await {
                    Ok(Advanced::Replayed(answer)) => return Ok(Attempted::Answered(answer)),
                    Ok(Advanced::Done | Advanced::Told(_) | Advanced::Clashed) => {
                        return Ok(Attempted::Go(Box::new(self.order().await?.clone())));
                    }
                    // Perhaps it was this very confirmation that another node was faster with.
                    Err(Error::Stale) => self.order = None,
                    Err(err) => return Err(err),
                },
                Err(_) if may_be_old => self.order = None,
                // A refusal is an outcome: a repeat is refused too, whatever has come since.
                Err(Error::Conflict(refusal)) => {
                    let (claim, outcome) = (claim.clone(), Outcome::Refused(refusal));
                    let kept = self.deps.store.write(Keep { claim, outcome }).await?;
                    return Ok(Attempted::Answered(kept));
                }
                Err(err) => return self.answered_or(claim, err).await,
            }
        }
        Err(Error::Busy)
    }

    /// A confirmation that the present attempt is for.
    async fn attempt_again(&mut self, claim: &Claim) -> Result<Attempted, Error> {
        if let Some(answer) = self.kept(claim).await? {
            return Ok(Attempted::Answered(answer));
        }
        match repeated(self.order().await?, claim)? {
            // Whatever comes later, this is what every repeat is told.
            Attempted::Answered(Answer { outcome, .. }) => {
                let keep = Keep { claim: claim.clone(), outcome };
                let kept = self.deps.store.write(keep).await?;
                Ok(Attempted::Answered(Answer { replayed: true, ..kept }))
            }
            go @ Attempted::Go(_) => Ok(go),
        }
    }

    /// What was answered under the claim before, or else the error.
    async fn answered_or(&self, claim: &Claim, err: Error) -> Result<Attempted, Error> {
        self.kept(claim).await?.map(Attempted::Answered).ok_or(err)
    }

    async fn settle(&mut self, msg: &Settle) -> Result<Settled, Error> {
        for _ in 0..TRIES_MAX {
            let (now, courier) = (store::now(), self.deps.courier);
            let may_be_old = self.may_be_old();
            let order = self.order().await?;
            let delivery = courier.accept(DeliveryId::new(), order, now);
            let change = match order.settle(msg.attempt, &msg.verdict, delivery, now) {
                Ok(Some(change)) => change,
                Ok(None) | Err(_) if may_be_old => {
                    self.order = None;
                    continue;
                }
                Ok(None) => return self.settled(msg.claim.as_ref()).await,
                Err(err) => return Err(err),
            };
            let settled = Settled { answer: answer(&change.order), order: change.order.clone() };
            // Whoever confirmed may have gone without an answer: it waits for them under their key.
            let payment = &change.order.payment;
            let claim = match (payment.due.map(|it| it.task), &msg.claim) {
                // Money that came too late is not the end: it is answered once it is back.
                (Some(Task::Refund), _) => None,
                (None, None) => payment.claim.clone(),
                (None | Some(Task::LookUp), claim) => claim.clone(),
            };
            let claim = Claimed::answered(claim, &settled.answer);
            match self.write(change, claim).await {
                Ok(Advanced::Done) => return Ok(settled),
                Ok(Advanced::Told(answer)) => return Ok(Settled { answer, ..settled }),
                Ok(Advanced::Clashed) => return Err(Error::KeyReused),
                // An answer under the key says nothing of whether this was written.
                Ok(Advanced::Replayed(_)) | Err(Error::Stale) => self.order = None,
                Err(err) => return Err(err),
            }
        }
        Err(Error::Busy)
    }
}

impl Held {
    /// An attempt that somebody else has settled: what was said of it then, if it was under a key.
    async fn settled(&mut self, claim: Option<&Claim>) -> Result<Settled, Error> {
        let order = self.order().await?.clone();
        let mut told = answer(&order);
        if let Some(claim) = claim {
            told = self.kept(claim).await?.unwrap_or(told);
        }
        Ok(Settled { order, answer: told })
    }
}

/// A repeat of the confirmation that the present attempt is for, which was not answered: it goes
/// on with that attempt, or is told what has come of it since.
fn repeated(order: &Order, claim: &Claim) -> Result<Attempted, Error> {
    if order.payment.claim.as_ref() != Some(claim) {
        return Err(Error::KeyReused);
    }
    match order.payment.status {
        payment::Status::Processing => Ok(Attempted::Go(Box::new(order.clone()))),
        payment::Status::RequiresConfirmation
        | payment::Status::Authorized
        | payment::Status::Captured
        | payment::Status::Failed
        | payment::Status::Cancelled
        | payment::Status::PartiallyRefunded
        | payment::Status::Refunded => {
            Ok(Attempted::Answered(Answer { replayed: true, ..answer(order) }))
        }
    }
}

/// The payment as the client sees it.
pub fn answer(order: &Order) -> Answer {
    Answer::fresh(Outcome::Done(serde_json::json!(order.payment).to_string()))
}
