//! Links that somebody asks for who has shown nothing: what is answered does not depend on whether
//! there is an account.

use std::time::Duration;

use actix::prelude::*;

use super::{
    apart,
    directory::{Entity, Incarnation},
};
use crate::{
    domain::{Error, account::Email, id::LinkId, link},
    store::Store,
};

/// A link by its id, before anybody knows whose it is.
pub struct LinkActor {
    id: LinkId,
    store: Store,
    incarnation: Incarnation<LinkActor>,
}

impl Actor for LinkActor {
    type Context = Context<Self>;
}

impl Entity for LinkActor {
    type Id = LinkId;
    type Deps = Store;
    const KIND: &'static str = "link";
    /// Whoever asks, its own timer and the sweeper.
    const MAILBOX: usize = 4;

    async fn load(id: LinkId, store: Store, incarnation: Incarnation<Self>) -> Result<Self, Error> {
        Ok(LinkActor { id, store, incarnation })
    }
}

/// Notes that somebody asks for a new password; whether for an account, is looked at later.
#[derive(Message)]
#[rtype(result = "Result<(), Error>")]
pub struct Ask(pub Email);

impl Handler<Ask> for LinkActor {
    type Result = ResponseFuture<Result<(), Error>>;

    fn handle(&mut self, Ask(email): Ask, _: &mut Context<Self>) -> Self::Result {
        let (store, link) = (self.store.clone(), self.id);
        let incarnation = self.incarnation.clone();
        apart(async move {
            store.write(link::Ask { link, email }).await?;
            // The row is there: where this cannot be set, the sweeper finds it.
            incarnation.wake(Duration::ZERO, || Send).ok();
            Ok(())
        })
    }
}

/// Sends what was asked for, if there is an account.
#[derive(Message)]
#[rtype(result = "Result<(), Error>")]
pub struct Send;

impl Handler<Send> for LinkActor {
    // The store compares and sets: sending twice sends once.
    type Result = ResponseFuture<Result<(), Error>>;

    fn handle(&mut self, _: Send, _: &mut Context<Self>) -> Self::Result {
        let (store, link) = (self.store.clone(), self.id);
        apart(async move { store.write(link::Send { link }).await.map(drop) })
    }
}
