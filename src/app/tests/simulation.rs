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
mod request;
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
        let verdict =
            system().block_on(async { World::new(base, shop, seed, &mut trace).run().await });
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

#[test]
fn all_of_a_schedule_follows_from_its_seed() {
    let (mut one, mut other) = (Simulation::open(), Simulation::open());
    other.run(7).1.unwrap(); // What was before on a database makes no difference.

    for seed in 0..20 {
        assert_eq!(one.run(seed), other.run(seed), "seed {seed}");
    }
}

/// What must have happened somewhere, or the schedules say little.
const HAPPENINGS: &[&str] = &[
    "order.placed",
    "order.paid",
    "order.processing",
    "order.shipped",
    "order.delivered",
    "order.cancelled",
    "order.partially_refunded",
    "order.refunded",
    "order.return_requested",
    "order.returned",
    "order.expired",
    "payment.failed",
    "payment.cancelled",
    "payment.refunded",
    "delivery.failed",
    "checkout.refused",
    "stock.changed",
];

#[test]
fn the_schedules_go_everywhere() {
    let mut simulation = Simulation::open();
    let mut missing = HAPPENINGS.to_vec();
    let mut heard = vec!["out_of_stock", "promotion_exhausted", "used for another request", "busy"];
    for seed in 0..ENOUGH {
        let (trace, verdict) = simulation.run(seed);
        verdict.unwrap();
        let kinds = simulation.base.rows("SELECT DISTINCT json_array(kind) AS row FROM events");
        missing.retain(|it| kinds.iter().all(|row| row[0] != *it));
        heard.retain(|it| trace.iter().all(|line| !line.contains(it)));
        if missing.is_empty() && heard.is_empty() {
            return;
        }
    }
    panic!("these never happen: {missing:?} {heard:?}");
}

/// Faults in the database that no code of ours can help, and the invariants that each breaks.
const PLANTED: &[(&str, &[&str])] = &[
    // One unit too few is reserved.
    (
        "AFTER UPDATE OF reserved ON stock WHEN NEW.reserved > OLD.reserved BEGIN
            UPDATE stock SET reserved = NEW.reserved - 1 WHERE variant_id = NEW.variant_id;
        END",
        &["I3"],
    ),
    // Nobody looks whether a key was used before.
    (
        "AFTER INSERT ON idempotency_keys BEGIN
            DELETE FROM idempotency_keys WHERE key = NEW.key;
        END",
        &["I9"],
    ),
    // What is sold stays on the books.
    (
        "BEFORE INSERT ON stock_ledger WHEN NEW.reason = 'sold' BEGIN SELECT RAISE(IGNORE); END",
        &["I2"],
    ),
    // What is given back stays on the books.
    (
        "BEFORE INSERT ON payment_ledger WHEN NEW.kind = 'refunded' BEGIN
            SELECT RAISE(IGNORE);
        END",
        &["I4"],
    ),
    // A repeat of an attempt is taken for another one: money is taken twice, or set aside for ever.
    (
        "AFTER UPDATE OF attempt ON payments WHEN NEW.attempt > OLD.attempt BEGIN
            UPDATE payments SET attempt = NEW.attempt + 1 WHERE id = NEW.id;
        END",
        &["I6", "I15"],
    ),
    // An event isn't written.
    (
        "BEFORE INSERT ON events WHEN NEW.kind = 'order.paid' BEGIN SELECT RAISE(IGNORE); END",
        &["I8"],
    ),
    // An edit is acknowledged and lost.
    (
        "AFTER UPDATE OF quantity ON cart_items BEGIN
            UPDATE cart_items SET quantity = OLD.quantity WHERE id = NEW.id;
        END",
        &["I10"],
    ),
    // An event leaves places of the feed empty.
    (
        "AFTER INSERT ON events WHEN NEW.place = 3 BEGIN
            UPDATE events SET place = 1000 WHERE id = NEW.id;
        END",
        &["I11"],
    ),
    // An event leaves a place of its user's topic empty.
    (
        "AFTER INSERT ON events WHEN NEW.user_place = 1 BEGIN
            UPDATE events SET user_place = 1000 WHERE id = NEW.id;
        END",
        &["I11"],
    ),
    // A coupon is counted that no order has.
    ("BEFORE INSERT ON redemptions BEGIN SELECT RAISE(IGNORE); END", &["C"]),
    // A unit is in no parcel.
    (
        "AFTER INSERT ON delivery_items WHEN NEW.quantity > 1 BEGIN
            UPDATE delivery_items SET quantity = NEW.quantity - 1
                WHERE delivery_id = NEW.delivery_id AND line_id = NEW.line_id;
        END",
        &["D"],
    ),
    // An order is shipped though a part of it has not left.
    (
        "AFTER UPDATE OF tracking_number ON deliveries WHEN NEW.tracking_number IS NOT NULL BEGIN
            UPDATE orders SET stage = 'shipped' WHERE id = NEW.order_id;
        END",
        &["D", "I8"],
    ),
    // A timer that matters is no row.
    (
        "AFTER UPDATE OF due_at ON payments WHEN NEW.due_at IS NOT NULL BEGIN
            UPDATE payments SET due_task = NULL, due_at = NULL WHERE id = NEW.id;
        END",
        &["I15"],
    ),
];
/// So many schedules are enough to see each of them.
const ENOUGH: u64 = 2_000;

#[test]
fn the_auditor_sees_every_fault_that_is_planted() {
    for (fault, invariants) in PLANTED {
        let mut simulation = Simulation::open();
        simulation.base.execute(&format!("CREATE TRIGGER planted {fault}"));

        let complaint = (0..ENOUGH).find_map(|seed| simulation.run(seed).1.err());

        let complaint = complaint.unwrap_or_else(|| panic!("nobody saw {fault}"));
        assert!(invariants.contains(&complaint.invariant), "{fault}\n\n{complaint}");
    }
}
