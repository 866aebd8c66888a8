//! Random schedules through the real domain, actors and store: delays, repeats, reorders, crashes,
//! lost answers, a provider that is late or silent, clocks that jump. After each an auditor looks
//! whether anything was lost or done twice.
//!
//! All of a schedule follows from its seed. A failure prints it, with what happened:
//! `RIALTO_SIM_SEED=… cargo test --lib simulation` runs that one again.

use std::{cell::RefCell, rc::Rc};

use actix_rt::{System, SystemRunner};
use tokio::runtime::Builder;

mod auditor;
mod node;
mod provider;
mod shop;
mod shopper;
mod world;

use self::{auditor::Complaint, shop::Shop, world::World};
use crate::store::sqlite::tests::simulated::{Base, Fate, unset_clock};

/// How many schedules there are, and how many share a database.
const SCHEDULES: u64 = 10_000;
const SHARING: u64 = 250;
/// Which of them a test runs: each begins where the one before it ends.
const PARTS: u64 = 4;

/// A database with a shop, and the seeds of what happens to it.
struct Simulation {
    base: Base,
    shop: Shop,
}

impl Simulation {
    fn open() -> Self {
        let base = Rc::new(RefCell::new(Base::new()));
        let runner = system();
        let shop = runner.block_on(open(&base));
        drop(runner);
        Simulation { base: Rc::into_inner(base).unwrap().into_inner(), shop }
    }

    /// Runs the schedule of a seed; says what happened, and what is wrong.
    fn run(&mut self, seed: u64) -> (Vec<String>, Result<(), Complaint>) {
        let mut trace = Vec::new();
        let Simulation { base, shop } = self;
        let verdict = system().block_on(async {
            World::new(base, shop, seed, &mut trace).run().await
        });
        unset_clock();
        (trace, verdict)
    }
}

/// Everything on this thread, with a clock that moves on when nothing else does.
fn system() -> SystemRunner {
    System::with_tokio_rt(|| {
        Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
    })
}

async fn open(base: &Rc<RefCell<Base>>) -> Shop {
    let (store, mut waiting) = base.borrow().node(false);
    let opening = actix_rt::spawn(async move { shop::open(&store).await });
    while !opening.is_finished() {
        let (writes, reads) = waiting.look();
        base.borrow_mut().commit(&mut waiting, writes, Fate::Done, false);
        (0..reads).for_each(|_| waiting.read(0));
        tokio::task::yield_now().await;
    }
    opening.await.unwrap()
}

fn run_part(part: u64) {
    let share = SCHEDULES / PARTS;
    let mut simulation = None;
    for seed in part * share..(part + 1) * share {
        if seed % SHARING == 0 {
            simulation = None;
        }
        run_one(simulation.get_or_insert_with(Simulation::open), seed);
    }
}

fn run_one(simulation: &mut Simulation, seed: u64) {
    if let (trace, Err(complaint)) = simulation.run(seed) {
        let trace = trace.join("\n");
        panic!("{trace}\n\n{complaint}\n\nRIALTO_SIM_SEED={seed} runs this one again");
    }
}

/// The schedule that is asked for, alone.
fn replayed() -> Option<u64> {
    let seed = std::env::var("RIALTO_SIM_SEED").ok()?; // None is asked for.
    Some(seed.parse().expect("RIALTO_SIM_SEED is the number of a schedule"))
}

macro_rules! parts {
    ($($name:ident = $part:literal;)*) => {$(
        #[test]
        fn $name() {
            match (replayed(), $part) {
                (None, part) => run_part(part),
                (Some(seed), 0) => run_one(&mut Simulation::open(), seed),
                (Some(_), _) => {}
            }
        }
    )*};
}

parts! {
    nothing_is_lost_or_done_twice_in_the_first_quarter = 0;
    nothing_is_lost_or_done_twice_in_the_second_quarter = 1;
    nothing_is_lost_or_done_twice_in_the_third_quarter = 2;
    nothing_is_lost_or_done_twice_in_the_last_quarter = 3;
}
