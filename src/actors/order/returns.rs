//! What comes back: sent back after it was delivered, or never arrived.

use actix::prelude::*;
use serde_json::json;

use super::OrderActor;
use crate::{
    actors::atomically,
    domain::{
        Error,
        id::ReturnId,
        idempotency::{Answer, Claim},
        order::{Order, refund::Units, returns::Received},
    },
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
        atomically(self, async move |held| {
            let AskReturn { items, reason, claim } = &msg;
            let ask = |order: &Order, now| order.ask_return(items, reason, now);
            held.once(claim.as_ref(), ask, |order| json!(order.returns.last())).await
        })
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
