//! The group-committing writer: takes what waits, runs it as one transaction, and has it answered when
//! that is on the disk.
//!
//! One thread a process; where others write too, a few, each with kinds of its own. A batch that the
//! database refuses is replayed one by one, so that a command that cannot be done fails alone.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use tokio::sync::{oneshot, watch};

use self::{
    tail::Tail,
    teller::{Syncer, Teller, Watchers},
};
use super::{
    commands::{Command, Job, Lanes, Outcomes, QUEUES, Replies},
    error::{Failure, failure},
    now,
};
use crate::domain::{
    Error, audit::Origin, catalogue::change::Changes, event::Published, id::CartId,
};

mod tail;
mod teller;

pub use self::teller::{Log, Watcher, sync_or_abort};

/// Commands that may wait. At 10,000 a second it is under half a second's work.
pub const QUEUE_MAX: usize = 4096;
/// The most commands of one transaction: more gain little and make the first wait.
pub const BATCH_MAX: usize = 256;
/// From how many commands of a transaction on the next one waits for company, where a transaction waits for the
/// disk itself ([`Engine::log`]): one of all costs much less there than two of one half each, and those who
/// were answered by the last one come back soon.
const MANY: usize = 8;
/// How long it waits at the most, and for each that may come.
const LINGER_MAX: Duration = Duration::from_millis(1);
const LINGER_EACH: Duration = Duration::from_micros(250);
/// How often a transaction is tried that another one was in the way of.
const TRIES_MAX: u32 = 5;

/// A command, where it comes from, and who waits for it.
pub struct Waiting<C, T> {
    pub command: C,
    pub origin: Origin,
    pub reply: oneshot::Sender<Result<T, Error>>,
}

/// What the writer needs of a database.
pub trait Engine: Send + 'static {
    /// Whether others write too. Then each kind of command has a transaction of its own: one
    /// kind locks its rows in sorted order, but two would lock the same tables in turns. Those of
    /// the hot path have connections of their own, as another node has them.
    const SHARED: bool;

    fn connect(url: &str) -> Result<Self, Error>
    where
        Self: Sized;

    /// Runs all of `lanes` in one transaction, and says what it did.
    fn commit(&mut self, lanes: &Lanes, now: chrono::DateTime<chrono::Utc>) -> Result<Done, Error>;

    /// The log that has what was committed and may not be on the disk yet: nobody is told of a
    /// transaction before it is synced. None where a transaction is on the disk when
    /// [`Engine::commit`] returns.
    fn log(&self) -> Option<&Arc<dyn Log>> {
        None
    }
}

/// A transaction that was committed.
#[derive(Default)]
pub struct Done {
    pub outcomes: Outcomes,
    /// What happened, each in its place in the feed.
    pub published: Vec<Published>,
    /// Whether there are mails to send.
    pub mailed: bool,
    /// What is shown otherwise from now on.
    pub changes: Changes,
    /// Carts that were edited or emptied.
    pub carts: Vec<CartId>,
}

/// The sending end of the queue.
pub struct Writer {
    /// By [`Command::QUEUE`]; the first takes what has none of its own.
    queues: Vec<mpsc::SyncSender<Job>>,
    counts: Arc<Counts>,
    mailed: watch::Receiver<u64>,
    watchers: Arc<Watchers>,
    tail: Arc<Tail>,
}

/// What the writer did since the process began.
#[derive(Debug, Default)]
pub struct Counts {
    pub commands: AtomicU64,
    /// Transactions that were tried.
    pub transactions: AtomicU64,
    /// Batches that had to be replayed command by command.
    pub replays: AtomicU64,
}

impl Writer {
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    pub fn mailed(&self) -> watch::Receiver<u64> {
        self.mailed.clone()
    }

    /// Takes what was committed here a moment ago and follows `sequence`, at most `limit` events; none
    /// where the next one is not known here.
    pub fn take_published(&self, sequence: i64, limit: usize) -> Vec<Published> {
        self.tail.take(sequence, limit)
    }

    /// Has `watcher` told of what is committed of the catalogue from now on; a second one is not
    /// taken.
    pub fn watch(&self, watcher: Watcher<Changes>) -> Result<(), Error> {
        teller::take(&self.watchers.catalogue, watcher)
    }

    /// The same of carts.
    pub fn watch_carts(&self, watcher: Watcher<Vec<CartId>>) -> Result<(), Error> {
        teller::take(&self.watchers.carts, watcher)
    }

    pub async fn submit<C: Command>(
        &self,
        command: C,
        origin: Origin,
    ) -> Result<C::Outcome, Error> {
        let (reply, answered) = oneshot::channel();
        let queue = self.queues.get(C::QUEUE).or(self.queues.first()).ok_or(Error::Busy)?;
        queue.try_send(command.enqueue(origin, reply)).map_err(|_| Error::Busy)?;
        answered.await.unwrap_or(Err(Error::Busy))
    }
}

/// Starts the writer's threads; they end when the last sender is gone and the queue is empty.
pub fn start<E: Engine>(url: String, told: watch::Sender<u64>) -> Result<Writer, Error> {
    let first = Loop::<E>::new(url, told)?;
    let (mut writer, queue) = first.queue();
    let others = if E::SHARED { QUEUES - 1 } else { 0 };
    for _ in 0..others {
        let another = first.another()?;
        let (beside, queue) = another.queue();
        writer.queues.extend(beside.queues);
        spawn(another, queue)?;
    }
    spawn(first, queue)?;
    Ok(writer)
}

fn spawn<E: Engine>(writer: Loop<E>, queue: mpsc::Receiver<Job>) -> Result<(), Error> {
    let thread = thread::Builder::new().name("store-write".to_owned());
    let spawned = thread.spawn(move || writer.run(&queue));
    spawned.map(drop).map_err(Error::internal("starting the writer"))
}

pub(super) struct Loop<E> {
    url: String,
    /// Empty after the connection broke, until the next batch.
    engine: Option<E>,
    /// How often connections of all writers broke: what broke one has mostly broken the others, and a
    /// batch would be lost to find out.
    broken: Arc<AtomicU64>,
    /// How often they had when this one was made.
    known: u64,
    counts: Arc<Counts>,
    teller: Teller,
    /// Where [`Engine::log`] has to be synced before anybody is told.
    syncer: Option<Syncer>,
}

impl<E: Engine> Loop<E> {
    pub(super) fn new(url: String, told: watch::Sender<u64>) -> Result<Self, Error> {
        Loop::with(url, Teller::new(told), Arc::default(), Arc::default())
    }

    /// Connects, and tells and counts with whoever shares the rest.
    fn with(
        url: String,
        teller: Teller,
        counts: Arc<Counts>,
        broken: Arc<AtomicU64>,
    ) -> Result<Self, Error> {
        let known = broken.load(Ordering::Relaxed);
        let engine = E::connect(&url)?;
        let syncer = engine.log().map(|_| Syncer::start(teller.clone())).transpose()?;
        Ok(Loop { url, engine: Some(engine), broken, known, counts, teller, syncer })
    }

    /// One with a connection of its own, which tells and counts with this one.
    fn another(&self) -> Result<Self, Error> {
        let (counts, broken) = (Arc::clone(&self.counts), Arc::clone(&self.broken));
        Loop::with(self.url.clone(), self.teller.clone(), counts, broken)
    }

    fn run(mut self, queue: &mpsc::Receiver<Job>) {
        let mut before = 0;
        while let Ok(first) = queue.recv() {
            let linger =
                if self.syncer.is_none() && before >= MANY { LINGER_MAX } else { Duration::ZERO };
            let (lanes, replies) = gather(queue, first, linger);
            before = lanes.len();
            let commands = u64::try_from(lanes.len()).unwrap_or(0);
            self.counts.commands.fetch_add(commands, Ordering::Relaxed);
            if E::SHARED {
                for (lanes, replies) in lanes.apart(replies) {
                    self.serve(lanes, replies);
                }
            } else {
                self.serve(lanes, replies);
            }
        }
    }

    pub(super) fn serve(&mut self, lanes: Lanes, replies: Replies) {
        match self.attempt(&lanes) {
            Ok(done) => self.tell(lanes, done, replies),
            Err(err) if failure(&err) == Failure::Connection => {
                tracing::error!(error = ?err, "lost the database");
                self.broken.fetch_add(1, Ordering::Relaxed);
                replies.refuse(|| Error::Busy);
            }
            // Singly they would wait as long, each of them.
            Err(err) if failure(&err) == Failure::Late => {
                tracing::warn!(error = ?err, "the database took too long");
                replies.refuse(|| Error::Busy);
            }
            Err(err) if lanes.len() == 1 => replies.refuse_with(err),
            Err(err) => {
                tracing::warn!(error = ?err, commands = lanes.len(), "replaying a batch singly");
                self.counts.replays.fetch_add(1, Ordering::Relaxed);
                for (lanes, replies) in lanes.singly(replies) {
                    self.serve(lanes, replies);
                }
            }
        }
    }

    fn attempt(&mut self, lanes: &Lanes) -> Result<Done, Error> {
        let (mut tries, broken) = (1, self.broken.load(Ordering::Relaxed));
        if broken != self.known {
            (self.engine, self.known) = (None, broken);
        }
        loop {
            let engine = match &mut self.engine {
                Some(engine) => engine,
                None => self.engine.insert(E::connect(&self.url).map_err(|_| Error::Busy)?),
            };
            self.counts.transactions.fetch_add(1, Ordering::Relaxed);
            let committed = catch_unwind(AssertUnwindSafe(|| engine.commit(lanes, now())));
            let Ok(committed) = committed else {
                // Of no use any more: its transaction may still be open.
                self.engine = None;
                let source = "it panicked".into();
                return Err(Error::Internal { doing: "running a transaction", source });
            };
            match committed {
                Err(err) if failure(&err) == Failure::Passing && tries < TRIES_MAX => tries += 1,
                done => return done,
            }
        }
    }

    fn tell(&self, lanes: Lanes, done: Done, replies: Replies) {
        match (&self.syncer, self.engine.as_ref().and_then(E::log)) {
            (Some(syncer), Some(log)) => syncer.tell(log, lanes, done, replies),
            (None, Some(log)) => {
                teller::sync_or_abort(&**log);
                self.teller.tell(done, replies);
            }
            (_, None) => self.teller.tell(done, replies),
        }
    }
}

/// A batch that begins with `first`: what waits, and what comes within `linger`.
fn gather(queue: &mpsc::Receiver<Job>, first: Job, linger: Duration) -> (Lanes, Replies) {
    let (mut lanes, mut replies) = (Lanes::default(), Replies::default());
    lanes.push(first, &mut replies);
    let until = Instant::now() + linger;
    while lanes.len() < BATCH_MAX {
        let left = until.saturating_duration_since(Instant::now()).min(LINGER_EACH);
        let Ok(next) = queue.try_recv().or_else(|_| queue.recv_timeout(left)) else { break };
        lanes.push(next, &mut replies);
    }
    (lanes, replies)
}

impl<E> Loop<E> {
    /// The two ends of a queue for this writer.
    pub(super) fn queue(&self) -> (Writer, mpsc::Receiver<Job>) {
        let (jobs, queue) = mpsc::sync_channel(QUEUE_MAX);
        let Teller { mailed, watchers, tail, .. } = &self.teller;
        let writer = Writer {
            queues: vec![jobs],
            counts: Arc::clone(&self.counts),
            mailed: mailed.subscribe(),
            watchers: Arc::clone(watchers),
            tail: Arc::clone(tail),
        };
        (writer, queue)
    }
}

impl Replies {
    /// Tells the one that waits why its transaction failed.
    fn refuse_with(self, err: Error) {
        let err = std::cell::Cell::new(Some(err));
        self.refuse(|| err.take().unwrap_or(Error::Busy));
    }
}
