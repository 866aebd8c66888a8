//! Tells whoever waits what a transaction did: at once where it is on the disk, and otherwise when its
//! log is.

use std::{
    fs::File,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    process,
    sync::{Arc, OnceLock, mpsc},
    thread,
};

use tokio::sync::watch;

use super::{Done, Lanes, Replies, tail::Tail};
use crate::domain::{Error, catalogue::change::Changes, id::CartId};

/// Transactions that may wait while others are synced: more would make all wait longer and gain
/// nothing.
const UNSYNCED_MAX: usize = 2;

/// Is told what was committed, before those are answered who changed it. It runs on a thread of the
/// store's and must be quick.
pub type Watcher<T> = Box<dyn Fn(T) + Send + Sync>;

/// Who is told, one of each kind.
#[derive(Default)]
pub struct Watchers {
    pub catalogue: OnceLock<Watcher<Changes>>,
    pub carts: OnceLock<Watcher<Vec<CartId>>>,
}

/// Puts `watcher` in its place; an error where there is one already.
pub fn take<T: ?Sized>(place: &OnceLock<Watcher<T>>, watcher: Watcher<T>) -> Result<(), Error> {
    let taken = place.set(watcher).map_err(|_| "somebody watches it already");
    taken.map_err(Error::internal("watching the store"))
}

/// Knows all who wait for something; clones tell the same.
#[derive(Clone)]
pub struct Teller {
    pub told: watch::Sender<u64>,
    pub tail: Arc<Tail>,
    pub mailed: watch::Sender<u64>,
    pub watchers: Arc<Watchers>,
}

impl Teller {
    /// One that has nobody to tell yet but `told`.
    pub fn new(told: watch::Sender<u64>) -> Self {
        let (mailed, tail, watchers) = (watch::Sender::new(0), Arc::default(), Arc::default());
        Teller { told, tail, mailed, watchers }
    }

    /// Tells them what a transaction did that is on the disk, those last who asked for it.
    pub fn tell(&self, done: Done, replies: Replies) {
        let Watchers { catalogue, carts } = &*self.watchers;
        let mut is_known = true;
        if let Some(watcher) = catalogue.get().filter(|_| !done.changes.is_empty()) {
            is_known = contained(|| watcher(done.changes));
        }
        if let Some(watcher) = carts.get().filter(|_| !done.carts.is_empty()) {
            contained(|| watcher(done.carts));
        }
        if !done.published.is_empty() {
            // What the catalogue has not taken, it hears of by what is read.
            if is_known {
                self.tail.add(done.published);
            }
            self.told.send_modify(|count| *count = count.wrapping_add(1));
        }
        if done.mailed {
            self.mailed.send_modify(|count| *count = count.wrapping_add(1));
        }
        replies.answer(done.outcomes);
    }
}

/// It is committed: whoever waits for it is answered, whatever becomes of those who watch. Whether they
/// took it.
fn contained(tell: impl FnOnce()) -> bool {
    let told = catch_unwind(AssertUnwindSafe(tell));
    if told.is_err() {
        tracing::error!("whoever watches the store panicked");
    }
    told.is_ok()
}

/// Where an engine writes what it commits.
pub trait Log: Send + Sync {
    /// Brings all to the disk that was written before.
    ///
    /// # Errors
    /// The operating system's. What is on the disk then, nobody knows.
    fn sync(&self) -> io::Result<()>;
}

impl Log for File {
    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}

/// A transaction that was committed and may not be on the disk yet.
struct Unsynced {
    log: Arc<dyn Log>,
    /// Not read any more: freed with this, since that would take the writer a while.
    _lanes: Lanes,
    done: Done,
    replies: Replies,
}

/// Has what was committed brought to the disk, and told then, while the writer goes on.
pub struct Syncer(mpsc::SyncSender<Unsynced>);

impl Syncer {
    /// Starts the thread; it ends when this is dropped and all are told.
    pub fn start(teller: Teller) -> Result<Self, Error> {
        let (unsynced, committed) = mpsc::sync_channel(UNSYNCED_MAX);
        let thread = thread::Builder::new().name("store-sync".to_owned());
        let spawned = thread.spawn(move || run(&committed, &teller));
        spawned.map_err(Error::internal("starting the writer"))?;
        Ok(Syncer(unsynced))
    }

    /// Waits where too many wait already.
    pub fn tell(&self, log: &Arc<dyn Log>, lanes: Lanes, done: Done, replies: Replies) {
        let unsynced = Unsynced { log: Arc::clone(log), _lanes: lanes, done, replies };
        // The thread outlives this unless it panicked, and without it nobody can be answered.
        self.0.send(unsynced).unwrap_or_else(|_| process::abort());
    }
}

/// What was committed earlier stands earlier in the log: one sync does for all that wait. There are two
/// logs only where the connection was made anew between them.
fn run(committed: &mpsc::Receiver<Unsynced>, teller: &Teller) {
    while let Ok(first) = committed.recv() {
        let mut batch = vec![first];
        batch.extend(committed.try_iter());
        for of_one in batch.chunk_by(|one, next| Arc::ptr_eq(&one.log, &next.log)) {
            if let Some(last) = of_one.last() {
                sync_or_abort(&*last.log);
            }
        }
        for Unsynced { done, replies, .. } in batch {
            teller.tell(done, replies);
        }
    }
}

/// Whether anything is on the disk that could not be synced is unknown for ever: the kernel may have
/// dropped it, and says so once. Nothing may be told, or decided, on the strength of it; the next
/// start reads what there is. (PostgreSQL has done the same since "fsyncgate", 2018.)
pub fn sync_or_abort(log: &dyn Log) {
    if let Err(err) = log.sync() {
        tracing::error!(error = ?err, "what was written could not be brought to the disk");
        process::abort();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::sync::oneshot::{self, Receiver, error::TryRecvError};

    use super::*;
    use crate::{
        domain::{
            audit::Origin,
            idempotency::{Answer, Claim, Keep, Outcome},
        },
        store::commands::{Command, Outcomes},
    };

    /// A log that says when it is to be synced, and waits until it may.
    struct Gate {
        asked: mpsc::Sender<()>,
        open: Mutex<mpsc::Receiver<()>>,
    }

    impl Log for Gate {
        fn sync(&self) -> io::Result<()> {
            self.asked.send(()).unwrap();
            self.open.lock().unwrap().recv().unwrap();
            Ok(())
        }
    }

    /// A transaction of one command, and what that is answered.
    fn committed() -> (Lanes, Done, Replies, Receiver<Result<Answer, Error>>) {
        let claim = Claim { key: "key".to_owned(), request: "?".to_owned() };
        let outcome = Outcome::Done("!".to_owned());
        let (reply, answered) = oneshot::channel();
        let (mut lanes, mut replies) = (Lanes::default(), Replies::default());
        let job = Keep { claim, outcome: outcome.clone() }.enqueue(Origin::SYSTEM, reply);
        lanes.push(job, &mut replies);
        let keep_answer = vec![Ok(Answer { outcome, replayed: false })];
        let outcomes = Outcomes { keep_answer, ..Outcomes::default() };
        (lanes, Done { outcomes, ..Done::default() }, replies, answered)
    }

    #[test]
    fn nobody_is_told_before_the_log_is_on_the_disk_and_one_sync_does_for_all_that_wait() {
        let ((asked, asks), (opens, open)) = (mpsc::channel(), mpsc::channel());
        let log: Arc<dyn Log> = Arc::new(Gate { asked, open: Mutex::new(open) });
        let told = watch::Sender::new(0);
        let teller = Teller::new(told);
        let syncer = Syncer::start(teller).unwrap();
        let tell = || {
            let (lanes, done, replies, answered) = committed();
            syncer.tell(&log, lanes, done, replies);
            answered
        };

        let mut first = tell();
        asks.recv().unwrap();
        let (mut second, third) = (tell(), tell());
        assert!(matches!(first.try_recv(), Err(TryRecvError::Empty)));
        opens.send(()).unwrap();
        asks.recv().unwrap();
        first.blocking_recv().unwrap().unwrap();
        assert!(matches!(second.try_recv(), Err(TryRecvError::Empty)));
        opens.send(()).unwrap();
        second.blocking_recv().unwrap().unwrap();
        third.blocking_recv().unwrap().unwrap();

        assert!(asks.try_recv().is_err(), "it was synced a third time");
    }
}
