//! What a client says to change its cart.

use serde::Deserialize;

use super::Op;
use crate::{
    domain::{
        Error,
        cart::Quantity,
        id::{ItemId, VariantId},
    },
    http::{cart::change::Change, idempotency::IdempotencyKey},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Add {
    variant_id: VariantId,
    quantity: i64,
    key: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Update {
    item_id: ItemId,
    quantity: i64,
    key: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remove {
    item_id: ItemId,
    key: Option<String>,
}

impl Add {
    pub fn op(self) -> Result<Op, Error> {
        let Add { variant_id: variant, quantity, key } = self;
        change(Change::Add { variant, quantity: Quantity::try_from(quantity)? }, key)
    }
}

impl Update {
    pub fn op(self) -> Result<Op, Error> {
        let Update { item_id: item, quantity, key } = self;
        change(Change::Set { item, quantity: Quantity::try_from(quantity)? }, key)
    }
}

impl Remove {
    pub fn op(self) -> Result<Op, Error> {
        change(Change::Remove { item: self.item_id }, self.key)
    }
}

fn change(change: Change, key: Option<String>) -> Result<Op, Error> {
    let key = key.as_deref().map(IdempotencyKey::of).transpose()?;
    Ok(Op::ChangeCart(change, key))
}
