//! A store without threads and without a time of its own. Commands and reads wait in their real
//! queues until whoever simulates runs them, one after the other and on one thread, by the real
//! writer on a real database; it says what becomes of each, and what time it is.

use std::{
    cell::Cell,
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use diesel::{
    QueryResult, RunQueryDsl,
    connection::SimpleConnection,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    result::DatabaseErrorKind,
    sql_query,
    sql_types::Text,
};
use r2d2::Pool;
use serde_json::Value;
use tokio::{sync::watch, time::Instant};

use super::super::{
    super::{
        CONNECTION_WAIT, Databases, Inner, Migration, Store,
        commands::{Job, Lanes, Replies},
        pool::Manager,
        readers::Readers,
        writer::{Done, Engine, Loop},
    },
    Backend, Conn, SETUP, Sqlite, connect, migrate, q, reader_pool,
};
use crate::{domain::Error, threads};

thread_local! {
    static CLOCK: Cell<Option<(DateTime<Utc>, Instant)>> = const { Cell::new(None) };
    static FATE: Cell<Fate> = const { Cell::new(Fate::Done) };
    /// The connection that broke last, and to which database it is one.
    static SPARE: Cell<Option<(String, Sqlite)>> = const { Cell::new(None) };
}

/// What this thread's clock shows, if it is a simulated one.
pub fn now() -> Option<DateTime<Utc>> {
    let (at, since) = CLOCK.get()?;
    let passed = TimeDelta::from_std(since.elapsed()).unwrap_or_default();
    Some((at + passed).trunc_subsecs(3))
}

/// Sets this thread's clock, which goes on with the runtime's.
pub fn set_clock(at: DateTime<Utc>) {
    CLOCK.set(Some((at, Instant::now())));
}

/// Gives this thread the clock of the world back.
pub fn unset_clock() {
    CLOCK.set(None);
}

/// What becomes of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fate {
    /// It is committed, and all are answered.
    #[default]
    Done,
    /// Another one is in the way once; then it is committed.
    Delayed,
    /// The connection breaks before the commit.
    Broken,
    /// The connection breaks after the commit: nobody knows that it came through.
    Unheard,
    /// The program panics before the commit, all else done.
    Panicked,
}

/// SQLite with fates. A connection that broke is whole for all that, and serves again as the next one
/// with the statements that it has prepared.
struct Fated {
    url: String,
    /// None once it broke.
    sqlite: Option<Sqlite>,
}

impl Fated {
    fn breaks(&mut self) -> Error {
        let broken = self.sqlite.take().map(|it| (self.url.clone(), it));
        SPARE.set(broken);
        failed(DatabaseErrorKind::ClosedConnection)
    }
}

impl Engine for Fated {
    const SHARED: bool = false;

    fn connect(url: &str) -> Result<Self, Error> {
        let url = url.to_owned();
        if let Some((of, sqlite)) = SPARE.take()
            && of == url
        {
            return Ok(Fated { url, sqlite: Some(sqlite) });
        }
        let mut conn = connect(&url)?;
        conn.batch_execute(SETUP)?;
        Ok(Fated { url, sqlite: Some(Sqlite(conn)) })
    }

    fn commit(&mut self, lanes: &Lanes, now: DateTime<Utc>) -> Result<Done, Error> {
        let Some(sqlite) = &mut self.sqlite else {
            return Err(failed(DatabaseErrorKind::ClosedConnection));
        };
        match FATE.take() {
            Fate::Done => sqlite.commit(lanes, now),
            Fate::Delayed => Err(failed(DatabaseErrorKind::SerializationFailure)),
            Fate::Broken => Err(self.breaks()),
            Fate::Unheard => {
                sqlite.commit(lanes, now)?;
                Err(self.breaks())
            }
            Fate::Panicked => sqlite.0.immediate_transaction(|conn| {
                q::run(conn, lanes, now)?;
                panic!("the simulation says so")
            }),
        }
    }
}

fn failed(kind: DatabaseErrorKind) -> Error {
    let message = Box::new("the simulation says so".to_owned());
    diesel::result::Error::DatabaseError(kind, message).into()
}

/// One database for any number of nodes. It is in memory, as no machine fails here: what is lost is
/// lost above it.
pub struct Base {
    writer: Loop<Fated>,
    readers: Pool<Manager<Conn>>,
    /// Looks at it, and plants faults in it, beside all nodes. The database is there as long as
    /// this connection is.
    beside: Conn,
}

impl Base {
    /// An empty one with all tables.
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let url = format!("file:/simulated_{count}?vfs=memdb");
        let mut beside = connect(&url).unwrap();
        migrate(&url, Migration::Up).unwrap();
        beside.batch_execute("PRAGMA foreign_keys = OFF;").unwrap();
        Base {
            writer: Loop::new(url.clone(), watch::Sender::new(0)).unwrap(),
            readers: reader_pool(&url, 1, CONNECTION_WAIT).unwrap(),
            beside,
        }
    }

    /// The store of another node, and what waits in it.
    pub fn node(&self, is_shared: bool) -> (Store, Waiting) {
        let (writer, writes) = self.writer.queue();
        let (readers, reads) = Readers::waiting(self.readers.clone());
        let (_, committed) = watch::channel(0);
        let readers = Databases::Sqlite(readers);
        let store = Store(Arc::new(Inner { readers, writer, committed, is_shared }));
        (store, Waiting { from: (writes, reads), writes: VecDeque::new(), reads: VecDeque::new() })
    }

    /// Runs the first `count` commands that wait, as one transaction where their fate allows it; on
    /// a database that others write to, as one for each kind.
    pub fn commit(&mut self, waiting: &mut Waiting, count: usize, fate: Fate, is_shared: bool) {
        let (mut lanes, mut replies) = (Lanes::default(), Replies::default());
        for job in waiting.writes.drain(..count) {
            lanes.push(job, &mut replies);
        }
        FATE.set(fate);
        if is_shared {
            for (lanes, replies) in lanes.apart(replies) {
                self.writer.serve(lanes, replies);
            }
        } else {
            self.writer.serve(lanes, replies);
        }
        FATE.take();
    }

    /// Runs SQL beside the nodes.
    pub fn execute(&mut self, sql: &str) {
        self.beside.batch_execute(sql).unwrap();
    }

    /// The rows of a query that is asked again and again, whose one column is JSON.
    pub fn rows(&mut self, sql: &'static str) -> Vec<Value> {
        let rows: Vec<String> = Kept(sql).load(&mut self.beside).unwrap();
        rows.iter().map(|it| serde_json::from_str(it).unwrap()).collect()
    }

    /// The row of a query that is asked once; its one column, `row`, is JSON.
    pub fn row(&mut self, sql: &str) -> Value {
        let Row { row } = sql_query(sql).get_result(&mut self.beside).unwrap();
        serde_json::from_str(&row).unwrap()
    }
}

/// SQL that stays prepared: what `sql_query` runs is prepared each time, which takes longer than all
/// else that the auditor does.
struct Kept(&'static str);

/// The text says which one it is, not the type.
impl QueryId for Kept {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Backend> for Kept {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        pass.push_sql(self.0);
        Ok(())
    }
}

impl Query for Kept {
    type SqlType = Text;
}

impl RunQueryDsl<Conn> for Kept {}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    row: String,
}

/// What waits in the store of a node.
pub struct Waiting {
    from: (mpsc::Receiver<Job>, mpsc::Receiver<threads::Job>),
    writes: VecDeque<Job>,
    reads: VecDeque<threads::Job>,
}

impl Waiting {
    /// Takes what has come since the last time; says how many commands and reads wait by now.
    pub fn look(&mut self) -> (usize, usize) {
        self.writes.extend(self.from.0.try_iter());
        self.reads.extend(self.from.1.try_iter());
        (self.writes.len(), self.reads.len())
    }

    /// The kinds of the first `count` commands.
    pub fn kinds(&self, count: usize) -> Vec<&'static str> {
        self.writes.iter().take(count).map(Job::lane).collect()
    }

    /// Runs a read that waits: any of them, since several threads take them.
    pub fn read(&mut self, at: usize) {
        if let Some(job) = self.reads.remove(at) {
            job();
        }
    }
}
