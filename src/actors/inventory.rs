//! The stock as the shop's people change it. Sales do not pass here: they lock the rows themselves.

use std::fmt;

use actix::prelude::*;

use super::{
    apart,
    directory::{Entity, Incarnation},
};
use crate::{
    domain::{
        Error,
        alert::{Ask, Asked},
        catalogue::stock::{ChangeStock, StockLevel},
        id::VariantId,
    },
    store::Store,
};

/// How many actors share the variants.
const SHARDS: u128 = 16;

pub struct InventoryActor {
    store: Store,
}

/// A share of the variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shard(u128);

impl Shard {
    pub fn of(variant: VariantId) -> Self {
        Shard(variant.uuid().as_u128() % SHARDS)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Actor for InventoryActor {
    type Context = Context<Self>;
}

impl Entity for InventoryActor {
    type Id = Shard;
    type Deps = Store;
    const KIND: &'static str = "inventory";
    /// A merchant's script that counts a whole shelf.
    const MAILBOX: usize = 256;

    async fn load(_: Shard, store: Store, _: Incarnation<Self>) -> Result<Self, Error> {
        Ok(InventoryActor { store })
    }
}

/// Sets or adjusts the stock of a variant.
#[derive(Message)]
#[rtype(result = "Result<StockLevel, Error>")]
pub struct Change(pub ChangeStock);

impl Handler<Change> for InventoryActor {
    // Changes may overlap: the writer locks the row.
    type Result = ResponseFuture<Result<StockLevel, Error>>;

    fn handle(&mut self, Change(command): Change, _: &mut Context<Self>) -> Self::Result {
        let store = self.store.clone();
        let changed = async move { store.write(command).await.map(|changed| changed.after) };
        apart(changed)
    }
}

/// Has somebody told when there is some of a variant again.
#[derive(Message)]
#[rtype(result = "Result<Asked, Error>")]
pub struct AskAlert(pub Ask);

impl Handler<AskAlert> for InventoryActor {
    // They may overlap: the writer locks the row.
    type Result = ResponseFuture<Result<Asked, Error>>;

    fn handle(&mut self, AskAlert(command): AskAlert, _: &mut Context<Self>) -> Self::Result {
        let store = self.store.clone();
        apart(async move { store.write(command).await })
    }
}
