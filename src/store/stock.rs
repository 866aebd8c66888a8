//! The tables `stock` and `stock_ledger`: the units of each variant, locked and written in batches.

use std::collections::BTreeMap;

use diesel::{prelude::*, upsert::excluded};

use super::{Conn, Tx, among};
use crate::{
    domain::{
        Error,
        catalogue::stock::Level,
        id::{EventId, OrderId, VariantId},
    },
    store::{
        at::At,
        error::corrupt,
        insert::insert,
        schema::{order_lines, stock, stock_ledger},
    },
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = stock, treat_none_as_default_value = false)]
struct Row {
    variant_id: String,
    on_hand: i64,
    reserved: i64,
    sold: i64,
    version: i64,
}

#[derive(Insertable)]
#[diesel(table_name = stock_ledger, treat_none_as_default_value = false)]
struct LedgerRow {
    id: String,
    variant_id: String,
    units: i64,
    reason: String,
    order_id: Option<String>,
    at: At,
}

/// The units of some variants, locked until the end of the transaction. Changes are made here, in
/// memory, and written by [`Shelf::put_back`].
pub struct Shelf {
    units: BTreeMap<VariantId, Units>,
    ledger: Vec<LedgerRow>,
}

/// The units of one variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Units {
    pub on_hand: i64,
    pub reserved: i64,
    sold: i64,
    version: i64,
    changed: bool,
}

impl Units {
    pub fn available(self) -> i64 {
        self.on_hand.saturating_sub(self.reserved)
    }

    /// As they are after this change.
    fn later(self, variant: VariantId) -> Level {
        let Units { on_hand, reserved, sold, version, changed: _ } = self;
        Level { variant, on_hand, reserved, sold, version: version.saturating_add(1) }
    }
}

impl From<&Level> for Row {
    fn from(level: &Level) -> Self {
        let Level { variant, on_hand, reserved, sold, version } = *level;
        Row { variant_id: variant.to_string(), on_hand, reserved, sold, version }
    }
}

impl TryFrom<Row> for Level {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let Row { variant_id, on_hand, reserved, sold, version } = row;
        let variant = variant_id.parse().map_err(corrupt)?;
        Ok(Level { variant, on_hand, reserved, sold, version })
    }
}

/// The units of `variants`, without locking them.
pub fn levels(conn: &mut Conn, variants: Vec<VariantId>) -> Result<Vec<Level>, Error> {
    if variants.is_empty() {
        return Ok(Vec::new());
    }
    let ids = variants.iter().map(ToString::to_string);
    let rows: Vec<Row> =
        stock::table.filter(among(stock::variant_id, ids)).select(Row::as_select()).load(conn)?;
    rows.into_iter().map(Level::try_from).collect()
}

/// The units of what was ordered in `orders`.
pub fn levels_of(conn: &mut Conn, orders: Vec<OrderId>) -> Result<Vec<Level>, Error> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let ids = orders.iter().map(ToString::to_string);
    let ordered = order_lines::table
        .filter(among(order_lines::order_id, ids))
        .select(order_lines::variant_id);
    let rows: Vec<Row> = stock::table
        .filter(stock::variant_id.eq_any(ordered))
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Level::try_from).collect()
}

impl Shelf {
    /// Locks the stock of `variants`, sorted, so that no two transactions wait for each other.
    pub fn lock(
        tx: &mut Tx<'_>,
        variants: impl IntoIterator<Item = VariantId>,
    ) -> Result<Shelf, Error> {
        let mut ids: Vec<String> = variants.into_iter().map(|id| id.to_string()).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut shelf = Shelf { units: BTreeMap::new(), ledger: Vec::new() };
        if ids.is_empty() {
            return Ok(shelf);
        }
        let query = stock::table
            .filter(among(stock::variant_id, ids))
            .order(stock::variant_id)
            .select(Row::as_select());
        let rows: Vec<Row> = locked!(query).load(tx.conn)?;
        for Row { variant_id, on_hand, reserved, sold, version } in rows {
            let units = Units { on_hand, reserved, sold, version, changed: false };
            shelf.units.insert(variant_id.parse().map_err(corrupt)?, units);
        }
        Ok(shelf)
    }

    /// Makes an empty place for a variant that is new.
    pub fn set_up(&mut self, variant: VariantId) {
        let units = Units { on_hand: 0, reserved: 0, sold: 0, version: 0, changed: true };
        self.units.insert(variant, units);
    }

    pub fn units(&self, variant: VariantId) -> Option<Units> {
        self.units.get(&variant).copied()
    }

    /// Adds to what is on hand and to what is reserved; either may be negative. The database
    /// holds that neither falls below what it may be.
    pub fn shift(&mut self, variant: VariantId, on_hand: i64, reserved: i64) -> Result<(), Error> {
        let units = self.units.get_mut(&variant).ok_or(Error::NotFound("variant"))?;
        units.on_hand = units.on_hand.saturating_add(on_hand);
        units.reserved = units.reserved.saturating_add(reserved);
        units.changed = true;
        Ok(())
    }

    /// Counts `units` as sold, or, if they are negative, as come back.
    pub fn count_sold(&mut self, variant: VariantId, units: i64) -> Result<(), Error> {
        let of = self.units.get_mut(&variant).ok_or(Error::NotFound("variant"))?;
        of.sold = of.sold.saturating_add(units);
        of.changed = true;
        Ok(())
    }

    /// Notes in the ledger why `units` came or went.
    pub fn note(
        &mut self,
        tx: &Tx<'_>,
        variant: VariantId,
        units: i64,
        reason: &str,
        order: Option<OrderId>,
    ) {
        if units != 0 {
            self.ledger.push(LedgerRow {
                id: EventId::new().to_string(),
                variant_id: variant.to_string(),
                units,
                reason: reason.to_owned(),
                order_id: order.map(|order| order.to_string()),
                at: At(tx.now),
            });
        }
    }

    /// Writes what changed: absolute values, one statement a table.
    pub fn put_back(self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let changed = self.units.iter().filter(|(_, units)| units.changed);
        let levels: Vec<Level> = changed.map(|(id, units)| units.later(*id)).collect();
        let rows: Vec<Row> = levels.iter().map(Row::from).collect();
        insert(stock::table, &rows)
            .on_conflict(stock::variant_id)
            .set((
                stock::on_hand.eq(excluded(stock::on_hand)),
                stock::reserved.eq(excluded(stock::reserved)),
                stock::sold.eq(excluded(stock::sold)),
                stock::version.eq(excluded(stock::version)),
            ))
            .run(tx.conn)?;
        tx.effects.levels.extend(levels.iter().map(|level| (level.variant, *level)));
        insert(stock_ledger::table, &self.ledger).run(tx.conn)
    }
}
