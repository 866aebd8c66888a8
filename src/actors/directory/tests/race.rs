//! Passivation, panics, stops and abandoned asks against commands, from several threads.

use std::{sync::atomic::AtomicBool, thread};

use futures_util::FutureExt;

use super::*;

const DRIVERS: usize = 4;

/// Sweeps without a pause, until it is dropped.
struct Sweeper(Arc<AtomicBool>, Option<thread::JoinHandle<()>>);

impl Sweeper {
    fn start(tallies: &Directory<Tally>) -> Self {
        let (tallies, over) = (tallies.clone(), Arc::new(AtomicBool::new(false)));
        let told = Arc::clone(&over);
        let sweep = move || {
            while !told.load(SeqCst) {
                tallies.sweep(later());
                thread::yield_now();
            }
        };
        Sweeper(over, Some(thread::spawn(sweep)))
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
        self.1.take().unwrap().join().unwrap();
    }
}

/// Runs a driver on each of four threads, and gives what they add up to.
async fn drive<F, R>(driver: F) -> i64
where
    F: Fn() -> R,
    R: Future<Output = i64> + Send + 'static,
{
    let threads: Vec<Arbiter> = (0..DRIVERS).map(|_| Arbiter::new()).collect();
    let (tx, mut rx) = tokio::sync::mpsc::channel(DRIVERS);
    for thread in &threads {
        let (run, tx) = (driver(), tx.clone());
        thread.spawn(async move { tx.send(run.await).await.unwrap() });
    }
    drop(tx);
    let mut sum = 0;
    let mut ended = 0;
    while let Some(one) = rx.recv().await {
        (sum, ended) = (sum + one, ended + 1);
    }
    assert_eq!(ended, DRIVERS, "a driver panicked");
    for thread in &threads {
        thread.stop();
    }
    sum
}

#[actix_rt::test]
async fn ten_thousand_passivations_against_commands_lose_nothing() {
    const ROUNDS: u64 = 10_000;
    let (tallies, world, _threads) = tallies(Limits::default());
    let ids: [Id; 3] = std::array::from_fn(|_| Id::new());
    let sweeper = Sweeper::start(&tallies);

    let added = drive(|| {
        let tallies = tallies.clone();
        async move {
            let mut added = 0;
            for id in ids.into_iter().cycle() {
                if tallies.stats().passivations >= ROUNDS {
                    break;
                }
                tallies.ask(id, Add(1)).await.unwrap();
                added += 1;
                // Abandoned at whatever point it is; it adds nothing if it is handled.
                drop(tallies.ask(id, Add(0)).now_or_never());
                tallies.sweep(later());
            }
            added
        }
    })
    .await;
    drop(sweeper);

    assert_eq!(ids.iter().map(|id| world.stored(*id)).sum::<i64>(), added);
    assert_eq!(world.alive_at_most(), 1);
    for id in ids {
        passivate(&tallies, &world, id).await;
    }
    until("all slots are empty", || tallies.stats().known == 0).await;
    let Stats { live, in_flight, passivations, activations, .. } = tallies.stats();
    assert_eq!((live, in_flight), (0, 0));
    assert!(activations == passivations && passivations >= ROUNDS);
    eprintln!("{added} commands, {activations} activations, {} loads", world.loads.load(SeqCst));
}

#[actix_rt::test]
async fn panics_and_stops_among_commands_lose_nothing_that_was_acknowledged() {
    let limits = Limits { panics_max: u32::MAX, ..Limits::default() };
    let (tallies, world, _threads) = tallies(limits);
    let ids: [Id; 3] = std::array::from_fn(|_| Id::new());
    let sweeper = Sweeper::start(&tallies);

    let added = drive(|| {
        let tallies = tallies.clone();
        async move {
            let mut added = 0;
            for (round, id) in (0..250).zip(ids.into_iter().cycle()) {
                match round % 10 {
                    3 => assert!(is_internal(&tallies.ask(id, Panic).await)),
                    7 => assert!(tallies.ask(id, Stop).await.is_err()),
                    // Exclusive, so it is never in hand when another one panics.
                    _ => added += tallies.ask(id, Add(1)).await.map(|_| 1).unwrap(),
                }
            }
            added
        }
    })
    .await;
    drop(sweeper);

    assert_eq!(ids.iter().map(|id| world.stored(*id)).sum::<i64>(), added);
    assert_eq!((added, tallies.stats().panics), (800, 100));
    assert_eq!(world.alive_at_most(), 1);
}
