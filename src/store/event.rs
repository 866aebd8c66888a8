//! The table `events`: what happened, and in which order it is told.

use std::{ops::RangeInclusive, sync::Arc};

use diesel::{dsl::max, prelude::*};
use serde_json::{Map, Value};

use super::{Conn, Tx, among};
use crate::{
    domain::{
        Error,
        event::{Consumer, Event, FEED_KEPT, Kind, Published},
        id::{EventId, OrderId, UserId},
    },
    store::{
        at::At,
        error::corrupt,
        heads::Heads,
        insert::insert,
        json::json,
        schema::{cursors, epochs, events},
        update::update,
    },
};

/// Once in how many events those are dropped that nobody can ask for: seldom, and then many.
const PRUNE_EVERY: i64 = 500;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
struct Row {
    id: String,
    order_id: Option<String>,
    sequence: Option<i64>,
    user_id: Option<String>,
    kind: String,
    at: At,
    data: String,
    /// In the feed. An event of an order may have lost it once the feed had gone far past.
    place: Option<i64>,
    /// In the topic of the user.
    user_place: Option<i64>,
}

/// The life of this store. Sequences of another one mean nothing here.
pub fn epoch(conn: &mut Conn) -> Result<String, Error> {
    Ok(epochs::table.select(epochs::epoch).first(conn)?)
}

/// The last sequence of the feed, 0 before the first event.
pub fn head(conn: &mut Conn) -> Result<i64, Error> {
    let head: Option<i64> = events::table.select(max(events::place)).first(conn)?;
    Ok(head.unwrap_or(0))
}

/// What happened after `sequence`, in order.
pub fn after(conn: &mut Conn, sequence: i64, limit: i64) -> Result<Vec<Published>, Error> {
    let rows: Vec<Row> = events::table
        .filter(events::place.gt(sequence))
        .order(events::place)
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Published::try_from).collect()
}

/// The last sequence of a user's own topic, 0 before the first event.
pub fn user_head(conn: &mut Conn, user: UserId) -> Result<i64, Error> {
    let head: Option<i64> = events::table
        .filter(events::user_id.eq(user.to_string()))
        .filter(events::user_place.is_not_null())
        .select(max(events::user_place))
        .first(conn)?;
    Ok(head.unwrap_or(0))
}

/// What happened after `sequence` that is of one of `kinds`, in order.
pub fn after_of(
    conn: &mut Conn,
    kinds: &[Kind],
    sequence: i64,
    limit: i64,
) -> Result<Vec<Published>, Error> {
    let rows: Vec<Row> = events::table
        .filter(events::place.gt(sequence))
        .filter(among(events::kind, kinds))
        .order(events::place)
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Published::try_from).collect()
}

/// What happened in a user's own topic after `sequence`, in order.
pub fn user_after(
    conn: &mut Conn,
    user: UserId,
    sequence: i64,
    limit: i64,
) -> Result<Vec<Published>, Error> {
    let rows: Vec<Row> = events::table
        .filter(events::user_id.eq(user.to_string()))
        .filter(events::user_place.gt(sequence))
        .order(events::user_place)
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Published::try_from).collect()
}

/// How far `consumer` has come: what is [`after`] it is still to be done. Of what is in no timeline
/// and no user's topic, the feed keeps [`FEED_KEPT`] places.
pub fn consumed(conn: &mut Conn, consumer: Consumer) -> Result<i64, Error> {
    Ok(cursors::table.find(consumer.as_str()).select(cursors::place).first(conn)?)
}

/// Takes `consumer` on to place `to`, in the transaction that writes what became of the events up to
/// it, as its first statement: `Stale` where somebody else has done them already.
pub fn consume(tx: &mut Tx<'_>, consumer: Consumer, from: i64, to: i64) -> Result<(), Error> {
    let stands = cursors::consumer.eq(consumer.as_str()).and(cursors::place.eq(from));
    match update(cursors::table, stands).set(cursors::place.eq(to)).execute(tx.conn)? {
        0 => Err(Error::Stale),
        _ => Ok(()),
    }
}

/// Where the last event of one of `kinds` stands in the feed that is not after `sequence`, 0 where
/// none is kept.
pub fn last_of(conn: &mut Conn, kinds: Vec<Kind>, sequence: i64) -> Result<i64, Error> {
    let kinds = kinds.into_iter().map(Kind::as_str);
    let last: Option<i64> = events::table
        .filter(events::kind.eq_any(kinds))
        .filter(events::place.le(sequence))
        .select(max(events::place))
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

/// Notes that an event of no order happened.
pub fn tell(tx: &mut Tx<'_>, kind: Kind, user: Option<UserId>, data: Value) {
    record(
        tx,
        [Event { id: EventId::new(), order: None, user, kind, at: tx.now, data: data.into() }],
    );
}

/// Notes that `all` happened: they are written with the transaction and told after its commit.
pub fn record(tx: &mut Tx<'_>, all: impl IntoIterator<Item = Event>) {
    tx.effects.events.extend(all);
}

/// Whose own topics tell of `events`.
pub fn told(events: &[Event]) -> impl Iterator<Item = UserId> {
    events.iter().filter_map(Event::tells)
}

/// Writes what happened in a transaction: each event follows the last one in the feed, and in its
/// user's own topic. From the look at the heads to the commit nobody else writes any, so places have
/// no gap, and none is seen before those below it.
pub fn publish(
    conn: &mut Conn,
    events: Vec<Event>,
    heads: &mut Heads,
) -> Result<Vec<Published>, Error> {
    let first = heads.feed.saturating_add(1);
    let published = events.into_iter().map(|event| {
        heads.feed = heads.feed.saturating_add(1);
        let user_sequence = event.tells().map(|user| heads.next_of(user));
        Published { sequence: heads.feed, user_sequence, event }
    });
    let published: Vec<Published> = published.collect();
    let rows: Vec<Row> = published.iter().map(Row::from).collect();
    insert(events::table, &rows).run(conn)?;
    prune(conn, first..=heads.feed)?;
    Ok(published)
}

/// Drops what is older than the feed keeps, but for what is of an order or in a user's own topic:
/// where `new` places pass a multiple of [`PRUNE_EVERY`], as many of the old ones.
fn prune(conn: &mut Conn, new: RangeInclusive<i64>) -> Result<(), Error> {
    let passed = |place: i64| place / PRUNE_EVERY * PRUNE_EVERY - FEED_KEPT;
    let (from, to) = (passed(new.start() - 1), passed(*new.end()));
    if from < to && to > 0 {
        diesel::delete(loose(from, to)).execute(conn)?;
    }
    Ok(())
}

/// What is in no timeline and no user's topic, of the places after `from` up to `to`. SQLite takes a
/// column that begins an index and is to be NULL for the best way in, and that would be all events
/// of no order there are: so it is asked for the sequence, which is NULL with the order.
#[diesel::dsl::auto_type(no_type_alias)]
pub fn loose(from: i64, to: i64) -> _ {
    let old = events::table.filter(events::place.gt(from)).filter(events::place.le(to));
    old.filter(events::sequence.is_null()).filter(events::user_place.is_null())
}

impl From<&Published> for Row {
    fn from(Published { sequence, user_sequence, event }: &Published) -> Self {
        Row {
            id: event.id.to_string(),
            order_id: event.order.map(|(order, _)| order.to_string()),
            sequence: event.order.map(|(_, sequence)| sequence),
            user_id: event.user.map(|user| user.to_string()),
            kind: event.kind.to_string(),
            at: At(event.at),
            data: json(&event.data),
            place: Some(*sequence),
            user_place: *user_sequence,
        }
    }
}

impl TryFrom<Row> for Published {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let (place, user_sequence) = (row.place, row.user_place);
        let sequence = place.ok_or_else(|| corrupt("an event of the feed has no place"))?;
        Ok(Published { sequence, user_sequence, event: row.try_into()? })
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
            at: row.at.0,
            data: Arc::new(data),
        })
    }
}
