//! The bus over a real store: what is committed comes out of it, once and in order.

use std::time::Duration;

use actix::prelude::*;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};

use super::*;
use crate::{
    domain::account::{Email, Register, Role},
    store::{Migration, migrate, tests::Database},
};

/// How long a test waits for what must come.
const SOON: Duration = Duration::from_secs(10);

/// A store of its own for a test, gone when the test is.
pub(crate) struct Scratch {
    pub store: Store,
    _database: Database,
}

impl Scratch {
    pub fn new() -> Self {
        let database = Database::empty();
        migrate(&database.url, Migration::Up).unwrap();
        Scratch { store: Store::open(&database.url).unwrap(), _database: database }
    }

    /// Makes an account, which is an event.
    pub async fn register(&self) -> UserId {
        let id = UserId::new();
        let email = Email::parse(&format!("{id}@example.com")).unwrap();
        let (name, role) = ("Ada".to_owned(), Role::Customer);
        let register = Register {
            id,
            email,
            name,
            password_hash: String::new(),
            role,
            session: None,
            confirm: None,
        };
        self.store.write(register).await.unwrap();
        id
    }
}

struct Listener(UnboundedSender<Delivery>);

impl Actor for Listener {
    type Context = Context<Self>;
}

impl Handler<Signal> for Listener {
    type Result = ();

    fn handle(&mut self, signal: Signal, _: &mut Context<Self>) {
        let Signal::Deliver(batch) = signal else { panic!("nothing was pruned") };
        for delivery in batch.iter() {
            self.0.send(delivery.clone()).unwrap();
        }
    }
}

fn listen(bus: &Bus) -> UnboundedReceiver<Delivery> {
    let (sender, receiver) = unbounded_channel();
    bus.join(Listener(sender).start().recipient());
    receiver
}

async fn next(receiver: &mut UnboundedReceiver<Delivery>) -> Delivery {
    timeout(SOON, receiver.recv()).await.unwrap().unwrap()
}

#[actix_rt::test]
async fn each_hub_is_handed_what_is_committed_once_and_in_order() {
    let scratch = Scratch::new();
    let bus = Bus::start(scratch.store.clone()).await.unwrap();
    let (mut one, mut other) = (listen(&bus), listen(&bus));

    for _ in 0..20 {
        scratch.register().await;
    }

    for sequence in 1..=20 {
        let delivery = next(&mut one).await;
        assert_eq!((delivery.channel, delivery.sequence), (Channel::Feed, sequence));
        assert_eq!(delivery.kind, Kind::UserRegistered);
        assert_eq!(next(&mut other).await, delivery);
    }
}

#[actix_rt::test]
async fn what_was_published_before_the_start_is_not_delivered() {
    let scratch = Scratch::new();
    let before = Bus::start(scratch.store.clone()).await.unwrap();
    let mut seen = listen(&before);
    scratch.register().await;
    next(&mut seen).await;
    drop(before);

    let bus = Bus::start(scratch.store.clone()).await.unwrap();
    let mut seen = listen(&bus);
    scratch.register().await;

    assert_eq!(next(&mut seen).await.sequence, 2);
}

#[actix_rt::test]
async fn a_hub_that_has_gone_does_not_hold_up_the_others() {
    let scratch = Scratch::new();
    let bus = Bus::start(scratch.store.clone()).await.unwrap();
    let (sender, _receiver) = unbounded_channel();
    let gone = Listener(sender).start();
    bus.join(gone.clone().recipient());
    gone.send(Stop).await.unwrap();
    let mut seen = listen(&bus);

    scratch.register().await;

    assert_eq!(next(&mut seen).await.sequence, 1);
}

#[derive(Message)]
#[rtype(result = "()")]
struct Stop;

impl Handler<Stop> for Listener {
    type Result = ();

    fn handle(&mut self, _: Stop, ctx: &mut Context<Self>) {
        ctx.stop();
    }
}
