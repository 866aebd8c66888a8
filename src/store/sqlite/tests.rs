//! What only SQLite lends itself to.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use diesel::{
    Connection, ExpressionMethods, Insertable, QueryDsl, QueryableByName, RunQueryDsl,
    connection::InstrumentationEvent, debug_query, query_builder::QueryFragment, sql_query,
    sql_types::Text,
};

use super::{Backend, Conn, MIGRATIONS, among, connect, pool, q};
use crate::store::{Migration, insert::insert, schema::epochs, update::update};

pub(crate) mod simulated;

/// A step of the way on which SQLite goes about a statement.
#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

fn migrated() -> Conn {
    let mut conn = connect(":memory:").unwrap();
    pool::migrate(&mut conn, MIGRATIONS, Migration::Up).unwrap();
    conn
}

/// How SQLite goes about `query` in an empty shop: nothing is known there of how many rows there are,
/// nor will it be in a full one.
fn plan(query: &impl QueryFragment<Backend>) -> Vec<String> {
    let steps = sql_query(format!("EXPLAIN QUERY PLAN {}", debug_query::<Backend, _>(query)));
    let steps: Vec<Step> = steps.load(&mut migrated()).unwrap();
    steps.into_iter().map(|step| step.detail).collect()
}

/// By any other way it would look at all events of no order, however many there are.
#[test]
fn what_the_feed_drops_is_found_by_its_place() {
    let steps = plan(&diesel::delete(q::event::loose(1, 2)));

    assert_eq!(steps, ["SEARCH events USING INDEX events_place (place>? AND place<?)"]);
}

#[derive(Insertable)]
#[diesel(table_name = epochs, treat_none_as_default_value = false)]
struct Row {
    epoch: String,
}

/// Inserts so many rows, from a number on.
fn insert_some(conn: &mut Conn, from: usize, count: usize) {
    let rows = (from..from + count).map(|at| Row { epoch: at.to_string() });
    insert(epochs::table, &rows.collect::<Vec<Row>>()).run(conn).unwrap();
}

/// Counts from now on how many statements are kept prepared.
fn count_prepared(conn: &mut Conn) -> Arc<AtomicUsize> {
    let prepared = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&prepared);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if matches!(event, InstrumentationEvent::CacheQuery { .. }) {
            counts.fetch_add(1, Ordering::Relaxed);
        }
    });
    prepared
}

#[test]
fn an_update_stays_prepared_however_many_rows_it_changes() {
    let mut conn = migrated();
    insert_some(&mut conn, 0, 5);
    let prepared = count_prepared(&mut conn);

    let changed = [&["0", "1", "2"][..], &["4"], &["9"]].map(|those| {
        let rows = update(epochs::table, among(epochs::epoch, those));
        rows.set(epochs::boot.eq(those.first())).execute(&mut conn).unwrap()
    });

    assert_eq!((changed, prepared.load(Ordering::Relaxed)), ([3, 1, 0], 1));
    let of_three = epochs::table.filter(epochs::boot.eq("0")).count().get_result(&mut conn);
    assert_eq!(of_three, Ok(3));
}

#[test]
fn a_statement_of_a_few_rows_stays_prepared_and_one_of_many_does_not() {
    let mut conn = migrated();
    let before: i64 = epochs::table.count().get_result(&mut conn).unwrap();
    let prepared = count_prepared(&mut conn);

    let kept = [(0, 3), (100, 3), (200, 64), (300, 65), (400, 65), (500, 2_000)];
    let kept = kept.map(|(from, count)| {
        insert_some(&mut conn, from, count);
        prepared.load(Ordering::Relaxed)
    });

    let after: i64 = epochs::table.count().get_result(&mut conn).unwrap();
    assert_eq!((kept, after - before), ([1, 1, 2, 2, 2, 2], 2_200));
}
