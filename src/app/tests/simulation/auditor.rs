//! The auditor: reads the database by queries of its own, the provider's book and what the shoppers
//! were told, and knows what must hold. The numbers are those of `docs/testing.md`.

use std::{collections::BTreeMap, fmt};

use serde_json::Value;

use super::{provider, shop::Shop, shopper};
use crate::store::sqlite::tests::simulated::Base;

mod answers;
mod coupons;
mod feed;
mod money;
mod parcels;
mod stock;
mod timeline;

/// An invariant that doesn't hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    pub invariant: &'static str,
    pub what: String,
}

impl Complaint {
    pub fn new(invariant: &'static str, what: impl Into<String>) -> Self {
        Complaint { invariant, what: what.into() }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.what)
    }
}

/// A complaint where something isn't so.
pub fn holds(
    is: bool,
    invariant: &'static str,
    what: impl Fn() -> String,
) -> Result<(), Complaint> {
    if is { Ok(()) } else { Err(Complaint::new(invariant, what())) }
}

/// What holds after every transaction.
pub fn always(base: &mut Base) -> Result<(), Complaint> {
    stock::check(base)?;
    money::check(base)?;
    parcels::check(base)?;
    timeline::check(base)?;
    coupons::check(base)?;
    feed::check(base)
}

/// What holds beside when all has been done that had begun and was due.
pub fn settled(
    base: &mut Base,
    shop: &Shop,
    book: &BTreeMap<String, provider::Entry>,
    asked: &[shopper::Entry],
) -> Result<(), Complaint> {
    stock::nothing_is_reserved(base)?;
    money::is_as_booked(base, book)?;
    answers::check(base, shop, asked)?;
    timeline::versions(base)
}

/// What may be left to do.
const OPEN: &[&str] = &[
    "orders that wait for their payment",
    "payments that are asked for",
    "refunds that are owed",
    "parcels on their way",
    "held units",
];

/// How much of each there is.
const OPEN_SQL: &str = "SELECT json_array(
    (SELECT COUNT(*) FROM orders WHERE stage = 'pending_payment'),
    (SELECT COUNT(*) FROM payments WHERE due_task IS NOT NULL OR status = 'processing'),
    (SELECT COUNT(*) FROM refunds WHERE status = 'pending'),
    (SELECT COUNT(*) FROM deliveries WHERE due_at IS NOT NULL),
    (SELECT COUNT(*) FROM cart_items WHERE held > 0)
    ) AS row";

/// Whether nothing is left to do.
pub fn is_settled(base: &mut Base) -> bool {
    open(base).iter().all(|(_, count)| *count == 0)
}

/// What is left to do, though its time has come.
pub fn unsettled(base: &mut Base) -> Complaint {
    let left = open(base).into_iter().filter(|(_, count)| *count > 0);
    let left: Vec<String> = left.map(|(what, count)| format!("{count} {what}")).collect();
    Complaint::new("I15", format!("these never end: {}", left.join(", ")))
}

fn open(base: &mut Base) -> Vec<(&'static str, i64)> {
    let counts = base.rows(OPEN_SQL).remove(0);
    OPEN.iter().enumerate().map(|(at, what)| (*what, int(&counts[at]))).collect()
}

fn int(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
