//! What both databases share: how a pool is made and when its connections are tested, and how migrations
//! are run.

use std::time::{Duration, Instant};

use diesel::{
    connection::SimpleConnection,
    migration::{Migration as _, MigrationSource},
    r2d2::{ConnectionManager, CustomizeConnection, Error as PoolError, R2D2Connection},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};
use r2d2::{Builder, ManageConnection, Pool};

use super::{Migration, error::corrupt};
use crate::domain::Error;

/// How long after its last answer a connection is taken for one that answers. Longer would find fewer
/// servers that are gone in time, and answer those who read with 503; shorter would ask more often.
const FRESH_FOR: Duration = Duration::from_millis(100);

/// Makes the connections of a pool. Whether one still answers is asked only where it has not for
/// [`FRESH_FOR`], or its last query failed: that is a way to the server and back, which costs as much as most
/// queries.
#[derive(Debug)]
pub struct Manager<C>(ConnectionManager<C>);

/// A connection of a pool.
#[derive(Debug)]
pub struct Pooled<C> {
    pub conn: C,
    /// When it last answered; none where it was not asked yet, or its last query failed for any reason.
    answered: Option<Instant>,
}

impl<C> Pooled<C> {
    /// Runs a query, and notes whether it was answered.
    pub fn run<T>(&mut self, query: impl FnOnce(&mut C) -> Result<T, Error>) -> Result<T, Error> {
        let answer = query(&mut self.conn);
        self.answered = answer.is_ok().then(Instant::now);
        answer
    }
}

impl<C: R2D2Connection + Send + 'static> Manager<C> {
    pub fn new(url: impl Into<String>) -> Self {
        Manager(ConnectionManager::new(url))
    }
}

impl<C: R2D2Connection + Send + 'static> ManageConnection for Manager<C> {
    type Connection = Pooled<C>;
    type Error = PoolError;

    fn connect(&self) -> Result<Pooled<C>, PoolError> {
        Ok(Pooled { conn: self.0.connect()?, answered: None })
    }

    fn is_valid(&self, pooled: &mut Pooled<C>) -> Result<(), PoolError> {
        if pooled.answered.is_some_and(|at| at.elapsed() < FRESH_FOR) {
            return Ok(());
        }
        self.0.is_valid(&mut pooled.conn)
    }

    fn has_broken(&self, pooled: &mut Pooled<C>) -> bool {
        self.0.has_broken(&mut pooled.conn)
    }
}

/// What each connection is told before it is used.
#[derive(Debug)]
pub struct Setup(pub &'static [&'static str]);

impl<C: SimpleConnection + 'static> CustomizeConnection<Pooled<C>, PoolError> for Setup {
    fn on_acquire(&self, pooled: &mut Pooled<C>) -> Result<(), PoolError> {
        for sql in self.0 {
            pooled.conn.batch_execute(sql).map_err(PoolError::QueryError)?;
        }
        Ok(())
    }
}

/// A pool of `size` connections; a thread that finds none free waits so long.
pub fn builder<C>(
    size: usize,
    wait: Duration,
    setup: impl CustomizeConnection<Pooled<C>, PoolError>,
) -> Builder<Manager<C>>
where
    C: R2D2Connection + Send + 'static,
{
    Pool::builder()
        .max_size(u32::try_from(size).unwrap_or(1))
        .connection_timeout(wait)
        .connection_customizer(Box::new(setup))
}

/// Applies what is pending, or reverts the last one; says which.
pub fn migrate<C>(
    conn: &mut C,
    all: EmbeddedMigrations,
    migration: Migration,
) -> Result<Vec<String>, Error>
where
    C: MigrationHarness<C::Backend> + diesel::Connection,
    EmbeddedMigrations: MigrationSource<C::Backend>,
{
    match migration {
        Migration::Up => {
            let done = conn.run_pending_migrations(all).map_err(corrupt)?;
            Ok(done.iter().map(ToString::to_string).collect())
        }
        Migration::Down => Ok(vec![conn.revert_last_migration(all).map_err(corrupt)?.to_string()]),
    }
}

/// The migrations by name, and whether the database has each.
pub fn status<C>(conn: &mut C, all: EmbeddedMigrations) -> Result<Vec<(String, bool)>, Error>
where
    C: MigrationHarness<C::Backend> + diesel::Connection,
    EmbeddedMigrations: MigrationSource<C::Backend>,
{
    let applied = conn.applied_migrations().map_err(corrupt)?;
    let all = MigrationSource::<C::Backend>::migrations(&all).map_err(corrupt)?;
    let names = all.iter().map(|it| it.name());
    Ok(names.map(|it| (it.to_string(), applied.contains(&it.version().as_owned()))).collect())
}
