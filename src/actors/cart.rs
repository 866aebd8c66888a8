//! Carts: each has one writer, so that edits from several devices add up.

use std::time::Duration;

use actix::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    Holds, TRIES_MAX, atomically,
    directory::{Directory, Entity, Incarnation},
    order::{self, OrderActor},
};
use crate::{
    domain::{
        Error,
        account::Email,
        address::Address,
        cart::{
            Buyer, Cart, CartView,
            change::{Edit as CartEdit, Moments, Save},
            merge::{self, Merged},
        },
        delivery::Method,
        id::{CartId, OrderId},
        idempotency::{Answer, Claim, Keep, Kept, Outcome},
        money::Money,
        order::place::{Place, Placed},
        payment::ProviderName,
        settings::Language,
    },
    store::{self, Store, read},
};

pub struct CartActor(Option<Held>);

/// What carts share.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub orders: Directory<OrderActor>,
    /// How long a cart is kept that nobody touches.
    pub cart_ttl: Duration,
    /// How long a cart's units are held.
    pub hold_ttl: Duration,
    /// How long an order may wait for its payment.
    pub payment_ttl: Duration,
    /// Who moves the money of new orders.
    pub provider: ProviderName,
}

pub struct Held {
    deps: Deps,
    cart: Cart,
}

impl Actor for CartActor {
    type Context = Context<Self>;
}

impl Holds for CartActor {
    type Held = Held;

    fn held(&mut self) -> &mut Option<Held> {
        &mut self.0
    }
}

impl Entity for CartActor {
    type Id = CartId;
    type Deps = Deps;
    const KIND: &'static str = "cart";
    /// Five devices of twenty impatient clicks each.
    const MAILBOX: usize = 128;

    async fn load(id: CartId, deps: Deps, _: Incarnation<Self>) -> Result<Self, Error> {
        let store = deps.store.clone();
        let cart = read!(store, cart::get(id))?;
        Ok(CartActor(Some(Held { deps, cart })))
    }
}

/// Changes the cart.
#[derive(Message)]
#[rtype(result = "Result<Edited, Error>")]
pub struct Edit {
    pub edit: CartEdit,
    /// Whether the cart is to be shown afterwards.
    pub show: bool,
}

/// What a cart is after an edit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edited {
    pub version: i64,
    /// Not where the cart was so already.
    #[serde(skip)]
    pub is_changed: bool,
    /// As it was just made, where it is to be shown; none where that has to be read.
    #[serde(skip)]
    pub view: Option<Box<CartView>>,
}

impl Handler<Edit> for CartActor {
    type Result = AtomicResponse<Self, Result<Edited, Error>>;

    fn handle(&mut self, msg: Edit, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| held.edit(&msg.edit, msg.show).await)
    }
}

/// Changes the cart once, however often that is sent: what is answered is an [`Edited`] as JSON.
#[derive(Message)]
#[rtype(result = "Result<Answer, Error>")]
pub struct EditOnce {
    pub edit: CartEdit,
    pub claim: Claim,
}

impl Handler<EditOnce> for CartActor {
    type Result = AtomicResponse<Self, Result<Answer, Error>>;

    fn handle(&mut self, msg: EditOnce, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| held.edit_once(&msg).await)
    }
}

/// Its hold, or the cart itself, may have come to its end.
#[derive(Message)]
#[rtype(result = "Result<Edited, Error>")]
pub struct Expire;

impl Handler<Expire> for CartActor {
    type Result = AtomicResponse<Self, Result<Edited, Error>>;

    fn handle(&mut self, _: Expire, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| held.edit(&CartEdit::Expire, false).await)
    }
}

/// Takes over all that is in the cart of a guest.
#[derive(Message)]
#[rtype(result = "Result<Merged, Error>")]
pub struct Merge {
    pub from: CartId,
}

impl Handler<Merge> for CartActor {
    type Result = AtomicResponse<Self, Result<Merged, Error>>;

    fn handle(&mut self, msg: Merge, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| held.merge(msg.from).await)
    }
}

/// Turns the cart into an order, and empties it.
#[derive(Message)]
#[rtype(result = "Result<Placed, Error>")]
pub struct Checkout {
    pub buyer: Buyer,
    /// A guest's address for mail.
    pub email: Option<Email>,
    /// What the buyer's program says that they read.
    pub language: Option<Language>,
    /// Who redeems the coupons, as they are counted.
    pub customer: String,
    pub address: Address,
    pub method: Method,
    pub expected_total: Option<Money>,
    pub claim: Claim,
}

impl Handler<Checkout> for CartActor {
    type Result = AtomicResponse<Self, Result<Placed, Error>>;

    fn handle(&mut self, msg: Checkout, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| held.check_out(&msg).await)
    }
}

impl Held {
    async fn edit(&mut self, edit: &CartEdit, show: bool) -> Result<Edited, Error> {
        for tried in 0..TRIES_MAX {
            if let Some(edited) = self.try_edit(edit, show, None, tried == 0).await? {
                return Ok(edited);
            }
        }
        Err(Error::Busy)
    }

    async fn edit_once(&mut self, EditOnce { edit, claim }: &EditOnce) -> Result<Answer, Error> {
        for tried in 0..TRIES_MAX {
            let (store, key) = (self.deps.store.clone(), claim.key.clone());
            if let Some(kept) = read!(store, idempotency::find(key))? {
                return kept.answer(claim);
            }
            let outcome = match self.try_edit(edit, false, Some(claim), tried == 0).await {
                Ok(Some(edited)) => return Ok(Answer::fresh(edited.outcome()?)),
                Ok(None) => continue,
                // A refusal is an outcome: a repeat is refused too, whatever has come since.
                Err(Error::Conflict(refusal)) => Outcome::Refused(refusal),
                Err(err) => return Err(err),
            };
            return self.deps.store.write(Keep { claim: claim.clone(), outcome }).await;
        }
        Err(Error::Busy)
    }

    /// What came of the edit; none where the cart was read again, and it is to be tried anew: it did
    /// not stand as it was known here, or it is the first try, and what is refused or done already by
    /// what was known may be otherwise in what another node or a merge has made of it.
    async fn try_edit(
        &mut self,
        edit: &CartEdit,
        show: bool,
        claim: Option<&Claim>,
        is_first: bool,
    ) -> Result<Option<Edited>, Error> {
        let (after, save) = match self.cart.after(edit, &self.moments()) {
            Ok(Some(decided)) => decided,
            Ok(None) | Err(_) if is_first => return self.reload().await.map(|()| None),
            Ok(None) => {
                let version = self.cart.version;
                return Ok(Some(Edited { version, is_changed: false, view: None }));
            }
            Err(err) => return Err(err),
        };
        let edited = Edited { version: after.version, is_changed: true, view: None };
        let keep = match claim {
            Some(claim) => Some(Kept { claim: claim.clone(), outcome: edited.outcome()? }),
            None => None,
        };
        let shown = show.then(|| Box::new(after.clone()));
        match self.deps.store.write(Save { keep, shown, ..save }).await {
            Ok(view) => {
                self.cart = after;
                Ok(Some(Edited { view, ..edited }))
            }
            Err(Error::Stale) => self.reload().await.map(|()| None),
            Err(err) => Err(err),
        }
    }

    fn moments(&self) -> Moments {
        let (now, Deps { hold_ttl, cart_ttl, .. }) = (store::now(), &self.deps);
        Moments { now, held_until: now + *hold_ttl, expires_at: now + *cart_ttl }
    }

    async fn merge(&mut self, from: CartId) -> Result<Merged, Error> {
        let (into, expires_at) = (self.cart.id, store::now() + self.deps.cart_ttl);
        let merged = self.deps.store.write(merge::Merge { from, into, expires_at }).await?;
        self.cart = merged.cart.clone();
        Ok(merged)
    }

    async fn check_out(&mut self, msg: &Checkout) -> Result<Placed, Error> {
        for _ in 0..TRIES_MAX {
            let place = self.place(msg);
            match self.deps.orders.ask(place.order, order::Place(place)).await {
                Ok(placed) => {
                    if placed.order.is_some() {
                        self.cart = self.cart.emptied();
                    }
                    return Ok(placed);
                }
                Err(Error::Stale) => self.reload().await?,
                Err(err) => return Err(err),
            }
        }
        Err(Error::Busy)
    }

    fn place(&self, msg: &Checkout) -> Place {
        Place {
            order: OrderId::new(),
            buyer: msg.buyer,
            email: msg.email.clone(),
            language: msg.language,
            customer: msg.customer.clone(),
            cart_version: self.cart.version,
            items: self.cart.items.clone(),
            codes: self.cart.codes.clone(),
            address: msg.address.clone(),
            method: msg.method,
            expected_total: msg.expected_total,
            expires_at: store::now() + self.deps.payment_ttl,
            provider: self.deps.provider,
            claim: msg.claim.clone(),
        }
    }

    /// Another node was faster, or an outcome was lost: the store knows how the cart stands.
    async fn reload(&mut self) -> Result<(), Error> {
        let (store, id) = (self.deps.store.clone(), self.cart.id);
        self.cart = read!(store, cart::get(id))?;
        Ok(())
    }
}

impl Edited {
    fn outcome(&self) -> Result<Outcome, Error> {
        let json = serde_json::to_string(self).map_err(Error::internal("writing an edit"))?;
        Ok(Outcome::Done(json))
    }

    /// What was answered to an [`EditOnce`].
    pub fn of(answer: Answer) -> Result<Self, Error> {
        match answer.outcome {
            Outcome::Done(json) => {
                serde_json::from_str(&json).map_err(Error::internal("reading an edit"))
            }
            Outcome::Refused(refusal) => Err(Error::Conflict(refusal)),
        }
    }
}
