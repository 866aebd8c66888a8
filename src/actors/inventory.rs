//! The stock as the shop's people change it. Sales do not pass here: they lock the rows themselves.

use actix::prelude::*;

use crate::{
    domain::{
        Error,
        catalogue::{ChangeStock, StockLevel},
    },
    store::Store,
};

/// Changes of stock that may wait: a merchant's script that counts a whole shelf.
const MAILBOX: usize = 256;

pub struct InventoryActor {
    pub store: Store,
}

impl Actor for InventoryActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(MAILBOX);
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
        Box::pin(async move { store.write(command).await })
    }
}
