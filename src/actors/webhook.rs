//! Webhooks: the endpoints as the shop's people change them (here), the messages that are queued for
//! them (`fanout`), and those that are sent (`sender`).

use std::fmt;

use actix::prelude::*;

use super::{
    apart,
    directory::{Directory, Entity, Incarnation},
};
use crate::{
    domain::{Error, webhook},
    store::{Command, Store},
};

pub mod fanout;
pub mod sender;

/// The webhooks, of which there is one set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Webhooks;

impl fmt::Display for Webhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("webhooks")
    }
}

/// All webhooks. It remembers nothing: the store locks the row that is changed.
pub struct WebhookActor(Store);

impl Actor for WebhookActor {
    type Context = Context<Self>;
}

impl Entity for WebhookActor {
    type Id = Webhooks;
    type Deps = Store;
    const KIND: &'static str = "webhook";
    /// An admin's script that sends a page of messages again.
    const MAILBOX: usize = 128;

    async fn load(_: Webhooks, store: Store, _: Incarnation<Self>) -> Result<Self, Error> {
        Ok(WebhookActor(store))
    }
}

/// A command that somebody gives who runs the shop.
pub trait WebhookChange: Command {}

impl WebhookChange for webhook::Create {}
impl WebhookChange for webhook::Change {}
impl WebhookChange for webhook::Rotate {}
impl WebhookChange for webhook::Delete {}
impl WebhookChange for webhook::Resend {}

impl Directory<WebhookActor> {
    /// Changes an endpoint, or what is sent to it.
    pub async fn change<C: WebhookChange>(&self, command: C) -> Result<C::Outcome, Error> {
        self.ask(Webhooks, Change(command)).await
    }
}

#[derive(Message)]
#[rtype(result = "Result<C::Outcome, Error>")]
struct Change<C: Command>(C);

impl<C: WebhookChange> Handler<Change<C>> for WebhookActor {
    // Changes may overlap: the writer locks the row.
    type Result = ResponseFuture<Result<C::Outcome, Error>>;

    fn handle(&mut self, Change(command): Change<C>, _: &mut Context<Self>) -> Self::Result {
        let store = self.0.clone();
        apart(async move { store.write(command).await })
    }
}
