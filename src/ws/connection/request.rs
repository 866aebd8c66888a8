//! Serves the requests of a connection.

use std::{collections::HashMap, time::Duration};

use actix::Recipient;
use tokio::time::timeout;

use super::Ends;
use crate::{
    actors::{
        cart::Edited,
        session::{Attach, Detach, Ended},
    },
    bus::Channel,
    domain::{
        Error,
        account::Right,
        id::{NotificationId, SessionId},
        notification::{MarkRead, Marked},
        topic::Topic,
    },
    http::{cart::change as cart, idempotency::IdempotencyKey, token::Caller},
    ws::{
        Sockets,
        hub::{Begin, Unwatch, Watch},
        protocol::{Follow, Frame, Op, Proof, Request, RequestId, Standing, close::Close},
        topic::{self, Ask, Opening, Subscribed, Who},
    },
};

/// How long the hub may take, which only waits for its own thread.
const HUB_WITHIN: Duration = Duration::from_secs(5);

/// How long a subscription may wait for its turn to be looked up, when all come back at once.
const TURN_WITHIN: Duration = Duration::from_secs(10);

/// What a request changes for the connection.
pub enum Change {
    Nothing,
    Follows(Subscribed),
    Leaves(Topic),
    Is(Who),
}

/// Serves a request and answers it.
pub async fn serve(
    ends: &Ends,
    who: Who,
    follows: &HashMap<Topic, Subscribed>,
    socket: Recipient<Ended>,
    Request { id, op }: Request,
) -> Change {
    let served = match op {
        Op::Ping => {
            ends.line.push(Frame::done(&id).wire());
            Ok(Change::Nothing)
        }
        Op::Subscribe(follow) => subscribe(ends, who, follows, &id, follow).await,
        Op::Unsubscribe(topic) => unsubscribe(ends, follows, &id, topic).await,
        Op::ReadNotification(notification) => read(ends, who, &id, notification).await,
        Op::ChangeCart(change, key) => change_cart(ends, who, &id, change, key).await,
        Op::Auth(proof) => {
            let identified = identify(ends, who, follows, socket, proof).await;
            identified.map(|(who, standing)| {
                ends.line.push(Frame::Identified { id: &id, ok: true, standing }.wire());
                Change::Is(who)
            })
        }
    };
    served.unwrap_or_else(|Refusal { err, close, change }| {
        log(&err);
        ends.line.push(Frame::refused(&id, &err).wire());
        if let Some(close) = close {
            ends.line.close(close);
        }
        change
    })
}

/// Has the session know of a connection whose handshake named it.
pub async fn attach_first(ends: &Ends, caller: Caller, socket: Recipient<Ended>) {
    if let Err(Refusal { err, close, .. }) = attach(ends, &caller, socket).await {
        log(&err);
        ends.line.close(close.unwrap_or_else(|| ends.sockets.shutting_down()));
    }
}

/// Why a request is refused, and whether the connection ends with it.
struct Refusal {
    err: Error,
    close: Option<Close>,
    /// What the attempt has changed all the same.
    change: Change,
}

impl From<Error> for Refusal {
    fn from(err: Error) -> Self {
        Refusal { err, close: None, change: Change::Nothing }
    }
}

impl Refusal {
    /// Of a proof of who somebody is: one that is wrong ends the connection.
    fn of_proof(err: Error) -> Self {
        let close = match &err {
            Error::Unauthenticated { code: "token_expired" } => Some(Close::Expired),
            Error::Unauthenticated { code: "session_revoked" } => Some(Close::Revoked),
            Error::Unauthenticated { .. } | Error::NotFound(_) => Some(Close::InvalidToken),
            _ => None,
        };
        Refusal { err, close, change: Change::Nothing }
    }
}

async fn subscribe(
    ends: &Ends,
    who: Who,
    follows: &HashMap<Topic, Subscribed>,
    id: &RequestId,
    follow: Follow,
) -> Result<Change, Refusal> {
    let known = follows.get(&follow.topic).map(|it| it.channel);
    let channel = match (topic::channel(&who, &follow), known) {
        (Ok(channel), _) => channel,
        (Err(err), Some(known)) => return Err(lost(ends, known, follow.topic, err).await),
        (Err(err), None) => return Err(err.into()),
    };
    if known.is_none() && follows.len() >= ends.sockets.limits.subscriptions_max {
        let message = "this connection follows as many topics as it may".to_owned();
        let err = Error::Rejected { code: "too_many_subscriptions", message };
        return Err(Refusal { err, close: Some(Close::TooMany), change: Change::Nothing });
    }
    if let Some(other) = known.filter(|it| *it != channel) {
        leave(ends, other).await?;
    }
    let watch = Watch { connection: ends.line.id, channel, filter: follow.filter.clone() };
    let place = ends.hub.send(watch).timeout(HUB_WITHIN).await.unwrap_or(Err(Error::Busy))?;
    let (sockets, epoch) = (&ends.sockets, ends.sockets.bus.epoch());
    let Sockets { store, catalogue, followed, keys, .. } = &***sockets;
    let ask = Ask { store, catalogue, followed, keys, epoch, who, follow: &follow };
    ends.line.waits(true);
    let opened = open_in_turn(sockets, &ask).await;
    ends.line.waits(false);
    let opening = match opened {
        Ok(opening) => opening,
        Err(err) => return Err(lost(ends, channel, follow.topic, err).await),
    };
    let Opening { head, recovered, snapshot, position, previous } = opening;
    let (topic, snapshot) = (follow.topic.to_string(), snapshot.as_deref());
    let answer =
        Frame::Following { id, ok: true, topic, epoch, recovered, sequence: head, snapshot };
    ends.line.push(answer.wire());
    ends.line.admitted();
    sockets.metrics.subscribed(recovered);
    // Those who run the shop see what the others of them look at.
    let seen = who.caller.filter(|it| it.role.may(Right::Feed)).map(|it| it.user);
    let begin = Begin { place, position, previous, is_all: position == head, seen };
    if ends.hub.send(begin).timeout(HUB_WITHIN).await.is_err() {
        ends.line.close(Close::Slow); // It has its answer, so it is not refused: it resumes.
    }
    // Where the client stood matters no more.
    let follow = Follow { since: None, ..follow };
    Ok(Change::Follows(Subscribed { follow, channel }))
}

/// Looks a subscription up. Whoever comes back with all others waits for a turn, so that the store is
/// not flooded.
async fn open_in_turn(sockets: &Sockets, ask: &Ask<'_>) -> Result<Opening, Error> {
    let turn = timeout(TURN_WITHIN, sockets.openings.acquire()).await;
    let _turn = turn.map_err(|_| Error::Busy)?.map_err(|_| Error::Busy)?; // it is never closed
    ask.open().await
}

/// Refuses to begin a topic, which ends what was followed under its name before.
async fn lost(ends: &Ends, channel: Channel, topic: Topic, err: Error) -> Refusal {
    if leave(ends, channel).await.is_err() {
        ends.line.close(Close::Slow); // Or it might be told of what it may not follow.
    }
    Refusal { err, close: None, change: Change::Leaves(topic) }
}

/// Leaving what was not followed is no error.
async fn unsubscribe(
    ends: &Ends,
    follows: &HashMap<Topic, Subscribed>,
    id: &RequestId,
    topic: Topic,
) -> Result<Change, Refusal> {
    if let Some(it) = follows.get(&topic) {
        leave(ends, it.channel).await?;
    }
    ends.line.push(Frame::done(id).wire());
    Ok(Change::Leaves(topic))
}

/// Marks a notification as read, as the route of the REST API does.
async fn read(
    ends: &Ends,
    who: Who,
    id: &RequestId,
    notification: NotificationId,
) -> Result<Change, Refusal> {
    let nobody = Error::Unauthenticated { code: "unauthenticated" };
    let caller = who.caller.ok_or(nobody)?;
    ends.count_write(&who)?;
    let read = MarkRead { user: caller.user, id: notification };
    let Marked { unread, .. } = ends.sockets.accounts.change(read).await?;
    ends.line.push(Frame::Read { id, ok: true, unread_count: unread }.wire());
    Ok(Change::Nothing)
}

/// Changes the lines of the cart, by the command that the routes of the REST API give.
async fn change_cart(
    ends: &Ends,
    who: Who,
    id: &RequestId,
    change: cart::Change,
    key: Option<IdempotencyKey>,
) -> Result<Change, Refusal> {
    let nobody = Error::Unauthenticated { code: "unauthenticated" };
    let cart = who.carts().next().ok_or(nobody)?;
    ends.count_write(&who)?;
    let Edited { version, .. } = change.of(&ends.sockets.carts, cart, key, false).await?.edited?;
    ends.line.push(Frame::Edited { id, ok: true, version }.wire());
    Ok(Change::Nothing)
}

async fn leave(ends: &Ends, channel: Channel) -> Result<(), Error> {
    let unwatch = Unwatch { connection: ends.line.id, channel };
    ends.hub.send(unwatch).timeout(HUB_WITHIN).await.map_err(|_| Error::Busy)
}

async fn identify(
    ends: &Ends,
    who: Who,
    follows: &HashMap<Topic, Subscribed>,
    socket: Recipient<Ended>,
    proof: Proof,
) -> Result<(Who, Standing), Refusal> {
    match proof {
        Proof::Cart(token) => {
            let cart = ends.sockets.keys.proofs().cart_of(&token).map_err(Refusal::of_proof)?;
            let fresh = Who { cart: Some(cart), ..who };
            check_again(ends, &fresh, follows).await?;
            ends.line.admitted();
            let standing = Standing { cart_id: Some(cart), ..Standing::default() };
            Ok((fresh, standing))
        }
        Proof::Access(token) => {
            let caller = ends.sockets.keys.caller(&token).map_err(Refusal::of_proof)?;
            if who.caller.is_some_and(|known| known.user != caller.user) {
                let err = Error::Unauthenticated { code: "another_user" };
                return Err(Refusal::of_proof(err));
            }
            let fresh = Who { caller: Some(caller), ..who };
            let (old, new) = (who.caller.map(|known| known.session), caller.session);
            let joined = async {
                attach(ends, &caller, socket).await?;
                check_again(ends, &fresh, follows).await
            };
            let joined = joined.await;
            // The connection is of one session: of this one now, or still of the other.
            let left = if joined.is_ok() { old } else { Some(new) };
            if let Some(left) = left.filter(|_| old != Some(new)) {
                detach(ends, left);
            }
            joined.map(|()| (fresh, ends.identified(&caller)))
        }
    }
}

/// Has the session know of the connection; one that has ended refuses.
async fn attach(ends: &Ends, caller: &Caller, socket: Recipient<Ended>) -> Result<(), Refusal> {
    // Before it is asked: whoever waits for the answer may be gone when it comes.
    ends.line.belongs(caller.session);
    let attach = Attach { connection: ends.line.id, socket };
    ends.sockets.sessions.ask(caller.session, attach).await.map_err(Refusal::of_proof)
}

fn detach(ends: &Ends, session: SessionId) {
    ends.sockets.sessions.tell(session, Detach { connection: ends.line.id });
    ends.line.left(session);
}

/// A fresh token may say less than the one before: what is followed is looked at again.
async fn check_again(
    ends: &Ends,
    who: &Who,
    follows: &HashMap<Topic, Subscribed>,
) -> Result<(), Refusal> {
    for subscribed in follows.values() {
        let sockets = &ends.sockets;
        match topic::is_still_open(&sockets.store, &sockets.keys, who, subscribed).await {
            Ok(()) => {}
            Err(
                err @ (Error::Busy | Error::Stale | Error::TooMany { .. } | Error::Internal { .. }),
            ) => {
                return Err(err.into());
            }
            Err(err) => {
                let close = Some(Close::NotAllowed);
                return Err(Refusal { err, close, change: Change::Nothing });
            }
        }
    }
    Ok(())
}

/// A fault of ours is logged where it meets the client, and told to nobody.
fn log(err: &Error) {
    if let Error::Internal { doing, source } = err {
        tracing::error!(doing, %source, "a request on a socket failed");
    }
}
