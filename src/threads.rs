//! Threads of our own for what blocks: a bounded queue in front, so that overload is an answer.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use tokio::sync::oneshot;

use crate::domain::Error;

pub type Job = Box<dyn FnOnce() + Send>;

/// How much a thread in the background yields, of 19: on a core that all want it gets a tenth of
/// what another gets.
const NICE: i32 = 10;

/// A few named threads that run what is handed to them, in order of arrival.
#[derive(Debug, Clone)]
pub struct Threads {
    jobs: mpsc::SyncSender<Job>,
}

/// How threads stand to all others when there are more than cores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    Equal,
    /// They take what the others leave.
    Background,
}

impl Threads {
    /// Starts `count` threads, with room for `queue` jobs to wait. They end when the last handle
    /// is dropped.
    pub fn start(name: &str, count: usize, queue: usize, rank: Rank) -> Result<Self, Error> {
        let (threads, queued) = Threads::queue(queue);
        let queued = Arc::new(Mutex::new(queued));
        for number in 0..count {
            let queued = Arc::clone(&queued);
            thread::Builder::new()
                .name(format!("{name}-{number}"))
                .spawn(move || {
                    step_back(rank);
                    run(&queued);
                })
                .map_err(Error::internal("starting a thread"))?;
        }
        Ok(threads)
    }

    /// The two ends of a queue, which no thread serves yet.
    pub fn queue(room: usize) -> (Self, mpsc::Receiver<Job>) {
        let (jobs, queued) = mpsc::sync_channel(room);
        (Threads { jobs }, queued)
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

/// Lowers this thread's priority, if its rank asks for it: on Linux, "this process" of setpriority(2)
/// is the thread that calls.
fn step_back(rank: Rank) {
    if rank == Rank::Background
        && let Err(err) = rustix::process::setpriority_process(None, NICE)
    {
        tracing::warn!(%err, "a thread in the background has no lower priority");
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::{FutureExt as _, future::join};

    use super::*;

    #[actix_rt::test]
    async fn what_nobody_waits_for_any_more_is_not_done() {
        let threads = Threads::start("test", 1, 8, Rank::Equal).unwrap();
        let (go, wait) = mpsc::channel::<()>();
        let done = Arc::new(AtomicUsize::new(0));
        let count = || {
            let done = Arc::clone(&done);
            move || Ok(done.fetch_add(1, Ordering::SeqCst))
        };
        let held = threads.run(move || Ok(wait.recv().is_err()));
        let (mut gone, stayed) = (Box::pin(threads.run(count())), threads.run(count()));

        let all = async {
            assert!((&mut gone).now_or_never().is_none());
            drop(gone);
            drop(go);
            stayed.await
        };
        let (_, stayed) = join(held, all).await;

        assert_eq!((stayed.unwrap(), done.load(Ordering::SeqCst)), (0, 1));
    }

    #[actix_rt::test]
    async fn one_too_many_is_refused_at_once() {
        let threads = Threads::start("test", 1, 1, Rank::Equal).unwrap();
        let (go, wait) = mpsc::channel::<()>();
        let (begun, began) = mpsc::channel();
        let mut held = Box::pin(threads.run(move || {
            begun.send(()).ok(); // Somebody waits below.
            Ok(wait.recv().is_err())
        }));
        assert!((&mut held).now_or_never().is_none());
        began.recv().unwrap();
        let mut waits = Box::pin(threads.run(|| Ok(())));
        assert!((&mut waits).now_or_never().is_none());

        let refused = threads.run(|| Ok(())).now_or_never();

        assert!(matches!(refused, Some(Err(Error::Busy))));
        drop(go);
        assert!(held.await.unwrap() && waits.await.is_ok());
    }

    #[actix_rt::test]
    async fn threads_in_the_background_yield_to_the_others() {
        let nice = |rank| async move {
            let threads = Threads::start("test", 1, 1, rank).unwrap();
            threads.run(|| Ok(rustix::process::getpriority_process(None).unwrap())).await.unwrap()
        };

        let (equal, background) = (nice(Rank::Equal).await, nice(Rank::Background).await);

        assert_eq!(
            (equal, background),
            (rustix::process::getpriority_process(None).unwrap(), NICE)
        );
    }
}
