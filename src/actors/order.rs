//! Orders: the only writers of an order, its payment and its deliveries.

use std::time::Duration;

use actix::prelude::*;
use chrono::{DateTime, Utc};

use super::{
    Holds, TRIES_MAX, atomically,
    directory::{Entity, Incarnation},
};
use crate::{
    domain::{
        Error,
        id::{DeliveryId, OrderId, RefundId},
        idempotency::{Answer, Claim, Keep, Outcome},
        order::{
            Order, Status,
            change::{Advance, Advanced, Change},
            place::{Place as Placing, Placed},
        },
        payment::{self, Verdict},
    },
    gateway::courier::Courier,
    store::{self, Store, read},
};

pub mod deliver;
pub mod refund;
pub mod returns;

/// When a payment whose answer did not come is looked up, if nobody does it before.
const LOOK_UP_AFTER: Duration = Duration::from_secs(10);
/// How soon an answer that is still unknown is asked for again.
pub const LOOK_UP_AGAIN_AFTER: Duration = Duration::from_secs(1);

pub struct OrderActor(Option<Held>);

/// What orders share.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub courier: Courier,
}

pub struct Held {
    id: OrderId,
    deps: Deps,
    /// Read when it is first needed: most orders are placed and paid by one incarnation.
    order: Option<Order>,
}

impl Actor for OrderActor {
    type Context = Context<Self>;
}

impl Holds for OrderActor {
    type Held = Held;

    fn held(&mut self) -> &mut Option<Held> {
        &mut self.0
    }
}

impl Entity for OrderActor {
    type Id = OrderId;
    type Deps = Deps;
    const KIND: &'static str = "order";
    /// A buyer, an admin, the provider and the courier at once, each a few times.
    const MAILBOX: usize = 64;

    async fn load(id: OrderId, deps: Deps, _: Incarnation<Self>) -> Result<Self, Error> {
        Ok(OrderActor(Some(Held { id, deps, order: None })))
    }
}

/// Places this order.
#[derive(Message)]
#[rtype(result = "Result<Placed, Error>")]
pub struct Place(pub Placing);

impl Handler<Place> for OrderActor {
    type Result = AtomicResponse<Self, Result<Placed, Error>>;

    fn handle(&mut self, Place(command): Place, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            let placed = held.deps.store.write(command).await?;
            held.order = placed.order.clone();
            Ok(placed)
        })
    }
}

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

/// Calls the order off.
#[derive(Message)]
#[rtype(result = "Result<Order, Error>")]
pub struct Cancel {
    pub reason: Option<String>,
    /// Refuse if it was paid for already.
    pub unpaid_only: bool,
}

impl Handler<Cancel> for OrderActor {
    type Result = AtomicResponse<Self, Result<Order, Error>>;

    fn handle(&mut self, msg: Cancel, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            held.change(|order, now| {
                if msg.unpaid_only && order.status != Status::PendingPayment {
                    order.payment.status.after(payment::Step::Cancel)?;
                }
                order.cancel(msg.reason.as_deref(), now).map(Some)
            })
            .await
        })
    }
}

/// The time to pay is over.
#[derive(Message)]
#[rtype(result = "Result<Order, Error>")]
pub struct Expire;

impl Handler<Expire> for OrderActor {
    type Result = AtomicResponse<Self, Result<Order, Error>>;

    fn handle(&mut self, _: Expire, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            held.change(|order, now| order.expire(now).map(Some)).await
        })
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
        atomically(self, async move |held| held.refunded(msg.refund).await)
    }
}

impl Held {
    /// The order as this node knows it, `NotFound` where there is none.
    async fn order(&mut self) -> Result<&Order, Error> {
        if self.order.is_none() {
            let (store, id) = (self.deps.store.clone(), self.id);
            self.order = Some(read!(store, order::get(id))?);
        }
        self.order.as_ref().ok_or(Error::NotFound("order"))
    }

    /// Whether another node may have changed the order since it was read.
    fn may_be_old(&self) -> bool {
        self.order.is_some() && self.deps.store.is_shared()
    }

    /// Decides on the order as it stands and writes the change, if there is one; where another
    /// node has changed it in the meantime, decides again on what that node made of it.
    async fn change(
        &mut self,
        decide: impl Fn(&Order, DateTime<Utc>) -> Result<Option<Change>, Error>,
    ) -> Result<Order, Error> {
        for _ in 0..TRIES_MAX {
            let may_be_old = self.may_be_old();
            let change = match decide(self.order().await?, store::now()) {
                Ok(Some(change)) => change,
                // What is refused or done here may not be in what another node has made of it.
                Ok(None) | Err(_) if may_be_old => {
                    self.order = None;
                    continue;
                }
                Ok(None) => return self.order().await.cloned(),
                Err(err) => return Err(err),
            };
            match self.write(change, None).await {
                Ok(_) => return self.order().await.cloned(),
                Err(Error::Stale) => self.order = None,
                Err(err) => return Err(err),
            }
        }
        Err(Error::Busy)
    }

    async fn write(
        &mut self,
        change: Change,
        claim: Option<(Claim, Answer)>,
    ) -> Result<Advanced, Error> {
        let after = change.order.clone();
        // Until the outcome is known, the store alone knows how the order stands.
        self.order = None;
        let advanced = self.deps.store.write(Advance { change, claim }).await?;
        if matches!(advanced, Advanced::Done) {
            self.order = Some(after);
        }
        Ok(advanced)
    }

    async fn attempt(&mut self, msg: &Attempt) -> Result<Attempted, Error> {
        for _ in 0..TRIES_MAX {
            let (store, key) = (self.deps.store.clone(), msg.claim.key.clone());
            if let Some(kept) = read!(store, idempotency::find(key))? {
                return Ok(Attempted::Answered(kept.answer(&msg.claim)?));
            }
            let may_be_old = self.may_be_old();
            let order = self.order().await?;
            if order.payment.claim.as_ref().is_some_and(|it| it.key == msg.claim.key) {
                return repeated(order, &msg.claim);
            }
            let now = store::now();
            match order.attempt(&msg.token, &msg.claim, now + LOOK_UP_AFTER, now) {
                Ok(change) => match self.write(change, None).await {
                    Ok(_) => return Ok(Attempted::Go(Box::new(self.order().await?.clone()))),
                    // Perhaps it was this very confirmation that another node was faster with.
                    Err(Error::Stale) => self.order = None,
                    Err(err) => return Err(err),
                },
                Err(_) if may_be_old => self.order = None,
                // A refusal is an outcome: a repeat is refused too, whatever has come since.
                Err(Error::Conflict(refusal)) => {
                    let (claim, outcome) = (msg.claim.clone(), Outcome::Refused(refusal));
                    let kept = self.deps.store.write(Keep { claim, outcome }).await?;
                    return Ok(Attempted::Answered(kept));
                }
                Err(err) => return Err(err),
            }
        }
        Err(Error::Busy)
    }

    async fn settle(&mut self, msg: &Settle) -> Result<Settled, Error> {
        for _ in 0..TRIES_MAX {
            let (now, courier) = (store::now(), self.deps.courier);
            let may_be_old = self.may_be_old();
            let order = self.order().await?;
            let delivery = courier.accept(DeliveryId::new(), order, now);
            let again = now + LOOK_UP_AGAIN_AFTER;
            let change = match order.settle(msg.attempt, &msg.verdict, delivery, again, now) {
                Ok(Some(change)) => change,
                Ok(None) | Err(_) if may_be_old => {
                    self.order = None;
                    continue;
                }
                Ok(None) => return Ok(Settled { answer: answer(order), order: order.clone() }),
                Err(err) => return Err(err),
            };
            let settled = Settled { answer: answer(&change.order), order: change.order.clone() };
            // Whoever confirmed may have gone without an answer: it waits for them under their key.
            let payment = &change.order.payment;
            let claim = match &msg.claim {
                None if payment.due.is_none() => payment.claim.clone(),
                claim => claim.clone(),
            };
            let claim = claim.map(|claim| (claim, settled.answer.clone()));
            match self.write(change, claim).await {
                Ok(Advanced::Done) => return Ok(settled),
                Ok(Advanced::Replayed(answer)) => {
                    return Ok(Settled { order: self.order().await?.clone(), answer });
                }
                Err(Error::Stale) => self.order = None,
                Err(err) => return Err(err),
            }
        }
        Err(Error::Busy)
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
fn answer(order: &Order) -> Answer {
    Answer::fresh(Outcome::Done(serde_json::json!(order.payment).to_string()))
}
