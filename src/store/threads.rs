//! Threads of our own for what blocks: a bounded queue in front, so that overload is an answer.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use diesel::r2d2::{ConnectionManager, R2D2Connection};
use r2d2::Pool;
use tokio::sync::oneshot;

use crate::domain::Error;

/// Jobs that may wait for a thread: at 50 µs a read, a twentieth of a second's work for four.
pub const QUEUE_MAX: usize = 4096;

type Job = Box<dyn FnOnce() + Send>;

/// A few named threads that run what is handed to them, in order of arrival.
#[derive(Clone)]
pub struct Threads {
    jobs: mpsc::SyncSender<Job>,
}

impl Threads {
    /// Starts `count` threads, with room for `queue` jobs to wait. They end when the last handle
    /// is dropped.
    pub fn start(name: &str, count: usize, queue: usize) -> Result<Self, Error> {
        let (jobs, queued) = mpsc::sync_channel::<Job>(queue);
        let queued = Arc::new(Mutex::new(queued));
        for number in 0..count {
            let queued = Arc::clone(&queued);
            thread::Builder::new()
                .name(format!("{name}-{number}"))
                .spawn(move || run(&queued))
                .map_err(Error::internal("starting a thread"))?;
        }
        Ok(Threads { jobs })
    }

    /// Runs `work` on one of the threads. `Busy` where too much waits already; a panic in it is
    /// an `Internal` error of this call alone.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let job = move || {
            // Whoever asked may be gone by now: then nobody needs the work.
            if !answer.is_closed() {
                let outcome = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| panicked());
                answer.send(outcome).ok(); // Nobody waits for it any more.
            }
        };
        self.jobs.try_send(Box::new(job)).map_err(|_| Error::Busy)?;
        answered.await.unwrap_or(Err(Error::Busy))
    }
}

fn run(queued: &Mutex<mpsc::Receiver<Job>>) {
    loop {
        // The lock is held while waiting: the others wait for it instead of for the queue.
        let next = queued.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(job) => job(),
            Err(mpsc::RecvError) => return,
        }
    }
}

fn panicked<T>() -> Result<T, Error> {
    Err(Error::Internal { doing: "running a blocking job", source: "it panicked".into() })
}

/// Threads that read, each with a connection from a pool of as many.
pub struct Readers<C: R2D2Connection + 'static> {
    threads: Threads,
    pool: Pool<ConnectionManager<C>>,
}

impl<C: R2D2Connection + Send + 'static> Readers<C> {
    pub(super) fn start(pool: Pool<ConnectionManager<C>>) -> Result<Self, Error> {
        let count = usize::try_from(pool.max_size()).unwrap_or(1);
        Ok(Readers { threads: Threads::start("store-read", count, QUEUE_MAX)?, pool })
    }

    /// How many connections there are, and how many of them nobody uses.
    pub fn connections(&self) -> (u32, u32) {
        let state = self.pool.state();
        (state.connections, state.idle_connections)
    }

    /// Runs a query; `Busy` where no thread or connection is free in time.
    pub async fn run<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut C) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let pool = self.pool.clone();
        let work = move || query(&mut *pool.get().map_err(|_| Error::Busy)?);
        self.threads.run(work).await
    }
}
