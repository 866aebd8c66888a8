//! Changes of the lines of a cart as clients ask for them, by HTTP or on a socket. With a key it is
//! the same command either way: who has sent it on a socket that broke sends it again by HTTP, and it
//! is done once.

use crate::{
    actors::{
        cart::{self, CartActor, EditOnce, Edited},
        directory::Directory,
    },
    domain::{
        Error,
        cart::{Quantity, change::Edit},
        id::{CartId, ItemId, VariantId},
        idempotency::Answer,
    },
    http::{idempotency::IdempotencyKey, token::sha256_hex},
};

/// What is to become of the lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Add { variant: VariantId, quantity: Quantity },
    Set { item: ItemId, quantity: Quantity },
    Remove { item: ItemId },
    Clear,
}

/// What came of a change.
pub struct Changed {
    /// Refused where it is a `Conflict`, which is said again to each repeat.
    pub edited: Result<Edited, Error>,
    /// Whether it is of an earlier try.
    pub replayed: bool,
}

impl Change {
    /// Changes the cart; under a key once, however often that is sent in the next 24 hours. Where it
    /// is to `show`, what comes of it has the cart, but for a repeat and under a key.
    pub async fn of(
        self,
        carts: &Directory<CartActor>,
        cart: CartId,
        key: Option<IdempotencyKey>,
        show: bool,
    ) -> Result<Changed, Error> {
        let Some(key) = key else {
            let edited = carts.ask(cart, cart::Edit { edit: self.edit(), show }).await?;
            return Ok(Changed { edited: Ok(edited), replayed: false });
        };
        let claim = key.claim_of(&cart.to_string(), "cart", sha256_hex(self.words().as_bytes()));
        let answer = carts.ask(cart, EditOnce { edit: self.edit(), claim }).await?;
        let Answer { replayed, .. } = answer;
        Ok(Changed { edited: Edited::of(answer), replayed })
    }

    fn edit(&self) -> Edit {
        match *self {
            Change::Add { variant, quantity } => {
                Edit::Add { item: ItemId::new(), variant, quantity }
            }
            Change::Set { item, quantity } => Edit::Change { item, quantity },
            Change::Remove { item } => Edit::Remove { item },
            Change::Clear => Edit::Clear,
        }
    }

    /// What a repeat says too, whichever way it comes.
    fn words(&self) -> String {
        match self {
            Change::Add { variant, quantity } => format!("add {variant} {}", quantity.get()),
            Change::Set { item, quantity } => format!("set {item} {}", quantity.get()),
            Change::Remove { item } => format!("remove {item}"),
            Change::Clear => "clear".to_owned(),
        }
    }
}
