//! The tables `events`, `feed` and `epochs`: what happened, and in which order it is told.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use diesel::{dsl::max, prelude::*};
use serde_json::{Map, Value};

use super::{Conn, Tx, leads};
use crate::{
    domain::{
        Error,
        event::{Event, FEED_KEPT, Kind, Published, RELAY_MAX, Relay},
        id::{EventId, OrderId, UserId},
    },
    store::{
        error::corrupt,
        schema::{epochs, events, feed},
    },
};

const PRUNE_EVERY: i64 = 100;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
struct Row {
    id: String,
    order_id: Option<String>,
    sequence: Option<i64>,
    user_id: Option<String>,
    kind: String,
    at: NaiveDateTime,
    data: String,
    /// No feed has it yet. A transaction that commits late is found like any other, which a cursor
    /// would pass by.
    is_pending: bool,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = feed, treat_none_as_default_value = false)]
struct FeedRow {
    sequence: i64,
    event_id: String,
    user_id: Option<String>,
    user_sequence: Option<i64>,
}

/// The life of this store. Sequences of another one mean nothing here.
pub fn epoch(conn: &mut Conn) -> Result<String, Error> {
    Ok(epochs::table.select(epochs::epoch).first(conn)?)
}

/// The last sequence of the feed, 0 before the first event.
pub fn head(conn: &mut Conn) -> Result<i64, Error> {
    let head: Option<i64> = feed::table.select(max(feed::sequence)).first(conn)?;
    Ok(head.unwrap_or(0))
}

/// What was published after `sequence`, in order.
pub fn after(conn: &mut Conn, sequence: i64, limit: i64) -> Result<Vec<Published>, Error> {
    let rows: Vec<(FeedRow, Row)> = feed::table
        .inner_join(events::table)
        .filter(feed::sequence.gt(sequence))
        .order(feed::sequence)
        .limit(limit)
        .select((FeedRow::as_select(), Row::as_select()))
        .load(conn)?;
    rows.into_iter().map(published).collect()
}

/// The last sequence of a user's own topic, 0 before the first event.
pub fn user_head(conn: &mut Conn, user: UserId) -> Result<i64, Error> {
    let own = feed::table.filter(feed::user_id.eq(user.to_string()));
    let head: Option<i64> = own.select(max(feed::user_sequence)).first(conn)?;
    Ok(head.unwrap_or(0))
}

/// What was published in a user's own topic after `sequence`, in order.
pub fn user_after(
    conn: &mut Conn,
    user: UserId,
    sequence: i64,
    limit: i64,
) -> Result<Vec<Published>, Error> {
    let rows: Vec<(FeedRow, Row)> = feed::table
        .inner_join(events::table)
        .filter(feed::user_id.eq(user.to_string()))
        .filter(feed::user_sequence.gt(sequence))
        .order(feed::user_sequence)
        .limit(limit)
        .select((FeedRow::as_select(), Row::as_select()))
        .load(conn)?;
    rows.into_iter().map(published).collect()
}

/// Where the last event of one of `kinds` stands in the feed that is not after `sequence`, 0 where
/// none is kept.
pub fn last_of(conn: &mut Conn, kinds: Vec<Kind>, sequence: i64) -> Result<i64, Error> {
    let kinds = kinds.into_iter().map(Kind::as_str);
    let last: Option<i64> = feed::table
        .inner_join(events::table)
        .filter(events::kind.eq_any(kinds))
        .filter(feed::sequence.le(sequence))
        .select(max(feed::sequence))
        .first(conn)?;
    Ok(last.unwrap_or(0))
}

/// The timeline of an order after `sequence`, in order.
pub fn of_order(
    conn: &mut Conn,
    order: OrderId,
    sequence: i64,
    limit: i64,
) -> Result<Vec<Event>, Error> {
    let rows: Vec<Row> = events::table
        .filter(events::order_id.eq(order.to_string()))
        .filter(events::sequence.gt(sequence))
        .order(events::sequence)
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Event::try_from).collect()
}

/// Records an event that is of no order.
pub fn tell(tx: &mut Tx<'_>, kind: Kind, user: Option<UserId>, data: Value) -> Result<(), Error> {
    let event = Event { id: EventId::new(), order: None, user, kind, at: tx.now, data };
    record(tx, &[event])
}

/// Records that `all` happened; they are published after, and only after, the commit.
pub fn record<'e>(tx: &mut Tx<'_>, all: impl IntoIterator<Item = &'e Event>) -> Result<(), Error> {
    let rows: Vec<Row> = all.into_iter().map(Row::from).collect();
    if rows.is_empty() {
        return Ok(());
    }
    diesel::insert_into(events::table).values(&rows).execute(tx.conn)?;
    tx.effects.told = true;
    Ok(())
}

/// Gives what waits its places in the feeds. One process at a time does it, so the
/// places follow each other without a gap, and a place is never seen before those below it.
pub fn relay(tx: &mut Tx<'_>, _: &Relay) -> Result<i64, Error> {
    if !leads(tx.conn)? {
        return Ok(0);
    }
    let waiting: Vec<Row> = events::table
        .filter(events::is_pending)
        .order(events::id)
        .limit(RELAY_MAX)
        .select(Row::as_select())
        .load(tx.conn)?;
    if waiting.is_empty() {
        return Ok(0);
    }
    let rows = places(tx.conn, &waiting)?;
    let ids = waiting.iter().map(|row| row.id.as_str());
    diesel::insert_into(feed::table).values(&rows).execute(tx.conn)?;
    diesel::update(events::table.filter(events::id.eq_any(ids)))
        .set(events::is_pending.eq(false))
        .execute(tx.conn)?;
    prune(tx.conn, &rows)?;
    i64::try_from(rows.len()).map_err(corrupt)
}

fn places(conn: &mut Conn, waiting: &[Row]) -> Result<Vec<FeedRow>, Error> {
    let head = head(conn)?;
    let mut heads = user_heads(conn, waiting)?;
    let rows = (head.saturating_add(1)..).zip(waiting).map(|(sequence, row)| {
        let told = row.kind.parse().is_ok_and(Kind::tells_user);
        let user_id = row.user_id.clone().filter(|_| told);
        let user_sequence = user_id.as_ref().map(|user| {
            let head = heads.entry(user.clone()).or_insert(0);
            *head = head.saturating_add(1);
            *head
        });
        Ok(FeedRow { sequence, event_id: row.id.clone(), user_id, user_sequence })
    });
    rows.collect()
}

fn user_heads(conn: &mut Conn, waiting: &[Row]) -> Result<BTreeMap<String, i64>, Error> {
    let users: Vec<&String> = waiting.iter().filter_map(|row| row.user_id.as_ref()).collect();
    let heads: Vec<(Option<String>, Option<i64>)> = feed::table
        .filter(feed::user_id.eq_any(users))
        .group_by(feed::user_id)
        .select((feed::user_id, max(feed::user_sequence)))
        .load(conn)?;
    Ok(heads.into_iter().filter_map(|(user, head)| Some((user?, head?))).collect())
}

/// Drops what is older than the feed keeps, but for what is in some user's own topic. It is done
/// once in [`PRUNE_EVERY`] events: seldom, and then much.
fn prune(conn: &mut Conn, rows: &[FeedRow]) -> Result<(), Error> {
    let Some(due) = rows.iter().find(|row| row.sequence % PRUNE_EVERY == 0) else { return Ok(()) };
    let kept_from = due.sequence.saturating_sub(FEED_KEPT);
    let old = feed::table.filter(feed::sequence.le(kept_from)).filter(feed::user_id.is_null());
    diesel::delete(old).execute(conn)?;
    Ok(())
}

fn published((place, row): (FeedRow, Row)) -> Result<Published, Error> {
    Ok(Published {
        sequence: place.sequence,
        user_sequence: place.user_sequence,
        event: row.try_into()?,
    })
}

impl From<&Event> for Row {
    fn from(event: &Event) -> Self {
        Row {
            id: event.id.to_string(),
            order_id: event.order.map(|(order, _)| order.to_string()),
            sequence: event.order.map(|(_, sequence)| sequence),
            user_id: event.user.map(|user| user.to_string()),
            kind: event.kind.to_string(),
            at: event.at.naive_utc(),
            data: event.data.to_string(),
            is_pending: true,
        }
    }
}

impl TryFrom<Row> for Event {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let order = match row.order_id.zip(row.sequence) {
            Some((id, sequence)) => Some((id.parse().map_err(corrupt)?, sequence)),
            None => None,
        };
        let user = row.user_id.map(|id| id.parse().map_err(corrupt));
        let (kind, data) = match (row.kind.parse(), serde_json::from_str(&row.data)) {
            (Ok(kind), Ok(data)) => (kind, data),
            // Without it its topics would have a gap, and with an error nobody would hear of more.
            (Err(_), _) | (_, Err(_)) => {
                tracing::error!(event = row.id, kind = row.kind, "an event cannot be read");
                (Kind::EventUnreadable, Value::Object(Map::new()))
            }
        };
        Ok(Event {
            id: row.id.parse().map_err(corrupt)?,
            order,
            user: user.transpose()?,
            kind,
            at: row.at.and_utc(),
            data,
        })
    }
}
