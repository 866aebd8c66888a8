//! Reading: threads of our own, each with a connection from a pool of as many.

#[cfg(test)]
use std::sync::mpsc;
use std::time::Instant;

use diesel::r2d2::R2D2Connection;
use r2d2::Pool;

use super::{
    error::{Failure, failure},
    pool::Manager,
};
#[cfg(test)]
use crate::threads::Job;
use crate::{
    domain::Error,
    threads::{Rank, Threads},
};

/// Jobs that may wait for a thread: at 50 µs a read, a twentieth of a second's work for four.
pub const QUEUE_MAX: usize = 4096;

/// Threads that read, each with a connection from a pool of as many.
pub struct Readers<C: R2D2Connection + 'static> {
    threads: Threads,
    pool: Pool<Manager<C>>,
}

impl<C: R2D2Connection + Send + 'static> Readers<C> {
    pub(super) fn start(pool: Pool<Manager<C>>) -> Result<Self, Error> {
        let count = usize::try_from(pool.max_size()).unwrap_or(1);
        Ok(Readers { threads: Threads::start("store-read", count, QUEUE_MAX, Rank::Equal)?, pool })
    }

    /// Readers without threads: whoever has the queue runs what is in it.
    #[cfg(test)]
    pub(super) fn waiting(pool: Pool<Manager<C>>) -> (Self, mpsc::Receiver<Job>) {
        let (threads, queued) = Threads::queue(QUEUE_MAX);
        (Readers { threads, pool }, queued)
    }

    /// How many connections there are, and how many of them nobody uses.
    pub fn connections(&self) -> (u32, u32) {
        let state = self.pool.state();
        (state.connections, state.idle_connections)
    }

    /// Runs a query; `Busy` where no thread and connection are free in time. The wait for both is one:
    /// while the database is away, what has waited for a thread does not hold it up for those behind.
    pub async fn run<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut C) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (pool, asked) = (self.pool.clone(), Instant::now());
        let work = move || {
            let left = pool.connection_timeout().saturating_sub(asked.elapsed());
            pool.get_timeout(left).map_err(|_| Error::Busy)?.run(query).map_err(later)
        };
        self.threads.run(work).await
    }
}

/// A database that is away, or that somebody holds, is no fault of the query: it may pass the next
/// time.
fn later(err: Error) -> Error {
    match failure(&err) {
        Failure::Passing | Failure::Late | Failure::Connection => {
            tracing::warn!(error = ?err, "the database did not answer a read");
            Error::Busy
        }
        Failure::Lasting => err,
    }
}
