//! One open socket: reads what the client says, one request after the other, and answers into the
//! connection's queue.
//!
//! The only file that names `actix_web_actors`. Of it we use the handshake, the decoder and the
//! context of the actor; what goes out is merged into the response beside it, from the queue.

use std::{
    collections::HashMap, marker::PhantomData, net::IpAddr, rc::Rc, sync::Arc, time::Instant,
};

use actix::prelude::*;
use actix_http::ws::Item;
use actix_web::{
    HttpRequest,
    body::BoxBody,
    web::{Data, Payload},
};
use actix_web_actors::ws::{
    self, CloseReason, Message, ProtocolError, WebsocketContext, WsResponseBuilder,
};

use self::{
    inbound::Inbound,
    line::Line,
    meaning::Meaning,
    outbound::Body,
    pieces::{Gathered, Pieces, Whole},
    queue::Budget,
    rate::Rate,
    request::Change,
};
use super::{
    Sockets,
    guard::Switch,
    hub::{Hub, Open},
    protocol::{Frame, Request, RequestId, SUBPROTOCOL, Standing, close::Close, wire},
    topic::{Subscribed, Who},
};
use crate::{
    actors::session::Ended,
    domain::{Error, id::ConnectionId, topic::Topic},
    http::{error::Answered, peer, token::Caller},
    store::{self, origin::Behalf},
};

mod inbound;
pub mod line;
pub mod meaning;
mod outbound;
mod pieces;
mod queue;
mod rate;
mod request;
pub mod seats;
mod vitals;

/// One open socket, whose messages mean what `M` says.
pub struct Connection<M> {
    ends: Ends,
    who: Who,
    /// Of the client.
    address: Option<IpAddr>,
    /// Shared with the request that is served.
    topics: Rc<HashMap<Topic, Subscribed>>,
    rate: Rate,
    pieces: Pieces,
    meaning: PhantomData<M>,
}

/// What a request of a connection is served with.
#[derive(Clone)]
pub struct Ends {
    pub line: Arc<Line>,
    pub sockets: Data<Sockets>,
    pub hub: Addr<Hub>,
    /// By which changes of those are counted who have not said who they are.
    network: Option<IpAddr>,
}

/// Says to all who share the line that the connection is over, however it ended.
struct Presence(Arc<Line>);

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.gone();
    }
}

/// Whether the request asks for a WebSocket, as it should.
pub fn check(request: &HttpRequest) -> Result<(), Error> {
    let checked = ws::handshake(request);
    checked.map(drop).map_err(|err| Error::Rejected {
        code: "no_websocket_handshake",
        message: format!("this opens a WebSocket: {err}"),
    })
}

/// Answers the handshake of `caller`, or of nobody yet.
pub async fn open<M: Meaning>(
    request: &HttpRequest,
    payload: Payload,
    sockets: Data<Sockets>,
    hub: Addr<Hub>,
    caller: Option<Caller>,
) -> Answered {
    let address = peer::address(request);
    let seat = sockets.seats.take(address, sockets.limits.per_address_max)?;
    let (id, now) = (ConnectionId::new(), Instant::now());
    let switch = request.conn_data::<Switch>().cloned();
    if let Some(switch) = &switch {
        switch.becomes_socket(sockets.limits.silence_max());
    }
    let Sockets { limits, metrics, .. } = &**sockets;
    let message_max = limits.message_bytes_max;
    let frame_max = u64::try_from(message_max).unwrap_or(u64::MAX);
    let budget = Budget::new(metrics.queued.clone(), limits.queues_bytes_max);
    let line = Arc::new(Line::new(id, switch, limits, budget, now));
    let presence = Presence(Arc::clone(&line));
    let ends = Ends { line, sockets, hub, network: address.map(peer::network) };
    M::greet(&ends, caller);
    ends.hub.send(Open(Arc::clone(&ends.line), seat)).await.unwrap_or(Err(Error::Busy))?;
    let connection = Connection::<M>::new(ends, Who { caller, cart: None }, address, now);
    let response = WsResponseBuilder::new(connection, request, Inbound::new(payload, frame_max))
        .protocols(&[SUBPROTOCOL])
        .frame_size(message_max)
        .start()
        .map_err(|err| Error::internal("opening a socket")(err.to_string()))?;
    Ok(response.map_body(|_, actor| BoxBody::new(Body::new(actor, presence))))
}

impl<M: Meaning> Connection<M> {
    fn new(ends: Ends, who: Who, address: Option<IpAddr>, now: Instant) -> Self {
        let limits = &ends.sockets.limits;
        let rate = Rate::new(limits.frames_per_second, limits.frames_burst, now);
        let (topics, pieces) = (Rc::default(), Pieces::of(limits.message_bytes_max));
        Connection { ends, who, address, topics, rate, pieces, meaning: PhantomData }
    }

    /// Serves a whole message. Nothing else is read from the client until that is done.
    fn message(&self, message: Whole<'_>, ctx: &mut WebsocketContext<Self>) {
        if let Some(request) = M::read(&self.ends.line, message) {
            self.serve(request, ctx);
        }
    }

    fn serve(&self, request: Request, ctx: &mut WebsocketContext<Self>) {
        let follows = Rc::clone(&self.topics);
        let (ends, who, socket) = (self.ends.clone(), self.who, ctx.address().recipient());
        let behalf = self.behalf(&request.id);
        let served = async move { request::serve(&ends, who, &follows, socket, request).await };
        ctx.wait(
            behalf.scope(served).into_actor(self).map(|change, actor, _| actor.change(change)),
        );
    }

    /// On whose behalf a request is served: its name is told apart from those of other sockets.
    fn behalf(&self, request: &RequestId) -> Behalf {
        let name = format!("{}/{request}", self.ends.line.id);
        let address = self.address.map(|it| it.to_string());
        let behalf = Behalf::request(address.as_deref(), &name);
        match self.who.caller {
            Some(caller) => behalf.of(caller.user, caller.session),
            None => behalf,
        }
    }

    fn change(&mut self, change: Change) {
        match change {
            Change::Nothing => {}
            Change::Follows(it) => {
                Rc::make_mut(&mut self.topics).insert(it.follow.topic, it);
            }
            Change::Leaves(topic) => drop(Rc::make_mut(&mut self.topics).remove(&topic)),
            Change::Is(who) => self.who = who,
        }
    }

    fn bytes(&mut self, message: Message, ctx: &mut WebsocketContext<Self>) {
        let line = &self.ends.line;
        match message {
            Message::Text(text) => self.message(Whole::Text(&text), ctx),
            Message::Continuation(item) => match self.piece(item) {
                Ok(Some(gathered)) => self.message(gathered.whole(), ctx),
                Ok(None) => {}
                Err(pieces::Refused) => self.ends.line.close(Close::BadFrame),
            },
            Message::Binary(bytes) => self.message(Whole::Binary(&bytes), ctx),
            Message::Ping(payload) => line.push(wire::pong(&payload)),
            Message::Pong(_) | Message::Nop | Message::Close(_) => {}
        }
    }

    fn piece(&mut self, item: Item) -> Result<Option<Gathered>, pieces::Refused> {
        match item {
            Item::FirstText(bytes) => self.pieces.first_of_text(&bytes).map(|()| None),
            Item::FirstBinary(_) if !M::TAKES_BINARY => Err(pieces::Refused),
            Item::FirstBinary(bytes) => self.pieces.first_of_binary(&bytes).map(|()| None),
            Item::Continue(bytes) => self.pieces.next(&bytes).map(|()| None),
            Item::Last(bytes) => self.pieces.last(&bytes).map(Some),
        }
    }
}

impl<M: Meaning> Actor for Connection<M> {
    type Context = WebsocketContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let Some(caller) = self.who.caller else { return };
        let (ends, socket) = (self.ends.clone(), ctx.address().recipient());
        let attached = async move { request::attach_first(&ends, caller, socket).await };
        ctx.wait(attached.into_actor(self));
    }
}

impl<M: Meaning> StreamHandler<Result<Message, ProtocolError>> for Connection<M> {
    fn handle(&mut self, item: Result<Message, ProtocolError>, ctx: &mut Self::Context) {
        let (line, now) = (&self.ends.line, Instant::now());
        line.heard(now);
        match item {
            Ok(Message::Close(reason)) => {
                line.close_answered(reason.map(|CloseReason { code, .. }| code.into()));
                ctx.stop();
            }
            // It was told to go; only its own goodbye matters now.
            _ if !line.is_open() => {}
            Err(_) => line.close(Close::BadFrame),
            Ok(Message::Pong(_)) => {}
            Ok(_) if !self.rate.allows(now) => line.close(Close::TooMany),
            Ok(message) => self.bytes(message, ctx),
        }
    }
}

impl<M: Meaning> Handler<Ended> for Connection<M> {
    type Result = ();

    fn handle(&mut self, _: Ended, _: &mut Self::Context) {
        if let Some(caller) = self.who.caller.filter(|_| self.topics.contains_key(&Topic::Me)) {
            self.ends.line.push(Frame::revoked(caller.session, store::now()).wire());
        }
        self.ends.line.close(Close::Revoked);
    }
}

impl Ends {
    /// Counts one more change, as a request of the REST API is counted.
    fn count_write(&self, who: &Who) -> Result<(), Error> {
        match who.caller {
            Some(caller) => self.sockets.writes.write(caller.user),
            None => self.sockets.writes.write(self.network),
        }
    }

    /// The first frame.
    fn welcome(&self, caller: Option<Caller>) {
        let Sockets { limits, node, .. } = &**self.sockets;
        let ping_interval_ms = u64::try_from(limits.ping_every.as_millis()).unwrap_or(u64::MAX);
        let standing = caller.map_or_else(Standing::default, |caller| self.identified(&caller));
        let (op, connection_id) = ("welcome", self.line.id);
        let welcome = Frame::Welcome { op, connection_id, node, ping_interval_ms, standing };
        self.line.push(welcome.wire());
    }

    /// The hub minds from now on when the caller's token expires.
    fn identified(&self, caller: &Caller) -> Standing {
        let left = caller.expires_at - store::now();
        let expires = Instant::now().checked_add(left.to_std().unwrap_or_default()); // it has expired
        self.line.identified(caller.session, expires.unwrap_or_else(Instant::now));
        let expires_in = Some(left.num_seconds().max(0));
        Standing { user_id: Some(caller.user), cart_id: None, expires_in }
    }
}
