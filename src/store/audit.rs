//! The table `audit`: who changed what. Rows are added at the end, chained by hashes, and never
//! touched again.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

mod chain;
mod index;

pub use chain::walk;
pub use index::{index, unindexed};

use super::{Backend, Conn, Tx, snapshot};
use crate::{
    domain::{
        Error,
        audit::{
            Entry, Origin,
            chain::Head,
            reading::{Filter, Key, Read, Record, RecordObject},
        },
        page::{Listed, Page},
    },
    store::{
        at::At,
        error::corrupt,
        insert::insert,
        json::json,
        schema::{audit, audit_index},
    },
};

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit, treat_none_as_default_value = false)]
struct Row {
    sequence: i64,
    format: i32,
    at: At,
    actor: String,
    session_id: Option<String>,
    address: Option<String>,
    request_id: Option<String>,
    action: String,
    object_kind: String,
    object_id: Option<String>,
    before: Option<String>,
    after: Option<String>,
    hash: String,
}

/// Writes what the commands of a transaction left after the last entry, `head`. One `INSERT`, since a
/// transaction has no more commands than rows fit in one.
pub fn append(
    conn: &mut Conn,
    now: DateTime<Utc>,
    left: &[(Origin, Entry)],
    head: Option<(i64, String)>,
) -> Result<(), Error> {
    if left.is_empty() {
        return Ok(());
    }
    let mut head = head.map_or(Head::START, |(sequence, hash)| Head { sequence, hash });
    let rows = left.iter().map(|(origin, entry)| {
        let row = Row::of(origin, entry, At(now), &head);
        head = row.head();
        row
    });
    let rows: Vec<Row> = rows.collect();
    insert(audit::table, &rows).run(conn)
}

/// That somebody reads the log changes nothing else: the entry is all that is written.
pub fn read(_: &mut Tx<'_>, _: &Read) -> Result<(), Error> {
    Ok(())
}

/// `$query`, by the columns of `$table` cut down to what `$filter` lets through, the newest first and after
/// `$after`.
macro_rules! wanted {
    ($query:expr, $table:ident, $filter:expr, $after:expr) => {{
        let Filter { actor, action, object_kind, object_id, from, to } = $filter;
        let newest = ($table::at.desc(), $table::sequence.desc());
        let mut query = $query.order(newest).select(Row::as_select()).into_boxed::<Backend>();
        if let Some(actor) = actor {
            query = query.filter($table::actor.eq(actor.to_string()));
        }
        if let Some(action) = action {
            query = query.filter($table::action.eq(action.as_str()));
        }
        if let Some(kind) = object_kind {
            query = query.filter($table::object_kind.eq(kind.as_str()));
        }
        if let Some(id) = object_id {
            query = query.filter($table::object_id.eq(id.to_string()));
        }
        if let Some(from) = from {
            query = query.filter($table::at.ge(At(*from)));
        }
        if let Some(to) = to {
            query = query.filter($table::at.lt(At(*to)));
        }
        if let Some(Key { at, sequence }) = $after {
            // The first condition says nothing more, but is one that an index begins with.
            let at = At(*at);
            let older = $table::at.lt(at).or($table::sequence.lt(*sequence));
            query = query.filter($table::at.le(at)).filter(older);
        }
        query
    }};
}

/// The entries that `filter` lets through, the newest first.
pub fn page(
    conn: &mut Conn,
    filter: Filter,
    page: Page<Key>,
) -> Result<Listed<Record, Key>, Error> {
    let limit = page.limit.saturating_add(1);
    let mut rows: Vec<Row> = snapshot(conn, |conn| {
        let end = audit::table.filter(audit::sequence.gt(index::last(conn)?));
        let mut rows = wanted!(end, audit, &filter, &page.after).limit(limit).load(conn)?;
        let indexed = audit_index::table.inner_join(audit::table);
        let indexed = wanted!(indexed, audit_index, &filter, &page.after).limit(limit);
        rows.extend(indexed.load::<Row>(conn)?);
        Ok::<_, Error>(rows)
    })?;
    // After a clock was set back, the end of the log may be older than what is in the index.
    rows.sort_unstable_by_key(|row| Reverse((row.at, row.sequence)));
    let records = rows.into_iter().map(Record::try_from).collect::<Result<Vec<Record>, Error>>()?;
    Ok(Listed::cut(records, page.limit, |it| Key { at: it.at, sequence: it.sequence }))
}

impl Row {
    /// The row that follows `head`.
    fn of(origin: &Origin, entry: &Entry, at: At, head: &Head) -> Row {
        let Origin { actor, session, address, request } = origin.with(entry);
        let mut row = Row {
            sequence: head.sequence.saturating_add(1),
            format: chain::FORMAT,
            at,
            actor: actor.to_string(),
            session_id: session.map(|id| id.to_string()),
            address: address.as_deref().map(str::to_owned),
            request_id: request.as_deref().map(str::to_owned),
            action: entry.action.to_string(),
            object_kind: entry.object.kind.to_string(),
            object_id: entry.object.id.map(|id| id.to_string()),
            before: entry.before.as_ref().map(json),
            after: entry.after.as_ref().map(json),
            hash: String::new(),
        };
        row.hash = chain::seal(&head.hash, &row);
        row
    }

    fn head(&self) -> Head {
        Head { sequence: self.sequence, hash: self.hash.clone() }
    }
}

/// Words are shown as they stand: a row that somebody forged must not hide the others.
impl TryFrom<Row> for Record {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let json = |text: Option<String>| {
            text.map(|text| serde_json::from_str(&text)).transpose().map_err(corrupt)
        };
        Ok(Record {
            sequence: row.sequence,
            at: row.at.0,
            actor: row.actor,
            session_id: row.session_id,
            address: row.address,
            request_id: row.request_id,
            action: row.action,
            object: RecordObject { kind: row.object_kind, id: row.object_id },
            before: json(row.before)?,
            after: json(row.after)?,
            hash: row.hash,
        })
    }
}
