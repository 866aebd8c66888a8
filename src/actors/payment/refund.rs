//! Giving money back because somebody who runs the shop says so: the order owes it first, then the
//! provider is asked at once.

use actix::prelude::*;

use super::{Held, PaymentActor};
use crate::{
    actors::{
        atomically,
        order::{
            refund::{AskRefund, Asked, answer},
            returns::{CallOff, Receive},
        },
    },
    domain::{
        Error,
        idempotency::{Answer, Keep},
        order::Order,
    },
};

/// Gives back a part of what was paid, or the rest; the answer is the order.
#[derive(Message)]
#[rtype(result = "Result<Answer, Error>")]
pub struct GiveBack(pub AskRefund);

impl Handler<GiveBack> for PaymentActor {
    type Result = AtomicResponse<Self, Result<Answer, Error>>;

    fn handle(&mut self, GiveBack(ask): GiveBack, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| held.give_back(ask).await)
    }
}

/// Takes in what was sent back, and gives back its price; the answer is the order.
#[derive(Message)]
#[rtype(result = "Result<Order, Error>")]
pub struct TakeIn(pub Receive);

impl Handler<TakeIn> for PaymentActor {
    type Result = AtomicResponse<Self, Result<Order, Error>>;

    fn handle(&mut self, TakeIn(receive): TakeIn, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            let order = held.deps.orders.ask(held.id.order(), receive).await?;
            held.attend(order).await
        })
    }
}

impl Handler<CallOff> for PaymentActor {
    type Result = AtomicResponse<Self, Result<Order, Error>>;

    fn handle(&mut self, msg: CallOff, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            let order = held.deps.orders.ask(held.id.order(), msg).await?;
            held.attend(order).await
        })
    }
}

impl Held {
    async fn give_back(&mut self, ask: AskRefund) -> Result<Answer, Error> {
        let claim = ask.claim.clone();
        let (order, is_repeat) = match self.deps.orders.ask(self.id.order(), ask).await? {
            Asked::Owed { order, is_repeat } => (order, is_repeat),
            Asked::Answered(answer) => return Ok(answer),
        };
        let order = self.attend(*order).await?;
        // What was said when it was given back. Where the provider has yet to do it, the order as it
        // is now is what every repeat is told too.
        let outcome = answer(&order).outcome;
        let told = self.deps.store.write(Keep { claim, outcome }).await?;
        Ok(Answer { replayed: is_repeat, ..told })
    }
}
