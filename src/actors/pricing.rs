//! The terms on which the shop sells, as its people change them: promotions and the tariff.

use std::fmt;

use actix::prelude::*;

use super::{
    apart,
    directory::{Directory, Entity, Incarnation},
};
use crate::{
    domain::{Error, promotion::change as promotions, tariff},
    store::{Command, Store},
};

/// The terms, of which there is one set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Terms;

impl fmt::Display for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("terms")
    }
}

/// All terms. It remembers nothing: the store locks the row that is changed, and compares the version
/// that whoever changes it has seen.
pub struct TermsActor(Store);

impl Actor for TermsActor {
    type Context = Context<Self>;
}

impl Entity for TermsActor {
    type Id = Terms;
    type Deps = Store;
    const KIND: &'static str = "terms";
    /// A merchant's script that makes a thousand coupons.
    const MAILBOX: usize = 128;

    async fn load(_: Terms, store: Store, _: Incarnation<Self>) -> Result<Self, Error> {
        Ok(TermsActor(store))
    }
}

/// A command that changes the terms.
pub trait TermsChange: Command {}

impl TermsChange for promotions::Create {}
impl TermsChange for promotions::Change {}
impl TermsChange for tariff::Change {}

impl Directory<TermsActor> {
    /// Changes the terms; carts are priced on them from then on.
    pub async fn change<C: TermsChange>(&self, command: C) -> Result<C::Outcome, Error> {
        self.ask(Terms, Change(command)).await
    }
}

#[derive(Message)]
#[rtype(result = "Result<C::Outcome, Error>")]
struct Change<C: Command>(C);

impl<C: TermsChange> Handler<Change<C>> for TermsActor {
    // Changes may overlap: the writer locks the row.
    type Result = ResponseFuture<Result<C::Outcome, Error>>;

    fn handle(&mut self, Change(command): Change<C>, _: &mut Context<Self>) -> Self::Result {
        let store = self.0.clone();
        apart(async move { store.write(command).await })
    }
}
