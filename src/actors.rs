//! The only writers: an actor per order, payment, cart, delivery, account, session and image, found by
//! its id, one for each sixteenth of the stock, one for each product that is edited, one for its
//! reviews, one for the tree of categories, one for the terms of sale, one for the webhooks, and one for each courier who
//! says where they are and each admin who sends files or reads the log.
//!
//! They start in this order, and ask only those before them: sessions; accounts; orders; carts and
//! deliveries; payments; the sweeper; the mailer; the sender of webhooks; the dispatcher. Images and those
//! who send ask nobody. So no two ever
//! wait for each other.

use std::time::Duration;

use actix::prelude::*;

pub mod account;
pub mod alert;
pub mod audit;
pub mod cart;
pub mod catalogue;
pub mod consumer;
pub mod courier;
pub mod delivery;
pub mod directory;
pub mod dispatch;
pub mod image;
pub mod import;
pub mod inventory;
pub mod lines;
pub mod link;
pub mod mailer;
pub mod notification;
pub mod order;
pub mod password;
pub mod payment;
pub mod pricing;
pub mod review;
pub mod session;
pub mod sweeper;
pub mod webhook;

use self::{
    account::AccountActor,
    audit::AuditActor,
    cart::CartActor,
    catalogue::{ProductActor, TreeActor},
    courier::CourierActor,
    delivery::DeliveryActor,
    directory::Directory,
    image::{ImageActor, studio::Studio},
    import::{Desks, ImportActor},
    inventory::InventoryActor,
    link::LinkActor,
    order::OrderActor,
    password::Passwords,
    payment::PaymentActor,
    pricing::TermsActor,
    review::ReviewActor,
    session::SessionActor,
    webhook::WebhookActor,
};
use crate::{domain::Error, store::origin};

/// How long anybody waits for an actor's answer before it is [`Busy`](crate::domain::Error::Busy).
pub const ASK_MAX: Duration = Duration::from_secs(5);
/// How often a decision is made again that another node was faster than. Of two nodes that are
/// at it all the time each wins every second race, so fewer tries would be seen to fail.
const TRIES_MAX: u32 = 32;

/// All the actors, as the edges know them.
#[derive(Clone)]
pub struct Actors {
    pub sessions: Directory<SessionActor>,
    pub accounts: Directory<AccountActor>,
    pub links: Directory<LinkActor>,
    pub carts: Directory<CartActor>,
    pub orders: Directory<OrderActor>,
    pub payments: Directory<PaymentActor>,
    pub deliveries: Directory<DeliveryActor>,
    pub couriers: Directory<CourierActor>,
    pub inventory: Directory<InventoryActor>,
    pub products: Directory<ProductActor>,
    pub categories: Directory<TreeActor>,
    pub terms: Directory<TermsActor>,
    pub imports: Directory<ImportActor>,
    pub desks: Desks,
    pub audit: Directory<AuditActor>,
    pub images: Directory<ImageActor>,
    pub reviews: Directory<ReviewActor>,
    pub webhooks: Directory<WebhookActor>,
    pub passwords: Passwords,
    pub studio: Studio,
}

/// An actor that holds something in memory while its handlers wait for the store.
pub trait Holds: Actor<Context = Context<Self>> {
    type Held: 'static;

    fn held(&mut self) -> &mut Option<Self::Held>;
}

/// What a handler answers that may overlap with others of its actor: it is done on behalf of whoever
/// sent the message.
pub fn apart<T: 'static>(
    work: impl Future<Output = Result<T, Error>> + 'static,
) -> ResponseFuture<Result<T, Error>> {
    Box::pin(origin::carried(work))
}

/// What a handler answers that reads memory, waits, and writes memory: nothing else of the actor
/// runs in between. After a panic in `work` the memory is gone, and with it the actor.
pub fn atomically<A: Holds, T: 'static>(
    actor: &mut A,
    work: impl AsyncFnOnce(&mut A::Held) -> Result<T, Error> + 'static,
) -> AtomicResponse<A, Result<T, Error>> {
    let held = actor.held().take();
    let work = origin::carried(async move {
        match held {
            Some(mut held) => {
                let outcome = work(&mut held).await;
                (Some(held), outcome)
            }
            None => (None, Err(Error::Busy)),
        }
    });
    let put_back = |(held, outcome), actor: &mut A, _: &mut Context<A>| {
        *actor.held() = held;
        outcome
    };
    AtomicResponse::new(Box::pin(work.into_actor(actor).map(put_back)))
}
