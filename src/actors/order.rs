//! Orders: the only writers of an order, its payment and its deliveries.

use actix::prelude::*;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    Holds, TRIES_MAX, atomically,
    directory::{Entity, Incarnation},
};
use crate::{
    domain::{
        Error,
        cart::Buyer,
        error::Refusal,
        id::OrderId,
        idempotency::{Answer, Claim, Keep, Outcome},
        order::{
            Order, Status,
            change::{Advance, Advanced, Change, Claimed},
            place::{Place as Placing, Placed},
        },
        payment,
    },
    gateway::{courier::Courier, payment::Providers},
    store::{self, Store, read},
};

pub mod courier;
pub mod deliver;
pub mod pay;
pub mod refund;
pub mod returns;

pub struct OrderActor(Option<Held>);

/// What orders share.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub courier: Courier,
    pub providers: Providers,
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

/// Who placed it, which never changes; `NotFound` where there is no such order.
#[derive(Message)]
#[rtype(result = "Result<Buyer, Error>")]
pub struct Whose;

impl Handler<Whose> for OrderActor {
    type Result = AtomicResponse<Self, Result<Buyer, Error>>;

    fn handle(&mut self, _: Whose, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| Ok(held.order().await?.buyer))
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
        self.change_and_keep(decide, |_| Claimed::Not).await
    }

    /// The same, with an answer that is kept under a claim if there is none yet.
    async fn change_and_keep(
        &mut self,
        decide: impl Fn(&Order, DateTime<Utc>) -> Result<Option<Change>, Error>,
        claim: impl Fn(&Order) -> Claimed,
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
            let claim = claim(&change.order);
            match self.write(change, claim).await {
                Ok(Advanced::Done | Advanced::Told(_)) => return self.order().await.cloned(),
                Ok(Advanced::Clashed) => return Err(Error::KeyReused),
                // An answer under the key says nothing of whether this was written.
                Ok(Advanced::Replayed(_)) | Err(Error::Stale) => self.order = None,
                Err(err) => return Err(err),
            }
        }
        Err(Error::Busy)
    }

    /// Decides on the order as it stands, once for each claim: a repeat is answered as the first try
    /// was, by what is told of the order then. Without a claim it is done with each try.
    async fn once(
        &mut self,
        claim: Option<&Claim>,
        decide: impl Fn(&Order, DateTime<Utc>) -> Result<Change, Error>,
        told: impl Fn(&Order) -> Value,
    ) -> Result<Answer, Error> {
        for _ in 0..TRIES_MAX {
            if let Some(claim) = claim
                && let Some(answer) = self.kept(claim).await?
            {
                return Ok(answer);
            }
            let may_be_old = self.may_be_old();
            let change = match decide(self.order().await?, store::now()) {
                Ok(change) => change,
                Err(_) if may_be_old => {
                    self.order = None;
                    continue;
                }
                Err(Error::Conflict(refusal)) => return self.refuse(claim, refusal).await,
                Err(err) => return Err(err),
            };
            let answer = Answer::fresh(match &change.refusal {
                Some(refusal) => Outcome::Refused(refusal.clone()),
                None => Outcome::Done(told(&change.order).to_string()),
            });
            let claim = Claimed::answered(claim.cloned(), &answer);
            match self.write(change, claim).await {
                Ok(Advanced::Done) => return Ok(answer),
                Ok(Advanced::Told(answer) | Advanced::Replayed(answer)) => return Ok(answer),
                Ok(Advanced::Clashed) => return Err(Error::KeyReused),
                Err(Error::Stale) => self.order = None,
                Err(err) => return Err(err),
            }
        }
        Err(Error::Busy)
    }

    /// What was answered under the claim; `KeyReused` where that was to another request.
    async fn kept(&self, claim: &Claim) -> Result<Option<Answer>, Error> {
        let (store, key) = (self.deps.store.clone(), claim.key.clone());
        read!(store, idempotency::find(key))?.map(|kept| kept.answer(claim)).transpose()
    }

    /// A refusal is an outcome: under a key, a repeat is refused too, whatever has come since.
    async fn refuse(&self, claim: Option<&Claim>, refusal: Refusal) -> Result<Answer, Error> {
        let outcome = Outcome::Refused(refusal);
        match claim.cloned() {
            Some(claim) => self.deps.store.write(Keep { claim, outcome }).await,
            None => Ok(Answer::fresh(outcome)),
        }
    }

    async fn write(&mut self, change: Change, claim: Claimed) -> Result<Advanced, Error> {
        let after = change.order.clone();
        // Until the outcome is known, the store alone knows how the order stands.
        self.order = None;
        let advanced = self.deps.store.write(Advance { change, claim }).await?;
        match advanced {
            Advanced::Done | Advanced::Told(_) | Advanced::Clashed => self.order = Some(after),
            Advanced::Replayed(_) => {}
        }
        Ok(advanced)
    }
}
