//! The table `audit_index`: what entries are looked up by. It is written behind those who change
//! something, many entries at once: an index by who did what costs most where each entry goes to
//! another place of it by itself, and nobody looks for what was done this moment but the one who
//! reads the end of the log.

use std::collections::HashMap;

use diesel::{dsl::max, prelude::*};

use super::{Conn, Row, Tx};
use crate::{
    domain::{
        Error,
        audit::{
            chain::Fault,
            reading::{INDEXED_MAX, Index},
        },
    },
    store::schema::{audit, audit_index},
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

/// Another node may do the same at the same time: then one of the two finds that it is done.
pub fn index(tx: &mut Tx<'_>, _: &Index) -> Result<usize, Error> {
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
    let indexed = diesel::insert_into(audit_index::table)
        .values(next)
        .into_columns((
            audit_index::sequence,
            audit_index::at,
            audit_index::actor,
            audit_index::action,
            audit_index::object_kind,
            audit_index::object_id,
        ))
        .on_conflict_do_nothing();
    Ok(indexed.execute(tx.conn)?)
}

/// What the index says of some entries.
pub struct Named {
    last: i64,
    entries: HashMap<i64, Names>,
}

type Names = (chrono::NaiveDateTime, String, String, String, Option<String>);

impl Named {
    /// Of `rows`, where it went as far as `last` before these were read.
    pub fn load(conn: &mut Conn, last: i64, rows: &[Row]) -> Result<Self, Error> {
        let from = rows.first().map_or(0, |it| it.sequence);
        let to = rows.last().map_or(0, |it| it.sequence);
        let entries: Vec<(i64, Names)> = audit_index::table
            .filter(audit_index::sequence.ge(from))
            .filter(audit_index::sequence.le(to))
            .select((
                audit_index::sequence,
                (
                    audit_index::at,
                    audit_index::actor,
                    audit_index::action,
                    audit_index::object_kind,
                    audit_index::object_id,
                ),
            ))
            .load(conn)?;
        Ok(Named { last, entries: entries.into_iter().collect() })
    }

    /// What is wrong with what it says of `row`, which is in the log as it was written. Of one that is
    /// not before the last in the index it need say nothing.
    pub fn fault(&self, row: &Row) -> Option<Fault> {
        let Row { sequence, at, actor, action, object_kind, object_id, .. } = row;
        let is_so = match self.entries.get(sequence) {
            Some(names) => {
                let (indexed_at, by, what, kind, id) = names;
                (indexed_at, by, what, kind, id) == (at, actor, action, object_kind, object_id)
            }
            None => *sequence > self.last,
        };
        (!is_so).then_some(Fault::Misindexed(*sequence))
    }
}
