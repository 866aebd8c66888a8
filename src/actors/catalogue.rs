//! The catalogue as the shop's people change it: an actor for each product, and one for the tree of
//! categories.

use std::fmt;

use actix::prelude::*;

use super::{
    apart,
    directory::{Directory, Entity, Incarnation},
};
use crate::{
    domain::{
        Error,
        catalogue::{
            category,
            edit::{self, Discard},
        },
        id::ProductId,
    },
    reading::catalogue::Catalogue,
    store::{Command, Store},
};

/// What both kinds are given.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub catalogue: Catalogue,
}

impl Deps {
    /// Runs a command, and waits until searches on this node find what it has changed.
    async fn write<C: Command>(&self, command: C) -> Result<C::Outcome, Error> {
        let outcome = self.store.write(command).await?;
        self.catalogue.settled().await;
        Ok(outcome)
    }
}

/// A product with its variants. It remembers nothing: the store locks the row that is changed, and
/// compares the version that whoever changes it has seen.
pub struct ProductActor(Deps);

impl Actor for ProductActor {
    type Context = Context<Self>;
}

impl Entity for ProductActor {
    type Id = ProductId;
    type Deps = Deps;
    const KIND: &'static str = "product";
    /// A merchant's script that prices all variants one by one.
    const MAILBOX: usize = 128;

    async fn load(_: ProductId, deps: Deps, _: Incarnation<Self>) -> Result<Self, Error> {
        Ok(ProductActor(deps))
    }
}

/// The tree of categories, of which there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tree;

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tree")
    }
}

/// All categories. It remembers nothing, as the products do not.
pub struct TreeActor(Deps);

impl Actor for TreeActor {
    type Context = Context<Self>;
}

impl Entity for TreeActor {
    type Id = Tree;
    type Deps = Deps;
    const KIND: &'static str = "category_tree";
    /// A merchant's script that builds a whole tree.
    const MAILBOX: usize = 128;

    async fn load(_: Tree, deps: Deps, _: Incarnation<Self>) -> Result<Self, Error> {
        Ok(TreeActor(deps))
    }
}

/// A command of one product.
pub trait ProductChange: Command {
    fn product(&self) -> ProductId;
}

/// A command of the tree.
pub trait TreeChange: Command {}

impl Directory<ProductActor> {
    /// Changes a product. When the answer is there, this node shows and finds it as it is now.
    pub async fn change<C: ProductChange>(&self, command: C) -> Result<C::Outcome, Error> {
        self.ask(command.product(), Change(command)).await
    }
}

impl Directory<TreeActor> {
    /// Changes the tree. When the answer is there, this node shows and finds it as it is now.
    pub async fn change<C: TreeChange>(&self, command: C) -> Result<C::Outcome, Error> {
        self.ask(Tree, Change(command)).await
    }
}

#[derive(Message)]
#[rtype(result = "Result<C::Outcome, Error>")]
struct Change<C: Command>(C);

impl<C: ProductChange> Handler<Change<C>> for ProductActor {
    // Changes may overlap: the writer locks the row.
    type Result = ResponseFuture<Result<C::Outcome, Error>>;

    fn handle(&mut self, Change(command): Change<C>, _: &mut Context<Self>) -> Self::Result {
        let deps = self.0.clone();
        apart(async move { deps.write(command).await })
    }
}

impl<C: TreeChange> Handler<Change<C>> for TreeActor {
    // Changes may overlap: the writer locks the one row of the tree.
    type Result = ResponseFuture<Result<C::Outcome, Error>>;

    fn handle(&mut self, Change(command): Change<C>, _: &mut Context<Self>) -> Self::Result {
        let deps = self.0.clone();
        apart(async move { deps.write(command).await })
    }
}

macro_rules! product_changes {
    ($($command:ty;)*) => {$(
        impl ProductChange for $command {
            fn product(&self) -> ProductId {
                self.product
            }
        }
    )*};
}

product_changes! {
    edit::Change;
    edit::Create;
    Discard;
}

impl TreeChange for category::Create {}
impl TreeChange for category::Change {}
impl TreeChange for category::Delete {}
