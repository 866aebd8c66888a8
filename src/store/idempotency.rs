//! The table `idempotency_keys`: the answers to commands that can be sent again.

use std::collections::HashMap;

use chrono::Duration;
use diesel::prelude::*;

use super::{Conn, Tx, among};
use crate::{
    domain::{
        Error,
        idempotency::{Answer, Claim, KEPT_HOURS, Keep, Kept, Outcome, Prune},
    },
    store::{at::At, error::corrupt, insert::insert, schema::idempotency_keys},
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = idempotency_keys, treat_none_as_default_value = false)]
struct Row {
    key: String,
    request: String,
    outcome: String,
    created_at: At,
}

/// The answer kept under a key, if there is one.
pub fn find(conn: &mut Conn, key: String) -> Result<Option<Kept>, Error> {
    let row = idempotency_keys::table.find(key).select(Row::as_select()).first(conn);
    row.optional()?.map(Kept::try_from).transpose()
}

/// The answers kept under the keys of `claims`, by key.
pub fn find_all<'c>(
    conn: &mut Conn,
    claims: impl IntoIterator<Item = &'c Claim>,
) -> Result<HashMap<String, Kept>, Error> {
    let keys: Vec<&String> = claims.into_iter().map(|claim| &claim.key).collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Row> = idempotency_keys::table
        .filter(among(idempotency_keys::key, keys))
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(|row| Ok((row.key.clone(), Kept::try_from(row)?))).collect()
}

/// Keeps answers with the work that they answer for. A key that another node has taken since it
/// was looked for fails the transaction, and the replay finds it.
pub fn keep(tx: &mut Tx<'_>, all: &[Kept]) -> Result<(), Error> {
    let created_at = At(tx.now);
    let row = |kept: &Kept| {
        Ok(Row {
            key: kept.claim.key.clone(),
            request: kept.claim.request.clone(),
            outcome: serde_json::to_string::<Outcome>(&kept.outcome).map_err(corrupt)?,
            created_at,
        })
    };
    let rows = all.iter().map(row).collect::<Result<Vec<Row>, Error>>()?;
    insert(idempotency_keys::table, &rows).run(tx.conn)
}

pub fn keep_one(tx: &mut Tx<'_>, command: &Keep) -> Result<Answer, Error> {
    if let Some(found) = find(tx.conn, command.claim.key.clone())? {
        return found.answer(&command.claim);
    }
    let kept = Kept { claim: command.claim.clone(), outcome: command.outcome.clone() };
    keep(tx, &[kept])?;
    Ok(Answer::fresh(command.outcome.clone()))
}

pub fn prune(tx: &mut Tx<'_>, _: &Prune) -> Result<i64, Error> {
    let before = At(tx.now - Duration::hours(KEPT_HOURS));
    let old = idempotency_keys::table.filter(idempotency_keys::created_at.lt(before));
    i64::try_from(diesel::delete(old).execute(tx.conn)?).map_err(corrupt)
}

impl TryFrom<Row> for Kept {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Kept {
            claim: Claim { key: row.key, request: row.request },
            outcome: serde_json::from_str(&row.outcome).map_err(corrupt)?,
        })
    }
}
