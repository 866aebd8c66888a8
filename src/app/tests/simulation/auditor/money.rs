//! I4 to I7: the shop has the money that its ledger says, for the orders that were paid, once.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Complaint, holds, int, text};
use crate::{app::tests::simulation::provider::Entry, store::sqlite::tests::simulated::Base};

const SQL: &str = "SELECT json_object(
    'order', o.id, 'stage', o.stage, 'status', o.status, 'total', o.total,
    'payment', p.id, 'payment_status', p.status, 'amount', p.amount, 'refunded', p.refunded,
    'authorized', (SELECT COALESCE(SUM(amount), 0) FROM payment_ledger
        WHERE payment_id = p.id AND kind = 'authorized'),
    'captured', (SELECT COALESCE(SUM(amount), 0) FROM payment_ledger
        WHERE payment_id = p.id AND kind = 'captured'),
    'voided', (SELECT COALESCE(SUM(amount), 0) FROM payment_ledger
        WHERE payment_id = p.id AND kind = 'voided'),
    'given_back', (SELECT COALESCE(SUM(amount), 0) FROM payment_ledger
        WHERE payment_id = p.id AND kind = 'refunded'),
    'owed', (SELECT COALESCE(SUM(amount), 0) FROM refunds
        WHERE order_id = o.id AND status = 'pending'),
    'done', (SELECT COALESCE(SUM(amount), 0) FROM refunds
        WHERE order_id = o.id AND status = 'done'),
    'units', (SELECT SUM(quantity) FROM order_lines WHERE order_id = o.id),
    'sold', (SELECT COALESCE(-SUM(units), 0) FROM stock_ledger
        WHERE order_id = o.id AND reason = 'sold'),
    'back', (SELECT COALESCE(SUM(units), 0) FROM stock_ledger
        WHERE order_id = o.id AND units > 0)
    ) AS row FROM orders o JOIN payments p ON p.order_id = o.id";

pub fn check(base: &mut Base) -> Result<(), Complaint> {
    base.rows(SQL).iter().try_for_each(of_order)
}

fn of_order(row: &Value) -> Result<(), Complaint> {
    let of = |name: &str| int(&row[name]);
    let says = |what: &str| format!("{what}: {row}");
    let (total, captured, given_back) = (of("total"), of("captured"), of("given_back"));
    holds(of("amount") == total, "I4", || says("the payment is of another sum than the order"))?;
    let is = of("refunded") == given_back && of("done") == given_back;
    holds(is, "I4", || says("the payment, its refunds and the ledger differ"))?;
    let is = of("authorized") == captured + of("voided");
    holds(is, "I4", || says("what was set aside is neither taken nor let go"))?;
    let is = given_back + of("owed") <= captured && captured <= total;
    holds(is, "I5", || says("more goes back than came"))?;
    holds(captured == 0 || captured == total, "I6", || says("it was charged more than once"))?;
    let is = match text(&row["payment_status"]) {
        "captured" => captured > 0 && given_back == 0,
        "partially_refunded" => captured > 0 && 0 < given_back && given_back < captured,
        "refunded" => captured > 0 && given_back == captured,
        _ => captured == 0,
    };
    holds(is, "I4", || says("the payment is not as the ledger says"))?;
    let (units, sold, back) = (of("units"), of("sold"), of("back"));
    let is = match text(&row["stage"]) {
        "pending_payment" => captured == 0 && sold == 0,
        // What was paid is owed back from the moment on at which the order is called off.
        "cancelled" => captured == given_back + of("owed") && sold == back,
        _ => captured == total && sold == units && back <= sold,
    };
    holds(is, "I7", || says("money, stock and order don't agree"))
}

/// The provider's book says the same, and nothing in it is open.
pub fn is_as_booked(base: &mut Base, book: &BTreeMap<String, Entry>) -> Result<(), Complaint> {
    let mut kept: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for (key, entry) in book {
        holds(!entry.is_open(), "I15", || format!("the provider still waits: {entry:?}"))?;
        let (payment, _) = key.split_once(':').unwrap();
        kept.entry(payment).or_default().push(entry);
    }
    for row in base.rows(SQL) {
        let entries = kept.remove(text(&row["payment"])).unwrap_or_default();
        let says = |what: &str| format!("{what}: {row} and {entries:?}");
        let ours = int(&row["captured"]) - int(&row["given_back"]);
        let theirs: i64 = entries.iter().map(|it| it.kept()).sum();
        holds(ours == theirs, "I4", || says("the provider has another sum in its book"))?;
        let taken = entries.iter().filter(|it| it.captured() > 0).count();
        holds(taken <= 1, "I6", || says("the buyer was charged twice"))?;
        let is = entries.iter().all(|it| it.kept() >= 0);
        holds(is, "I5", || says("the buyer was given back more than they paid"))?;
    }
    holds(kept.is_empty(), "I7", || format!("money was taken for no order: {kept:?}"))
}
