//! What comes back: sent back after it was delivered, or never arrived.

use actix::prelude::*;
use serde_json::json;

use super::{Held, OrderActor};
use crate::{
    actors::{TRIES_MAX, atomically},
    domain::{
        Error,
        error::Refusal,
        id::ReturnId,
        idempotency::{Answer, Claim, Keep, Outcome},
        order::{Order, change::Advanced, refund::Units, returns::Received},
    },
    store::{self, read},
};

/// The buyer wants to send units back; the answer is the return.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Answer, Error>")]
pub struct AskReturn {
    pub items: Vec<Units>,
    pub reason: String,
    /// Without one, a repeat asks for another return.
    pub claim: Option<Claim>,
}

impl Handler<AskReturn> for OrderActor {
    type Result = AtomicResponse<Self, Result<Answer, Error>>;

    fn handle(&mut self, msg: AskReturn, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| held.ask_return(&msg).await)
    }
}

/// What was sent back has arrived.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Order, Error>")]
pub struct Receive {
    pub id: ReturnId,
    pub items: Vec<Received>,
}

impl Handler<Receive> for OrderActor {
    type Result = AtomicResponse<Self, Result<Order, Error>>;

    fn handle(&mut self, msg: Receive, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            held.change(|order, now| order.receive(msg.id, &msg.items, now).map(Some)).await
        })
    }
}

/// Calls the order off for the shop, also where it has left and won't arrive.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Order, Error>")]
pub struct CallOff {
    pub reason: String,
    /// Whether what has left can be sold again; where nothing is said, if it came back.
    pub restock: Option<bool>,
}

impl Handler<CallOff> for OrderActor {
    type Result = AtomicResponse<Self, Result<Order, Error>>;

    fn handle(&mut self, msg: CallOff, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            held.change(|order, now| order.call_off(&msg.reason, msg.restock, now).map(Some)).await
        })
    }
}

impl Held {
    async fn ask_return(&mut self, msg: &AskReturn) -> Result<Answer, Error> {
        let AskReturn { items, reason, claim } = msg;
        for _ in 0..TRIES_MAX {
            if let Some(claim) = claim {
                let (store, key) = (self.deps.store.clone(), claim.key.clone());
                if let Some(kept) = read!(store, idempotency::find(key))? {
                    return kept.answer(claim);
                }
            }
            let may_be_old = self.may_be_old();
            let change = match self.order().await?.ask_return(items, reason, store::now()) {
                Ok(change) => change,
                Err(_) if may_be_old => {
                    self.order = None;
                    continue;
                }
                Err(Error::Conflict(refusal)) => return self.refuse(claim.as_ref(), refusal).await,
                Err(err) => return Err(err),
            };
            let asked = change.order.returns.last();
            let answer = Answer::fresh(Outcome::Done(json!(asked).to_string()));
            let claim = claim.clone().map(|claim| (claim, answer.clone()));
            match self.write(change, claim).await {
                Ok(Advanced::Done) => return Ok(answer),
                Ok(Advanced::Told(answer) | Advanced::Replayed(answer)) => return Ok(answer),
                Err(Error::Stale) => self.order = None,
                Err(err) => return Err(err),
            }
        }
        Err(Error::Busy)
    }

    /// A refusal is an outcome: under a key, a repeat is refused too, whatever has come since.
    async fn refuse(&self, claim: Option<&Claim>, refusal: Refusal) -> Result<Answer, Error> {
        let outcome = Outcome::Refused(refusal);
        match claim.cloned() {
            Some(claim) => self.deps.store.write(Keep { claim, outcome }).await,
            None => Ok(Answer::fresh(outcome)),
        }
    }
}
