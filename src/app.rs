//! Builds all of it and runs it until it is told to stop: the only module that knows all of it.

use std::{
    fs, io,
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
    time::Duration,
};

use actix::prelude::*;
use actix_web::{HttpServer, dev::Server};
use prometheus_client::registry::Registry;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

mod start;

use self::start::{drain, start_actors, watch_revocations};
use crate::{
    actors::Actors,
    bus::Bus,
    cache::revoked::Revoked,
    config::Config,
    domain::Error,
    http::{self, Edge, health::Metrics, openapi::Document, routes::Table, token::Keys},
    store::{Store, Url},
};

/// The routes of all edges; tests walk them.
pub const TABLES: &[Table] = &[http::routes::TABLE];

/// How long requests may take that were begun before the end, in seconds.
const FINISH_WITHIN_SECONDS: u64 = 3;
/// How long each kind of actor may take to finish what it has in hand.
const DRAIN_WITHIN: Duration = Duration::from_millis(500);
/// Connections that may wait to be accepted: a storm of reconnecting phones.
const BACKLOG: u32 = 4096;

/// The whole of Rialto, bound to its address.
pub struct App {
    address: SocketAddr,
    server: Server,
    actors: Actors,
    draining: watch::Sender<bool>,
    /// Kept for their threads.
    arbiters: Vec<Arbiter>,
    _bus: Bus,
}

impl App {
    /// Opens the store, starts the actors and binds the address; it serves from [`App::run`] on.
    /// To be called in an actix system.
    pub async fn build(config: &Config) -> Result<App, Error> {
        let store = Store::open(&Url::from(&config.database))?;
        let arbiters: Vec<Arbiter> = (0..config.workers.get()).map(|_| Arbiter::new()).collect();
        let handles: Arc<[ArbiterHandle]> = arbiters.iter().map(Arbiter::handle).collect();
        let revoked = Revoked::default();
        let actors = start_actors(config, &store, &revoked, &handles)?;
        let watched = watch_revocations(store.clone(), revoked.clone(), actors.sessions.clone());
        actix_rt::spawn(watched);
        let bus = Bus::start(store.clone()).await?;
        let listener = TcpListener::bind(config.listen);
        let listener = listener.map_err(Error::internal("binding the address"))?;
        let address = listener.local_addr().map_err(Error::internal("binding the address"))?;
        let (draining, told) = watch::channel(false);
        let edge = edge(config, address, store, &actors, revoked, told)?;
        let server = serve(config, listener, edge)?;
        announce(&config.data_dir, address).map_err(Error::internal("writing the address"))?;
        Ok(App { address, server, actors, draining, arbiters, _bus: bus })
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
        handle.stop(true).await;
        serving.await.ok(); // It has ended, one way or the other.
        drain(&self.actors, DRAIN_WITHIN).await;
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
    store: Store,
    actors: &Actors,
    revoked: Revoked,
    draining: watch::Receiver<bool>,
) -> Result<Edge, Error> {
    let mut registry = Registry::with_prefix("rialto");
    let metrics = Metrics::register(&mut registry);
    let secrets = config.signing_keys().map_err(Error::internal("reading the signing key"))?;
    Ok(Edge {
        store,
        actors: actors.clone(),
        revoked,
        keys: Keys::new(&secrets.iter().map(|it| it.as_bytes().to_vec()).collect::<Vec<_>>())?,
        origins: config.allowed_origins(address).into_iter().collect(),
        draining,
        registry: Arc::new(registry),
        metrics,
        tables: TABLES,
        document: Document::of(TABLES)?,
    })
}

fn serve(config: &Config, listener: TcpListener, edge: Edge) -> Result<Server, Error> {
    let server = HttpServer::new(move || http::app(edge.clone(), |_| {}))
        .workers(config.workers.get())
        .backlog(BACKLOG)
        .disable_signals()
        .shutdown_timeout(FINISH_WITHIN_SECONDS)
        .listen(listener)
        .map_err(Error::internal("listening"))?;
    Ok(server.run())
}

/// Tells by `<data dir>/listen` where the server is: written whole, by rename.
fn announce(data_dir: &Path, address: SocketAddr) -> io::Result<()> {
    fs::create_dir_all(data_dir)?;
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
