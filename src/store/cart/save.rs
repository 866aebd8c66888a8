//! Saving carts that were changed, a batch at once: everything is loaded and locked, decided in the
//! order of the queue, and written with one statement a table.

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;

use super::{
    super::{
        Tx, among, catalogue, event, idempotency,
        pricing::{self, Known},
        stock::Shelf,
    },
    ItemRow, Row, insert_carts, lock_versions, show, write_carts, write_items,
};
use crate::{
    domain::{
        Error,
        cart::{
            Item, Offer,
            change::{Save, Saved},
            customer_of,
        },
        id::{CartId, VariantId},
        idempotency::Kept,
    },
    store::{at::At, json::json, schema::cart_items, update::update},
};

/// Saves carts. The lock order is that of a checkout: keys, carts, then stock.
pub fn save(tx: &mut Tx<'_>, commands: &[Save]) -> Result<Vec<Result<Saved, Error>>, Error> {
    let claims = commands.iter().filter_map(|it| it.keep.as_ref()).map(|it| &it.claim);
    let answered = idempotency::find_all(tx.conn, claims)?.into_keys().collect();
    let versions = lock_versions(tx, commands.iter().map(|it| it.cart))?;
    let known = versions.keys().copied().collect();
    let held = commands.iter().flat_map(|it| it.holds.iter().map(|item| item.variant));
    let freed = commands.iter().filter_map(|it| it.released.as_ref());
    let freed = freed.flat_map(|it| it.units.iter().map(|(variant, _)| *variant));
    let shelf = Shelf::lock(tx, held.chain(freed))?;
    let shown = show::some(commands.iter().map(|it| it.shown.as_deref()));
    let written = commands.iter().flat_map(|it| it.upserts.iter().chain(&it.holds));
    let wanted = written.chain(shown.iter().flatten().flat_map(|it| &it.items));
    let offers = catalogue::all_offers(tx.conn, wanted.map(|item| item.variant).collect())?;
    let terms = terms(tx, commands)?;
    let accepted = Vec::new();
    let mut batch = Batch { answered, versions, known, terms, shelf, offers: &offers, accepted };
    let decided: Vec<_> = commands.iter().map(|command| batch.decide(tx, command)).collect();
    batch.write(tx)?;
    let shown = shown.into_iter().zip(&decided);
    let shown: Vec<_> = shown.map(|(it, decided)| it.filter(|_| decided.is_ok())).collect();
    let views = show::views(tx, &shown, offers)?;
    Ok(decided.into_iter().zip(views).map(|(decided, view)| decided.map(|()| view)).collect())
}

/// What coupons are checked by that were just put in, if any were.
fn terms(tx: &mut Tx<'_>, commands: &[Save]) -> Result<Option<Known>, Error> {
    let put_in: Vec<&Save> = commands.iter().filter(|it| it.coupon.is_some()).collect();
    if put_in.is_empty() {
        return Ok(None);
    }
    let mut known = pricing::known(tx.conn, put_in.iter().filter_map(|it| it.coupon.as_ref()))?;
    let owners: Vec<String> = put_in.iter().map(|it| customer_of(it.cart)).collect();
    known.count(tx.conn, owners.iter().map(String::as_str))?;
    Ok(Some(known))
}

struct Batch<'c> {
    /// The keys under which there is an answer.
    answered: HashSet<String>,
    /// The version of each cart; one that was saved in this batch is one further.
    versions: HashMap<CartId, i64>,
    /// Those that have a row, which is locked.
    known: HashSet<CartId>,
    terms: Option<Known>,
    /// What is held, or free again.
    shelf: Shelf,
    /// What the shop asks, or asked at last, and whether that is for sale.
    offers: &'c BTreeMap<VariantId, (Offer, bool)>,
    accepted: Vec<&'c Save>,
}

impl<'c> Batch<'c> {
    fn decide(&mut self, tx: &Tx<'_>, command: &'c Save) -> Result<(), Error> {
        let version = self.versions.get(&command.cart).copied().unwrap_or(0);
        let is_answered = |it: &Kept| self.answered.contains(&it.claim.key);
        if version != command.expected || command.keep.as_ref().is_some_and(is_answered) {
            return Err(Error::Stale);
        }
        if !command.upserts.iter().all(|item| self.offer(item).is_some()) {
            return Err(Error::NotFound("variant"));
        }
        if let Some(terms) = &self.terms {
            let owner = customer_of(command.cart);
            terms.on(&command.codes, Some(&owner), tx.now, |terms| command.check_coupon(terms))?;
        }
        command.check_hold(|item| self.available(item))?;
        for item in &command.holds {
            let more = item.quantity.get().saturating_sub(item.held);
            self.shelf.shift(item.variant, 0, more)?;
        }
        for (variant, units) in command.released.iter().flat_map(|it| &it.units) {
            self.shelf.shift(*variant, 0, units.saturating_neg())?;
        }
        self.versions.insert(command.cart, version.saturating_add(1));
        self.accepted.push(command);
        Ok(())
    }

    /// What the shop asks for a line, if it is for sale.
    fn offer(&self, item: &Item) -> Option<&'c Offer> {
        self.offers.get(&item.variant).filter(|(_, for_sale)| *for_sale).map(|(offer, _)| offer)
    }

    /// Units of a line that nobody but its cart has reserved, if it is for sale.
    fn available(&self, item: &Item) -> Option<i64> {
        self.offer(item)?;
        Some(self.shelf.units(item.variant)?.available().saturating_add(item.held))
    }

    /// Of two edits of a line the later one stands.
    fn write(self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let (mut rows, mut lines, mut gone) = (BTreeMap::new(), BTreeMap::new(), HashSet::new());
        for command in &self.accepted {
            for item in &command.upserts {
                let price = self.offer(item).map_or(0, |it| it.price.amount);
                let row = ItemRow::of(command.cart, item, price);
                gone.remove(&row.id);
                lines.insert(row.id.clone(), row);
            }
            for id in command.removed.iter().map(ToString::to_string) {
                lines.remove(&id);
                gone.insert(id);
            }
            rows.insert(command.cart, Row::of(tx, command));
        }
        let begun = self.accepted.iter().filter(|it| !it.holds.is_empty()).map(|it| it.cart);
        let stands = |cart: &CartId| rows.get(cart).is_some_and(|row| row.held_until.is_some());
        let held: Vec<CartId> = begun.filter(stands).collect();
        let (old, new): (BTreeMap<_, _>, BTreeMap<_, _>) =
            rows.into_iter().partition(|(id, _)| self.known.contains(id));
        write_carts(tx, &old.into_values().collect::<Vec<_>>())?;
        insert_carts(tx, &new.into_values().collect::<Vec<_>>())?;
        release(tx, &self.accepted)?;
        if !gone.is_empty() {
            let gone = cart_items::table.filter(among(cart_items::id, gone));
            diesel::delete(gone).execute(tx.conn)?;
        }
        write_items(tx, &lines.into_values().collect::<Vec<_>>())?;
        hold(tx, &held)?;
        self.shelf.put_back(tx)?;
        let events: Vec<_> = self.accepted.iter().flat_map(|it| it.events(tx.now)).collect();
        event::record(tx, events);
        let keep: Vec<Kept> = self.accepted.iter().filter_map(|it| it.keep.clone()).collect();
        idempotency::keep(tx, &keep)?;
        tx.effects.carts.extend(self.accepted.iter().map(|it| it.cart));
        Ok(())
    }
}

/// Before lines are written, which may have fewer units than were held of them.
fn release(tx: &mut Tx<'_>, accepted: &[&Save]) -> Result<(), Error> {
    let carts = accepted.iter().filter(|it| it.released.is_some()).map(|it| it.cart.to_string());
    let carts: Vec<String> = carts.collect();
    if !carts.is_empty() {
        update(cart_items::table, among(cart_items::cart_id, carts))
            .set(cart_items::held.eq(0))
            .execute(tx.conn)?;
    }
    Ok(())
}

fn hold(tx: &mut Tx<'_>, carts: &[CartId]) -> Result<(), Error> {
    if !carts.is_empty() {
        let carts = carts.iter().map(ToString::to_string);
        update(cart_items::table, among(cart_items::cart_id, carts))
            .set(cart_items::held.eq(cart_items::quantity))
            .execute(tx.conn)?;
    }
    Ok(())
}

impl Row {
    fn of(tx: &Tx<'_>, command: &Save) -> Self {
        Row {
            id: command.cart.to_string(),
            version: command.expected.saturating_add(1),
            updated_at: At(tx.now),
            expires_at: At(command.expires_at),
            codes: json(&command.codes),
            held_until: command.held_until.map(At),
        }
    }
}
