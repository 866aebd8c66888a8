//! D: the parcels of an order share its units among them, and the order is as far as they are.

use serde_json::Value;

use super::{Complaint, holds, int, text};
use crate::store::sqlite::tests::simulated::Base;

const LINES: &str = "SELECT json_object(
    'line', l.id, 'quantity', l.quantity, 'shipped', l.shipped,
    'parcels', (SELECT COUNT(*) FROM deliveries d WHERE d.order_id = l.order_id),
    'in_parcels', (SELECT COALESCE(SUM(quantity), 0) FROM delivery_items i WHERE i.line_id = l.id),
    'gone', (SELECT COALESCE(SUM(quantity), 0) FROM delivery_items i
        JOIN deliveries d ON d.id = i.delivery_id
        WHERE i.line_id = l.id AND d.tracking_number IS NOT NULL)
    ) AS row FROM order_lines l";

const ORDERS: &str = "SELECT json_object(
    'order', o.id, 'stage', o.stage, 'parcels', COUNT(*),
    'empty', SUM(d.id NOT IN (SELECT delivery_id FROM delivery_items)),
    'waits', SUM(d.status IN ('pending', 'packed')),
    'left', SUM(d.tracking_number IS NOT NULL),
    'to_come', SUM(NOT d.is_called_off AND d.tracking_number IS NOT NULL),
    'arrived', SUM(d.status = 'delivered'),
    'open', SUM(NOT d.is_called_off AND d.status <> 'delivered')
    ) AS row FROM orders o JOIN deliveries d ON d.order_id = o.id GROUP BY o.id, o.stage";

pub fn check(base: &mut Base) -> Result<(), Complaint> {
    for row in base.rows(LINES) {
        let of = |name: &str| int(&row[name]);
        let all = if of("parcels") == 0 { 0 } else { of("quantity") };
        let says = |what: &str| format!("{what}: {row}");
        let is = of("in_parcels") == all;
        holds(is, "D", || says("what is in parcels is not what was bought"))?;
        holds(of("shipped") == of("gone"), "D", || {
            says("what is counted as shipped has not left")
        })?;
    }
    base.rows(ORDERS).iter().try_for_each(of_order)
}

fn of_order(row: &Value) -> Result<(), Complaint> {
    let of = |name: &str| int(&row[name]);
    holds(of("empty") == 0, "D", || format!("a parcel is empty: {row}"))?;
    let is_out = of("left") > 0 && of("waits") == 0;
    let is = match text(&row["stage"]) {
        "paid" => of("left") == 0,
        "processing" => !is_out,
        "shipped" => is_out && of("open") > 0,
        "delivered" | "returned" => is_out && of("open") == 0 && of("arrived") > 0,
        "cancelled" => of("waits") == 0 && of("to_come") == 0,
        _ => false,
    };
    holds(is, "D", || format!("the order is not as far as its parcels are: {row}"))
}
