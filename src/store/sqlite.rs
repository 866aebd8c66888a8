//! SQLite, bundled: one writer, readers on connections that cannot write.

use std::time::Duration;

use diesel::{
    Connection,
    connection::SimpleConnection,
    r2d2::{ConnectionManager, CustomizeConnection},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use r2d2::Pool;

use super::{
    Migration,
    commands::Lanes,
    error::corrupt,
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

#[derive(Debug)]
struct Reader;

impl CustomizeConnection<Conn, diesel::r2d2::Error> for Reader {
    fn on_acquire(&self, conn: &mut Conn) -> Result<(), diesel::r2d2::Error> {
        conn.batch_execute(SETUP)
            .and_then(|()| conn.batch_execute(READ_ONLY))
            .map_err(diesel::r2d2::Error::QueryError)
    }
}

pub(super) fn reader_pool(
    path: &str,
    size: usize,
    wait: Duration,
) -> Result<Pool<ConnectionManager<Conn>>, Error> {
    Pool::builder()
        .max_size(u32::try_from(size).unwrap_or(1))
        .connection_timeout(wait)
        .test_on_check_out(false) // A file does not go away.
        .connection_customizer(Box::new(Reader))
        .build(ConnectionManager::new(path))
        .map_err(Error::internal("opening the SQLite file"))
}

pub(super) fn migrate(path: &str, migration: Migration) -> Result<Vec<String>, Error> {
    let mut conn = connect(path)?;
    conn.batch_execute(SETUP)?;
    // A second process that migrates waits here, and finds nothing left to do.
    conn.exclusive_transaction(|conn| match migration {
        Migration::Up => {
            let done = conn.run_pending_migrations(MIGRATIONS).map_err(corrupt)?;
            Ok(done.iter().map(ToString::to_string).collect())
        }
        Migration::Down => {
            Ok(vec![conn.revert_last_migration(MIGRATIONS).map_err(corrupt)?.to_string()])
        }
    })
}

pub(super) fn status(path: &str) -> Result<Vec<(String, bool)>, Error> {
    super::migration_list(&mut connect(path)?, MIGRATIONS)
}
