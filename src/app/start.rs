//! Starts the actors, in the order in which they may ask each other, and what keeps them right.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use actix::prelude::*;
use chrono::TimeDelta;

use super::CONNECTIONS_MAX;
use crate::{
    actors::{
        Actors, account,
        alert::BackInStock,
        cart::{self, CartActor},
        catalogue::{self, ProductActor, TreeActor},
        consumer::Consumer,
        delivery::{self, DeliveryActor},
        directory::{Directory, Limits},
        image::{self, studio::Studio},
        import::Desks,
        lines::Drain,
        mailer::{Counts, Deps, Mailer},
        notification::OrderNews,
        order::{self, OrderActor},
        password::Passwords,
        payment::{self, PaymentActor},
        session::{self, SessionActor},
        sweeper::{Owners, Sweeper},
    },
    bus::Bus,
    cache::{
        image::Images,
        revoked::{KEPT, Revoked},
    },
    config::{Config, Courier as Moving, Security},
    domain::{Error, id::SessionId, notification::order::Seller, proof::Proofs},
    gateway::{
        courier::Courier,
        mail::{Post, files::Folder, letter::Shop, message::Stationery, smtp},
        payment::Providers,
    },
    reading::catalogue::{
        Catalogue,
        refresher::{Loaded, Refresher},
    },
    store::{self, Store, read},
    ws::{Sockets, cart as live_cart, delivery as live_delivery, presence, product, stats},
};

/// How often directories passivate what is idle.
const PASSIVATE_EVERY: Duration = Duration::from_secs(1);
/// How many sessions a node keeps in memory. Those with sockets can't be passivated, and each socket
/// may be of another session: twice as many as there may be connections leaves room to sign in.
const SESSIONS_MAX: usize = 2 * CONNECTIONS_MAX;
/// How often the sessions are read that ended on other nodes.
const REVOKED_EVERY: Duration = Duration::from_millis(500);

/// The actors of this node. They live on `arbiters`; what is begun on a timer, on this thread's.
pub fn start_actors(
    config: &Config,
    (store, shown): (&Store, &Catalogue),
    providers: &Providers,
    revoked: &Revoked,
    hot: &Images,
    arbiters: &Arc<[ArbiterHandle]>,
) -> Result<Actors, Error> {
    let (store, limits) = (store.clone(), Limits::default());
    let deps = session::Deps { store: store.clone(), revoked: revoked.clone() };
    let many = Limits { cap: SESSIONS_MAX, wakes_max: SESSIONS_MAX, ..limits.clone() };
    let sessions = Directory::new(deps, Arc::clone(arbiters), many);
    let (of_accounts, revoked) = (sessions.clone(), revoked.clone());
    let deps = account::Deps { store: store.clone(), sessions: of_accounts, revoked };
    let accounts = Directory::new(deps, Arc::clone(arbiters), limits.clone());
    let links = Directory::new(store.clone(), Arc::clone(arbiters), limits.clone());
    let inventory = Directory::new(store.clone(), Arc::clone(arbiters), limits.clone());
    let (products, categories) = start_editing(&store, shown, arbiters, &limits);
    let terms = Directory::new(store.clone(), Arc::clone(arbiters), limits.clone());
    let imports = Directory::new(store.clone(), Arc::clone(arbiters), limits.clone());
    let audit = Directory::new(store.clone(), Arc::clone(arbiters), limits.clone());
    let studio = Studio::start()?;
    let deps = image::Deps { store: store.clone(), studio: studio.clone(), hot: hot.clone() };
    let images = Directory::new(deps, Arc::clone(arbiters), limits.clone());
    let reviews = Directory::new(store.clone(), Arc::clone(arbiters), limits.clone());
    let webhooks = Directory::new(store.clone(), Arc::clone(arbiters), limits.clone());
    let couriers = Directory::new(store.clone(), Arc::clone(arbiters), limits.clone());
    let selling = start_selling(config, &store, providers, arbiters, &limits);
    let Selling { carts, orders, payments, deliveries } = selling;
    let passwords = Passwords::start(config.password_hash)?;
    let actors = Actors {
        sessions,
        accounts,
        links,
        carts,
        orders,
        payments,
        deliveries,
        couriers,
        inventory,
        products,
        categories,
        terms,
        imports,
        desks: Desks::start()?,
        audit,
        images,
        reviews,
        webhooks,
        passwords,
        studio,
    };
    Sweeper { store, owners: Owners::of(&actors) }.start();
    actix_rt::spawn(passivate(actors.clone()));
    Ok(actors)
}

/// Those through whose hands a purchase goes.
#[derive(Clone)]
pub struct Selling {
    pub carts: Directory<CartActor>,
    pub orders: Directory<OrderActor>,
    pub payments: Directory<PaymentActor>,
    pub deliveries: Directory<DeliveryActor>,
}

/// Starts them; their money is moved by `providers`.
pub fn start_selling(
    config: &Config,
    store: &Store,
    providers: &Providers,
    arbiters: &Arc<[ArbiterHandle]>,
    limits: &Limits,
) -> Selling {
    let courier = match config.courier {
        Moving::Simulated => {
            Courier::Simulated { speed: config.courier_speed.get(), seed: config.courier_seed }
        }
        Moving::Manual => Courier::Manual,
    };
    let deps = order::Deps { store: store.clone(), courier, providers: providers.clone() };
    let orders = Directory::new(deps, Arc::clone(arbiters), limits.clone());
    let deps = cart::Deps {
        store: store.clone(),
        orders: orders.clone(),
        cart_ttl: config.cart_ttl,
        hold_ttl: config.hold_ttl,
        payment_ttl: config.payment_ttl,
        provider: providers.first(),
    };
    let carts = Directory::new(deps, Arc::clone(arbiters), limits.clone());
    let deps = delivery::Deps { store: store.clone(), orders: orders.clone() };
    let deliveries = Directory::new(deps, Arc::clone(arbiters), limits.clone());
    let deps = payment::Deps {
        store: store.clone(),
        providers: providers.clone(),
        orders: orders.clone(),
        deliveries: deliveries.clone(),
    };
    let payments = Directory::new(deps, Arc::clone(arbiters), limits.clone());
    Selling { carts, orders, payments, deliveries }
}

/// Those by whom the catalogue is changed by hand.
fn start_editing(
    store: &Store,
    shown: &Catalogue,
    arbiters: &Arc<[ArbiterHandle]>,
    limits: &Limits,
) -> (Directory<ProductActor>, Directory<TreeActor>) {
    let deps = catalogue::Deps { store: store.clone(), catalogue: shown.clone() };
    let products = Directory::new(deps.clone(), Arc::clone(arbiters), limits.clone());
    (products, Directory::new(deps, Arc::clone(arbiters), limits.clone()))
}

/// The catalogue of this node, whole, and kept current: by what is committed here, and by what the bus
/// tells of others.
pub async fn start_catalogue(store: &Store, bus: &Bus) -> Result<Catalogue, Error> {
    let began = Instant::now();
    let catalogue = Catalogue::watching(store)?;
    // Before the first reading: what is committed after it is heard of.
    let refresher = Refresher::new(catalogue.clone(), store.clone()).start();
    bus.listen(refresher.clone().recipient());
    catalogue.load(store).await?;
    refresher.send(Loaded).await.map_err(Error::internal("starting the catalogue"))?;
    let (products, millis) = (catalogue.len(), began.elapsed().as_millis());
    tracing::info!(products, millis, "the catalogue is in memory");
    Ok(catalogue)
}

/// Has those who follow a state told how it stands.
pub fn start_telling(sockets: &Sockets) -> Result<(), Error> {
    let Sockets { store, catalogue, bus, followed, .. } = sockets;
    let carts = followed.carts.clone();
    store.watch_carts(Box::new(move |edited| carts.edited(&edited)))?;
    if store.is_shared() {
        actix_rt::spawn(live_cart::watch_others(store.clone(), followed.carts.clone()));
    }
    actix_rt::spawn(live_cart::tell(store.clone(), bus.clone(), followed.carts.clone()));
    actix_rt::spawn(product::tell(catalogue.clone(), bus.clone(), followed.clone()));
    let deliveries = followed.deliveries.clone();
    bus.listen(live_delivery::Watcher(deliveries.clone()).start().recipient());
    actix_rt::spawn(live_delivery::watch_positions(store.clone(), deliveries.clone()));
    actix_rt::spawn(live_delivery::tell(store.clone(), bus.clone(), deliveries));
    bus.listen(stats::Watcher(followed.stats.clone()).start().recipient());
    actix_rt::spawn(presence::tell(store.clone(), bus.clone(), followed.clone()));
    actix_rt::spawn(stats::tell(store.clone(), bus.clone(), followed.stats.clone()));
    Ok(())
}

/// Those who follow the feed on this node to tell people of it.
pub fn start_consumers(config: &Config, store: &Store) -> [Consumer; 2] {
    let language = config.orders_language;
    let seller = config.orders_mail.clone().map(|email| Seller { email, language });
    let orders = Consumer::start(store.clone(), OrderNews { seller });
    [orders, Consumer::start(store.clone(), BackInStock)]
}

/// The mailer of this node; the links in its letters lead below `url`.
pub fn start_mailer(
    config: &Config,
    store: Store,
    url: String,
    proofs: Proofs,
    counts: Arc<Counts>,
) -> Result<Addr<Mailer>, Error> {
    let shop = Shop { name: config.mail_from.name.clone(), url, proofs };
    let stationery =
        Arc::new(Stationery::new(&config.mail_from.name, &config.mail_from.address, shop)?);
    let post = match &config.smtp {
        Some(url) => {
            let tls = match url.security {
                Security::Tls => smtp::Tls::Wrapped,
                Security::StartTls => smtp::Tls::StartTls,
                Security::None => smtp::Tls::Never,
            };
            let place = (url.host.clone(), url.port);
            let server = smtp::Server::new(place, tls, url.login.clone(), stationery.host());
            Post::Smtp(server.map_err(Error::internal("reading the certificates"))?)
        }
        None => Post::Files(Folder::below(&config.data_dir)?),
    };
    let retry =
        TimeDelta::from_std(config.mail_retry).map_err(Error::internal("reading a time"))?;
    Ok(Mailer::new(Deps { store, post, stationery, retry }, counts).start())
}

async fn passivate(actors: Actors) {
    let mut tick = tokio::time::interval(PASSIVATE_EVERY);
    loop {
        tick.tick().await;
        let now = Instant::now();
        let Actors {
            sessions,
            accounts,
            links,
            carts,
            orders,
            payments,
            deliveries,
            couriers,
            inventory,
            products,
            categories,
            terms,
            imports,
            desks: _,
            audit,
            images,
            reviews,
            webhooks,
            passwords: _,
            studio: _,
        } = &actors;
        sessions.sweep(now);
        accounts.sweep(now);
        links.sweep(now);
        inventory.sweep(now);
        products.sweep(now);
        categories.sweep(now);
        terms.sweep(now);
        imports.sweep(now);
        audit.sweep(now);
        images.sweep(now);
        reviews.sweep(now);
        webhooks.sweep(now);
        orders.sweep(now);
        carts.sweep(now);
        deliveries.sweep(now);
        couriers.sweep(now);
        payments.sweep(now);
    }
}

/// Lets no new message in, from those who ask to those who are asked, and waits for what is in
/// hand, each kind at most for `at_most`.
pub async fn drain(actors: &Actors, at_most: Duration) {
    let Actors {
        sessions,
        accounts,
        links,
        carts,
        orders,
        payments,
        deliveries,
        couriers,
        inventory,
        products,
        categories,
        terms,
        imports,
        desks: _,
        audit,
        images,
        reviews,
        webhooks,
        passwords: _,
        studio: _,
    } = actors;
    let drained = [
        ("payments", payments.drain(at_most).await),
        ("deliveries", deliveries.drain(at_most).await),
        ("couriers", couriers.drain(at_most).await),
        ("carts", carts.drain(at_most).await),
        ("orders", orders.drain(at_most).await),
        ("inventory", inventory.drain(at_most).await),
        ("reviews", reviews.drain(at_most).await),
        ("webhooks", webhooks.drain(at_most).await),
        ("products", products.drain(at_most).await),
        ("categories", categories.drain(at_most).await),
        ("terms", terms.drain(at_most).await),
        ("imports", imports.drain(at_most).await),
        ("links", links.drain(at_most).await),
        ("accounts", accounts.drain(at_most).await),
        ("audit", audit.drain(at_most).await),
        ("images", images.drain(at_most).await),
        ("sessions", sessions.drain(at_most).await),
    ];
    for (kind, _) in drained.iter().filter(|(_, whole)| !whole) {
        tracing::warn!(kind, "some messages were not finished in time");
    }
}

/// Has the mailer begin nothing more, and waits for the mails in its hands, at most for `at_most`:
/// of one that is cut off nobody would know whether it has arrived.
pub async fn drain_mailer(mailer: &Addr<Mailer>, at_most: Duration) {
    if mailer.send(Drain).timeout(at_most).await.is_err() {
        tracing::warn!("some mails were not finished in time");
    }
}

/// Keeps `revoked` true to the store, and closes the sockets here of sessions that ended on other
/// nodes.
pub async fn watch_revocations(store: Store, revoked: Revoked, sessions: Directory<SessionActor>) {
    let mut tick = tokio::time::interval(REVOKED_EVERY);
    let kept = TimeDelta::from_std(KEPT).unwrap_or(TimeDelta::hours(1));
    loop {
        tick.tick().await;
        // All that matters, each time: the clocks of nodes differ and transactions commit late.
        let (read_at, since) = (Instant::now(), store::now() - kept);
        match read!(store, session::revoked_since(since)) {
            Ok(found) => {
                close(&found, &revoked, &sessions);
                revoked.refresh(found, read_at);
            }
            Err(error) => tracing::warn!(?error, "the ended sessions could not be read"),
        }
    }
}

fn close(found: &[SessionId], revoked: &Revoked, sessions: &Directory<SessionActor>) {
    for id in found.iter().filter(|id| !revoked.contains(**id)) {
        sessions.tell(*id, session::Close);
    }
}
