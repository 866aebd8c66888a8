//! Payments: asks the provider, and tells the order what it said. The order alone commits.

use actix::prelude::*;
use tokio::time::timeout;

use super::{
    Holds, atomically,
    delivery::{self, DeliveryActor},
    directory::{Directory, Entity, Incarnation},
    order::{
        self, OrderActor,
        pay::{self, Attempted, Settled},
        refund as owed,
    },
};
use crate::{
    domain::{
        Error,
        id::{PaymentId, RefundId},
        idempotency::{Answer, Claim, Keep},
        order::{Order, refund::Refund},
        payment::{Due, Payment, Task, Verdict},
    },
    gateway::payment::{ANSWER_MAX, Charge, GivenBack, Hint, NoAnswer, Provider, Providers, State},
    store::{self, Store, read},
};

pub mod refund;

/// Stands for the charge of what costs nothing.
const FREE: &str = "free";

pub struct PaymentActor(Option<Held>);

/// What payments share.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub providers: Providers,
    pub orders: Directory<OrderActor>,
    pub deliveries: Directory<DeliveryActor>,
}

pub struct Held {
    id: PaymentId,
    deps: Deps,
    incarnation: Incarnation<PaymentActor>,
    /// Whether nothing was to be asked of the provider when that was last known here.
    is_idle: bool,
    /// The provider's key of the last attempt that was settled here and left nothing to ask.
    settled_key: Option<String>,
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
        let (is_idle, settled_key) = (false, None);
        Ok(PaymentActor(Some(Held { id, deps, incarnation, is_idle, settled_key })))
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

/// Does what is due, if it is time: asks for an answer that never came, or gives money back.
#[derive(Message)]
#[rtype(result = "Result<(), Error>")]
pub struct Attend;

impl Handler<Attend> for PaymentActor {
    type Result = AtomicResponse<Self, Result<(), Error>>;

    fn handle(&mut self, _: Attend, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            let (store, order) = (held.deps.store.clone(), held.id.order());
            let order = read!(store, order::get(order))?;
            match order.payment.due {
                // Whoever asked in the meantime has put it off.
                Some(Due { at, .. }) if at > store::now() => Ok(()),
                Some(_) | None => held.attend(order).await.map(drop),
            }
        })
    }
}

/// The provider has told that something happened: what it is, is asked, if anything is waited for.
#[derive(Message)]
#[rtype(result = "Result<(), Error>")]
pub struct Heard(pub Hint);

impl Handler<Heard> for PaymentActor {
    type Result = AtomicResponse<Self, Result<(), Error>>;

    fn handle(&mut self, Heard(hint): Heard, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| held.hear(hint).await)
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
            Ok(held.attend(order).await?.payment)
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
        let attempt = pay::Attempt { token: msg.token, claim: msg.claim };
        let order = match orders.ask(self.id.order(), attempt).await? {
            Attempted::Go(order) => order,
            Attempted::Answered(answer) => return Ok(answer),
        };
        let verdict = self.charge(&order).await;
        let settled = self.settle(order.payment.attempt, verdict, Some(claim.clone())).await?;
        match settled.order.payment.due {
            // The order was off by then: the money goes back before anybody is told that it came.
            Some(Due { task: Task::Refund, .. }) => {
                let outcome = pay::answer(&self.refund(settled.order).await?).outcome;
                self.deps.store.write(Keep { claim, outcome }).await
            }
            Some(Due { task: Task::LookUp, .. }) | None => Ok(settled.answer),
        }
    }

    async fn hear(&mut self, hint: Hint) -> Result<(), Error> {
        let (store, id) = (self.deps.store.clone(), self.id);
        let is_settled =
            hint.charge.as_ref().is_some_and(|it| self.settled_key.as_ref() == Some(&it.0));
        // Another node may have begun something since: an attempt has another key, and a refund is followed
        // by whoever began it.
        if self.is_idle && (is_settled || !store.is_shared()) {
            return Ok(());
        }
        if !read!(store, payment::waits(id))? {
            self.is_idle = true;
            return Ok(());
        }
        let store = self.deps.store.clone();
        let mut order = read!(store, order::get(id.order()))?;
        // What is known already does not become another charge by what somebody says.
        if let Some((key, reference)) = hint.charge
            && key == order.payment.provider_key()
            && order.payment.reference.is_none()
        {
            order.payment.reference = Some(reference);
        }
        self.attend(order).await.map(drop)
    }

    /// Does what is to be done for the payment of `order`, due or not.
    async fn attend(&mut self, order: Order) -> Result<Order, Error> {
        let order = match order.payment.due {
            Some(Due { task: Task::LookUp, .. }) => {
                let verdict = self.look_up(&order).await;
                self.settle(order.payment.attempt, verdict, None).await?.order
            }
            Some(Due { task: Task::Refund, .. }) | None => order,
        };
        self.is_idle = order.payment.due.is_none();
        match order.payment.due {
            Some(Due { task: Task::Refund, .. }) => self.refund(order).await,
            Some(Due { task: Task::LookUp, .. }) | None => Ok(order),
        }
    }

    /// Tells the order, and sees to it that what must follow does.
    async fn settle(
        &mut self,
        attempt: i32,
        verdict: Verdict,
        claim: Option<Claim>,
    ) -> Result<Settled, Error> {
        let settle = pay::Settle { attempt, verdict, claim };
        let settled = self.deps.orders.ask(self.id.order(), settle).await?;
        let payment = &settled.order.payment;
        self.follow(payment);
        self.settled_key = self.is_idle.then(|| payment.provider_key());
        for parcel in &settled.order.deliveries {
            if let Some(due_at) = parcel.due_at {
                delivery::move_at(&self.deps.deliveries, parcel.id, due_at - store::now());
            }
        }
        Ok(settled)
    }

    /// Comes back when it is time, if anything is still to be asked.
    fn follow(&mut self, payment: &Payment) {
        self.is_idle = payment.due.is_none();
        if let Some(Due { at, .. }) = payment.due {
            let after = (at - store::now()).to_std().unwrap_or_default();
            // The quick path: where it cannot be set, the sweeper finds the row.
            self.incarnation.wake(after, || Attend).ok();
        }
    }

    /// Gives back what is owed, one refund after the other; one that the provider does not give does
    /// not keep back the others.
    async fn refund(&mut self, mut order: Order) -> Result<Order, Error> {
        let owed: Vec<Refund> = order.refunds.iter().filter(|it| it.is_owed()).cloned().collect();
        let mut in_vain = None;
        for Refund { id, amount, .. } in owed {
            let charge = charge(&order);
            let asked = async { self.provider(&order.payment)?.refund(&charge, id, amount).await };
            match answered(asked).await {
                Ok(GivenBack::Done) => {
                    let refunded = owed::Refunded { refund: id };
                    order = self.deps.orders.ask(order.id, refunded).await?;
                }
                Ok(GivenBack::Failed { code }) => {
                    tracing::error!(order = %order.id, refund = %id, code, "a refund has failed");
                    let failed = owed::RefundFailed { refund: id, code };
                    order = self.deps.orders.ask(order.id, failed).await?;
                }
                Ok(GivenBack::Pending) | Err(NoAnswer) => in_vain = Some(id),
                Ok(GivenBack::Refused { code }) => {
                    tracing::error!(order = %order.id, refund = %id, code, "a refund was refused");
                    in_vain = Some(id);
                }
            }
        }
        if let Some(id) = in_vain {
            return self.put_off(&order, id).await;
        }
        self.is_idle = order.payment.due.is_none();
        Ok(order)
    }

    /// Asks for the refund again later: the row keeps the task, and the sweeper comes back to it.
    async fn put_off(&mut self, order: &Order, refund: RefundId) -> Result<Order, Error> {
        let put_off = pay::PutOffRefund { refund, tries: order.payment.tries };
        let order = self.deps.orders.ask(order.id, put_off).await?;
        self.follow(&order.payment);
        Ok(order)
    }

    fn provider(&self, payment: &Payment) -> Result<&dyn Provider, NoAnswer> {
        let provider = self.deps.providers.get(payment.provider);
        if provider.is_none() {
            let (payment, provider) = (payment.id, payment.provider);
            tracing::error!(%payment, %provider, "the provider of a payment is not set up");
        }
        provider.ok_or(NoAnswer)
    }

    async fn charge(&self, order: &Order) -> Verdict {
        if let Some(verdict) = free(order) {
            return verdict;
        }
        let charge = charge(order);
        let asked = async { self.provider(&order.payment)?.authorize(&charge).await };
        let state = answered(asked).await;
        self.conclude(order, charge, state).await
    }

    /// Asks how an attempt stands.
    async fn look_up(&self, order: &Order) -> Verdict {
        if let Some(verdict) = free(order) {
            return verdict;
        }
        let charge = charge(order);
        let asked = async { self.provider(&order.payment)?.look_up(&charge).await };
        let state = answered(asked).await;
        self.conclude(order, charge, state).await
    }

    /// Takes what has been set aside, as a parcel is paid for before it is packed; where the order is
    /// off, lets it go.
    async fn conclude(
        &self,
        order: &Order,
        mut charge: Charge,
        state: Result<State, NoAnswer>,
    ) -> Verdict {
        let mut state = state;
        if let Ok(State::Authorized { reference }) = &state {
            charge.reference = Some(reference.clone());
            let asked = async {
                let provider = self.provider(&order.payment)?;
                match order.is_off() {
                    true => provider.void(&charge).await,
                    false => provider.capture(&charge, charge.amount).await,
                }
            };
            state = answered(asked).await;
        }
        match state {
            Ok(State::Captured { reference }) => Verdict::Captured { reference },
            Ok(State::Voided { reference }) => Verdict::Voided { reference },
            Ok(State::Declined { code }) => Verdict::Declined { code },
            Ok(State::Authorized { reference }) => Verdict::Unknown { reference: Some(reference) },
            Ok(State::Pending { reference }) => {
                Verdict::Unknown { reference: reference.or(charge.reference) }
            }
            Err(NoAnswer) => Verdict::Unknown { reference: charge.reference },
        }
    }
}

/// The present attempt, as the provider is asked for it.
fn charge(order: &Order) -> Charge {
    let payment = &order.payment;
    Charge {
        key: payment.provider_key(),
        payment: payment.id,
        order: order.id,
        token: payment.token.clone().unwrap_or_default(),
        amount: payment.amount,
        reference: payment.reference.clone(),
        open_for: order.expires_at - store::now(),
    }
}

/// The provider's answer, if it comes in time.
async fn answered<T>(reply: impl Future<Output = Result<T, NoAnswer>>) -> Result<T, NoAnswer> {
    timeout(ANSWER_MAX, reply).await.unwrap_or(Err(NoAnswer))
}

/// What costs nothing is paid without a provider: none of them takes nothing.
fn free(order: &Order) -> Option<Verdict> {
    let is_free = order.payment.amount.amount == 0;
    is_free.then(|| Verdict::Captured { reference: FREE.to_owned() })
}
