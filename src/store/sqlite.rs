//! SQLite, bundled: one writer, readers on connections that cannot write.

use std::time::Duration;

use diesel::{
    Connection, QueryResult, RunQueryDsl,
    connection::SimpleConnection,
    dsl::sql,
    expression::SqlLiteral,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    r2d2::{CustomizeConnection, Error as PoolError},
    sql_types::{BigInt, Nullable, Text},
};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use r2d2::Pool;

use super::{
    Migration,
    commands::Lanes,
    heads::{Columns, Head, Heads},
    insert::Begin,
    json::json,
    pool::{self, Manager, Pooled, Setup},
    writer::{Done, Engine},
};
use crate::domain::{Error, id::UserId};

pub use among::among;
pub(super) use logged::Logged;

pub type Conn = diesel::SqliteConnection;
pub type Backend = diesel::sqlite::Sqlite;

/// By `OR FAIL` the rows before the one that fails stay, and the caller rolls them back on an error. By
/// default they go with the statement, and to that end SQLite copies each page that it changes for
/// more rows than one (<https://www.sqlite.org/lang_conflict.html>,
/// <https://www.sqlite.org/tempfiles.html#statement_journal_files>).
impl Begin for Backend {
    const INSERT: &'static str = "INSERT OR FAIL INTO ";
}

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

// The time-out comes first: a change to WAL must wait for the other connections too.
const SETUP: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; \
    PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON;";
/// A connection that writes has the pages at hand that it changes again and again, 16 MiB of them (each
/// commit looks at all), and moves the log into the file when it has 64 MiB; [`Logged`] leaves that to
/// others.
const WRITER: &str = "PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 16384;";
const READ_ONLY: &str = "PRAGMA query_only = ON;";

/// One connection writes, so there are no rows to lock.
macro_rules! locked {
    ($query:expr) => {
        $query
    };
}

mod among;
mod logged;
#[path = "queries.rs"]
pub mod q;
#[cfg(test)]
pub(crate) mod tests;

diesel::define_sql_function! {
    /// The text without the difference of letter cases: SQLite's own `lower` knows those of ASCII
    /// alone. Readers have it.
    fn folded(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

/// Runs `work` so that all that it reads is of one moment.
pub fn snapshot<T>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, Error>,
) -> Result<T, Error> {
    conn.transaction(work)
}

/// The sum of the amounts of a ledger.
pub fn ledger_total() -> SqlLiteral<Nullable<BigInt>> {
    sql("CAST(SUM(amount) AS BIGINT)")
}

/// How far the store has come, and the topics of `users`: nobody else can go on.
pub fn lock_heads(conn: &mut Conn, users: impl Iterator<Item = UserId>) -> Result<Heads, Error> {
    let users: Vec<UserId> = users.collect();
    let heads: Vec<Head> = HeadsOf(json(&users)).load(conn)?;
    heads.try_into()
}

/// The question for the heads, of users in JSON. Each transaction asks it, so that it stays prepared,
/// which nothing does that `sql_query` runs.
#[derive(QueryId)]
struct HeadsOf(String);

impl QueryFragment<Backend> for HeadsOf {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        pass.push_sql(
            "SELECT NULL AS topic, (SELECT MAX(place) FROM events) AS place, last.sequence, last.hash
                FROM (SELECT 1) LEFT JOIN
                    (SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1) AS last
            UNION ALL
            SELECT those.value, (SELECT MAX(user_place) FROM events
                WHERE user_id = those.value AND user_place IS NOT NULL), NULL, NULL
            FROM json_each(",
        );
        pass.push_bind_param::<Text, _>(&self.0)?;
        pass.push_sql(") AS those");
        Ok(())
    }
}

impl Query for HeadsOf {
    type SqlType = Columns;
}

impl RunQueryDsl<Conn> for HeadsOf {}

/// A connection that writes; by itself it has on the disk what it has committed.
pub(super) struct Sqlite(Conn);

impl Engine for Sqlite {
    const SHARED: bool = false;

    fn connect(url: &str) -> Result<Self, Error> {
        let mut conn = connect(url)?;
        conn.batch_execute(SETUP)?;
        conn.batch_execute(WRITER)?;
        Ok(Sqlite(conn))
    }

    fn commit(&mut self, lanes: &Lanes, now: chrono::DateTime<chrono::Utc>) -> Result<Done, Error> {
        self.0.immediate_transaction(|conn| q::run(conn, lanes, now))
    }
}

fn connect(url: &str) -> Result<Conn, Error> {
    Conn::establish(url).map_err(Error::internal("opening the SQLite file"))
}

/// Makes a connection one that reads.
#[derive(Debug)]
struct Reader;

impl CustomizeConnection<Pooled<Conn>, PoolError> for Reader {
    fn on_acquire(&self, pooled: &mut Pooled<Conn>) -> Result<(), PoolError> {
        Setup(&[SETUP, READ_ONLY]).on_acquire(pooled)?;
        let fold = |text: String| text.to_lowercase();
        folded_utils::register_impl(&mut pooled.conn, fold).map_err(PoolError::QueryError)
    }
}

pub(super) fn reader_pool(
    path: &str,
    size: usize,
    wait: Duration,
) -> Result<Pool<Manager<Conn>>, Error> {
    pool::builder(size, wait, Reader)
        .test_on_check_out(false) // A file does not go away.
        .build(Manager::new(path))
        .map_err(Error::internal("opening the SQLite file"))
}

pub(super) fn migrate(path: &str, migration: Migration) -> Result<Vec<String>, Error> {
    let mut conn = connect(path)?;
    conn.batch_execute(SETUP)?;
    // A second process that migrates waits here, and finds nothing left to do.
    conn.exclusive_transaction(|conn| {
        let done = pool::migrate(conn, MIGRATIONS, migration)?;
        if migration == Migration::Up {
            logged::note_boot(conn)?;
        }
        Ok(done)
    })
}

pub(super) fn status(path: &str) -> Result<Vec<(String, bool)>, Error> {
    pool::status(&mut connect(path)?, MIGRATIONS)
}
