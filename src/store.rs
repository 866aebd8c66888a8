//! The database: SQLite or PostgreSQL behind one face. Reads run on their own threads, on
//! connections that the database itself lets only read; writes queue at the group-committing
//! writer as commands.
//!
//! The query files below this folder are compiled once for each database: see `queries.rs`.

use std::{
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use chrono::{DateTime, SubsecRound, Utc};
use tokio::sync::watch;

use crate::domain::{Error, catalogue::change::Changes, event::Published, id::CartId};

mod at;
#[macro_use]
mod commands;
mod error;
mod heads;
mod insert;
mod json;
pub mod origin;
pub mod plain;
mod pool;
pub mod postgres;
mod readers;
mod schema;
pub mod sqlite;
#[cfg(test)]
pub(crate) mod tests;
mod update;
mod writer;

pub use commands::Command;
pub use readers::Readers;

/// Threads and connections that read: enough to keep two cores busy while some wait for the disk.
pub const READERS: usize = 4;
/// How long a query waits for a thread and a connection before it is answered `Busy`.
const CONNECTION_WAIT: Duration = Duration::from_secs(2);

/// Which database, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Url {
    Sqlite(PathBuf),
    /// A `postgres://` address; it may hold a password, so it is never shown.
    Postgres(String),
}

/// How busy the store is and has been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Of the readers' pool.
    pub connections: u32,
    pub idle: u32,
    /// Since the process began: what the writer took, and in how many transactions.
    pub commands: u64,
    pub transactions: u64,
    /// Batches that had to be replayed command by command.
    pub replays: u64,
}

/// The next events of the feed.
pub struct Followed {
    pub published: Vec<Published>,
    /// Whether all were committed here and taken from memory: then whoever watches the store was told of
    /// them before. Where not, some may be this node's too.
    pub is_all_own: bool,
}

/// A handle on the store; clones share it.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    readers: Databases<Readers<sqlite::Conn>, Readers<postgres::Conn>>,
    writer: writer::Writer,
    committed: watch::Receiver<u64>,
    is_shared: bool,
}

/// One of two, by database.
pub enum Databases<S, P> {
    Sqlite(S),
    Postgres(P),
}

impl Store {
    /// Connects and starts the threads. The schema must be up to date: see [`migrate`].
    pub fn open(url: &Url) -> Result<Self, Error> {
        let (told, committed) = watch::channel(0);
        let (readers, writer) = match url {
            Url::Sqlite(path) => {
                let path = path.to_string_lossy().into_owned();
                let readers =
                    Readers::start(sqlite::reader_pool(&path, READERS, CONNECTION_WAIT)?)?;
                let writer = writer::start::<sqlite::Logged>(path, told)?;
                (Databases::Sqlite(readers), writer)
            }
            Url::Postgres(url) => {
                let readers =
                    Readers::start(postgres::reader_pool(url, READERS, CONNECTION_WAIT)?)?;
                let writer = writer::start::<postgres::Planned>(url.clone(), told)?;
                (Databases::Postgres(readers), writer)
            }
        };
        let is_shared = matches!(readers, Databases::Postgres(_));
        Ok(Store(Arc::new(Inner { readers, writer, committed, is_shared })))
    }

    /// Runs `command` in a transaction, together with others that wait, and answers after the
    /// commit: an `Ok` is on the disk. `Busy` where the queue is full; nothing was done then.
    /// The audit log says that it was done on behalf of whoever this task works for.
    pub async fn write<C: Command>(&self, command: C) -> Result<C::Outcome, Error> {
        self.0.writer.submit(command, origin::here()).await
    }

    /// Changes each time that events were committed here.
    pub fn committed(&self) -> watch::Receiver<u64> {
        self.0.committed.clone()
    }

    /// What happened after place `sequence` of the feed, in order and at most `limit` events. What was
    /// committed here a moment ago is taken from memory, and is there for one follower alone: another
    /// reads it.
    pub async fn follow(&self, sequence: i64, limit: u16) -> Result<Followed, Error> {
        let published = self.0.writer.take_published(sequence, limit.into());
        if published.is_empty() {
            let published = read!(self, event::after(sequence, limit.into()))?;
            return Ok(Followed { published, is_all_own: false });
        }
        Ok(Followed { published, is_all_own: true })
    }

    /// Changes each time that mails were queued here.
    pub fn mailed(&self) -> watch::Receiver<u64> {
        self.0.writer.mailed()
    }

    /// Has `watcher` told of each change of the catalogue that is committed here, before it is
    /// answered; it runs on a thread of the store's and must be quick. There can be one.
    pub fn watch(&self, watcher: writer::Watcher<Changes>) -> Result<(), Error> {
        self.0.writer.watch(watcher)
    }

    /// The same of carts that are edited or emptied here.
    pub fn watch_carts(&self, watcher: writer::Watcher<Vec<CartId>>) -> Result<(), Error> {
        self.0.writer.watch_carts(watcher)
    }

    /// What `read!` dispatches on.
    pub fn readers(&self) -> &Databases<Readers<sqlite::Conn>, Readers<postgres::Conn>> {
        &self.0.readers
    }

    /// How busy the store is and has been, for metrics.
    pub fn stats(&self) -> Stats {
        let (connections, idle) = match &self.0.readers {
            Databases::Sqlite(readers) => readers.connections(),
            Databases::Postgres(readers) => readers.connections(),
        };
        let counts = self.0.writer.counts();
        Stats {
            connections,
            idle,
            commands: counts.commands.load(Ordering::Relaxed),
            transactions: counts.transactions.load(Ordering::Relaxed),
            replays: counts.replays.load(Ordering::Relaxed),
        }
    }

    /// Whether other processes may write to this store too.
    pub fn is_shared(&self) -> bool {
        self.0.is_shared
    }
}

/// Runs a query function of `store/` on a reader thread and awaits its answer:
/// `read!(store, order::get(id))?`. The arguments are moved.
macro_rules! read {
    ($store:expr, $module:ident :: $function:ident ( $($argument:expr),* $(,)? )) => {
        match $store.readers() {
            $crate::store::Databases::Sqlite(readers) => {
                readers
                    .run(move |conn| $crate::store::sqlite::q::$module::$function(conn, $($argument),*))
                    .await
            }
            $crate::store::Databases::Postgres(readers) => {
                readers
                    .run(move |conn| {
                        $crate::store::postgres::q::$module::$function(conn, $($argument),*)
                    })
                    .await
            }
        }
    };
}
pub(crate) use read;

/// What is to be done to the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migration {
    /// All that is pending.
    Up,
    /// The last one that was applied.
    Down,
}

/// Changes the schema and names what was applied or reverted. Two at once: one waits.
pub fn migrate(url: &Url, migration: Migration) -> Result<Vec<String>, Error> {
    match url {
        Url::Sqlite(path) => sqlite::migrate(&path.to_string_lossy(), migration),
        Url::Postgres(url) => postgres::migrate(url, migration),
    }
}

/// The migrations there are, and whether each is applied.
pub fn migration_status(url: &Url) -> Result<Vec<(String, bool)>, Error> {
    match url {
        Url::Sqlite(path) => sqlite::status(&path.to_string_lossy()),
        Url::Postgres(url) => postgres::status(url),
    }
}

/// The present moment, as finely as both databases keep it: the one clock of store and actors.
#[expect(clippy::disallowed_methods, reason = "the one clock")]
pub fn now() -> DateTime<Utc> {
    #[cfg(test)]
    if let Some(now) = sqlite::tests::simulated::now() {
        return now;
    }
    Utc::now().trunc_subsecs(3)
}
