//! Panics, failing loads, actors that stop themselves, and threads that end.

use super::*;

#[actix_rt::test]
async fn a_panic_answers_its_caller_and_the_next_command_is_served_from_the_store() {
    let (tallies, world, _threads) = tallies(Limits::default());
    let id = Id::new();
    tallies.ask(id, Add(5)).await.unwrap();

    let answer = tallies.ask(id, Panic).await;

    assert!(is_internal(&answer), "{answer:?}");
    assert_eq!(tallies.ask(id, Add(1)).await.unwrap(), 6);
    assert_eq!((tallies.stats().panics, tallies.stats().activations), (1, 2));
    assert_eq!(world.alive_at_most(), 1);
}

#[actix_rt::test]
async fn of_a_panic_only_the_messages_in_hand_learn() {
    let (tallies, world, _threads) = tallies(Limits::default());
    let id = Id::new();
    tallies.ask(id, Add(5)).await.unwrap();

    let aside = asked(&tallies, id, HangAside);
    let panic = asked(&tallies, id, HangAndPanic);
    let queued: Vec<_> = (0..5).map(|_| asked(&tallies, id, Add(1))).collect();
    tallies.tell(id, Add(1));
    let outside: Vec<_> = (0..20).map(|_| asked(&tallies, id, Add(1))).collect();
    world.gate.open(2);

    assert!(is_internal(&panic.await.unwrap()));
    // It isn't the actor's future, so it isn't lost with it.
    aside.await.unwrap().unwrap();
    assert_eq!(totals(queued).await, [6, 7, 8, 9, 10]);
    assert_eq!(totals(outside).await, (12..=31).collect::<Vec<_>>());
    assert_eq!((tallies.stats().panics, world.loads.load(SeqCst)), (1, 2));
}

#[actix_rt::test]
async fn a_future_that_panics_beside_the_actor_is_an_internal_error_and_no_more() {
    let (tallies, world, _threads) = tallies(Limits::default());
    let id = Id::new();

    let answer = tallies.ask(id, PanicAside).await;

    assert!(is_internal(&answer), "{answer:?}");
    assert_eq!(tallies.ask(id, Add(1)).await.unwrap(), 1);
    assert_eq!((tallies.stats().panics, world.loads.load(SeqCst)), (0, 1));
}

#[actix_rt::test]
async fn too_many_panics_quarantine_that_one_id_for_a_time() {
    let (tallies, world, _threads) = tallies(Limits::default());
    let (id, other) = (Id::new(), Id::new());
    tallies.ask(id, Add(5)).await.unwrap();

    for _ in 0..3 {
        assert!(is_internal(&tallies.ask(id, Panic).await));
    }
    assert!(is_busy(&tallies.ask(id, Add(1)).await));
    tallies.ask(other, Add(1)).await.unwrap();
    tallies.sweep(Instant::now());
    assert!(is_busy(&tallies.ask(id, Add(1)).await));
    assert_eq!((tallies.stats().quarantined, tallies.stats().panics), (1, 3));

    tallies.sweep(Instant::now() + Limits::default().quarantine);

    assert_eq!(tallies.ask(id, Add(1)).await.unwrap(), 6);
    assert_eq!((tallies.stats().quarantined, world.loads.load(SeqCst)), (0, 5));
}

#[actix_rt::test]
async fn what_waits_behind_too_many_panics_is_busy() {
    let (tallies, world, _threads) = tallies(Limits::default());
    let id = Id::new();

    let hanging = asked(&tallies, id, HangAndPanic);
    let panics: Vec<_> = (0..4).map(|_| asked(&tallies, id, Panic)).collect();
    let add = asked(&tallies, id, Add(1));
    let outside: Vec<_> = (0..9).map(|_| asked(&tallies, id, Add(1))).collect();
    world.gate.open(1);

    let answers: Vec<_> = join_all(panics).await.into_iter().map(Result::unwrap).collect();
    assert!(is_internal(&hanging.await.unwrap()));
    assert!(answers[..2].iter().all(is_internal) && answers[2..].iter().all(is_busy));
    assert!(is_busy(&add.await.unwrap()));
    assert!(join_all(outside).await.into_iter().all(|it| is_busy(&it.unwrap())));
    assert_eq!((tallies.stats().in_flight, world.stored(id)), (0, 0));
}

#[actix_rt::test]
async fn panics_before_the_window_are_forgotten() {
    let (tallies, _world, _threads) = tallies(Limits::default());
    let id = Id::new();

    for _ in 0..4 {
        for _ in 0..2 {
            assert!(is_internal(&tallies.ask(id, Panic).await));
        }
        until("it is over", || tallies.stats().live == 0).await;
        assert_eq!(tallies.stats().known, 1);
        tallies.sweep(Instant::now() + Limits::default().panic_window);
        assert_eq!(tallies.stats().known, 0);
    }

    assert_eq!(tallies.ask(id, Add(1)).await.unwrap(), 1);
}

#[actix_rt::test]
async fn a_failing_load_answers_all_who_waited_and_the_next_ask_tries_again() {
    let (tallies, world, _threads) = tallies(Limits::default());
    let id = Id::new();
    world.loads_hang.store(1, SeqCst);
    world.loads_fail.store(1, SeqCst);

    let asks: Vec<_> = (0..8).map(|_| asked(&tallies, id, Add(1))).collect();
    world.gate.open(1);

    for answer in join_all(asks).await {
        assert!(matches!(answer.unwrap(), Err(Error::NotFound("tally"))));
    }
    assert_eq!((tallies.stats().known, world.loads.load(SeqCst)), (0, 1));
    assert_eq!(tallies.ask(id, Add(1)).await.unwrap(), 1);
}

#[actix_rt::test]
async fn a_load_that_panics_is_an_internal_error_and_counts_as_a_panic() {
    let (tallies, world, _threads) = tallies(Limits::default());
    let id = Id::new();
    world.loads_panic.store(1, SeqCst);

    let answer = tallies.ask(id, Add(1)).await;

    assert!(matches!(answer, Err(Error::Internal { doing: "loading an entity", .. })));
    assert_eq!((tallies.stats().panics, tallies.stats().live), (1, 0));
    assert_eq!(tallies.ask(id, Add(1)).await.unwrap(), 1);
}

#[actix_rt::test]
async fn a_load_that_hangs_is_dropped_at_the_deadline_and_tried_again() {
    let limits = Limits { ask_max: Duration::from_millis(50), ..Limits::default() };
    let (tallies, world, _threads) = tallies(limits);
    let id = Id::new();
    world.loads_hang.store(1, SeqCst);

    assert!(is_busy(&tallies.ask(id, Add(1)).await));

    until("it is gone", || tallies.stats().known == 0).await;
    assert_eq!(world.alive(id), 0);
    assert_eq!(tallies.ask(id, Add(1)).await.unwrap(), 1);
}

#[actix_rt::test]
async fn an_entity_that_stops_itself_is_rebuilt_for_the_next_message() {
    let (tallies, world, _threads) = tallies(Limits::default());
    let id = Id::new();
    tallies.ask(id, Add(5)).await.unwrap();

    let stop = asked(&tallies, id, Stop);
    let next = asked(&tallies, id, Add(1));

    assert!(matches!(stop.await.unwrap(), Err(Error::Stale)));
    assert_eq!(next.await.unwrap().unwrap(), 6);
    assert_eq!((tallies.stats().panics, world.alive_at_most()), (0, 1));
}

#[actix_rt::test]
async fn an_entity_that_always_stops_at_once_is_not_loaded_for_ever() {
    let (tallies, world, _threads) = tallies(Limits::default());
    let id = Id::new();
    world.starts_stop.store(1_000, SeqCst);

    assert!(is_busy(&tallies.ask(id, Add(1)).await));

    assert_eq!((world.loads.load(SeqCst), tallies.stats().quarantined), (3, 1));
}

#[actix_rt::test]
async fn without_its_thread_an_entity_is_busy_and_nobody_waits() {
    let (tallies, world, mut threads) = tallies(Limits::default());
    let id = Id::new();
    let hanging = asked(&tallies, id, HangAndAdd(1));
    let waiting = asked(&tallies, id, Add(1));
    until("it is in memory", || tallies.stats().activations == 1).await;

    threads.end();

    assert!(is_internal(&hanging.await.unwrap()));
    assert!(is_busy(&waiting.await.unwrap()));
    assert!(is_busy(&tallies.ask(id, Add(1)).await));
    assert_eq!(world.alive(id), 0);
    assert_eq!((tallies.stats().known, tallies.stats().live, tallies.stats().in_flight), (0, 0, 0));
}

#[actix_rt::test]
async fn without_any_thread_all_are_busy() {
    let tallies = Directory::<Tally>::new(Arc::default(), Arc::default(), Limits::default());

    tallies.tell(Id::new(), Add(1));

    assert!(is_busy(&tallies.ask(Id::new(), Add(1)).await));
    assert!(is_busy(&tallies.wake(Id::new(), Duration::ZERO, || Add(1))));
    assert_eq!(tallies.stats(), Stats::default());
}
