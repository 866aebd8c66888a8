//! What both databases share: how a pool is made, and how migrations are run.

use std::time::Duration;

use diesel::{
    connection::SimpleConnection,
    migration::{Migration as _, MigrationSource},
    r2d2::{ConnectionManager, CustomizeConnection, Error as PoolError, R2D2Connection},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};
use r2d2::{Builder, Pool};

use super::{Migration, error::corrupt};
use crate::domain::Error;

/// What each connection is told before it is used.
#[derive(Debug)]
pub struct Setup(pub &'static [&'static str]);

impl<C: SimpleConnection + 'static> CustomizeConnection<C, PoolError> for Setup {
    fn on_acquire(&self, conn: &mut C) -> Result<(), PoolError> {
        self.0.iter().try_for_each(|sql| conn.batch_execute(sql)).map_err(PoolError::QueryError)
    }
}

/// A pool of `size` connections; a thread that finds none free waits so long.
pub fn builder<C>(
    size: usize,
    wait: Duration,
    setup: impl CustomizeConnection<C, PoolError>,
) -> Builder<ConnectionManager<C>>
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
