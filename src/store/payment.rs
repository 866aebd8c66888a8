//! Payments for which something must yet be asked of the provider.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::Conn;
use crate::{
    domain::{Error, id::PaymentId},
    store::{at::At, error::corrupt, schema::payments},
};

/// Payments with a task that was due at `now`, the longest first.
pub fn due(conn: &mut Conn, now: DateTime<Utc>, limit: i64) -> Result<Vec<PaymentId>, Error> {
    let ids: Vec<String> = payments::table
        .filter(payments::due_at.le(At(now)))
        .order(payments::due_at)
        .limit(limit)
        .select(payments::id)
        .load(conn)?;
    ids.iter().map(|id| id.parse().map_err(corrupt)).collect()
}

/// Whether something must yet be asked of the provider, due or not.
pub fn waits(conn: &mut Conn, id: PaymentId) -> Result<bool, Error> {
    let due = payments::table
        .find(id.to_string())
        .filter(payments::due_at.is_not_null())
        .select(payments::id);
    Ok(diesel::select(diesel::dsl::exists(due)).get_result(conn)?)
}
