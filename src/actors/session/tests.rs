//! A session over a real store, and sockets that come and go.

use std::time::Instant;

use tokio::time::timeout;

use super::*;
use crate::{
    actors::directory::{Directory, Limits},
    bus::tests::Scratch,
    domain::{
        account::{Email, Role},
        id::UserId,
        session::{OpenSession, RefreshHash},
    },
};

/// How long a test waits for what must come.
const SOON: Duration = Duration::from_secs(10);

/// A socket that nobody looks at.
struct Socket;

impl Actor for Socket {
    type Context = Context<Self>;
}

impl Handler<Ended> for Socket {
    type Result = ();

    fn handle(&mut self, _: Ended, ctx: &mut Context<Self>) {
        ctx.stop();
    }
}

/// Sessions that are passivated at once if nothing keeps them, and one of them.
struct Node {
    sessions: Directory<SessionActor>,
    session: SessionId,
    _scratch: Scratch,
    _arbiter: Arbiter,
}

impl Node {
    async fn start() -> Self {
        let (scratch, arbiter) = (Scratch::new(), Arbiter::new());
        let (user, session) = (UserId::new(), SessionId::new());
        let (refresh, device) = (RefreshHash(session.to_string()), Default::default());
        let account = NewAccount {
            id: user,
            email: Email::parse(&format!("{user}@example.com")).unwrap(),
            name: "Ada".to_owned(),
            password_hash: String::new(),
            role: Role::Customer,
            session: Some(OpenSession { id: session, user, refresh, device }),
            confirm: None,
        };
        scratch.store.write(account).await.unwrap();
        let deps = Deps { store: scratch.store.clone(), revoked: Revoked::default() };
        let limits = Limits { idle: Duration::ZERO, ..Limits::default() };
        let sessions = Directory::new(deps, vec![arbiter.handle()].into(), limits);
        Node { sessions, session, _scratch: scratch, _arbiter: arbiter }
    }

    async fn attach(&self, socket: &Addr<Socket>) -> Result<ConnectionId, Error> {
        let (connection, socket) = (ConnectionId::new(), socket.clone().recipient());
        self.sessions.ask(self.session, Attach { connection, socket }).await.map(|()| connection)
    }
}

async fn until(is_so: impl Fn() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, wait).await.unwrap();
}

/// A socket that went away without a word.
async fn gone() -> Addr<Socket> {
    let socket = Socket.start();
    socket.send(Ended).await.unwrap();
    until(|| !socket.connected()).await;
    socket
}

#[actix_rt::test]
async fn a_session_takes_as_many_sockets_as_it_may_and_then_is_busy() {
    let (node, socket) = (Node::start().await, Socket.start());
    let first = node.attach(&socket).await.unwrap();
    for _ in 1..SOCKETS_MAX {
        node.attach(&socket).await.unwrap();
    }

    assert!(matches!(node.attach(&socket).await, Err(Error::Busy)));
    let again = Attach { connection: first, socket: socket.clone().recipient() };
    node.sessions.ask(node.session, again).await.unwrap();
    node.sessions.ask(node.session, Detach { connection: first }).await.unwrap();
    node.attach(&socket).await.unwrap();
}

#[actix_rt::test]
async fn sockets_that_went_without_a_word_make_room() {
    let (node, gone) = (Node::start().await, gone().await);
    for _ in 0..=SOCKETS_MAX {
        node.attach(&gone).await.unwrap();
    }
}

#[actix_rt::test]
async fn a_session_whose_sockets_went_without_a_word_is_let_go_at_its_next_look() {
    let (node, gone, here) = (Node::start().await, gone().await, Socket.start());
    node.attach(&here).await.unwrap();
    node.attach(&gone).await.unwrap();
    assert_eq!(node.sessions.stats().wakes, 1);

    here.send(Ended).await.unwrap();
    until(|| !here.connected()).await;
    assert!(node.sessions.stats().in_flight > 0);
    node.sessions.ask(node.session, Look).await.unwrap();

    until(|| node.sessions.stats().in_flight == 0).await;
    node.sessions.sweep(Instant::now());
    until(|| node.sessions.stats().live == 0).await;
}
