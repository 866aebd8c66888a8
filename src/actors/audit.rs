//! Whoever reads the audit log: that, too, is in it.

use actix::prelude::*;

use super::{
    apart,
    directory::{Entity, Incarnation},
};
use crate::{
    domain::{Error, audit::reading::Read, id::UserId},
    store::Store,
};

/// An admin who reads the log.
pub struct AuditActor {
    store: Store,
}

impl Actor for AuditActor {
    type Context = Context<Self>;
}

impl Entity for AuditActor {
    type Id = UserId;
    type Deps = Store;
    const KIND: &'static str = "audit";
    /// A person, or a script of theirs.
    const MAILBOX: usize = 16;

    async fn load(_: UserId, store: Store, _: Incarnation<Self>) -> Result<Self, Error> {
        Ok(AuditActor { store })
    }
}

/// Notes that the log is about to be read.
#[derive(Message)]
#[rtype(result = "Result<(), Error>")]
pub struct Note(pub Read);

impl Handler<Note> for AuditActor {
    // Nothing is kept in memory, so notes may overlap.
    type Result = ResponseFuture<Result<(), Error>>;

    fn handle(&mut self, Note(command): Note, _: &mut Context<Self>) -> Self::Result {
        let store = self.store.clone();
        apart(async move { store.write(command).await })
    }
}
