//! Returns as rows, and back.

use std::collections::BTreeSet;

use diesel::{prelude::*, upsert::excluded};
use serde_json::{from_str, json};

use super::super::{
    Conn, Tx, among,
    stock::{Shelf, Units},
};
use crate::{
    domain::{
        Error,
        event::{Event, Kind},
        id::{EventId, OrderId, ReturnId},
        order::{
            Order,
            change::{Change, StockEffect},
            returns::{Received, Return},
        },
    },
    store::{at::At, error::corrupt, insert::insert, json::json, schema::returns},
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = returns, treat_none_as_default_value = false)]
pub struct ReturnRow {
    id: String,
    pub order_id: String,
    status: String,
    reason: String,
    items: String,
    received: String,
    created_at: At,
    received_at: Option<At>,
}

/// The returns of some orders, the oldest first.
pub fn of(conn: &mut Conn, orders: &[&str]) -> Result<Vec<ReturnRow>, Error> {
    Ok(returns::table
        .filter(among(returns::order_id, orders))
        .order(returns::id)
        .select(ReturnRow::as_select())
        .load(conn)?)
}

/// The order that a return belongs to, or `NotFound`.
pub fn order(conn: &mut Conn, id: ReturnId) -> Result<OrderId, Error> {
    let order: Option<String> =
        returns::table.find(id.to_string()).select(returns::order_id).first(conn).optional()?;
    order.ok_or(Error::NotFound("return"))?.parse().map_err(corrupt)
}

/// Writes the returns of some orders as they are now.
pub fn write(tx: &mut Tx<'_>, orders: &[&Order]) -> Result<(), Error> {
    let rows: Vec<ReturnRow> = orders.iter().flat_map(|order| ReturnRow::all(order)).collect();
    insert(returns::table, &rows)
        .on_conflict(returns::id)
        .set((
            returns::status.eq(excluded(returns::status)),
            returns::received.eq(excluded(returns::received)),
            returns::received_at.eq(excluded(returns::received_at)),
        ))
        .run(tx.conn)
}

/// Puts what has come back on the shelf, or writes it off: the ledger shows that it came and went.
pub fn take_back(
    tx: &Tx<'_>,
    shelf: &mut Shelf,
    order: &Order,
    received: &[Received],
) -> Result<(), Error> {
    for it in received {
        let line = order.line(it.id).ok_or(Error::NotFound("item"))?;
        let (variant, units, order) = (line.variant_id, it.quantity.get(), Some(order.id));
        shelf.count_sold(variant, units.saturating_neg())?;
        shelf.note(tx, variant, units, "returned", order);
        if it.restock {
            shelf.shift(variant, units, 0)?;
        } else {
            shelf.note(tx, variant, units.saturating_neg(), "written off", order);
        }
    }
    Ok(())
}

/// That more can be bought of what has come back. The order's own timeline need not say anything of
/// it, and other nodes listen for this.
pub fn restocked(tx: &Tx<'_>, shelf: &Shelf, changes: &[&Change]) -> Vec<Event> {
    let mut variants = BTreeSet::new();
    for change in changes {
        let StockEffect::TakeBack(received) = &change.stock else { continue };
        let restocked = received.iter().filter(|it| it.restock);
        let lines = restocked.filter_map(|it| change.order.line(it.id));
        variants.extend(lines.map(|line| line.variant_id));
    }
    let event = |variant| Event {
        id: EventId::new(),
        order: None,
        user: None,
        kind: Kind::StockChanged,
        at: tx.now,
        data: json!({
            "variant_id": variant,
            "available": shelf.units(variant).map(Units::available),
        })
        .into(),
    };
    variants.into_iter().map(event).collect()
}

impl ReturnRow {
    fn all(order: &Order) -> impl Iterator<Item = ReturnRow> {
        order.returns.iter().map(|it| ReturnRow {
            id: it.id.to_string(),
            order_id: it.order_id.to_string(),
            status: it.status.to_string(),
            reason: it.reason.clone(),
            items: json(&it.items),
            received: json(&it.received),
            created_at: At(it.created_at),
            received_at: it.received_at.map(At),
        })
    }

    pub fn into_return(self) -> Result<Return, Error> {
        Ok(Return {
            id: self.id.parse().map_err(corrupt)?,
            order_id: self.order_id.parse().map_err(corrupt)?,
            status: self.status.parse()?,
            reason: self.reason,
            items: from_str(&self.items).map_err(corrupt)?,
            received: from_str(&self.received).map_err(corrupt)?,
            created_at: self.created_at.0,
            received_at: self.received_at.map(|at| at.0),
        })
    }
}
