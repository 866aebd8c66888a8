//! PostgreSQL, by the bundled libpq: rows are locked in sorted order, and other nodes write too.

use std::time::Duration;

use diesel::{
    Connection, ExpressionMethods, QueryResult, RunQueryDsl,
    connection::SimpleConnection,
    dsl::{EqAny, sql},
    expression::{AsExpression, SqlLiteral, TypedExpressionType},
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Nullable, SqlType, Text},
};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use r2d2::Pool;

use super::{
    Migration,
    commands::Lanes,
    heads::{Columns, Head, Heads},
    insert::Begin,
    pool::{self, Manager, Setup},
    writer::{Done, Engine},
};
use crate::domain::{Error, id::UserId};

pub type Conn = diesel::PgConnection;
pub type Backend = diesel::pg::Pg;

impl Begin for Backend {
    const INSERT: &'static str = "INSERT INTO ";
}

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

// A node that freezes in a transaction must not hold up the others by the rows it has locked.
const SETUP: &str = "SET statement_timeout = '15s'; SET lock_timeout = '4s'; \
    SET idle_in_transaction_session_timeout = '5s'; SET TIME ZONE 'UTC';";
/// How long a server that does not answer is waited for: libpq waits for ever by itself.
const PATIENCE: &str = "connect_timeout=3&keepalives_idle=5&tcp_user_timeout=10000";
/// A statement finds its rows by an index, however many they are. By itself the server makes a plan that reads
/// all of a table that is nearly empty, and keeps it until autovacuum has analysed the table, a minute
/// later. `enable_seqscan = off` only makes reading a whole table look dear: what has no index still runs, and
/// `jit` would go by that price and compile it.
const INDEXED: &str = "SET enable_seqscan = off; SET jit = off;";
/// A statement of a command is planned once: by itself the server plans the first few runs of each anew
/// (<https://www.postgresql.org/docs/current/sql-prepare.html>). A plan that does not know the values uses no
/// partial index whose condition they would have to fulfil: write that condition into the statement.
const PLANNED: &str = "SET plan_cache_mode = force_generic_plan;";
const READ_ONLY: &str = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY;";
/// Held by the one transaction that adds to the feed and the audit log, from then to its commit; any
/// number that no other program uses.
const HEADS_LOCK: i64 = 7_425_100_001;
/// Held for a session by the one node that migrates.
const MIGRATION_LOCK: i64 = 7_425_100_002;

/// Locks the rows that a query finds, in the order in which it finds them.
macro_rules! locked {
    ($query:expr) => {
        $query.for_no_key_update()
    };
}

#[path = "queries.rs"]
pub mod q;

diesel::define_sql_function! {
    /// The text without the difference of letter cases.
    #[sql_name = "lower"]
    fn folded(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

/// Whether `column` is one of `texts`, of which there may be any number.
pub fn among<C>(column: C, texts: impl IntoIterator<Item: ToString>) -> EqAny<C, Vec<String>>
where
    C: ExpressionMethods<SqlType: SqlType + TypedExpressionType>,
    String: AsExpression<C::SqlType>,
{
    column.eq_any(texts.into_iter().map(|it| it.to_string()).collect::<Vec<String>>())
}

/// Runs `work` so that all that it reads is of one moment.
pub fn snapshot<T>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, Error>,
) -> Result<T, Error> {
    conn.build_transaction().read_only().repeatable_read().run(work)
}

/// The sum of the amounts of a ledger, which is a `NUMERIC` by itself.
pub fn ledger_total() -> SqlLiteral<Nullable<BigInt>> {
    sql("CAST(SUM(amount) AS BIGINT)")
}

/// How far the store has come, and the topics of `users`, which nobody else goes on with until the
/// end of the transaction. Whoever holds them waits for no other lock, so that nobody waits for them
/// in a circle: they are taken last.
pub fn lock_heads(conn: &mut Conn, users: impl Iterator<Item = UserId>) -> Result<Heads, Error> {
    let heads: Vec<Head> = HeadsOf(users.map(|it| it.to_string()).collect()).load(conn)?;
    heads.try_into()
}

/// The question for the heads, of users. Each transaction asks it, so that it stays prepared, which no
/// `sql` does.
#[derive(QueryId)]
struct HeadsOf(Vec<String>);

impl QueryFragment<Backend> for HeadsOf {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        pass.push_sql("SELECT topic, place, sequence, hash FROM lock_heads(");
        pass.push_bind_param::<BigInt, _>(&HEADS_LOCK)?;
        pass.push_sql(", ");
        pass.push_bind_param::<Array<Text>, _>(&self.0)?;
        pass.push_sql(")");
        Ok(())
    }
}

impl Query for HeadsOf {
    type SqlType = Columns;
}

impl RunQueryDsl<Conn> for HeadsOf {}

/// A connection that writes, as the server gives it.
pub(super) struct Postgres(Conn);

impl Engine for Postgres {
    const SHARED: bool = true;

    fn connect(url: &str) -> Result<Self, Error> {
        let mut conn = connect(url)?;
        conn.batch_execute(SETUP)?;
        Ok(Postgres(conn))
    }

    fn commit(&mut self, lanes: &Lanes, now: chrono::DateTime<chrono::Utc>) -> Result<Done, Error> {
        self.0.build_transaction().read_committed().run(|conn| q::run(conn, lanes, now))
    }
}

/// A connection of the writer.
pub(super) struct Planned(Postgres);

impl Engine for Planned {
    const SHARED: bool = Postgres::SHARED;

    fn connect(url: &str) -> Result<Self, Error> {
        let mut postgres = Postgres::connect(url)?;
        postgres.0.batch_execute(INDEXED)?;
        postgres.0.batch_execute(PLANNED)?;
        Ok(Planned(postgres))
    }

    fn commit(&mut self, lanes: &Lanes, now: chrono::DateTime<chrono::Utc>) -> Result<Done, Error> {
        self.0.commit(lanes, now)
    }
}

fn connect(url: &str) -> Result<Conn, Error> {
    Conn::establish(&patient(url)).map_err(Error::internal("connecting to PostgreSQL"))
}

/// The address with [`PATIENCE`]; what it says itself comes later, and counts.
fn patient(url: &str) -> String {
    match url.split_once('?') {
        Some((place, own)) => format!("{place}?{PATIENCE}&{own}"),
        None => format!("{url}?{PATIENCE}"),
    }
}

pub(super) fn reader_pool(
    url: &str,
    size: usize,
    wait: Duration,
) -> Result<Pool<Manager<Conn>>, Error> {
    pool::builder(size, wait, Setup(&[SETUP, INDEXED, READ_ONLY]))
        .build(Manager::new(patient(url)))
        .map_err(Error::internal("connecting to PostgreSQL"))
}

pub(super) fn migrate(url: &str, migration: Migration) -> Result<Vec<String>, Error> {
    diesel::define_sql_function! { fn pg_advisory_lock(key: diesel::sql_types::BigInt) -> diesel::sql_types::Text; }
    let mut conn = connect(url)?;
    // A second process that migrates waits here, and finds nothing left to do.
    diesel::select(pg_advisory_lock(MIGRATION_LOCK)).execute(&mut conn)?;
    pool::migrate(&mut conn, MIGRATIONS, migration)
}

pub(super) fn status(url: &str) -> Result<Vec<(String, bool)>, Error> {
    pool::status(&mut connect(url)?, MIGRATIONS)
}
