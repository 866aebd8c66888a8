//! Mailboxes, deadlines, the cap, wakes and the drain.

use super::*;

fn impatient() -> Limits {
    Limits { ask_max: Duration::from_millis(50), ..Limits::default() }
}

#[actix_rt::test]
async fn who_finds_the_mailbox_full_waits_until_there_is_room() {
    let (tallies, world, _threads) = tallies(Limits::default());
    let id = Id::new();

    let hanging = asked(&tallies, id, HangAndAdd(1));
    let asks: Vec<_> = (0..100).map(|_| asked(&tallies, id, Add(1))).collect();
    until("all were sent", || tallies.stats().in_flight == 101).await;
    world.gate.open(1);

    hanging.await.unwrap().unwrap();
    assert_eq!(totals(asks).await, (2..=101).collect::<Vec<_>>());
}

#[actix_rt::test]
async fn at_the_deadline_all_are_busy_and_only_what_was_begun_is_finished() {
    let (tallies, world, _threads) = tallies(impatient());
    let id = Id::new();

    let hanging = asked(&tallies, id, HangAndAdd(1));
    let asks: Vec<_> = (0..20).map(|_| asked(&tallies, id, Add(10))).collect();

    assert!(is_busy(&hanging.await.unwrap()));
    assert!(join_all(asks).await.into_iter().all(|it| is_busy(&it.unwrap())));
    tallies.sweep(later());
    assert_eq!((tallies.stats().passivations, world.stored(id)), (0, 0));
    world.gate.open(1);
    assert_eq!(tallies.ask(id, Add(100)).await.unwrap(), 101);
    assert_eq!(tallies.stats().in_flight, 0);
}

#[actix_rt::test]
async fn above_the_cap_the_least_recently_used_are_passivated() {
    let (tallies, world, _threads) = tallies(Limits { cap: 3, ..Limits::default() });
    let ids: Vec<_> = (0..6).map(|_| Id::new()).collect();
    for id in &ids {
        tallies.ask(*id, Add(1)).await.unwrap();
    }
    for at in [0, 2] {
        tallies.ask(ids[at], Add(1)).await.unwrap();
    }

    tallies.sweep(Instant::now());

    until("three are gone", || tallies.stats().live == 3).await;
    let alive: Vec<_> = ids.iter().map(|id| world.alive(*id)).collect();
    assert_eq!(alive, [1, 0, 1, 0, 0, 1]);
    assert_eq!(tallies.stats().passivations, 3);
    tallies.sweep(Instant::now());
    assert_eq!(tallies.stats().passivations, 3);
}

#[actix_rt::test]
async fn above_the_cap_what_is_at_work_stays() {
    let (tallies, world, _threads) = tallies(Limits { cap: 1, ..Limits::default() });
    let (first, second) = (Id::new(), Id::new());
    let at_work = asked(&tallies, first, HangAndAdd(1));
    tallies.ask(second, Add(1)).await.unwrap();
    until("both are in memory", || tallies.stats().activations == 2).await;

    tallies.sweep(Instant::now());

    until("one is gone", || tallies.stats().live == 1).await;
    assert_eq!((world.alive(first), world.alive(second)), (1, 0));
    world.gate.open(1);
    at_work.await.unwrap().unwrap();
}

#[actix_rt::test]
async fn at_twice_the_cap_only_what_is_in_memory_is_served() {
    let (tallies, _world, _threads) = tallies(Limits { cap: 1, ..Limits::default() });
    let ids = [Id::new(), Id::new(), Id::new()];
    for id in &ids[..2] {
        tallies.ask(*id, Add(1)).await.unwrap();
    }

    assert!(is_busy(&tallies.ask(ids[2], Add(1)).await));
    assert_eq!(tallies.ask(ids[0], Add(1)).await.unwrap(), 2);

    tallies.sweep(Instant::now());
    until("one is gone", || tallies.stats().live == 1).await;
    assert_eq!(tallies.ask(ids[2], Add(1)).await.unwrap(), 1);
}

#[actix_rt::test]
async fn no_more_messages_are_told_than_may_wait() {
    let (tallies, world, _threads) = tallies(Limits::default());
    let id = Id::new();
    let hanging = asked(&tallies, id, HangAndAdd(0));

    (0..TELLS_MAX + 10).for_each(|_| tallies.tell(id, Add(1)));
    assert_eq!(tallies.stats().in_flight, TELLS_MAX + 1);
    world.gate.open(1);

    hanging.await.unwrap().unwrap();
    until("all are handled", || tallies.stats().in_flight == 0).await;
    assert_eq!(world.stored(id), i64::try_from(TELLS_MAX).unwrap());
}

#[actix_rt::test]
async fn a_wake_outlives_the_incarnation_that_set_it_and_activates_another() {
    let (tallies, world, _threads) = tallies(Limits::default());
    let id = Id::new();
    tallies.ask(id, AddLater(Duration::from_secs(3_600))).await.unwrap();
    passivate(&tallies, &world, id).await;
    assert_eq!((tallies.stats().wakes, world.loads.load(SeqCst)), (1, 1));

    // Sooner, in its place.
    tallies.wake(id, Duration::ZERO, || Add(1)).unwrap();

    until("it was woken", || world.stored(id) == 1).await;
    assert_eq!((tallies.stats().wakes, world.loads.load(SeqCst)), (0, 2));
}

#[actix_rt::test]
async fn a_wake_replaces_the_former_of_its_kind_and_id() {
    let (tallies, world, _threads) = tallies(Limits { wakes_max: 2, ..Limits::default() });
    let (id, other) = (Id::new(), Id::new());
    let hour = Duration::from_secs(3_600);
    tallies.wake(id, hour, || Add(1)).unwrap();
    tallies.wake(other, hour, || Add(1)).unwrap();
    assert!(is_busy(&tallies.wake(id, hour, || HangAside)));
    assert!(is_busy(&tallies.wake(Id::new(), hour, || Add(1))));

    tallies.wake(id, Duration::ZERO, || Add(10)).unwrap();

    until("it was woken", || world.stored(id) == 10).await;
    assert_eq!((tallies.stats().wakes, world.stored(other)), (1, 0));
}

#[actix_rt::test]
async fn a_wake_that_is_due_while_it_is_replaced_is_not_sent() {
    let (wakes, key) = (Wakes::new(1), (Id::new(), std::any::TypeId::of::<Add>()));
    let timer = || futures_util::future::AbortHandle::new_pair().0;
    let former = wakes.insert(key, timer()).unwrap();
    let latter = wakes.insert(key, timer()).unwrap();

    assert!(!wakes.take(key, former));
    assert!(wakes.take(key, latter));
    assert!(!wakes.take(key, latter));
}

#[actix_rt::test]
async fn a_drain_refuses_what_comes_and_waits_for_what_is_there() {
    let (tallies, world, _threads) = tallies(Limits::default());
    let (id, hour) = (Id::new(), Duration::from_secs(3_600));
    tallies.wake(id, hour, || Add(1)).unwrap();
    let hanging = asked(&tallies, id, HangAndAdd(1));
    let waiting = asked(&tallies, id, Add(1));

    assert!(!tallies.drain(Duration::from_millis(20)).await);
    assert!(is_busy(&tallies.ask(id, Add(1)).await));
    assert!(is_busy(&tallies.wake(id, hour, || Add(1))));
    assert_eq!(tallies.stats().wakes, 0);

    let drained = tallies.drain(Duration::from_secs(20));
    let opened = async {
        yield_now().await;
        world.gate.open(1);
    };
    assert!(futures_util::future::join(drained, opened).await.0);

    assert_eq!(hanging.await.unwrap().unwrap(), 1);
    assert_eq!(waiting.await.unwrap().unwrap(), 2);
    assert_eq!(tallies.stats().in_flight, 0);
}
