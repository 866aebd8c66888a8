//! What only SQLite lends itself to.

use diesel::{
    QueryableByName, RunQueryDsl, debug_query, query_builder::QueryFragment, sql_query,
    sql_types::Text,
};

use super::{Backend, MIGRATIONS, connect, pool, q};
use crate::store::Migration;

pub(crate) mod simulated;

/// A step of the way on which SQLite goes about a statement.
#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// How SQLite goes about `query` in an empty shop: nothing is known there of how many rows there are,
/// nor will it be in a full one.
fn plan(query: &impl QueryFragment<Backend>) -> Vec<String> {
    let mut conn = connect(":memory:").unwrap();
    pool::migrate(&mut conn, MIGRATIONS, Migration::Up).unwrap();
    let steps = sql_query(format!("EXPLAIN QUERY PLAN {}", debug_query::<Backend, _>(query)));
    let steps: Vec<Step> = steps.load(&mut conn).unwrap();
    steps.into_iter().map(|step| step.detail).collect()
}

/// By any other way it would look at all events of no order, however many there are.
#[test]
fn what_the_feed_drops_is_found_by_its_place() {
    let steps = plan(&diesel::delete(q::event::loose(1, 2)));

    assert_eq!(steps, ["SEARCH events USING INDEX events_place (place>? AND place<?)"]);
}
