//! Login sessions: opened, renewed and ended; an end reaches every socket of the session.

use std::{collections::HashMap, time::Duration};

use actix::prelude::*;

use super::{
    Holds, atomically,
    directory::{Entity, Hold, Incarnation},
};
use crate::{
    cache::revoked::Revoked,
    domain::{
        Error,
        account::{Register as NewAccount, User},
        id::{ConnectionId, SessionId},
        session::{LogIn, Refresh, Refreshed, Revoke},
    },
    store::{self, Store, read},
};

/// How many sockets a session may have on a node: far more tabs than anybody has open.
const SOCKETS_MAX: usize = 64;
/// How often a session with sockets looks whether they are still there: word of an end may be lost.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// One login session on this node: which sockets belong to it.
pub struct SessionActor(Option<Held>);

/// What sessions share.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub revoked: Revoked,
}

pub struct Held {
    id: SessionId,
    deps: Deps,
    incarnation: Incarnation<SessionActor>,
    sockets: HashMap<ConnectionId, Recipient<Ended>>,
    /// While there are sockets it must not be forgotten which.
    hold: Option<Hold<SessionActor>>,
}

impl Actor for SessionActor {
    type Context = Context<Self>;
}

impl Holds for SessionActor {
    type Held = Held;

    fn held(&mut self) -> &mut Option<Held> {
        &mut self.0
    }
}

impl Entity for SessionActor {
    type Id = SessionId;
    type Deps = Deps;
    const KIND: &'static str = "session";
    /// All tabs of a browser that come back at once.
    const MAILBOX: usize = 64;

    async fn load(
        id: SessionId,
        deps: Deps,
        incarnation: Incarnation<Self>,
    ) -> Result<Self, Error> {
        let sockets = HashMap::new();
        Ok(SessionActor(Some(Held { id, deps, incarnation, sockets, hold: None })))
    }
}

/// Makes an account and opens this session for it.
#[derive(Message)]
#[rtype(result = "Result<User, Error>")]
pub struct Register(pub NewAccount);

impl Handler<Register> for SessionActor {
    type Result = AtomicResponse<Self, Result<User, Error>>;

    fn handle(&mut self, Register(command): Register, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| held.deps.store.write(command).await)
    }
}

/// Opens this session for somebody who has shown a password.
#[derive(Message)]
#[rtype(result = "Result<User, Error>")]
pub struct Open(pub LogIn);

impl Handler<Open> for SessionActor {
    type Result = AtomicResponse<Self, Result<User, Error>>;

    fn handle(&mut self, Open(command): Open, _: &mut Context<Self>) -> Self::Result {
        // Sessions that are too many are closed by the poll that closes those of other nodes.
        atomically(self, async move |held| Ok(held.deps.store.write(command).await?.user))
    }
}

/// Spends a refresh token of this session. One that was copied ends it.
#[derive(Message)]
#[rtype(result = "Result<Refreshed, Error>")]
pub struct Renew(pub Refresh);

impl Handler<Renew> for SessionActor {
    type Result = AtomicResponse<Self, Result<Refreshed, Error>>;

    fn handle(&mut self, Renew(command): Renew, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            let refreshed = held.deps.store.write(command).await?;
            if matches!(refreshed, Refreshed::Reused { .. }) {
                held.close();
            }
            Ok(refreshed)
        })
    }
}

/// Ends the session: a log-out.
#[derive(Message)]
#[rtype(result = "Result<(), Error>")]
pub struct End;

impl Handler<End> for SessionActor {
    type Result = AtomicResponse<Self, Result<(), Error>>;

    fn handle(&mut self, _: End, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            held.deps.store.write(Revoke { session: held.id }).await?;
            held.close();
            Ok(())
        })
    }
}

/// The session has ended in the store, here or on another node: its sockets here must go.
#[derive(Message)]
#[rtype(result = "Result<(), Error>")]
pub struct Close;

impl Handler<Close> for SessionActor {
    type Result = AtomicResponse<Self, Result<(), Error>>;

    fn handle(&mut self, _: Close, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            held.close();
            Ok(())
        })
    }
}

/// Told to a socket whose session has ended.
#[derive(Message, Clone, Copy)]
#[rtype(result = "()")]
pub struct Ended;

/// A socket belongs to this session from now on, and is told of its end; `Busy` where the session
/// has as many as it may.
#[derive(Message)]
#[rtype(result = "Result<(), Error>")]
pub struct Attach {
    pub connection: ConnectionId,
    pub socket: Recipient<Ended>,
}

impl Handler<Attach> for SessionActor {
    type Result = AtomicResponse<Self, Result<(), Error>>;

    fn handle(&mut self, msg: Attach, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            let (store, id) = (held.deps.store.clone(), held.id);
            let session = read!(store, session::get(id))?;
            if session.revoked_at.is_some() || session.expires_at <= store::now() {
                return Err(Error::Unauthenticated { code: "session_revoked" });
            }
            held.attach(msg)
        })
    }
}

/// Forgets sockets that went without a word.
#[derive(Message)]
#[rtype(result = "Result<(), Error>")]
struct Look;

impl Handler<Look> for SessionActor {
    type Result = AtomicResponse<Self, Result<(), Error>>;

    fn handle(&mut self, _: Look, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            held.forget_gone();
            held.look_later();
            Ok(())
        })
    }
}

/// A socket is gone.
#[derive(Message)]
#[rtype(result = "Result<(), Error>")]
pub struct Detach {
    pub connection: ConnectionId,
}

impl Handler<Detach> for SessionActor {
    type Result = AtomicResponse<Self, Result<(), Error>>;

    fn handle(&mut self, msg: Detach, _: &mut Context<Self>) -> Self::Result {
        atomically(self, async move |held| {
            held.sockets.remove(&msg.connection);
            held.forget_gone();
            Ok(())
        })
    }
}

impl Held {
    fn attach(&mut self, Attach { connection, socket }: Attach) -> Result<(), Error> {
        self.forget_gone();
        if self.sockets.len() >= SOCKETS_MAX && !self.sockets.contains_key(&connection) {
            return Err(Error::Busy);
        }
        self.sockets.insert(connection, socket);
        self.hold.get_or_insert_with(|| self.incarnation.hold());
        self.look_later();
        Ok(())
    }

    fn forget_gone(&mut self) {
        self.sockets.retain(|_, socket| socket.connected());
        if self.sockets.is_empty() {
            self.hold = None;
        }
    }

    fn look_later(&self) {
        if !self.sockets.is_empty() {
            // Where it cannot be set, the next socket that comes has the others looked at.
            self.incarnation.wake(LOOK_EVERY, || Look).ok();
        }
    }

    /// Refuses the session's tokens on this node from now on, and tells its sockets.
    fn close(&mut self) {
        self.deps.revoked.insert(self.id);
        for (_, socket) in self.sockets.drain() {
            // A socket whose mailbox is full is cut for that, or looks at the revocations itself.
            socket.try_send(Ended).ok();
        }
        self.hold = None;
    }
}

#[cfg(test)]
mod tests;
