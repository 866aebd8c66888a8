//! A tally for each id, and a world that outlives its incarnations and counts them.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering::SeqCst},
    },
};

use futures_util::future::join_all;
use tokio::{sync::oneshot, task::yield_now};

use super::*;
use crate::domain::id::OrderId;

mod failure;
mod limit;
mod message;
mod race;

type Id = OrderId;

/// The store of the tallies.
#[derive(Default)]
struct World {
    stored: Mutex<HashMap<Id, i64>>,
    /// The incarnations of each id, now and at most.
    lives: Mutex<HashMap<Id, (usize, usize)>>,
    loads: AtomicUsize,
    /// So many of the next loads fail, panic, or wait for the gate.
    loads_fail: AtomicI64,
    loads_panic: AtomicI64,
    loads_hang: AtomicI64,
    /// So many of the next incarnations stop when they are started.
    starts_stop: AtomicI64,
    gate: Gate,
}

/// Shut until somebody opens it for so many.
struct Gate(Semaphore);

impl Default for Gate {
    fn default() -> Self {
        Gate(Semaphore::new(0))
    }
}

impl Gate {
    async fn pass(&self) {
        self.0.acquire().await.unwrap().forget();
    }

    fn open(&self, count: usize) {
        self.0.add_permits(count);
    }
}

impl World {
    fn stored(&self, id: Id) -> i64 {
        self.stored.lock().unwrap().get(&id).copied().unwrap_or(0)
    }

    fn alive(&self, id: Id) -> usize {
        self.lives.lock().unwrap().get(&id).map_or(0, |lives| lives.0)
    }

    fn alive_at_most(&self) -> usize {
        self.lives.lock().unwrap().values().map(|lives| lives.1).max().unwrap_or(0)
    }
}

/// Counts an incarnation from the beginning of its load to the drop of its actor.
struct Alive(Arc<World>, Id);

impl Alive {
    fn new(world: &Arc<World>, id: Id) -> Self {
        let mut lives = world.lives.lock().unwrap();
        let (now, most) = lives.entry(id).or_default();
        *now += 1;
        *most = (*most).max(*now);
        Alive(Arc::clone(world), id)
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.lives.lock().unwrap().get_mut(&self.1).unwrap().0 -= 1;
    }
}

/// Keeps a total in memory, which it trusts, and writes it as a whole: a second incarnation, or one
/// that loads too early, loses what the other added.
struct Tally {
    id: Id,
    total: i64,
    world: Arc<World>,
    incarnation: Incarnation<Self>,
    _alive: Alive,
}

impl Actor for Tally {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        if due(&self.world.starts_stop) {
            ctx.stop();
        }
    }
}

impl Entity for Tally {
    type Id = Id;
    type Deps = Arc<World>;
    const KIND: &'static str = "tally";
    const MAILBOX: usize = 8;

    async fn load(id: Id, world: Arc<World>, own: Incarnation<Self>) -> Result<Self, Error> {
        let alive = Alive::new(&world, id);
        world.loads.fetch_add(1, SeqCst);
        yield_now().await;
        if due(&world.loads_hang) {
            world.gate.pass().await;
        }
        if due(&world.loads_fail) {
            return Err(Error::NotFound("tally"));
        }
        assert!(!due(&world.loads_panic), "a load that panics");
        let total = world.stored(id);
        Ok(Tally { id, total, world, incarnation: own, _alive: alive })
    }
}

fn due(count: &AtomicI64) -> bool {
    count.fetch_update(SeqCst, SeqCst, |left| (left > 0).then(|| left - 1)).is_ok()
}

/// Adds; exclusive. The answer is the total.
#[derive(Message)]
#[rtype(result = "Result<i64, Error>")]
struct Add(i64);

/// Waits for the gate, then is like [`Add`].
#[derive(Message)]
#[rtype(result = "Result<i64, Error>")]
struct HangAndAdd(i64);

/// Waits for the gate beside other messages.
#[derive(Message)]
#[rtype(result = "Result<(), Error>")]
struct HangAside;

/// Answers, and leaves work behind that waits for the gate.
#[derive(Message)]
#[rtype(result = "Result<(), Error>")]
struct HangAfterwards;

/// Panics in the handler.
#[derive(Message)]
#[rtype(result = "Result<(), Error>")]
struct Panic;

/// Waits for the gate, then panics.
#[derive(Message)]
#[rtype(result = "Result<(), Error>")]
struct HangAndPanic;

/// Panics in a future that isn't the actor's.
#[derive(Message)]
#[rtype(result = "Result<(), Error>")]
struct PanicAside;

/// Breaks the total in memory, answers with an error and stops.
#[derive(Message)]
#[rtype(result = "Result<(), Error>")]
struct Stop;

/// Has the entity wake itself to add, after so long.
#[derive(Message)]
#[rtype(result = "Result<(), Error>")]
struct AddLater(Duration);

impl Tally {
    fn add(&self, count: i64, gate: bool) -> AtomicResponse<Self, Result<i64, Error>> {
        let (world, id, before) = (Arc::clone(&self.world), self.id, self.total);
        let write = async move {
            if gate {
                world.gate.pass().await;
            }
            yield_now().await;
            world.stored.lock().unwrap().insert(id, before + count);
            before + count
        };
        AtomicResponse::new(Box::pin(write.into_actor(self).map(|total, actor, _| {
            actor.total = total;
            Ok(total)
        })))
    }
}

impl Handler<Add> for Tally {
    type Result = AtomicResponse<Self, Result<i64, Error>>;

    fn handle(&mut self, Add(count): Add, _: &mut Context<Self>) -> Self::Result {
        self.add(count, false)
    }
}

impl Handler<HangAndAdd> for Tally {
    type Result = AtomicResponse<Self, Result<i64, Error>>;

    fn handle(&mut self, HangAndAdd(count): HangAndAdd, _: &mut Context<Self>) -> Self::Result {
        self.add(count, true)
    }
}

impl Handler<HangAside> for Tally {
    type Result = ResponseFuture<Result<(), Error>>;

    fn handle(&mut self, _: HangAside, _: &mut Context<Self>) -> Self::Result {
        let world = Arc::clone(&self.world);
        Box::pin(async move {
            world.gate.pass().await;
            Ok(())
        })
    }
}

impl Handler<HangAfterwards> for Tally {
    type Result = Result<(), Error>;

    fn handle(&mut self, _: HangAfterwards, ctx: &mut Context<Self>) -> Self::Result {
        let (world, id, hold) = (Arc::clone(&self.world), self.id, self.incarnation.hold());
        let work = async move {
            world.gate.pass().await;
            *world.stored.lock().unwrap().entry(id).or_default() += 100;
            drop(hold);
        };
        ctx.spawn(work.into_actor(self));
        Ok(())
    }
}

impl Handler<Panic> for Tally {
    type Result = Result<(), Error>;

    fn handle(&mut self, _: Panic, _: &mut Context<Self>) -> Self::Result {
        self.total = -1_000;
        panic!("a handler that panics");
    }
}

impl Handler<HangAndPanic> for Tally {
    type Result = AtomicResponse<Self, Result<(), Error>>;

    fn handle(&mut self, _: HangAndPanic, _: &mut Context<Self>) -> Self::Result {
        let world = Arc::clone(&self.world);
        let work = async move { world.gate.pass().await };
        AtomicResponse::new(Box::pin(
            work.into_actor(self).map(|(), _, _| panic!("a handler that panics late")),
        ))
    }
}

impl Handler<PanicAside> for Tally {
    type Result = ResponseFuture<Result<(), Error>>;

    fn handle(&mut self, _: PanicAside, _: &mut Context<Self>) -> Self::Result {
        Box::pin(async { panic!("a future that panics") })
    }
}

impl Handler<Stop> for Tally {
    type Result = Result<(), Error>;

    fn handle(&mut self, _: Stop, ctx: &mut Context<Self>) -> Self::Result {
        self.total = -1_000;
        ctx.stop();
        Err(Error::Stale)
    }
}

impl Handler<AddLater> for Tally {
    type Result = Result<(), Error>;

    fn handle(&mut self, AddLater(after): AddLater, _: &mut Context<Self>) -> Self::Result {
        self.incarnation.wake(after, || Add(1))
    }
}

/// Two threads for entities, stopped with the test.
struct Threads(Vec<Arbiter>);

impl Threads {
    fn start() -> Self {
        Threads(vec![Arbiter::new(), Arbiter::new()])
    }

    fn handles(&self) -> Arc<[ArbiterHandle]> {
        self.0.iter().map(Arbiter::handle).collect()
    }

    /// Ends them and waits for it.
    fn end(&mut self) {
        for arbiter in self.0.drain(..) {
            arbiter.stop();
            arbiter.join().unwrap();
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        for arbiter in &self.0 {
            arbiter.stop();
        }
    }
}

/// A directory of tallies in a world of their own.
fn tallies(limits: Limits) -> (Directory<Tally>, Arc<World>, Threads) {
    let (world, threads) = (Arc::<World>::default(), Threads::start());
    (Directory::new(Arc::clone(&world), threads.handles(), limits), world, threads)
}

/// When everything was idle for long enough, and every quarantine is over.
fn later() -> Instant {
    Instant::now() + Duration::from_secs(3_600)
}

/// Begins to wait for the answer, apart from the caller.
fn asked<M, T>(tallies: &Directory<Tally>, id: Id, msg: M) -> oneshot::Receiver<Result<T, Error>>
where
    Tally: Handler<M>,
    M: Message<Result = Result<T, Error>> + Send + 'static,
    T: Send + 'static,
{
    let (tx, rx) = oneshot::channel();
    let answer = tallies.inner.send(id, msg);
    actix_rt::spawn(async move { drop(tx.send(answer.await)) });
    rx
}

/// Lets the others work until it is `done`.
async fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        yield_now().await;
    }
}

/// Passivates `id`, which has nothing to do, and waits until it is gone.
async fn passivate(tallies: &Directory<Tally>, world: &World, id: Id) {
    until("nothing is in flight", || tallies.stats().in_flight == 0).await;
    tallies.sweep(later());
    until("it is gone", || world.alive(id) == 0).await;
}

/// The totals that adding answered, from the least on.
async fn totals(asked: Vec<oneshot::Receiver<Result<i64, Error>>>) -> Vec<i64> {
    let answers = join_all(asked).await.into_iter();
    let mut totals: Vec<_> = answers.map(|answer| answer.unwrap().unwrap()).collect();
    totals.sort_unstable();
    totals
}

fn is_internal<T>(answer: &Result<T, Error>) -> bool {
    matches!(answer, Err(Error::Internal { .. }))
}

fn is_busy<T>(answer: &Result<T, Error>) -> bool {
    matches!(answer, Err(Error::Busy))
}
