//! What the shop's figures are counted from: the tables `orders`, `payment_ledger` and `carts`.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{dsl::count, prelude::*};

use super::{Conn, event, ledger_total, snapshot};
use crate::{
    domain::{
        Error,
        payment::EntryKind,
        stats::{Carts, Today},
    },
    store::{
        at::At,
        schema::{cart_items, carts, orders, payment_ledger},
    },
};

/// How much older the id of an entry of the ledger may be than the entry: another clock made it, or it
/// waited.
const ID_AGE_MAX: TimeDelta = TimeDelta::hours(2);

/// What has happened since `since`: read by the index of the orders, and by the ids of the ledger, which
/// sort by age.
pub fn today(conn: &mut Conn, since: DateTime<Utc>) -> Result<Today, Error> {
    snapshot(conn, |conn| {
        let head = event::head(conn)?;
        let placed = orders::table.filter(orders::placed_at.ge(At(since)));
        let orders = placed.count().get_result(conn)?;
        let (taken, back) = (EntryKind::Captured, EntryKind::Refunded);
        let revenue = moved(conn, taken, since)?.saturating_sub(moved(conn, back, since)?);
        Ok(Today { since, head, orders, revenue })
    })
}

/// Minor units that went this way since `since`.
fn moved(conn: &mut Conn, kind: EntryKind, since: DateTime<Utc>) -> Result<i64, Error> {
    let entries = payment_ledger::table
        .filter(payment_ledger::id.ge(first_id(since - ID_AGE_MAX)))
        .filter(payment_ledger::at.ge(At(since)))
        .filter(payment_ledger::kind.eq(kind.as_str()));
    let total: Option<i64> = entries.select(ledger_total()).first(conn)?;
    Ok(total.unwrap_or(0))
}

/// A text that no id is below that was made at `at` or later.
fn first_id(at: DateTime<Utc>) -> String {
    // An id of version 7 begins with 48 bits of milliseconds.
    let millis = at.timestamp_millis();
    format!("{:08x}-{:04x}", millis >> 16, millis & 0xffff)
}

/// How many carts there are with something in them.
pub fn carts(conn: &mut Conn) -> Result<Carts, Error> {
    let each = count(cart_items::cart_id).aggregate_distinct();
    let filled = cart_items::table.select(each).get_result(conn)?;
    let held = carts::table.filter(carts::held_until.is_not_null()).count().get_result(conn)?;
    Ok(Carts { filled, held })
}
