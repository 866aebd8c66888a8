//! C: a coupon counts as often as orders that stand have it, and no more often than it may.

use super::{Complaint, holds, int};
use crate::store::sqlite::tests::simulated::Base;

const SQL: &str = "SELECT json_object(
    'code', code, 'used', used, 'limit', usage_limit, 'each', per_customer_limit,
    'redeemed', (SELECT COUNT(*) FROM redemptions WHERE promotion_id = p.id),
    'by_one', (SELECT COALESCE(MAX(times), 0) FROM (SELECT COUNT(*) times FROM redemptions
        WHERE promotion_id = p.id GROUP BY customer)),
    'orders', (SELECT COUNT(*) FROM orders o WHERE o.stage <> 'cancelled'
        AND o.promotions LIKE '%' || p.id || '%')
    ) AS row FROM promotions p";

pub fn check(base: &mut Base) -> Result<(), Complaint> {
    for row in base.rows(SQL) {
        let (used, redeemed) = (int(&row["used"]), int(&row["redeemed"]));
        let says = |what: &str| format!("{what}: {row}");
        let is = used == redeemed && redeemed == int(&row["orders"]);
        holds(is, "C", || says("uses are not the orders that have it"))?;
        let most = |name: &str| row[name].as_i64().unwrap_or(i64::MAX);
        let is = used <= most("limit") && int(&row["by_one"]) <= most("each");
        holds(is, "C", || says("it was used more often than it may"))?;
    }
    Ok(())
}
