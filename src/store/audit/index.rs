//! The table `audit_index`: what entries are looked up by. They go in many at once: one by one, each would
//! change a page of its own in every index (ADR 38). What is not in it yet is read from the end of
//! the log.

use std::collections::HashMap;

use diesel::{dsl::max, prelude::*};

use super::{Conn, Row, Tx};
use crate::{
    domain::{
        Error,
        audit::{
            chain::Fault,
            index::{INDEXED_MAX, Index},
        },
    },
    store::{
        at::At,
        schema::{audit, audit_index},
    },
};

/// The last entry that is in the index, 0 before the first.
pub fn last(conn: &mut Conn) -> Result<i64, Error> {
    let last: Option<i64> = audit_index::table.select(max(audit_index::sequence)).first(conn)?;
    Ok(last.unwrap_or(0))
}

/// How many entries are not in the index yet.
pub fn unindexed(conn: &mut Conn) -> Result<i64, Error> {
    let written: Option<i64> = audit::table.select(max(audit::sequence)).first(conn)?;
    Ok(written.unwrap_or(0).saturating_sub(last(conn)?))
}

/// Copies what the next entries are looked up by. Where another node does the same at the same time, one
/// of the two finds that it is done.
/// It runs without a savepoint (`bare` in `commands.rs`): what it refuses, it refuses before it writes.
pub fn index(tx: &mut Tx<'_>, _: &Index) -> Result<(), Error> {
    let next = audit::table
        .filter(audit::sequence.gt(last(tx.conn)?))
        .order(audit::sequence)
        .limit(INDEXED_MAX.into())
        .select((
            audit::sequence,
            audit::at,
            audit::actor,
            audit::action,
            audit::object_kind,
            audit::object_id,
        ));
    diesel::insert_into(audit_index::table)
        .values(next)
        .into_columns(audit_index::all_columns)
        .on_conflict_do_nothing()
        .execute(tx.conn)?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_index)]
struct IndexRow {
    sequence: i64,
    at: At,
    actor: String,
    action: String,
    object_kind: String,
    object_id: Option<String>,
}

/// What the index says of some entries.
pub struct Indexed {
    last: i64,
    rows: HashMap<i64, IndexRow>,
}

impl Indexed {
    /// Of `rows`, where it went as far as `last` before these were read; 0 is nowhere.
    pub fn load(conn: &mut Conn, last: i64, rows: &[Row]) -> Result<Self, Error> {
        let (Some(first), Some(end), 1..) = (rows.first(), rows.last(), last) else {
            return Ok(Indexed { last, rows: HashMap::new() });
        };
        let rows: Vec<IndexRow> = audit_index::table
            .filter(audit_index::sequence.ge(first.sequence))
            .filter(audit_index::sequence.le(end.sequence))
            .select(IndexRow::as_select())
            .load(conn)?;
        Ok(Indexed { last, rows: rows.into_iter().map(|row| (row.sequence, row)).collect() })
    }

    /// What is wrong with what it says of `row`, which is in the log as it was written. Of one after the
    /// last in the index it need say nothing.
    pub fn fault(&self, row: &Row) -> Option<Fault> {
        let is_so = match self.rows.get(&row.sequence) {
            Some(indexed) => {
                indexed.at == row.at
                    && indexed.actor == row.actor
                    && indexed.action == row.action
                    && indexed.object_kind == row.object_kind
                    && indexed.object_id == row.object_id
            }
            None => row.sequence > self.last,
        };
        (!is_so).then_some(Fault::Misindexed(row.sequence))
    }
}
