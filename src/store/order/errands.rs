//! The parcels of a courier, with what of their orders a courier sees.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::{
    super::{Backend, Conn, among, snapshot},
    complete,
    rows::OrderRow,
};
use crate::{
    domain::{
        Error,
        courier::{Errand, Key},
        delivery::Status,
        id::{DeliveryId, OrderId, UserId},
        order::Order,
        page::{Listed, Page},
    },
    store::{
        error::corrupt,
        schema::{deliveries, orders},
    },
};

/// A parcel and its order, as texts.
type Pair = (String, String);

/// A courier's parcels: first those that are not over, the oldest first; then the others, the newest
/// first.
pub fn errands(
    conn: &mut Conn,
    courier: UserId,
    page: Page<Key>,
) -> Result<Listed<Errand, Key>, Error> {
    snapshot(conn, |conn| {
        let wanted = page.limit.saturating_add(1);
        let mut found = match page.after {
            Some(Key { is_over: true, .. }) => Vec::new(),
            Some(Key { is_over: false, id }) => open(conn, courier, Some(id), wanted)?,
            None => open(conn, courier, None, wanted)?,
        };
        let left = wanted.saturating_sub(i64::try_from(found.len()).unwrap_or(wanted));
        if left > 0 {
            let after = page.after.filter(|it| it.is_over).map(|it| it.id);
            found.extend(over(conn, courier, after, left)?);
        }
        let all = of(conn, courier, found)?;
        Ok(Listed::cut(all, page.limit, Errand::key))
    })
}

/// One of a courier's parcels, or `NotFound`.
pub fn errand(conn: &mut Conn, courier: UserId, id: DeliveryId) -> Result<Errand, Error> {
    let order = super::super::delivery::order(conn, id)?;
    super::get(conn, order)?.errand(id, courier)
}

/// What [`Delivery::is_over`](crate::domain::delivery::Delivery::is_over) denies.
macro_rules! is_open {
    () => {{
        let on_its_way =
            [Status::Pending, Status::Packed, Status::InTransit, Status::OutForDelivery];
        let has_left = deliveries::tracking_number.is_not_null();
        let to_try_again = deliveries::status.eq(Status::Failed.as_str()).and(has_left);
        deliveries::is_called_off
            .eq(false)
            .and(among(deliveries::status, on_its_way).assume_not_null().or(to_try_again))
    }};
}

fn open(
    conn: &mut Conn,
    courier: UserId,
    after: Option<DeliveryId>,
    limit: i64,
) -> Result<Vec<Pair>, Error> {
    let mut query =
        deliveries::table.filter(is_open!()).order(deliveries::id).into_boxed::<Backend>();
    if let Some(after) = after {
        query = query.filter(deliveries::id.gt(after.to_string()));
    }
    brought_by(conn, courier, query, limit)
}

fn over(
    conn: &mut Conn,
    courier: UserId,
    after: Option<DeliveryId>,
    limit: i64,
) -> Result<Vec<Pair>, Error> {
    let is_over = diesel::dsl::not(is_open!());
    let mut query =
        deliveries::table.filter(is_over).order(deliveries::id.desc()).into_boxed::<Backend>();
    if let Some(after) = after {
        query = query.filter(deliveries::id.lt(after.to_string()));
    }
    brought_by(conn, courier, query, limit)
}

/// The first of those that `query` finds of a courier.
fn brought_by(
    conn: &mut Conn,
    courier: UserId,
    query: deliveries::BoxedQuery<'_, Backend>,
    limit: i64,
) -> Result<Vec<Pair>, Error> {
    let own = query.filter(deliveries::courier_id.eq(courier.to_string())).limit(limit);
    Ok(own.select((deliveries::id, deliveries::order_id)).load(conn)?)
}

/// The parcels as their courier sees them, in the same order.
fn of(conn: &mut Conn, courier: UserId, found: Vec<Pair>) -> Result<Vec<Errand>, Error> {
    let ids: HashSet<&String> = found.iter().map(|(_, order)| order).collect();
    let rows: Vec<OrderRow> =
        orders::table.filter(among(orders::id, ids)).select(OrderRow::as_select()).load(conn)?;
    let orders = complete(conn, rows)?;
    let orders: HashMap<OrderId, &Order> = orders.iter().map(|it| (it.id, it)).collect();
    let errand = |(id, order): Pair| {
        let (id, order): (DeliveryId, OrderId) =
            (id.parse().map_err(corrupt)?, order.parse().map_err(corrupt)?);
        orders.get(&order).ok_or(Error::NotFound("order"))?.errand(id, courier)
    };
    found.into_iter().map(errand).collect()
}
