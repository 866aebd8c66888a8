//! Builds all of it and runs it until it is told to stop: the only module that knows all of it.

use std::{
    fs, io,
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
    time::Duration,
};

use actix::prelude::*;
use actix_web::dev::Server;
use futures_util::future::{join_all, join3};
use prometheus_client::registry::Registry;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{Semaphore, watch},
};

mod dispatch;
mod measure;
mod payment;
mod start;
#[cfg(test)]
mod tests;
mod webhook;

use self::{
    dispatch::{drain_dispatcher, start_dispatching},
    measure::Measured,
    payment::{providers, start_posting},
    start::{
        drain, drain_mailer, start_actors, start_catalogue, start_consumers, start_mailer,
        start_telling, watch_revocations,
    },
    webhook::{drain_webhooks, reach, start_webhooks},
};
use crate::{
    actors::{
        Actors, consumer::Consumer, dispatch::Dispatcher, mailer::Mailer, webhook::sender::Sender,
    },
    bus::{
        Bus,
        presence::{Board, Presence},
    },
    cache::{self, image::Images, limits::Limits, revoked::Revoked, ticket::Tickets},
    config::{Config, Environment, Secret, private_folder},
    domain::Error,
    gateway::payment::Providers,
    http::{
        self, Edge, Waits,
        filler::Filler,
        health::Metrics,
        openapi::Document,
        order::checkout::Buyers,
        peer::Proxies,
        push::PublicKey,
        routes::Table,
        token::{Keys, ServiceTokens},
    },
    pages,
    reading::catalogue::Catalogue,
    store::Store,
    ws::{
        self, Sockets,
        stats::counting::{Counters, Node},
        topic::followed::Followed,
    },
};

/// The routes of all edges; tests walk them.
pub const TABLES: &[Table] = &[http::routes::TABLE, ws::TABLE, pages::TABLE];

/// How long requests may take that were begun before the end, in seconds.
const FINISH_WITHIN_SECONDS: u64 = 3;
/// How long each kind of actor may take to finish what it has in hand.
const DRAIN_WITHIN: Duration = Duration::from_millis(500);
/// How long the mail server may take for the mails that it has half of.
const MAILS_WITHIN: Duration = Duration::from_secs(2);
/// How long other programs may take for the messages that they are being sent.
const WEBHOOKS_WITHIN: Duration = Duration::from_secs(2);
/// How many connections this process serves at once; whoever comes then waits in the backlog. Each
/// takes one descriptor (see `http/server.rs`), so all of them a tenth of the 524,288 that a process
/// may usually ask for: there is always one left for the store.
const CONNECTIONS_MAX: usize = 50_000;
/// Connections that may wait to be accepted: a storm of reconnecting phones.
const BACKLOG: u32 = 4096;

/// The whole of Rialto, bound to its address.
pub struct App {
    address: SocketAddr,
    server: Server,
    actors: Actors,
    sockets: Sockets,
    consumers: [Consumer; 2],
    mailer: Addr<Mailer>,
    webhooks: Addr<Sender>,
    dispatcher: Addr<Dispatcher>,
    draining: watch::Sender<bool>,
    /// How long sockets may take to say goodbye.
    drain: Duration,
    /// Kept for their threads.
    arbiters: Vec<Arbiter>,
}

impl App {
    /// Starts the actors on `store` and binds the address; it serves from [`App::run`] on.
    /// To be called in an actix system.
    pub async fn build(config: &Config, store: Store) -> Result<App, Error> {
        App::with(config, store, Waits::default()).await
    }

    /// The same with other patience.
    async fn with(config: &Config, store: Store, waits: Waits) -> Result<App, Error> {
        // Actors think little and wait much: on more threads each is woken more often, for less.
        let threads = config.workers.get().div_ceil(2);
        let arbiters: Vec<Arbiter> = (0..threads).map(|_| Arbiter::new()).collect();
        let handles: Arc<[ArbiterHandle]> = arbiters.iter().map(Arbiter::handle).collect();
        let mut registry = Registry::with_prefix("rialto");
        let bus = Bus::start(store.clone()).await?;
        let caches = caches(config, &store, &bus, &mut registry).await?;
        let catalogue = start_catalogue(&store, &bus).await?;
        let (providers, post) = providers(config)?;
        let (revoked, images) = (&caches.revoked, &caches.images);
        let actors =
            start_actors(config, (&store, &catalogue), &providers, revoked, images, &handles)?;
        let (revoked, sessions) = (caches.revoked.clone(), actors.sessions.clone());
        let watched = watch_revocations(store.clone(), revoked, sessions);
        actix_rt::spawn(watched);
        let listener = TcpListener::bind(config.listen);
        let listener = listener.map_err(Error::internal("binding the address"))?;
        let address = listener.local_addr().map_err(Error::internal("binding the address"))?;
        let (draining, told) = watch::channel(false);
        let (mails, told_others, brought) = (Arc::default(), Arc::default(), Arc::default());
        let measured = Measured {
            store: store.clone(),
            actors: actors.clone(),
            catalogue: catalogue.clone(),
            mails: Arc::clone(&mails),
            webhooks: Arc::clone(&told_others),
            bus: bus.clone(),
            dispatches: Arc::clone(&brought),
        };
        registry.register_collector(Box::new(measured));
        let counts = ws::metrics::Metrics::register(&mut registry);
        let url = config.public_url(address);
        let (dispatcher, push_key) =
            start_dispatching(config, store.clone(), url.clone(), brought).await?;
        let asked = (&actors, &providers, push_key);
        let edge = edge(config, address, (store, catalogue), asked, &caches, told, registry)?;
        let edge = Edge { waits, ..edge };
        let proofs = edge.keys.proofs().clone();
        let webhooks = start_webhooks(config, edge.store.clone(), proofs.clone(), told_others)?;
        let mailer = start_mailer(config, edge.store.clone(), url, proofs, mails)?;
        let consumers = start_consumers(config, &edge.store);
        let sockets = sockets(config, &edge, bus, counts, (caches.tickets, caches.board));
        start_telling(&sockets)?;
        let server = serve(config, listener, edge, sockets.clone())?;
        start_posting(post, address);
        announce(&config.data_dir, address).map_err(Error::internal("writing the address"))?;
        Ok(App {
            address,
            server,
            actors,
            sockets,
            consumers,
            mailer,
            webhooks,
            dispatcher,
            draining,
            drain: config.drain,
            arbiters,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until SIGTERM or Ctrl-C. Then: not ready any more, what was begun is finished,
    /// and whoever could not be is cut.
    pub async fn run(self) -> Result<(), Error> {
        let handle = self.server.handle();
        let serving = actix_rt::spawn(self.server);
        told_to_stop().await.map_err(Error::internal("waiting for a signal"))?;
        tracing::info!("stopping");
        self.draining.send_replace(true);
        self.sockets.drain(self.drain).await;
        handle.stop(true).await;
        serving.await.ok(); // It has ended, one way or the other.
        drain(&self.actors, DRAIN_WITHIN).await;
        join_all(self.consumers.map(|it| it.drain(DRAIN_WITHIN))).await;
        let mails = drain_mailer(&self.mailer, MAILS_WITHIN);
        let devices = drain_dispatcher(&self.dispatcher, WEBHOOKS_WITHIN);
        join3(mails, devices, drain_webhooks(&self.webhooks, WEBHOOKS_WITHIN)).await;
        for arbiter in &self.arbiters {
            arbiter.stop();
        }
        tracing::info!("stopped");
        Ok(())
    }
}

fn edge(
    config: &Config,
    address: SocketAddr,
    (store, catalogue): (Store, Catalogue),
    (actors, providers, push_key): (&Actors, &Providers, PublicKey),
    caches: &Caches,
    draining: watch::Receiver<bool>,
    mut registry: Registry,
) -> Result<Edge, Error> {
    let metrics = Metrics::register(&mut registry);
    let secrets = config.signing_keys().map_err(Error::internal("reading the signing key"))?;
    let proxies = config.trusted_proxies.clone();
    Ok(Edge {
        store,
        catalogue,
        actors: actors.clone(),
        providers: providers.clone(),
        revoked: caches.revoked.clone(),
        keys: Keys::new(secrets.iter().map(Secret::as_bytes))?,
        service_tokens: ServiceTokens::new(config.service_tokens.iter().map(Secret::reveal)),
        origins: config.allowed_origins(address).into_iter().collect(),
        limits: caches.limits.clone(),
        images: caches.images.clone(),
        buyers: match config.require_confirmed_email {
            true => Buyers::Confirmed,
            false => Buyers::Everybody,
        },
        reach: reach(config),
        push_key,
        proxies: Proxies::new(move |it| proxies.iter().any(|network| network.contains(it))),
        waits: Waits::default(),
        filler: (config.env != Environment::Prod).then(Filler::default),
        is_https: config.public_url(address).starts_with("https://"),
        draining,
        registry: Arc::new(registry),
        metrics,
        tables: TABLES,
        document: Document::of(TABLES)?,
    })
}

/// What is worth losing: in Redis, if there is one, what nodes share.
struct Caches {
    revoked: Revoked,
    tickets: Tickets,
    limits: Limits,
    images: Images,
    board: Board,
}

async fn caches(
    config: &Config,
    store: &Store,
    bus: &Bus,
    registry: &mut Registry,
) -> Result<Caches, Error> {
    let redis = match &config.redis {
        Some(url) => Some(cache::connect(url.reveal()).await?),
        None => None,
    };
    let limits = if config.rate_limits {
        let secrets = config.signing_keys().map_err(Error::internal("reading the signing key"))?;
        let secret = secrets.first().map(Secret::as_bytes).unwrap_or_default();
        Limits::new(secret, redis.clone(), registry)?
    } else {
        Limits::off()
    };
    let board = match &redis {
        Some(redis) => Board::Redis(cache::presence::Board::new(redis.clone(), bus.epoch())),
        None if store.is_shared() => Board::Store(store.clone()),
        None => Board::None,
    };
    let tickets = redis.map_or_else(Tickets::memory, Tickets::Redis);
    Ok(Caches { revoked: Revoked::default(), tickets, limits, images: Images::default(), board })
}

/// What sockets share: of the REST edge what both need.
fn sockets(
    config: &Config,
    edge: &Edge,
    bus: Bus,
    metrics: ws::metrics::Metrics,
    (tickets, board): (Tickets, Board),
) -> Sockets {
    let name = format!("{:08x}", rand::random::<u32>());
    let (open, faults) = (metrics.open.clone(), edge.metrics.faults().clone());
    let counters = Counters::of(Node { name: name.clone(), sockets: open, faults });
    Sockets {
        store: edge.store.clone(),
        catalogue: edge.catalogue.clone(),
        followed: Followed::of(counters, Presence::of(name.clone(), board)),
        bus,
        sessions: edge.actors.sessions.clone(),
        accounts: edge.actors.accounts.clone(),
        carts: edge.actors.carts.clone(),
        writes: edge.limits.clone(),
        keys: edge.keys.clone(),
        revoked: edge.revoked.clone(),
        tickets,
        origins: edge.origins.iter().cloned().collect(),
        node: name,
        has_echo: config.env == Environment::Test,
        limits: socket_limits(config),
        metrics,
        hubs: ws::Hubs::default(),
        seats: ws::seats::Seats::default(),
        openings: Arc::new(Semaphore::new(ws::OPENINGS_MAX)),
    }
}

fn socket_limits(config: &Config) -> ws::Limits {
    ws::Limits {
        ping_every: config.socket_ping,
        pong_within: config.socket_pong,
        admit_within: config.socket_idle,
        message_bytes_max: config.socket_message.bytes(),
        queue_bytes_max: config.socket_queue.bytes(),
        queues_bytes_max: config.socket_queues.bytes(),
        frames_per_second: config.socket_rate.get(),
        frames_burst: config.socket_rate.get().saturating_mul(2),
        subscriptions_max: config.socket_topics.of_items(),
        per_address_max: config.sockets_per_address.of_items(),
        reconnect_over: config.reconnect_over,
        ..ws::Limits::default()
    }
}

fn serve(
    config: &Config,
    listener: TcpListener,
    edge: Edge,
    sockets: Sockets,
) -> Result<Server, Error> {
    let waits = edge.waits;
    let app = move || {
        let sockets = sockets.clone();
        http::app(edge.clone(), move |config| ws::configure(config, &sockets))
    };
    let server = http::server::listen(app, listener, waits, ws::guard::on_connect)
        .map_err(Error::internal("listening"))?;
    Ok(server
        .workers(config.workers.get())
        .max_concurrent_connections(CONNECTIONS_MAX.div_ceil(config.workers.get())) // of one worker
        .backlog(BACKLOG)
        .disable_signals()
        .shutdown_timeout(FINISH_WITHIN_SECONDS)
        .run())
}

/// Tells by `<data dir>/listen` where the server is: written whole, by rename.
fn announce(data_dir: &Path, address: SocketAddr) -> io::Result<()> {
    private_folder(data_dir)?;
    let (told, whole) = (data_dir.join("listen"), data_dir.join("listen.new"));
    fs::write(&whole, address.to_string())?;
    fs::rename(whole, told)
}

async fn told_to_stop() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
