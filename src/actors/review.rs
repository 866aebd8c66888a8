//! Reviews: an actor for each product takes what is said of it and what is done about that.

use actix::prelude::*;

use super::{
    apart,
    directory::{Directory, Entity, Incarnation},
};
use crate::{
    domain::{
        Error,
        id::ProductId,
        review::change::{Change, Changed},
    },
    store::Store,
};

/// The reviews of a product. It remembers nothing: the store locks the rating that they come to.
pub struct ReviewActor {
    store: Store,
}

impl Actor for ReviewActor {
    type Context = Context<Self>;
}

impl Entity for ReviewActor {
    type Id = ProductId;
    type Deps = Store;
    const KIND: &'static str = "review";
    /// What one transaction takes of the buyers of something that everybody has just got.
    const MAILBOX: usize = 256;

    async fn load(_: ProductId, store: Store, _: Incarnation<Self>) -> Result<Self, Error> {
        Ok(ReviewActor { store })
    }
}

impl Directory<ReviewActor> {
    /// Changes a review of the product that the change is of.
    pub async fn change(&self, change: Change) -> Result<Changed, Error> {
        self.ask(change.product, Make(change)).await
    }
}

#[derive(Message)]
#[rtype(result = "Result<Changed, Error>")]
struct Make(Change);

impl Handler<Make> for ReviewActor {
    // Changes may overlap: the writer decides them in the order of its queue.
    type Result = ResponseFuture<Result<Changed, Error>>;

    fn handle(&mut self, Make(change): Make, _: &mut Context<Self>) -> Self::Result {
        let store = self.store.clone();
        apart(async move { store.write(change).await })
    }
}
