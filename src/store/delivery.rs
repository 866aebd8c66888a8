//! Deliveries that the simulated courier has to move.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::Conn;
use crate::{
    domain::{
        Error,
        id::{DeliveryId, OrderId},
    },
    store::{at::At, error::corrupt, schema::deliveries},
};

/// Deliveries whose next step was due at `now`, the longest first.
pub fn due(conn: &mut Conn, now: DateTime<Utc>, limit: i64) -> Result<Vec<DeliveryId>, Error> {
    let ids: Vec<String> = deliveries::table
        .filter(deliveries::due_at.le(At(now)))
        .order(deliveries::due_at)
        .limit(limit)
        .select(deliveries::id)
        .load(conn)?;
    ids.iter().map(|id| id.parse().map_err(corrupt)).collect()
}

/// The order that a delivery belongs to, or `NotFound`.
pub fn order(conn: &mut Conn, id: DeliveryId) -> Result<OrderId, Error> {
    let order: Option<String> = deliveries::table
        .find(id.to_string())
        .select(deliveries::order_id)
        .first(conn)
        .optional()?;
    order.ok_or(Error::NotFound("delivery"))?.parse().map_err(corrupt)
}
