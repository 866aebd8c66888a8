//! I1, I2 and I3: units are neither made nor lost, and those that are reserved are somebody's.

use super::{Complaint, holds, int};
use crate::store::sqlite::tests::simulated::Base;

const SQL: &str = "SELECT json_object(
    'variant', variant_id, 'on_hand', on_hand, 'reserved', reserved, 'sold', sold,
    'ledger', (SELECT COALESCE(SUM(units), 0) FROM stock_ledger l
        WHERE l.variant_id = stock.variant_id),
    'gone', (SELECT COALESCE(-SUM(units), 0) FROM stock_ledger l
        WHERE l.variant_id = stock.variant_id AND order_id IS NOT NULL
            AND reason <> 'written off'),
    'ordered', (SELECT COALESCE(SUM(quantity), 0) FROM order_lines l
        JOIN orders o ON o.id = l.order_id
        WHERE l.variant_id = stock.variant_id AND o.stage = 'pending_payment'),
    'held', (SELECT COALESCE(SUM(held), 0) FROM cart_items c
        WHERE c.variant_id = stock.variant_id)
    ) AS row FROM stock";

pub fn check(base: &mut Base) -> Result<(), Complaint> {
    for row in base.rows(SQL) {
        let (on_hand, reserved) = (int(&row["on_hand"]), int(&row["reserved"]));
        let says = |what: &str| format!("{what}: {row}");
        let is = 0 <= reserved && reserved <= on_hand;
        holds(is, "I1", || says("more is reserved than there is"))?;
        let is = on_hand == int(&row["ledger"]);
        holds(is, "I2", || says("what is on hand is not what came and went"))?;
        let is = int(&row["sold"]) == int(&row["gone"]);
        holds(is, "I2", || says("what is counted as sold is not what went with orders"))?;
        let is = reserved == int(&row["ordered"]) + int(&row["held"]);
        holds(is, "I3", || says("what is reserved is not what open orders and carts have"))?;
    }
    Ok(())
}

pub fn nothing_is_reserved(base: &mut Base) -> Result<(), Complaint> {
    for row in base.rows(SQL) {
        holds(int(&row["reserved"]) == 0, "I3", || format!("nobody has what is reserved: {row}"))?;
    }
    Ok(())
}
