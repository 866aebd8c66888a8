//! The tables `stock` and `stock_ledger`: the units of each variant, locked and written in batches.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use diesel::{prelude::*, upsert::excluded};

use super::Tx;
use crate::{
    domain::{
        Error,
        id::{EventId, OrderId, VariantId},
    },
    store::{
        error::corrupt,
        schema::{stock, stock_ledger},
    },
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = stock, treat_none_as_default_value = false)]
struct Row {
    variant_id: String,
    on_hand: i64,
    reserved: i64,
}

#[derive(Insertable)]
#[diesel(table_name = stock_ledger, treat_none_as_default_value = false)]
struct LedgerRow {
    id: String,
    variant_id: String,
    units: i64,
    reason: String,
    order_id: Option<String>,
    at: NaiveDateTime,
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
    changed: bool,
}

impl Units {
    pub fn available(self) -> i64 {
        self.on_hand.saturating_sub(self.reserved)
    }
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
            .filter(stock::variant_id.eq_any(ids))
            .order(stock::variant_id)
            .select(Row::as_select());
        let rows: Vec<Row> = locked!(query).load(tx.conn)?;
        for Row { variant_id, on_hand, reserved } in rows {
            let units = Units { on_hand, reserved, changed: false };
            shelf.units.insert(variant_id.parse().map_err(corrupt)?, units);
        }
        Ok(shelf)
    }

    /// Makes an empty place for each of `variants` that has none.
    pub fn set_up(tx: &mut Tx<'_>, variants: impl Iterator<Item = String>) -> Result<(), Error> {
        let rows: Vec<Row> =
            variants.map(|variant_id| Row { variant_id, on_hand: 0, reserved: 0 }).collect();
        diesel::insert_into(stock::table)
            .values(&rows)
            .on_conflict_do_nothing()
            .execute(tx.conn)?;
        Ok(())
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
                at: tx.now.naive_utc(),
            });
        }
    }

    /// Writes what changed: absolute values, one statement a table.
    pub fn put_back(self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let changed = self.units.iter().filter(|(_, units)| units.changed);
        let rows: Vec<Row> = changed
            .map(|(id, units)| Row {
                variant_id: id.to_string(),
                on_hand: units.on_hand,
                reserved: units.reserved,
            })
            .collect();
        if !rows.is_empty() {
            diesel::insert_into(stock::table)
                .values(&rows)
                .on_conflict(stock::variant_id)
                .do_update()
                .set((
                    stock::on_hand.eq(excluded(stock::on_hand)),
                    stock::reserved.eq(excluded(stock::reserved)),
                ))
                .execute(tx.conn)?;
        }
        for chunk in self.ledger.chunks(super::ROWS_MAX) {
            diesel::insert_into(stock_ledger::table).values(chunk).execute(tx.conn)?;
        }
        Ok(())
    }
}
