//! SQLite, bundled: one writer, readers on connections that cannot write.

use std::time::Duration;

use diesel::{
    Connection, ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl,
    connection::SimpleConnection,
    r2d2::{ConnectionManager, CustomizeConnection, Error as PoolError},
};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use r2d2::Pool;

use super::{
    Migration,
    commands::Lanes,
    pool::{self, Setup},
    writer::{Done, Engine},
};
use crate::domain::Error;

pub type Conn = diesel::SqliteConnection;
pub type Backend = diesel::sqlite::Sqlite;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

// The time-out comes first: a change to WAL must wait for the other connections too.
const SETUP: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; \
    PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON;";
const READ_ONLY: &str = "PRAGMA query_only = ON;";

/// One connection writes, so there are no rows to lock.
macro_rules! locked {
    ($query:expr) => {
        $query
    };
}

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

/// Whether this process may publish events now: nobody else can.
pub fn leads(_conn: &mut Conn) -> Result<bool, Error> {
    Ok(true)
}

/// The last row of the audit log, which nobody else adds to until the end of the transaction: nobody
/// else can.
pub fn lock_audit(conn: &mut Conn) -> Result<Option<(i64, String)>, Error> {
    use super::schema::audit;
    Ok(audit::table
        .order(audit::sequence.desc())
        .select((audit::sequence, audit::hash))
        .first(conn)
        .optional()?)
}

pub(super) struct Sqlite(Conn);

impl Engine for Sqlite {
    const SHARED: bool = false;

    fn connect(url: &str) -> Result<Self, Error> {
        let mut conn = connect(url)?;
        conn.batch_execute(SETUP)?;
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

impl CustomizeConnection<Conn, PoolError> for Reader {
    fn on_acquire(&self, conn: &mut Conn) -> Result<(), PoolError> {
        Setup(&[SETUP, READ_ONLY]).on_acquire(conn)?;
        let fold = |text: String| text.to_lowercase();
        folded_utils::register_impl(conn, fold).map_err(PoolError::QueryError)
    }
}

pub(super) fn reader_pool(
    path: &str,
    size: usize,
    wait: Duration,
) -> Result<Pool<ConnectionManager<Conn>>, Error> {
    pool::builder(size, wait, Reader)
        .test_on_check_out(false) // A file does not go away.
        .build(ConnectionManager::new(path))
        .map_err(Error::internal("opening the SQLite file"))
}

pub(super) fn migrate(path: &str, migration: Migration) -> Result<Vec<String>, Error> {
    let mut conn = connect(path)?;
    conn.batch_execute(SETUP)?;
    // A second process that migrates waits here, and finds nothing left to do.
    conn.exclusive_transaction(|conn| pool::migrate(conn, MIGRATIONS, migration))
}

pub(super) fn status(path: &str) -> Result<Vec<(String, bool)>, Error> {
    pool::status(&mut connect(path)?, MIGRATIONS)
}
