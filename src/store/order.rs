//! The tables `orders` and `order_lines`, and what hangs on an order.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

mod advance;
mod deliveries;
mod errands;
mod find;
mod place;
mod refunds;
mod returns;
mod rows;

pub use advance::advance;
pub use errands::{errand, errands};
pub use find::find;
pub use place::place;
pub use returns::order as of_return;

use self::rows::{LineRow, OrderRow, Parts, PaymentRow, assemble};
use super::{Conn, among, event, snapshot};
use crate::{
    domain::{
        Error,
        cart::Buyer,
        event::Event,
        id::{OrderId, UserId},
        order::{Order, Status},
        page::{Listed, Page},
    },
    store::{
        at::At,
        error::corrupt,
        schema::{order_lines, orders, payments},
    },
};

/// The order with its lines, payment and deliveries, all of one moment, or `NotFound`.
pub fn get(conn: &mut Conn, id: OrderId) -> Result<Order, Error> {
    snapshot(conn, |conn| {
        let row = orders::table.find(id.to_string()).select(OrderRow::as_select()).first(conn);
        let row = row.optional()?.ok_or(Error::NotFound("order"))?;
        complete(conn, vec![row])?.pop().ok_or(Error::NotFound("order"))
    })
}

/// A user's orders, the newest first.
pub fn page(
    conn: &mut Conn,
    user: UserId,
    page: Page<OrderId>,
) -> Result<Listed<Order, OrderId>, Error> {
    snapshot(conn, |conn| {
        let mut query = orders::table
            .filter(orders::user_id.eq(user.to_string()))
            .order(orders::id.desc())
            .limit(page.limit.saturating_add(1))
            .select(OrderRow::as_select())
            .into_boxed::<super::Backend>();
        if let Some(after) = page.after {
            query = query.filter(orders::id.lt(after.to_string()));
        }
        let rows = query.load(conn)?;
        Ok(Listed::cut(complete(conn, rows)?, page.limit, |order| order.id))
    })
}

/// The timeline of an order after `sequence`.
pub fn events(
    conn: &mut Conn,
    id: OrderId,
    sequence: i64,
    limit: i64,
) -> Result<Vec<Event>, Error> {
    event::of_order(conn, id, sequence, limit)
}

/// Who placed the order, or `NotFound`.
pub fn buyer(conn: &mut Conn, id: OrderId) -> Result<Buyer, Error> {
    head(conn, id).map(|(buyer, _)| buyer)
}

/// The same, and the last sequence of its timeline.
pub fn head(conn: &mut Conn, id: OrderId) -> Result<(Buyer, i64), Error> {
    let found: Option<(Option<String>, String, i64)> = orders::table
        .find(id.to_string())
        .select((orders::user_id, orders::cart_id, orders::sequence))
        .first(conn)
        .optional()?;
    let (user, cart, sequence) = found.ok_or(Error::NotFound("order"))?;
    Ok((rows::buyer(user.as_deref(), &cart)?, sequence))
}

/// Orders whose time to pay was over at `now`, the longest first.
pub fn expired(conn: &mut Conn, now: DateTime<Utc>, limit: i64) -> Result<Vec<OrderId>, Error> {
    let ids: Vec<String> = orders::table
        .filter(orders::status.eq(Status::PendingPayment.as_str()))
        .filter(orders::expires_at.le(At(now)))
        .order(orders::expires_at)
        .limit(limit)
        .select(orders::id)
        .load(conn)?;
    ids.iter().map(|id| id.parse().map_err(corrupt)).collect()
}

/// Reads what belongs to `rows`, with one query a table however many they are.
fn complete(conn: &mut Conn, rows: Vec<OrderRow>) -> Result<Vec<Order>, Error> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let lines: Vec<LineRow> = order_lines::table
        .filter(among(order_lines::order_id, &ids))
        .order((order_lines::order_id, order_lines::position))
        .select(LineRow::as_select())
        .load(conn)?;
    let payments: Vec<PaymentRow> = payments::table
        .filter(among(payments::order_id, &ids))
        .select(PaymentRow::as_select())
        .load(conn)?;
    let deliveries = deliveries::of(conn, &ids)?;
    let (refunds, returns) = (refunds::of(conn, &ids)?, returns::of(conn, &ids)?);
    assemble(rows, Parts { lines, payments, refunds, returns, deliveries })
}
