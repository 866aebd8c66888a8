//! Owing money back, once for each key, and being told that it was given back.

use actix::prelude::*;
use serde_json::json;

use super::{Held, OrderActor, pay};
use crate::{
    actors::{TRIES_MAX, atomically},
    domain::{
        Error,
        id::RefundId,
        idempotency::{Answer, Claim, Keep, Outcome},
        order::{Order, change::Claimed, refund::What},
        payment::Payment,
    },
    store,
};

/// Owes a part of what was paid for the order, or the rest of it.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Asked, Error>")]
pub struct AskRefund {
    pub what: What,
    pub reason: String,
    pub claim: Claim,
}

/// What an [`AskRefund`] leads to.
pub enum Asked {
    /// It is owed by this order, and `is_repeat` where it was before.
    Owed { order: Box<Order>, is_repeat: bool },
    /// It had been answered before, or was refused.
    Answered(Answer),
}

impl Handler<AskRefund> for OrderActor {
    type Result = AtomicResponse<Self, Result<Asked, Error>>;

    fn handle(&mut self, msg: AskRefund, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| held.ask_refund(&msg).await)
    }
}

/// The provider has given the money back.
#[derive(Message)]
#[rtype(result = "Result<Order, Error>")]
pub struct Refunded {
    pub refund: RefundId,
}

impl Handler<Refunded> for OrderActor {
    type Result = AtomicResponse<Self, Result<Order, Error>>;

    fn handle(&mut self, msg: Refunded, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            let decide = |order: &Order, now| order.refunded(msg.refund, now);
            held.change_and_keep(decide, |order| told(order, msg.refund)).await
        })
    }
}

/// The provider will never give the money back.
#[derive(Message)]
#[rtype(result = "Result<Order, Error>")]
pub struct RefundFailed {
    pub refund: RefundId,
    /// Why, in a word of the provider's.
    pub code: String,
}

impl Handler<RefundFailed> for OrderActor {
    type Result = AtomicResponse<Self, Result<Order, Error>>;

    fn handle(&mut self, msg: RefundFailed, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            let RefundFailed { refund, code } = msg;
            let decide = |order: &Order, now| order.refund_failed(refund, &code, now);
            held.change_and_keep(decide, |order| told(order, refund)).await
        })
    }
}

impl Held {
    async fn ask_refund(&mut self, msg: &AskRefund) -> Result<Asked, Error> {
        let AskRefund { what, reason, claim } = msg;
        for _ in 0..TRIES_MAX {
            if let Some(answer) = self.kept(claim).await? {
                return Ok(Asked::Answered(answer));
            }
            let may_be_old = self.may_be_old();
            let order = self.order().await?;
            let mut owed = order.refunds.iter().filter_map(|it| it.claim.as_ref());
            if let Some(first) = owed.find(|it| it.key == claim.key) {
                let order = Box::new(order.clone());
                let is_same = first == claim;
                let owed = Asked::Owed { order, is_repeat: true };
                return if is_same { Ok(owed) } else { Err(Error::KeyReused) };
            }
            match order.ask_refund(what, reason, claim, store::now()) {
                Ok(change) => match self.write(change, Claimed::Not).await {
                    Ok(_) => {
                        let order = Box::new(self.order().await?.clone());
                        return Ok(Asked::Owed { order, is_repeat: false });
                    }
                    // Perhaps it was this very refund that another node was faster with.
                    Err(Error::Stale) => self.order = None,
                    Err(err) => return Err(err),
                },
                Err(_) if may_be_old => self.order = None,
                // A refusal is an outcome: a repeat is refused too, whatever has come since.
                Err(Error::Conflict(refusal)) => {
                    let (claim, outcome) = (claim.clone(), Outcome::Refused(refusal));
                    let kept = self.deps.store.write(Keep { claim, outcome }).await?;
                    return Ok(Asked::Answered(kept));
                }
                Err(err) => return Err(err),
            }
        }
        Err(Error::Busy)
    }
}

/// Whoever asked for a refund may have gone without an answer: once it has ended, the order as it is
/// then waits for them under their key.
fn told(order: &Order, id: RefundId) -> Claimed {
    let refund = order.refunds.iter().find(|it| it.id == id);
    match refund.and_then(|it| it.claim.clone()) {
        Some(claim) => Claimed::Answered(claim, answer(order)),
        None => confirmed(order),
    }
}

/// Whoever confirmed a payment that came too late is answered once the money is back.
fn confirmed(order: &Order) -> Claimed {
    let Payment { due: None, claim: Some(claim), .. } = &order.payment else { return Claimed::Not };
    Claimed::Answered(claim.clone(), pay::answer(order))
}

/// The order as the client sees it.
pub fn answer(order: &Order) -> Answer {
    Answer::fresh(Outcome::Done(json!(order).to_string()))
}
