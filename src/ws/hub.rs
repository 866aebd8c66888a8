//! From a topic to its sockets on one thread: each push is encoded once, and goes to the queue of
//! each connection without passing the connection's actor.
//!
//! The hub also keeps the time of its connections, since a connection's actor stands still while
//! its client does not read: see `connection/vitals.rs`.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
    time::Instant,
};

use actix::prelude::*;
use actix_web::web::Data;
use futures_util::{StreamExt, stream};

use self::{
    fill::{Behind, Job},
    flush::Flush,
    following::Following,
    push::Texts,
    subscription::{Next, Step},
};
use super::{
    Sockets,
    connection::{
        line::{Found, Line},
        seats::Seat,
    },
    protocol::{Filter, close::Close},
};
use crate::{
    actors::session::Detach,
    bus::{Channel, Delivery, Signal},
    domain::{
        Error,
        id::{ConnectionId, SessionId, UserId},
    },
    store,
};

mod drain;
mod fill;
mod flush;
mod following;
mod push;
mod subscription;

pub use drain::{Count, Cut, Drain};

/// How many messages may wait: a storm of connections that all subscribe at once.
const MAILBOX: usize = 4096;
/// How many sessions are told at once that sockets of theirs are over.
const DETACH_AT_ONCE: usize = 32;

/// The sockets of one worker thread, and what each of them follows.
pub struct Hub {
    sockets: Data<Sockets>,
    connections: HashMap<ConnectionId, Connected>,
    channels: HashMap<Channel, Vec<Subscriber>>,
    /// Names the next subscription.
    next: u64,
    fills: fill::Fills,
    flush: Flush,
    is_draining: bool,
}

struct Connected {
    line: Arc<Line>,
    channels: Vec<Channel>,
    /// Given back when it is forgotten.
    _seat: Seat,
}

struct Subscriber {
    id: u64,
    line: Arc<Line>,
    subscription: Following,
    /// Whoever runs the shop and is seen by the others to follow this.
    seen: Option<UserId>,
}

/// Which subscription of which connection is meant: one that was replaced has another id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub connection: ConnectionId,
    pub channel: Channel,
    id: u64,
}

impl Hub {
    /// Starts a hub on this thread; it ends with the thread.
    pub fn start_here(sockets: Data<Sockets>) -> Addr<Self> {
        Hub::create(|ctx| {
            ctx.set_mailbox_capacity(MAILBOX);
            Hub {
                fills: fill::Fills::new(&sockets),
                flush: Flush::start_here(),
                sockets,
                connections: HashMap::new(),
                channels: HashMap::new(),
                next: 0,
                is_draining: false,
            }
        })
    }

    /// Looks after each connection, and forgets those that are over.
    fn look(&mut self) {
        let (now, Sockets { limits, revoked, metrics, .. }) = (Instant::now(), &**self.sockets);
        let mut gone = Vec::new();
        for (id, connected) in &self.connections {
            match connected.line.check(now, limits, revoked) {
                Found::Well => {}
                Found::Cut => drop(metrics.cut.inc()),
                Found::Gone(code) => {
                    metrics.closed(code);
                    gone.push(*id);
                }
            }
        }
        let ended: Vec<_> = gone.into_iter().flat_map(|id| self.forget(id)).collect();
        if !ended.is_empty() {
            actix_rt::spawn(detach(self.sockets.clone(), ended));
        }
    }

    /// Forgets a connection, and says which sessions are to forget it too.
    fn forget(&mut self, id: ConnectionId) -> Vec<(SessionId, ConnectionId)> {
        let Some(Connected { line, channels, .. }) = self.connections.remove(&id) else {
            return Vec::new();
        };
        for channel in channels {
            self.leave(id, channel);
        }
        self.sockets.metrics.open.dec();
        line.sessions().into_iter().map(|session| (session, id)).collect()
    }

    /// Takes the connection off the channel, if it is on it.
    fn leave(&mut self, connection: ConnectionId, channel: Channel) {
        let Entry::Occupied(mut entry) = self.channels.entry(channel) else { return };
        let all = entry.get_mut();
        if let Some(at) = all.iter().position(|it| it.line.id == connection) {
            let gone = all.swap_remove(at);
            self.sockets.metrics.subscriptions.dec();
            self.sockets.followed.leave(channel);
            if let Some(user) = gone.seen {
                self.sockets.followed.presence.leave(user, channel);
            }
        }
        if all.is_empty() {
            entry.remove();
        }
    }

    fn deliver(&mut self, delivery: &Delivery) {
        let Some(all) = self.channels.get_mut(&delivery.channel) else { return };
        let (mut texts, mut count, mut behind) = (Texts::of(delivery), 0, Behind::new());
        for it in all {
            let frame = match it.subscription.live(delivery) {
                Step::Push(previous) => texts.wire(previous),
                Step::Instead((told, previous)) => Texts::of(&told).wire(previous),
                Step::Nothing => continue,
                Step::Gap(after) => {
                    behind
                        .entry((delivery.channel, after))
                        .or_default()
                        .push(it.job(delivery.channel));
                    continue;
                }
            };
            count += 1;
            if it.line.put(frame) {
                self.flush.due(&it.line);
            }
        }
        self.sockets.metrics.deliveries.inc_by(count);
        self.fills.begin(behind);
    }

    /// Has every subscription read what it may have missed.
    fn resync(&mut self) {
        let mut behind = Behind::new();
        for (channel, all) in &mut self.channels {
            for it in all {
                if let Some(after) = it.subscription.resync() {
                    behind.entry((*channel, after)).or_default().push(it.job(*channel));
                }
            }
        }
        self.fills.begin(behind);
    }

    fn find(&mut self, place: Place) -> Option<&mut Subscriber> {
        self.channels.get_mut(&place.channel)?.iter_mut().find(|it| it.id == place.id)
    }

    /// Gives a subscription a page of what it missed, and says what comes next for it.
    fn fill(&mut self, place: Place, page: &[Delivery], is_all: bool) -> Option<Next> {
        let it = self.find(place)?;
        let mut pushes = Vec::new();
        let next = it.subscription.fill(page, is_all, &mut pushes);
        for (delivery, previous) in &pushes {
            it.line.push(Texts::of(delivery).wire(*previous));
        }
        if next == Next::Lost {
            // Never silence: it resumes, and is told that it missed something.
            it.line.close(Close::Slow);
        }
        let count = u64::try_from(pushes.len()).unwrap_or(u64::MAX);
        self.sockets.metrics.deliveries.inc_by(count);
        Some(next)
    }

    fn go_on(&mut self, place: Place, next: Next) {
        if let (Next::Read(after), Some(it)) = (next, self.find(place)) {
            let job = it.job(place.channel);
            self.fills.begin(Behind::from([((place.channel, after), vec![job])]));
        }
    }
}

/// Tells sessions which of their sockets are over: some at a time, for it may be all of them.
async fn detach(sockets: Data<Sockets>, ended: Vec<(SessionId, ConnectionId)>) {
    let tell = async |(session, connection)| {
        if let Err(err) = sockets.sessions.ask(session, Detach { connection }).await {
            tracing::warn!(error = ?err, "a session was not told that a socket is over");
        }
    };
    stream::iter(ended).for_each_concurrent(DETACH_AT_ONCE, tell).await;
}

impl Subscriber {
    fn place(&self, channel: Channel) -> Place {
        Place { connection: self.line.id, channel, id: self.id }
    }

    fn job(&self, channel: Channel) -> Job {
        Job { line: Arc::clone(&self.line), place: self.place(channel) }
    }
}

impl Actor for Hub {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.fills.set_hub(ctx.address());
        self.sockets.bus.join(ctx.address().recipient());
        ctx.run_interval(self.sockets.limits.look_every, |hub, _| hub.look());
    }
}

impl Handler<Signal> for Hub {
    type Result = ();

    fn handle(&mut self, signal: Signal, _: &mut Context<Self>) {
        match signal {
            Signal::Deliver(batch) => batch.iter().for_each(|delivery| self.deliver(delivery)),
            Signal::Resync => self.resync(),
        }
    }
}

/// A connection has opened; `Busy` while the process stops. It is forgotten when it is over.
#[derive(Message)]
#[rtype(result = "Result<(), Error>")]
pub struct Open(pub Arc<Line>, pub Seat);

impl Handler<Open> for Hub {
    type Result = Result<(), Error>;

    fn handle(&mut self, Open(line, seat): Open, _: &mut Context<Self>) -> Self::Result {
        if self.is_draining {
            return Err(Error::Busy);
        }
        self.connections.insert(line.id, Connected { line, channels: Vec::new(), _seat: seat });
        self.sockets.metrics.open.inc();
        Ok(())
    }
}

/// From now on a connection's share of a channel is kept for it, until it is told where the client
/// stands. A subscription that it has to the channel already is replaced.
#[derive(Message)]
#[rtype(result = "Result<Place, Error>")]
pub struct Watch {
    pub connection: ConnectionId,
    pub channel: Channel,
    pub filter: Option<Filter>,
}

impl Handler<Watch> for Hub {
    type Result = Result<Place, Error>;

    fn handle(&mut self, msg: Watch, _: &mut Context<Self>) -> Self::Result {
        let Watch { connection, channel, filter } = msg;
        self.leave(connection, channel);
        let connected = self.connections.get_mut(&connection).ok_or(Error::Busy)?;
        if !connected.channels.contains(&channel) {
            connected.channels.push(channel);
        }
        self.next = self.next.wrapping_add(1);
        let (line, subscription) = (Arc::clone(&connected.line), Following::new(channel, filter));
        let subscriber = Subscriber { id: self.next, line, subscription, seen: None };
        let place = subscriber.place(channel);
        self.channels.entry(channel).or_default().push(subscriber);
        self.sockets.metrics.subscriptions.inc();
        self.sockets.followed.add(channel);
        Ok(place)
    }
}

/// The client has its answer: every event after `position` is to follow.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Begin {
    pub place: Place,
    pub position: i64,
    /// The last match of the filter that is not after the position.
    pub previous: i64,
    /// Whether nothing had happened after the position when it was read.
    pub is_all: bool,
    /// Whoever is seen by others to follow it.
    pub seen: Option<UserId>,
}

impl Handler<Begin> for Hub {
    type Result = ();

    fn handle(&mut self, msg: Begin, _: &mut Context<Self>) {
        let Some(it) = self.find(msg.place) else { return };
        it.subscription.begin(msg.position, msg.previous);
        it.seen = msg.seen;
        if let Some(user) = msg.seen {
            self.sockets.followed.presence.enter(user, msg.place.channel, store::now());
        }
        if let Some(next) = self.fill(msg.place, &[], msg.is_all) {
            self.go_on(msg.place, next);
        }
    }
}

/// The connection follows the channel no more: nothing of it comes after this was answered.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Unwatch {
    pub connection: ConnectionId,
    pub channel: Channel,
}

impl Handler<Unwatch> for Hub {
    type Result = ();

    fn handle(&mut self, Unwatch { connection, channel }: Unwatch, _: &mut Context<Self>) {
        self.leave(connection, channel);
        if let Some(connected) = self.connections.get_mut(&connection) {
            connected.channels.retain(|it| *it != channel);
        }
    }
}
