//! Looks at the database beside the program, and complains of what must never be so.

use super::{TestShop, soon};

/// What was taken of an order's payment less what was let go or given back, by the ledger.
macro_rules! booked {
    ($kind:literal) => {
        concat!(
            "(SELECT COALESCE(SUM(amount), 0) FROM payment_ledger l \
              WHERE l.payment_id = p.id AND l.kind = '",
            $kind,
            "')"
        )
    };
}

/// Refunds of an order in this state.
macro_rules! refunds {
    ($status:literal) => {
        concat!(
            "(SELECT COALESCE(SUM(amount), 0) FROM refunds r \
              WHERE r.order_id = o.id AND r.status = '",
            $status,
            "')"
        )
    };
}

/// Units that the ledger of the stock has of an order.
macro_rules! moved {
    ($which:literal) => {
        concat!(
            "(SELECT COALESCE(SUM(units), 0) FROM stock_ledger l WHERE l.order_id = o.id AND ",
            $which,
            ")"
        )
    };
}

/// Whether an order has parcels like these.
macro_rules! parcels {
    ($which:literal) => {
        concat!("EXISTS (SELECT 1 FROM deliveries d WHERE d.order_id = o.id AND (", $which, "))")
    };
}

const ORDERS: &str =
    "SELECT o.id AS found FROM orders o JOIN payments p ON p.order_id = o.id WHERE ";
const STOCK: &str = "SELECT s.variant_id AS found FROM stock s WHERE ";

/// What finds whatever breaks an invariant (`docs/testing.md` has their numbers), and what it breaks.
const BROKEN: &[(&str, &str, &str)] = &[
    ("I1: more is reserved than there is", STOCK, "s.reserved < 0 OR s.reserved > s.on_hand"),
    (
        "I2: what is on hand is not what came and went",
        STOCK,
        "s.on_hand <> (SELECT COALESCE(SUM(units), 0) FROM stock_ledger l \
            WHERE l.variant_id = s.variant_id)",
    ),
    (
        "I2: what is counted as sold is not what went with orders",
        STOCK,
        "s.sold <> (SELECT COALESCE(-SUM(units), 0) FROM stock_ledger l \
            WHERE l.variant_id = s.variant_id AND order_id IS NOT NULL \
            AND reason <> 'written off')",
    ),
    (
        "I3: what is reserved is not what open orders and carts have",
        STOCK,
        "s.reserved <> (SELECT COALESCE(SUM(quantity), 0) FROM order_lines l \
            JOIN orders o ON o.id = l.order_id \
            WHERE l.variant_id = s.variant_id AND o.stage = 'pending_payment') \
            + (SELECT COALESCE(SUM(held), 0) FROM cart_items c WHERE c.variant_id = s.variant_id)",
    ),
    ("I4: the payment is of another sum than the order", ORDERS, "p.amount <> o.total"),
    (
        "I4: the payment, its refunds and the ledger differ",
        ORDERS,
        concat!(
            "p.refunded <> ",
            booked!("refunded"),
            " OR p.refunded <> ",
            refunds!("done"),
            " OR ",
            booked!("authorized"),
            " <> ",
            booked!("captured"),
            " + ",
            booked!("voided"),
        ),
    ),
    (
        "I4: the payment is not as the ledger says",
        ORDERS,
        concat!(
            "(p.status IN ('captured', 'partially_refunded', 'refunded')) <> (",
            booked!("captured"),
            " > 0) OR (p.status = 'refunded') <> (",
            booked!("captured"),
            " > 0 AND p.refunded = ",
            booked!("captured"),
            ")",
        ),
    ),
    (
        "I5: more goes back than came",
        ORDERS,
        concat!("p.refunded + ", refunds!("pending"), " > ", booked!("captured")),
    ),
    (
        "I6: it was charged more than once",
        ORDERS,
        concat!(booked!("captured"), " <> 0 AND ", booked!("captured"), " <> o.total"),
    ),
    (
        "I7: money, stock and order don't agree",
        ORDERS,
        concat!(
            "NOT CASE o.stage WHEN 'pending_payment' THEN ",
            booked!("captured"),
            " = 0 AND ",
            moved!("reason = 'sold'"),
            " = 0 WHEN 'cancelled' THEN ",
            booked!("captured"),
            " = p.refunded + ",
            refunds!("pending"),
            " AND ",
            moved!("reason <> 'written off'"),
            " = 0 ELSE ",
            booked!("captured"),
            " = o.total AND -",
            moved!("reason = 'sold'"),
            " = (SELECT SUM(quantity) FROM order_lines l WHERE l.order_id = o.id) END",
        ),
    ),
    (
        "I8: the timeline has a gap",
        ORDERS,
        "o.sequence <> (SELECT COUNT(*) FROM events e WHERE e.order_id = o.id) \
            OR o.sequence <> (SELECT MAX(e.sequence) FROM events e WHERE e.order_id = o.id)",
    ),
    (
        "D: what is in parcels is not what was bought",
        "SELECT l.id AS found FROM order_lines l ",
        "WHERE (SELECT COALESCE(SUM(quantity), 0) FROM delivery_items i WHERE i.line_id = l.id) \
            <> CASE WHEN EXISTS (SELECT 1 FROM deliveries d WHERE d.order_id = l.order_id) \
            THEN l.quantity ELSE 0 END",
    ),
    (
        "D: what is counted as shipped is not what has left",
        "SELECT l.id AS found FROM order_lines l ",
        "WHERE l.shipped <> (SELECT COALESCE(SUM(i.quantity), 0) FROM delivery_items i \
            JOIN deliveries d ON d.id = i.delivery_id \
            WHERE i.line_id = l.id AND d.tracking_number IS NOT NULL)",
    ),
    (
        "D: the order is not as far as its parcels are",
        ORDERS,
        concat!(
            "o.stage IN ('processing', 'shipped', 'delivered', 'returned') AND \
                (o.stage = 'processing') = (",
            parcels!("d.tracking_number IS NOT NULL"),
            " AND NOT ",
            parcels!("d.status IN ('pending', 'packed')"),
            ") OR o.stage = 'cancelled' AND (",
            parcels!("d.status IN ('pending', 'packed')"),
            " OR ",
            parcels!("d.tracking_number IS NOT NULL AND NOT d.is_called_off"),
            ") OR o.stage IN ('shipped', 'delivered', 'returned') AND (o.stage = 'shipped') <> ",
            parcels!("d.status <> 'delivered' AND NOT d.is_called_off"),
        ),
    ),
    (
        "I9: a cart was checked out twice",
        "SELECT o.cart_id AS found FROM orders o ",
        "GROUP BY o.cart_id, o.cart_version HAVING COUNT(*) > 1",
    ),
];

/// What is still to be done, and must not be for ever.
const UNDONE: &[&str] = &[
    "SELECT id AS found FROM payments WHERE due_at IS NOT NULL OR status = 'processing'",
    "SELECT id AS found FROM refunds WHERE status = 'pending'",
];

impl TestShop {
    /// What is so that must never be, a sentence each.
    pub fn broken(&self) -> Vec<String> {
        let complaints = BROKEN
            .iter()
            .map(|(what, from, condition)| (what, self.found(&format!("{from}{condition}"))));
        complaints
            .filter(|(_, it)| !it.is_empty())
            .map(|(what, it)| format!("{what}: {it:?}"))
            .collect()
    }

    /// Panics where there is any of it.
    #[track_caller]
    pub fn audit(&self) {
        let broken = self.broken();
        assert!(broken.is_empty(), "{broken:?}");
    }

    /// Has all be due that is due some time, and waits until the shop has done it.
    pub async fn settle(&self) {
        let due = "UPDATE payments SET due_at = '2026-01-01 00:00:00' WHERE due_at IS NOT NULL";
        self.sql(due).unwrap();
        let done = async {
            while UNDONE.iter().any(|sql| !self.found(sql).is_empty()) {
                self.stranger().get("/healthz").await;
            }
        };
        soon("the end of what was begun", done).await;
    }
}
