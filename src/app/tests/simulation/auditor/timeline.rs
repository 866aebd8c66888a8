//! I8: the history of each order has no gap and is a path of the state machine, and no change was
//! made on what another one had already changed.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Complaint, holds, int, text};
use crate::store::sqlite::tests::simulated::Base;

const EVENTS: &str = "SELECT json_array(e.order_id, e.sequence, e.kind,
    json_extract(e.data, '$.version'), o.sequence, o.version, o.stage) AS row
    FROM events e LEFT JOIN orders o ON o.id = e.order_id
    WHERE e.order_id IS NOT NULL ORDER BY e.order_id, e.sequence";

/// Which events of an order may follow which.
const PATHS: &[(&str, &[&str])] = &[
    ("", &["order.placed"]),
    ("order.placed", &["order.paid", "order.expired", "order.cancelled"]),
    ("order.expired", &["order.cancelled"]),
    ("order.paid", &["order.processing", "order.cancelled"]),
    ("order.processing", &["order.shipped", "order.cancelled"]),
    ("order.shipped", &["order.delivered", "order.cancelled"]),
    ("order.delivered", &["order.returned"]),
    ("order.returned", &[]),
    ("order.cancelled", &[]),
];

/// The stage that an order is in after its last event of its own.
fn stage_after(event: &str) -> &'static str {
    match event {
        "order.placed" => "pending_payment",
        "order.paid" => "paid",
        "order.processing" => "processing",
        "order.shipped" => "shipped",
        "order.delivered" => "delivered",
        "order.returned" => "returned",
        _ => "cancelled",
    }
}

pub fn check(base: &mut Base) -> Result<(), Complaint> {
    let mut orders: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for row in base.rows(EVENTS) {
        orders.entry(text(&row[0]).to_owned()).or_default().push(row);
    }
    orders.values().try_for_each(|events| of_order(events))
}

fn of_order(events: &[Value]) -> Result<(), Complaint> {
    let says = |what: &str| format!("{what}: {}", Value::from(events.to_vec()));
    let (mut last, mut version) = ("", 0);
    for (expected, event) in (1..).zip(events) {
        holds(int(&event[1]) == expected, "I8", || says("the timeline has a gap"))?;
        let (kind, at) = (text(&event[2]), int(&event[3]));
        holds(at >= version, "I8", || says("the version falls"))?;
        version = at;
        if PATHS.iter().any(|(from, _)| *from == kind) {
            let next = PATHS.iter().find(|(from, _)| *from == last).map(|(_, next)| *next);
            let is = next.is_some_and(|next| next.contains(&kind));
            holds(is, "I8", || says("the timeline is no path of the state machine"))?;
            last = kind;
        }
    }
    let end = &events[0];
    let is = usize::try_from(int(&end[4])) == Ok(events.len()) && version <= int(&end[5]);
    holds(is, "I8", || says("the order is not as its last event left it"))?;
    holds(stage_after(last) == text(&end[6]), "I8", || says("the order is in another stage"))
}

const CHANGES: &str = "SELECT json_array(a.object_id, json_extract(a.before, '$.version'),
    json_extract(a.after, '$.version'), o.version) AS row
    FROM orders o JOIN audit a ON a.object_kind = 'order' AND a.object_id = o.id
    ORDER BY a.object_id, a.sequence";

/// By the audit log, each change was made on the version that the one before it had left.
pub fn versions(base: &mut Base) -> Result<(), Complaint> {
    let mut last: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for row in base.rows(CHANGES) {
        let (before, after) = (row[1].as_i64(), int(&row[2]));
        let known = last.insert(text(&row[0]).to_owned(), (after, int(&row[3])));
        let is = before == known.map(|(version, _)| version)
            && before.is_none_or(|before| after == before + 1);
        holds(is, "I8", || format!("a change was not made on the one before it: {row}"))?;
    }
    for (order, (last, version)) in &last {
        holds(last == version, "I8", || format!("order {order} is at {version}, not at {last}"))?;
    }
    let count = base.rows("SELECT json_array(COUNT(*)) AS row FROM orders").remove(0);
    let is = usize::try_from(int(&count[0])) == Ok(last.len());
    holds(is, "I8", || "an order is not in the audit log".to_owned())
}
