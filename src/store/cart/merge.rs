//! Merging carts: both are read on their locked rows, so that however often and wherever the same
//! merge is asked for, lines come over once.

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;

use super::{
    super::{Tx, among, catalogue, event, stock::Shelf},
    ItemRow, Row, cart, insert_carts, locked_rows, write_carts, write_items,
};
use crate::{
    domain::{
        Error,
        cart::{
            Cart, Offer,
            merge::{Merge, Merged, Report, Union},
        },
        event::Event,
        id::{CartId, ItemId, VariantId},
    },
    store::{at::At, error::corrupt, json::json, schema::cart_items},
};

/// Merges carts. The lock order is that of a checkout: all carts of the batch, then stock.
pub fn merge(tx: &mut Tx<'_>, commands: &[Merge]) -> Result<Vec<Result<Merged, Error>>, Error> {
    let mut batch = Batch::load(tx, commands)?;
    let outcomes = commands.iter().map(|command| batch.decide(tx, command)).collect();
    batch.write(tx)?;
    Ok(outcomes)
}

struct Batch {
    /// As they are after what was decided so far.
    carts: HashMap<CartId, Cart>,
    /// Those that have a row.
    known: HashSet<CartId>,
    /// At which price each line was put in.
    prices: HashMap<ItemId, i64>,
    shelf: Shelf,
    /// Variants that are for sale.
    offers: BTreeMap<VariantId, Offer>,
    changed: HashSet<CartId>,
    events: Vec<Event>,
}

impl Batch {
    fn load(tx: &mut Tx<'_>, commands: &[Merge]) -> Result<Self, Error> {
        let rows = locked_rows(tx, commands.iter().flat_map(|it| [it.from, it.into]))?;
        let of = rows.iter().map(|row| row.id.as_str());
        let lines: Vec<ItemRow> = cart_items::table
            .filter(among(cart_items::cart_id, of))
            .order(cart_items::id)
            .select(ItemRow::as_select())
            .load(tx.conn)?;
        let prices = lines.iter().map(|it| Ok((it.id.parse().map_err(corrupt)?, it.price_seen)));
        let prices = prices.collect::<Result<HashMap<ItemId, i64>, Error>>()?;
        let mut by_cart: HashMap<String, Vec<ItemRow>> = HashMap::new();
        for line in lines {
            by_cart.entry(line.cart_id.clone()).or_default().push(line);
        }
        let carts = rows.iter().map(|row| {
            let cart = cart(row, by_cart.get(&row.id).map_or(&[], Vec::as_slice))?;
            Ok((cart.id, cart))
        });
        let carts = carts.collect::<Result<HashMap<CartId, Cart>, Error>>()?;
        let known: HashSet<CartId> = carts.keys().copied().collect();
        let variants = carts.values().flat_map(|it| &it.items).map(|it| it.variant);
        let variants: HashSet<VariantId> = variants.collect();
        let shelf = Shelf::lock(tx, variants.iter().copied())?;
        let offers = catalogue::offers(tx.conn, variants)?;
        let (changed, events) = (HashSet::new(), Vec::new());
        Ok(Batch { carts, known, prices, shelf, offers, changed, events })
    }

    fn decide(&mut self, tx: &Tx<'_>, command: &Merge) -> Result<Merged, Error> {
        let (mine, guest) = (self.cart(command.into), self.cart(command.from));
        let available = |variant| {
            self.offers.get(&variant)?;
            let held = mine.items.iter().chain(&guest.items).filter(|it| it.variant == variant);
            let free = self.shelf.units(variant)?.available();
            Some(free.saturating_add(held.map(|it| it.held).sum()))
        };
        let Some(union) = mine.merged(&guest, command.expires_at, available) else {
            return Ok(Merged { cart: mine, report: Report::default(), is_changed: false });
        };
        let Union { into, from, released, report } = union;
        for (cart, released) in &released {
            for (variant, units) in &released.units {
                self.shelf.shift(*variant, 0, units.saturating_neg())?;
            }
            self.events.push(released.event(*cart, tx.now));
        }
        self.changed.extend([into.id, from.id]);
        self.carts.insert(from.id, from);
        self.carts.insert(into.id, into.clone());
        Ok(Merged { cart: into, report, is_changed: true })
    }

    fn cart(&self, id: CartId) -> Cart {
        self.carts.get(&id).cloned().unwrap_or_else(|| Cart::empty(id))
    }

    /// The carts that were changed, whole: a line that came over has the id that it had.
    fn write(self, tx: &mut Tx<'_>) -> Result<(), Error> {
        if self.changed.is_empty() {
            return Ok(());
        }
        let changed = self.changed.iter().filter_map(|id| self.carts.get(id));
        let (old, new): (Vec<&Cart>, Vec<&Cart>) =
            changed.clone().partition(|it| self.known.contains(&it.id));
        let rows = |all: Vec<&Cart>| all.into_iter().map(|it| Row::at(tx, it)).collect::<Vec<_>>();
        let (old, new) = (rows(old), rows(new));
        write_carts(tx, &old)?;
        insert_carts(tx, &new)?;
        let ids = self.changed.iter().map(ToString::to_string);
        let lines = cart_items::table.filter(among(cart_items::cart_id, ids));
        diesel::delete(lines).execute(tx.conn)?;
        let lines = changed.flat_map(|cart| cart.items.iter().map(|line| (cart.id, line)));
        let lines = lines.map(|(cart, line)| {
            let price = self.prices.get(&line.id).copied().unwrap_or(0);
            ItemRow::of(cart, line, price)
        });
        write_items(tx, &lines.collect::<Vec<_>>())?;
        self.shelf.put_back(tx)?;
        event::record(tx, self.events);
        tx.effects.carts.extend(self.changed);
        Ok(())
    }
}

impl Row {
    fn at(tx: &Tx<'_>, cart: &Cart) -> Self {
        Row {
            id: cart.id.to_string(),
            version: cart.version,
            updated_at: At(tx.now),
            expires_at: At(cart.expires_at.unwrap_or(tx.now)),
            codes: json(&cart.codes),
            held_until: cart.held_until.map(At),
        }
    }
}
