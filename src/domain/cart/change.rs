//! Changes of a cart: edits of its lines, coupons, holds and their ends, decided on the cart as its
//! actor knows it. The store compares the version, and what depends on others: stock and coupons.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Cart, CartView, Item, LINES_MAX, Quantity, put};
use crate::domain::{
    Error,
    audit::Action,
    error::Refusal,
    event::{Event, Kind},
    id::{CartId, EventId, ItemId, VariantId},
    idempotency::Kept,
    pricing::Terms,
    promotion::{CODES_MAX, Code},
    words::words,
};

#[cfg(test)]
mod tests;

/// What somebody, or the time, does to a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Adds to the line of the variant, or makes one with the id given.
    Add {
        item: ItemId,
        variant: VariantId,
        quantity: Quantity,
    },
    Change {
        item: ItemId,
        quantity: Quantity,
    },
    Remove {
        item: ItemId,
    },
    Clear,
    /// Puts a coupon in.
    PutCode(Code),
    /// Takes a coupon out.
    TakeCode(Code),
    /// Reserves all that is in it.
    Hold,
    /// Gives back what is reserved.
    Release,
    /// The time of its hold, or its own, is over.
    Expire,
}

/// By which moments a change is decided.
#[derive(Debug, Clone, Copy)]
pub struct Moments {
    pub now: DateTime<Utc>,
    /// When a hold ends that begins now.
    pub held_until: DateTime<Utc>,
    /// When a cart is emptied that is touched now and then never again.
    pub expires_at: DateTime<Utc>,
}

words! {
    /// Why units of a cart are held no more.
    #[schema(as = CartReleased)]
    Why {
        /// Its lines were edited.
        Edited = "edited",
        /// Whoever has the cart gave them back.
        Released = "released",
        Expired = "expired",
        /// It was merged with another cart.
        Merged = "merged",
    }
}

/// Units that were held for a cart, and why they are not any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    pub units: Vec<(VariantId, i64)>,
    pub why: Why,
}

/// A cart that was saved as it is to be shown then, where that is wanted and can be.
pub type Saved = Option<Box<CartView>>;

/// Writes a changed cart. `Stale` where it is not at the version expected, `NotFound` where a variant
/// that is put in is not for sale or a coupon is none, and a `Conflict` where the coupon does not
/// count or not all can be held. A line keeps the price at which it was first added.
#[derive(Debug, Clone)]
pub struct Save {
    /// As the audit log calls it.
    pub action: Action,
    pub cart: CartId,
    pub expected: i64,
    pub upserts: Vec<Item>,
    pub removed: Vec<ItemId>,
    /// The coupons, as they are afterwards.
    pub codes: Vec<Code>,
    /// The one of them that was just put in.
    pub coupon: Option<Code>,
    pub held_until: Option<DateTime<Utc>>,
    /// The lines that are to be held, as they are before: all of them or none.
    pub holds: Vec<Item>,
    pub released: Option<Released>,
    pub expires_at: DateTime<Utc>,
    /// What is answered under a key from then on; `Stale` where there is an answer under it already.
    pub keep: Option<Kept>,
    /// The cart as it is afterwards, where it is to be shown then.
    pub shown: Option<Box<Cart>>,
}

impl Cart {
    /// The cart after `edit`, one version on, and what the store must write for it; nothing where it
    /// is so already.
    pub fn after(&self, edit: &Edit, at: &Moments) -> Result<Option<(Cart, Save)>, Error> {
        let mut draft = Draft::of(self, at);
        let is_changed = match edit {
            Edit::Add { .. } | Edit::Change { .. } | Edit::Remove { .. } | Edit::Clear => {
                draft.edit(edit)?;
                true
            }
            Edit::PutCode(code) => draft.put_code(code)?,
            Edit::TakeCode(code) => draft.take_code(code)?,
            Edit::Hold => draft.hold(at)?,
            Edit::Release => draft.release(Action::CartReleased, Why::Released),
            Edit::Expire => draft.expire(at.now, self.expires_at),
        };
        Ok(is_changed.then(|| draft.done()))
    }

    /// Ends the hold, if there is one, and says what is free again.
    pub(super) fn let_go(&mut self, why: Why) -> Option<Released> {
        self.held_until.take()?;
        let held = self.items.iter().filter(|line| line.held > 0);
        let units = held.map(|line| (line.variant, line.held)).collect();
        self.items.iter_mut().for_each(|line| line.held = 0);
        Some(Released { units, why })
    }
}

/// A cart while it is changed, and what has to be written.
struct Draft {
    cart: Cart,
    save: Save,
}

impl Draft {
    fn of(cart: &Cart, at: &Moments) -> Self {
        let (version, expires_at) = (cart.version.saturating_add(1), at.expires_at);
        let save = Save {
            action: Action::CartChanged,
            cart: cart.id,
            expected: cart.version,
            upserts: Vec::new(),
            removed: Vec::new(),
            codes: Vec::new(),
            coupon: None,
            held_until: None,
            holds: Vec::new(),
            released: None,
            expires_at,
            keep: None,
            shown: None,
        };
        Draft { cart: Cart { version, expires_at: Some(expires_at), ..cart.clone() }, save }
    }

    fn done(self) -> (Cart, Save) {
        let Draft { cart, save } = self;
        let (codes, held_until) = (cart.codes.clone(), cart.held_until);
        (cart, Save { codes, held_until, ..save })
    }

    fn edit(&mut self, edit: &Edit) -> Result<(), Error> {
        self.save.released = self.cart.let_go(Why::Edited);
        let items = &mut self.cart.items;
        match *edit {
            Edit::Add { item, variant, quantity } => {
                self.save.upserts.push(add(items, item, variant, quantity)?);
            }
            Edit::Change { item, quantity } => {
                let line = items.iter_mut().find(|line| line.id == item);
                let line = line.ok_or(Error::NotFound("item"))?;
                line.quantity = quantity;
                self.save.upserts.push(*line);
            }
            Edit::Remove { item } => {
                let at = items.iter().position(|line| line.id == item);
                items.remove(at.ok_or(Error::NotFound("item"))?);
                self.save.removed.push(item);
            }
            Edit::Clear => self.empty(),
            Edit::PutCode(_) | Edit::TakeCode(_) | Edit::Hold | Edit::Release | Edit::Expire => {}
        }
        Ok(())
    }

    fn empty(&mut self) {
        self.save.removed.extend(self.cart.items.drain(..).map(|line| line.id));
    }

    fn put_code(&mut self, code: &Code) -> Result<bool, Error> {
        let codes = &mut self.cart.codes;
        if codes.contains(code) {
            return Ok(false);
        }
        if codes.len() >= CODES_MAX {
            return Err(Error::conflict("promotion_limit", "a cart takes at most 5 coupons"));
        }
        codes.push(code.clone());
        self.save.coupon = Some(code.clone());
        Ok(true)
    }

    fn take_code(&mut self, code: &Code) -> Result<bool, Error> {
        let at = self.cart.codes.iter().position(|it| it == code);
        self.cart.codes.remove(at.ok_or(Error::NotFound("promotion"))?);
        Ok(true)
    }

    /// A hold that is not over goes on as it is. One that is, and whose units nobody has given back
    /// yet, begins anew with them.
    fn hold(&mut self, at: &Moments) -> Result<bool, Error> {
        if self.cart.items.is_empty() {
            return Err(Error::conflict("cart_empty", "there is nothing in the cart"));
        }
        if self.cart.held_until.is_some_and(|until| at.now < until) {
            return Ok(false);
        }
        self.save.action = Action::CartHeld;
        self.save.holds = self.cart.items.clone();
        self.cart.items.iter_mut().for_each(|line| line.held = line.quantity.get());
        self.cart.held_until = Some(at.held_until);
        Ok(true)
    }

    fn release(&mut self, action: Action, why: Why) -> bool {
        self.save.released = self.cart.let_go(why);
        self.save.action = action;
        self.save.released.is_some()
    }

    /// Nobody has touched the cart by this: what was to happen with it later stays.
    fn expire(&mut self, now: DateTime<Utc>, expires_at: Option<DateTime<Utc>>) -> bool {
        let is_over = |at: Option<DateTime<Utc>>| at.is_some_and(|at| at <= now);
        let is_idle = is_over(expires_at) && !self.cart.is_empty();
        let mut is_changed = is_idle;
        if is_idle || is_over(self.cart.held_until) {
            is_changed |= self.release(Action::CartReleased, Why::Expired);
        }
        if is_idle {
            self.save.action = Action::CartExpired;
            self.empty();
            self.cart.codes.clear();
        }
        self.cart.expires_at = expires_at;
        self.save.expires_at = expires_at.unwrap_or(self.save.expires_at);
        is_changed
    }
}

fn add(
    items: &mut Vec<Item>,
    id: ItemId,
    variant: VariantId,
    quantity: Quantity,
) -> Result<Item, Error> {
    if let Some(line) = items.iter_mut().find(|line| line.variant == variant) {
        line.quantity = line.quantity.plus(quantity)?;
        return Ok(*line);
    }
    if items.len() >= LINES_MAX {
        return Err(Error::conflict("cart_full", "a cart holds at most 100 lines"));
    }
    let line = Item { id, variant, quantity, held: 0 };
    put(items, line);
    Ok(line)
}

impl Save {
    /// Whether the coupon that was put in counts; what it needs of the cart it may get yet. Whoever
    /// guesses is told the same of one that does not count now and of one that there is not.
    pub fn check_coupon(&self, terms: &Terms<'_>) -> Result<(), Error> {
        let Some(code) = &self.coupon else { return Ok(()) };
        let found = terms.promotions.iter().find(|it| it.rule.code.as_ref() == Some(code));
        let none = Error::NotFound("promotion");
        let Some(found) = found else { return Err(none) };
        let had = terms.had.get(&found.id).copied().unwrap_or(0);
        match found.problem(terms.now, had).and_then(|it| it.refusal(code)) {
            None => Ok(()),
            // Who has had it knows that there is one.
            Some(refusal) if had > 0 => Err(refusal.into()),
            Some(_) => Err(none),
        }
    }

    /// Whether all that is to be held can be. `available` says how many units nobody but this cart
    /// has reserved; nothing where the variant is not for sale.
    pub fn check_hold(&self, available: impl Fn(&Item) -> Option<i64>) -> Result<(), Error> {
        let lacks = |item: &Item| {
            let (code, units) = match available(item) {
                None => ("unavailable", 0),
                Some(units) if units < item.quantity.get() => ("out_of_stock", units.max(0)),
                Some(_) => return None,
            };
            Some((code, item.id, item.variant, units))
        };
        let all: Vec<_> = self.holds.iter().filter_map(lacks).collect();
        let Some((code, item, variant, units)) = all.first().copied() else { return Ok(()) };
        let message = "not all that is in the cart can be held";
        let list = all.iter().map(|(code, item, variant, units)| {
            json!({ "code": code, "item_id": item, "variant_id": variant, "available": units })
        });
        Err(Refusal::new(code, message)
            .with("variant_id", variant.to_string())
            .with("item_id", item.to_string())
            .with("available", units)
            .with("items", list.collect::<Vec<_>>())
            .into())
    }

    /// What others have to hear of: stock that is reserved, or free again.
    pub fn events(&self, now: DateTime<Utc>) -> impl Iterator<Item = Event> {
        let released = self.released.as_ref().map(|it| it.event(self.cart, now));
        let held = self.held_until.filter(|_| !self.holds.is_empty()).map(|until| {
            let variants: BTreeSet<VariantId> = self.holds.iter().map(|it| it.variant).collect();
            let data = json!({ "cart_id": self.cart, "variants": variants, "expires_at": until });
            event(Kind::CartHeld, now, data)
        });
        released.into_iter().chain(held)
    }
}

impl Released {
    pub fn event(&self, cart: CartId, now: DateTime<Utc>) -> Event {
        let variants: BTreeSet<VariantId> = self.units.iter().map(|(it, _)| *it).collect();
        let data = json!({ "cart_id": cart, "variants": variants, "why": self.why });
        event(Kind::CartReleased, now, data)
    }
}

fn event(kind: Kind, at: DateTime<Utc>, data: serde_json::Value) -> Event {
    Event { id: EventId::new(), order: None, user: None, kind, at, data: data.into() }
}
