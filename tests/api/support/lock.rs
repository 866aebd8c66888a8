//! A lock of the tests' own: while it is held, the shop reads, but nothing that it writes is
//! committed.

use std::rc::Rc;

use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection, sql_query, sql_types::BigInt,
};

use super::{
    TestShop,
    database::{Database, postgres},
    soon,
};

/// How often in a row a message must be seen in hand before it is known to wait for the lock, and not
/// for something that it reads.
const SEEN: usize = 10;
/// Messages that the actors of orders have in hand.
const IN_HAND: &str = "rialto_actors_in_flight{kind=\"order\"}";

/// Let go when it is dropped.
pub enum Lock {
    /// Nobody else can begin a transaction that writes.
    Sqlite(#[expect(dead_code, reason = "it is held, not used")] SqliteConnection),
    /// Nobody else can add to the audit log, which is the last that a transaction does: it has
    /// written all the rest by then.
    Postgres(PgConnection),
}

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl Lock {
    fn take(database: &Database) -> Self {
        match database {
            Database::Sqlite { url, .. } => {
                let file = url.trim_start_matches("sqlite:");
                let mut conn = SqliteConnection::establish(file).unwrap();
                conn.batch_execute("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE").unwrap();
                Lock::Sqlite(conn)
            }
            Database::Postgres { url, .. } => {
                let mut conn = PgConnection::establish(url).unwrap();
                conn.batch_execute("BEGIN; LOCK TABLE audit IN EXCLUSIVE MODE").unwrap();
                Lock::Postgres(conn)
            }
        }
    }
}

impl TestShop {
    /// Keeps all that is written from now on from being committed.
    pub fn lock(&self) -> Lock {
        Lock::take(&self.database)
    }

    /// Waits until an order waits for `lock` with what it wants to write.
    pub async fn waits_for(&self, lock: &mut Lock) {
        let waits = async {
            let mut seen = 0;
            while seen < SEEN {
                let is_at_it = self.figure(IN_HAND).await > 0;
                seen = if is_at_it && lock.is_waited_for() { seen + 1 } else { 0 };
            }
        };
        soon("somebody who waits for the lock", waits).await;
    }
}

/// PostgreSQL lets nobody in until it is dropped.
pub struct Outage(Rc<Database>);

impl TestShop {
    /// Throws all out of the shop's PostgreSQL, and lets nobody in again.
    pub fn cut_off(&self) -> Outage {
        let name = self.database.admit(false);
        let out = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        );
        PgConnection::establish(&postgres()).unwrap().batch_execute(&out).unwrap();
        Outage(Rc::clone(&self.database))
    }

    /// Keeps all others from reading `table`, until it is dropped.
    pub fn hold_table(&self, table: &str) -> PgConnection {
        let mut conn = PgConnection::establish(self.database.url().unwrap()).unwrap();
        conn.batch_execute(&format!("BEGIN; LOCK TABLE {table}")).unwrap();
        conn
    }
}

impl Drop for Outage {
    fn drop(&mut self) {
        self.0.admit(true);
    }
}

impl Database {
    /// Whether new connections are let in from now on; the name of the database.
    fn admit(&self, all: bool) -> &str {
        let Database::Postgres { name, .. } = self else { panic!("SQLite has no doors") };
        let sql = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {all}");
        PgConnection::establish(&postgres()).unwrap().batch_execute(&sql).unwrap();
        name
    }
}

impl Lock {
    /// SQLite does not tell: whoever writes while it is held waits.
    fn is_waited_for(&mut self) -> bool {
        const SQL: &str = "SELECT COUNT(*) AS count FROM pg_locks \
            WHERE NOT granted AND relation = 'audit'::regclass";
        match self {
            Lock::Sqlite(_) => true,
            Lock::Postgres(conn) => sql_query(SQL).get_result::<Waiting>(conn).unwrap().count > 0,
        }
    }
}
