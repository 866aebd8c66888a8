//! The WebSocket edge: live events to shoppers and admins, with resume. `docs/ws-protocol.md`
//! describes the frames.
//!
//! ```text
//! bus ─▶ Hub (one a worker thread) ─▶ Line: queue of one connection ─▶ response body ─▶ client
//!                    ▲                  ▲
//! client ─▶ Connection (an actor) ──────┘ subscribes at the hub, answers into the queue
//! ```

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actix::Addr;
use actix_web::{
    HttpRequest,
    http::header,
    web::{Data, Payload, Query, ServiceConfig},
};
use serde::Deserialize;
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, timeout, timeout_at},
};

use self::{
    connection::{
        meaning::{Echo, Shop},
        seats::Seats,
    },
    hub::{Count, Cut, Drain, Hub},
    metrics::Metrics,
    protocol::close::Close,
    topic::followed::Followed,
};
use crate::{
    actors::{account::AccountActor, cart::CartActor, directory::Directory, session::SessionActor},
    bus::Bus,
    cache::{self, revoked::Revoked, ticket::Tickets},
    domain::Error,
    http::{
        error::{Answered, Problem},
        extract::{Auth, Public, Scope},
        routes::routes,
        token::{Caller, Keys},
    },
    reading::catalogue::Catalogue,
    store::Store,
};

mod account;
pub mod cart;
mod connection;
pub mod delivery;
mod event;
pub mod guard;
mod hub;
mod limits;
pub mod metrics;
mod order;
pub mod presence;
pub mod product;
mod protocol;
pub mod stats;
#[cfg(test)]
mod tests;
mod ticket;
pub mod topic;

pub use connection::seats;
pub use limits::Limits;

/// How often it is looked whether the last socket has gone.
const DRAIN_LOOK_EVERY: Duration = Duration::from_millis(25);
/// How long a hub may take to cut those that stay.
const CUT_WITHIN: Duration = Duration::from_millis(500);

routes! {
    GET  "/api/v1/ws"         Public connect;
    GET  "/api/v1/ws/echo"    Public echo;
    POST "/api/v1/ws/tickets" Caller ticket::create_ticket;
}

/// What all sockets of this node share.
#[derive(Clone)]
pub struct Sockets {
    pub store: Store,
    pub catalogue: Catalogue,
    pub followed: Followed,
    pub bus: Bus,
    pub sessions: Directory<SessionActor>,
    pub accounts: Directory<AccountActor>,
    pub carts: Directory<CartActor>,
    /// Of what a client may change.
    pub writes: cache::limits::Limits,
    pub keys: Keys,
    pub revoked: Revoked,
    pub tickets: Tickets,
    /// The origins whose pages may open sockets, like `https://shop.example`.
    pub origins: BTreeSet<String>,
    /// What this node is called in the welcome.
    pub node: String,
    /// Whether there is an endpoint that says back what it is told.
    pub has_echo: bool,
    pub limits: Limits,
    pub metrics: Metrics,
    pub hubs: Hubs,
    pub seats: Seats,
    /// The subscriptions that may be looked up at once.
    pub openings: Arc<Semaphore>,
}

/// How many subscriptions are looked up at once: as many as the store's threads are never short of,
/// with room for what else is asked of it.
pub const OPENINGS_MAX: usize = 32;

/// The hubs of all worker threads.
#[derive(Clone, Default)]
pub struct Hubs(Arc<Mutex<Vec<Addr<Hub>>>>);

/// What the handlers of one worker thread ask: starts the thread's hub. To be called once for each
/// app that is made.
pub fn configure(config: &mut ServiceConfig, sockets: &Sockets) {
    let sockets = Data::new(sockets.clone());
    let hub = Hub::start_here(sockets.clone());
    sockets.hubs.0.lock().unwrap_or_else(PoisonError::into_inner).push(hub.clone());
    config.app_data(sockets).app_data(Data::new(hub));
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Handshake {
    /// A ticket of `POST /ws/tickets`, for clients that can't send a header.
    ticket: Option<String>,
}

/// Opens a socket: the frames are in `docs/ws-protocol.md`.
#[utoipa::path(
    get, path = "/api/v1/ws", tag = "socket", params(Handshake),
    responses((status = 101, description = "From here on it is a WebSocket"))
)]
async fn connect(
    _: Auth<Public>,
    request: HttpRequest,
    payload: Payload,
    sockets: Data<Sockets>,
    hub: Data<Addr<Hub>>,
) -> Answered {
    connection::check(&request)?;
    allow_origin(&request, &sockets.origins)?;
    let caller = caller(&request, &sockets).await?;
    connection::open::<Shop>(&request, payload, sockets, Addr::clone(&hub), caller).await
}

/// Opens a socket that says back what it is told, by which the parts that all sockets are made of are
/// tried with the Autobahn suite. It is there in `test` alone.
#[utoipa::path(
    get, path = "/api/v1/ws/echo", tag = "socket",
    responses((status = 101, description = "From here on it is a WebSocket that says back all messages"))
)]
async fn echo(
    _: Auth<Public>,
    request: HttpRequest,
    payload: Payload,
    sockets: Data<Sockets>,
    hub: Data<Addr<Hub>>,
) -> Answered {
    if !sockets.has_echo {
        return Err(Error::NotFound("echo").into());
    }
    connection::check(&request)?;
    connection::open::<Echo>(&request, payload, sockets, Addr::clone(&hub), None).await
}

/// Browsers say where a page is from, and can't be made not to; programs say nothing.
fn allow_origin(request: &HttpRequest, allowed: &BTreeSet<String>) -> Result<(), Error> {
    let Some(origin) = request.headers().get(header::ORIGIN) else { return Ok(()) };
    let is_allowed = origin.to_str().is_ok_and(|origin| allowed.contains(origin));
    if is_allowed { Ok(()) } else { Err(Error::forbidden()) }
}

/// Who opens the socket, by header or by ticket; credentials that are wrong are refused.
async fn caller(request: &HttpRequest, sockets: &Sockets) -> Result<Option<Caller>, Problem> {
    let query = Query::<Handshake>::from_query(request.query_string());
    let query = query.map_err(|_| Error::Rejected {
        code: "invalid_query",
        message: "a socket takes no parameter but `ticket`".to_owned(),
    })?;
    if request.headers().contains_key(header::AUTHORIZATION) {
        return Caller::of(request).await.map(Some);
    }
    match query.into_inner().ticket {
        Some(ticket) => Ok(Some(ticket::redeem(&sockets.tickets, &ticket).await?)),
        None => Ok(None),
    }
}

impl Sockets {
    /// Lets no socket open any more and sends all clients away, each with another time to come
    /// back. Ends when the last is gone; those that are not when `at_most` is over are cut.
    pub async fn drain(&self, at_most: Duration) {
        let deadline = Instant::now().checked_add(at_most).unwrap_or_else(Instant::now);
        let hubs = self.hubs.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // Told in little more than half of the time, so that the last can still say goodbye.
        let over = at_most.saturating_mul(3).checked_div(5).unwrap_or(at_most);
        for hub in &hubs {
            // A hub whose thread has ended has no sockets.
            timeout_at(deadline, hub.send(Drain(over))).await.ok();
        }
        while Instant::now() < deadline {
            let mut open = 0_usize;
            for hub in &hubs {
                let count = timeout_at(deadline, hub.send(Count)).await;
                open = open.saturating_add(count.ok().and_then(Result::ok).unwrap_or(0)); // as above
            }
            if open == 0 {
                return;
            }
            sleep(DRAIN_LOOK_EVERY).await;
        }
        for hub in &hubs {
            timeout(CUT_WITHIN, hub.send(Cut)).await.ok(); // as above
        }
    }

    /// Why a client is sent away that may come back at once, but not with all others.
    fn shutting_down(&self) -> Close {
        let over = u64::try_from(self.limits.reconnect_over.as_millis()).unwrap_or(u64::MAX);
        Close::ShuttingDown { reconnect_in_ms: rand::random_range(0..=over) }
    }
}
