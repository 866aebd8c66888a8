//! Payments: asks the provider, and tells the order what it said. The order alone commits.

use std::{sync::Arc, time::Duration};

use actix::prelude::*;
use tokio::time::timeout;

use super::{
    Holds, atomically,
    delivery::{self, DeliveryActor},
    directory::{Directory, Entity, Incarnation},
    order::{self, Attempted, LOOK_UP_AGAIN_AFTER, OrderActor, Settled},
};
use crate::{
    domain::{
        Error,
        id::PaymentId,
        idempotency::{Answer, Claim},
        order::{Order, refund::Refund},
        payment::{Payment, Task, Verdict},
    },
    gateway::payment::{ANSWER_MAX, Charge, GivenBack, NoAnswer, Provider, State},
    store::{self, Store, read},
};

pub mod refund;

pub struct PaymentActor(Option<Held>);

/// What payments share.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub provider: Arc<dyn Provider>,
    pub orders: Directory<OrderActor>,
    pub deliveries: Directory<DeliveryActor>,
}

pub struct Held {
    id: PaymentId,
    deps: Deps,
    incarnation: Incarnation<PaymentActor>,
}

impl Actor for PaymentActor {
    type Context = Context<Self>;
}

impl Holds for PaymentActor {
    type Held = Held;

    fn held(&mut self) -> &mut Option<Held> {
        &mut self.0
    }
}

impl Entity for PaymentActor {
    type Id = PaymentId;
    type Deps = Deps;
    const KIND: &'static str = "payment";
    /// The same confirmation sent a few dozen times at once.
    const MAILBOX: usize = 64;

    async fn load(
        id: PaymentId,
        deps: Deps,
        incarnation: Incarnation<Self>,
    ) -> Result<Self, Error> {
        Ok(PaymentActor(Some(Held { id, deps, incarnation })))
    }
}

/// The buyer confirms: charges the card, and answers with the payment as it is then.
#[derive(Message)]
#[rtype(result = "Result<Answer, Error>")]
pub struct Confirm {
    pub token: String,
    pub claim: Claim,
}

impl Handler<Confirm> for PaymentActor {
    type Result = AtomicResponse<Self, Result<Answer, Error>>;

    fn handle(&mut self, msg: Confirm, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| held.confirm(msg).await)
    }
}

/// Does what is due: asks for an answer that never came, or gives money back.
#[derive(Message)]
#[rtype(result = "Result<(), Error>")]
pub struct Attend;

impl Handler<Attend> for PaymentActor {
    type Result = AtomicResponse<Self, Result<(), Error>>;

    fn handle(&mut self, _: Attend, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            let (store, order) = (held.deps.store.clone(), held.id.order());
            let order = read!(store, order::get(order))?;
            held.attend(order).await.map(drop)
        })
    }
}

/// The buyer walked away from an order that is not paid.
#[derive(Message)]
#[rtype(result = "Result<Payment, Error>")]
pub struct Abandon;

impl Handler<Abandon> for PaymentActor {
    type Result = AtomicResponse<Self, Result<Payment, Error>>;

    fn handle(&mut self, _: Abandon, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            let reason = Some("the buyer walked away".to_owned());
            let cancel = order::Cancel { reason, unpaid_only: true };
            let order = held.deps.orders.ask(held.id.order(), cancel).await?;
            Ok(order.payment)
        })
    }
}

/// Calls the order off, and gives back what was paid for it.
#[derive(Message)]
#[rtype(result = "Result<Order, Error>")]
pub struct CancelOrder {
    pub reason: Option<String>,
}

impl Handler<CancelOrder> for PaymentActor {
    type Result = AtomicResponse<Self, Result<Order, Error>>;

    fn handle(&mut self, msg: CancelOrder, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            let cancel = order::Cancel { reason: msg.reason, unpaid_only: false };
            let order = held.deps.orders.ask(held.id.order(), cancel).await?;
            held.attend(order).await
        })
    }
}

impl Held {
    async fn confirm(&mut self, msg: Confirm) -> Result<Answer, Error> {
        let (orders, claim) = (self.deps.orders.clone(), msg.claim.clone());
        if !self.deps.provider.accepts(&msg.token) {
            return self.refuse(&msg.claim).await;
        }
        let attempt = order::Attempt { token: msg.token, claim: msg.claim };
        let order = match orders.ask(self.id.order(), attempt).await? {
            Attempted::Go(order) => order,
            Attempted::Answered(answer) => return Ok(answer),
        };
        let verdict = self.charge(&order.payment).await;
        Ok(self.settle(order.payment.attempt, verdict, Some(claim)).await?.answer)
    }

    /// A key comes before the rest of the request: one that was answered is answered again.
    async fn refuse(&self, claim: &Claim) -> Result<Answer, Error> {
        let (store, key) = (self.deps.store.clone(), claim.key.clone());
        if let Some(kept) = read!(store, idempotency::find(key))? {
            return kept.answer(claim);
        }
        let message = "the payment provider knows no such token".to_owned();
        Err(Error::Rejected { code: "invalid_token", message })
    }

    async fn attend(&mut self, order: Order) -> Result<Order, Error> {
        match order.payment.due.map(|due| due.task) {
            Some(Task::LookUp) => {
                let verdict = self.look_up(&order.payment).await;
                Ok(self.settle(order.payment.attempt, verdict, None).await?.order)
            }
            Some(Task::Refund) => self.refund(order).await,
            None => Ok(order),
        }
    }

    /// Tells the order, and sees to it that what must follow does.
    async fn settle(
        &mut self,
        attempt: i32,
        verdict: Verdict,
        claim: Option<Claim>,
    ) -> Result<Settled, Error> {
        let unknown = verdict == Verdict::Unknown;
        let settle = order::Settle { attempt, verdict, claim };
        let settled = self.deps.orders.ask(self.id.order(), settle).await?;
        if unknown && settled.order.payment.due.is_some() {
            self.attend_again(LOOK_UP_AGAIN_AFTER);
        }
        for parcel in &settled.order.deliveries {
            if let Some(due_at) = parcel.due_at {
                delivery::move_at(&self.deps.deliveries, parcel.id, due_at - store::now());
            }
        }
        Ok(settled)
    }

    /// Gives back what is owed, one refund after the other.
    async fn refund(&mut self, mut order: Order) -> Result<Order, Error> {
        let owed: Vec<Refund> = order.refunds.iter().filter(|it| it.is_owed()).cloned().collect();
        for Refund { id, amount, .. } in owed {
            let key = order.payment.provider_key();
            match answered(self.deps.provider.refund(&key, id, amount)).await {
                Ok(GivenBack::Done) => {
                    let refunded = order::Refunded { refund: id };
                    order = self.deps.orders.ask(order.id, refunded).await?;
                }
                // The row keeps the task; the sweeper comes back to it too.
                Ok(GivenBack::Pending) | Err(NoAnswer) => {
                    self.attend_again(LOOK_UP_AGAIN_AFTER);
                    return Ok(order);
                }
            }
        }
        Ok(order)
    }

    fn attend_again(&self, after: Duration) {
        // The quick path: where it cannot be set, the sweeper finds the row.
        self.incarnation.wake(after, || Attend).ok();
    }

    async fn charge(&self, payment: &Payment) -> Verdict {
        let charge = Charge {
            key: payment.provider_key(),
            token: payment.token.clone().unwrap_or_default(),
            amount: payment.amount,
        };
        match answered(self.deps.provider.authorize(&charge)).await {
            Ok(state) => self.conclude(&charge.key, state).await,
            Err(NoAnswer) => Verdict::Unknown,
        }
    }

    /// Asks how an attempt stands. One that the provider never heard of is made, under its key.
    async fn look_up(&self, payment: &Payment) -> Verdict {
        let key = payment.provider_key();
        match answered(self.deps.provider.look_up(&key)).await {
            Ok(Some(state)) => self.conclude(&key, state).await,
            Ok(None) => self.charge(payment).await,
            Err(NoAnswer) => Verdict::Unknown,
        }
    }

    /// Takes what has been set aside: a parcel is paid for before it is packed.
    async fn conclude(&self, key: &str, state: State) -> Verdict {
        let state = match state {
            State::Authorized { .. } => answered(self.deps.provider.capture(key)).await,
            other => Ok(other),
        };
        match state {
            Ok(State::Captured { reference }) => Verdict::Captured { reference },
            Ok(State::Declined { code }) => Verdict::Declined { code },
            Ok(State::Pending | State::Authorized { .. }) | Err(NoAnswer) => Verdict::Unknown,
        }
    }
}

/// The provider's answer, if it comes in time.
async fn answered<T>(reply: impl Future<Output = Result<T, NoAnswer>>) -> Result<T, NoAnswer> {
    timeout(ANSWER_MAX, reply).await.unwrap_or(Err(NoAnswer))
}
