//! What becomes of a message: once, in order, and with its entity in memory.

use futures_util::FutureExt;

use super::*;

#[actix_rt::test]
async fn an_ask_activates_its_entity_from_the_store() {
    let (tallies, world, _threads) = tallies(Limits::default());
    let id = Id::new();
    world.stored.lock().unwrap().insert(id, 40);

    let total = tallies.ask(id, Add(2)).await.unwrap();

    assert_eq!((total, world.stored(id), world.alive(id)), (42, 42, 1));
    assert_eq!((tallies.stats().live, tallies.stats().activations), (1, 1));
}

#[actix_rt::test]
async fn first_asks_at_once_from_many_threads_load_once() {
    let (tallies, world, _threads) = tallies(Limits::default());
    let askers: Vec<Arbiter> = (0..4).map(|_| Arbiter::new()).collect();
    let id = Id::new();
    let (tx, mut rx) = tokio::sync::mpsc::channel(64);

    for asker in (0..64).filter_map(|count| askers.get(count % 4)) {
        let (tallies, tx) = (tallies.clone(), tx.clone());
        asker.spawn(async move { tx.send(tallies.ask(id, Add(1)).await).await.unwrap() });
    }
    let mut totals = Vec::new();
    for _ in 0..64 {
        totals.push(rx.recv().await.unwrap().unwrap());
    }
    totals.sort_unstable();

    assert_eq!(totals, (1..=64).collect::<Vec<_>>());
    assert_eq!(world.loads.load(SeqCst), 1);
    for asker in &askers {
        asker.stop();
    }
}

#[actix_rt::test]
async fn messages_are_begun_in_the_order_in_which_they_were_sent() {
    let (tallies, world, _threads) = tallies(Limits::default());
    let id = Id::new();

    let first = asked(&tallies, id, HangAndAdd(1));
    tallies.tell(id, Add(1));
    let rest: Vec<_> = (0..6).map(|_| asked(&tallies, id, Add(1))).collect();
    world.gate.open(1);

    assert_eq!(first.await.unwrap().unwrap(), 1);
    let totals: Vec<_> = join_all(rest).await.into_iter().map(|it| it.unwrap().unwrap()).collect();
    assert_eq!(totals, [3, 4, 5, 6, 7, 8]);
}

#[actix_rt::test]
async fn an_answer_beside_is_not_held_up_by_an_exclusive_handler() {
    let (tallies, world, _threads) = tallies(Limits::default());
    let id = Id::new();

    let aside = asked(&tallies, id, HangAside);
    until("it waits for the gate", || tallies.stats().activations == 1).await;
    let (release, released) = oneshot::channel::<()>();
    let exclusive = asked(&tallies, id, WaitFor(released));
    world.gate.open(1);

    aside.await.unwrap().unwrap();
    release.send(()).unwrap();
    exclusive.await.unwrap().unwrap();
}

/// Exclusive until it is told otherwise.
#[derive(Message)]
#[rtype(result = "Result<(), Error>")]
struct WaitFor(oneshot::Receiver<()>);

impl Handler<WaitFor> for Tally {
    type Result = AtomicResponse<Self, Result<(), Error>>;

    fn handle(&mut self, WaitFor(release): WaitFor, _: &mut Context<Self>) -> Self::Result {
        AtomicResponse::new(Box::pin(release.into_actor(self).map(|_, _, _| Ok(()))))
    }
}

#[actix_rt::test]
async fn what_was_idle_for_long_enough_is_passivated_and_comes_back() {
    let (tallies, world, _threads) = tallies(Limits::default());
    let id = Id::new();
    tallies.ask(id, Add(7)).await.unwrap();

    tallies.sweep(Instant::now());
    assert_eq!(tallies.stats().passivations, 0);
    passivate(&tallies, &world, id).await;
    until("its slot is empty", || tallies.stats().known == 0).await;

    assert_eq!(tallies.ask(id, Add(1)).await.unwrap(), 8);
    assert_eq!((world.loads.load(SeqCst), tallies.stats().passivations), (2, 1));
}

#[actix_rt::test]
async fn nothing_is_passivated_with_a_message_waiting_or_in_hand() {
    let (tallies, world, _threads) = tallies(Limits::default());
    let id = Id::new();
    let exclusive = asked(&tallies, id, HangAndAdd(1));
    let waiting = asked(&tallies, id, HangAside);
    until("it is in memory", || tallies.stats().activations == 1).await;

    tallies.sweep(later());
    world.gate.open(1);
    exclusive.await.unwrap().unwrap();
    tallies.sweep(later());

    assert_eq!((tallies.stats().passivations, tallies.stats().in_flight), (0, 1));
    world.gate.open(1);
    waiting.await.unwrap().unwrap();
    passivate(&tallies, &world, id).await;
    assert_eq!(world.loads.load(SeqCst), 1);
}

#[actix_rt::test]
async fn nothing_is_passivated_while_it_holds_itself() {
    let (tallies, world, _threads) = tallies(Limits::default());
    let id = Id::new();
    tallies.ask(id, HangAfterwards).await.unwrap();

    tallies.sweep(later());

    assert_eq!((tallies.stats().passivations, tallies.stats().in_flight), (0, 1));
    world.gate.open(1);
    passivate(&tallies, &world, id).await;
    assert_eq!(world.stored(id), 100);
}

#[actix_rt::test]
async fn neither_an_address_nor_a_timer_keeps_an_entity_in_memory() {
    let (tallies, world, _threads) = tallies(Limits::default());
    let id = Id::new();

    let address = tallies.ask(id, Linger).await.unwrap();
    passivate(&tallies, &world, id).await;

    assert!(!address.connected());
}

/// Sets a timer that never ends, and gives the address away.
#[derive(Message)]
#[rtype(result = "Result<Addr<Tally>, Error>")]
struct Linger;

impl Handler<Linger> for Tally {
    type Result = Result<Addr<Tally>, Error>;

    fn handle(&mut self, _: Linger, ctx: &mut Context<Self>) -> Self::Result {
        ctx.run_interval(Duration::from_secs(1), |_, _| {});
        Ok(ctx.address())
    }
}

#[actix_rt::test]
async fn a_message_whose_sender_went_away_is_finished_if_begun_and_else_never_begun() {
    let (tallies, world, _threads) = tallies(Limits::default());
    let id = Id::new();
    let mut begun = Box::pin(tallies.ask(id, HangAndAdd(1)));
    assert!(begun.as_mut().now_or_never().is_none());
    until("it is in memory", || tallies.stats().activations == 1).await;
    let after = asked(&tallies, id, Add(10));
    let mut waiting = Box::pin(tallies.ask(id, Add(100)));
    assert!(waiting.as_mut().now_or_never().is_none());
    // All of the mailbox is taken, so this one waits outside.
    let rest: Vec<_> = (0..5).map(|_| asked(&tallies, id, Add(0))).collect();
    let mut outside = Box::pin(tallies.ask(id, Add(1_000)));
    assert!(outside.as_mut().now_or_never().is_none());
    assert_eq!(tallies.stats().in_flight, 9);

    drop((begun, waiting, outside));
    assert_eq!(tallies.stats().in_flight, 8);
    tallies.sweep(later());
    world.gate.open(1);

    assert_eq!(after.await.unwrap().unwrap(), 11);
    join_all(rest).await;
    passivate(&tallies, &world, id).await;
    assert_eq!((world.stored(id), world.loads.load(SeqCst)), (11, 1));
}
