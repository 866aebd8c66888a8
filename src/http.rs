//! The REST edge: routes, what they take and answer, and what every request passes.
//!
//! A handler extracts, asks or reads, and answers: rules are in `domain`, writing is done by
//! `actors`. What can be asked for is one table, in [`routes`].

use std::{sync::Arc, time::Duration};

use actix_web::{
    App, Error, HttpRequest,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    error::PathError,
    http::header,
    middleware::{Compress, Condition, DefaultHeaders, from_fn},
    web::{Data, PathConfig, ServiceConfig},
};
use prometheus_client::registry::Registry;

use self::{
    error::Problem,
    filler::Filler,
    health::{Draining, Metrics},
    openapi::Document,
    order::checkout::Buyers,
    peer::Proxies,
    push::PublicKey,
    routes::Table,
    token::{Keys, ServiceTokens},
};
use crate::{
    actors::Actors,
    cache::{image::Images, limits::Limits, revoked::Revoked},
    domain::{self, outside::Reach},
    gateway::payment::Providers,
    reading::catalogue::Catalogue,
    store::Store,
};

pub mod account;
pub mod address;
pub mod alert;
pub mod audit;
pub mod cart;
pub mod catalogue;
pub mod courier;
pub mod cursor;
pub mod delivery;
pub mod error;
pub mod etag;
pub mod extract;
pub mod filler;
pub mod health;
pub mod idempotency;
pub mod image;
pub mod input;
pub mod limit;
pub mod link;
pub mod middleware;
pub mod notification;
pub mod openapi;
pub mod order;
pub mod payment;
pub mod peer;
pub mod promotion;
pub mod push;
pub mod request_id;
pub mod review;
pub mod routes;
pub mod server;
pub mod session;
pub mod settings;
pub mod tariff;
#[cfg(test)]
mod tests;
pub mod token;
pub mod webhook;

/// What the edge is built on; the same for all worker threads.
#[derive(Clone)]
pub struct Edge {
    pub store: Store,
    pub catalogue: Catalogue,
    pub actors: Actors,
    pub providers: Providers,
    pub revoked: Revoked,
    pub keys: Keys,
    /// By which other programs of the shop are known.
    pub service_tokens: ServiceTokens,
    /// The origins whose pages may call the API from a browser, like `https://shop.example`.
    pub origins: Vec<String>,
    pub limits: Limits,
    /// The images that are asked for most.
    pub images: Images,
    pub buyers: Buyers,
    /// How far what is sent to webhooks and browsers may reach.
    pub reach: Reach,
    /// What browsers are shown who subscribe.
    pub push_key: PublicKey,
    /// The proxies whose word counts about who is asking.
    pub proxies: Proxies,
    pub waits: Waits,
    /// Bytes to measure answers by; none where nobody should.
    pub filler: Option<Filler>,
    /// Whether the outside reaches us by TLS.
    pub is_https: bool,
    /// Turns true when the process is told to stop.
    pub draining: Draining,
    /// What `/metrics` shows; the counts of requests are registered in it.
    pub registry: Arc<Registry>,
    pub metrics: Metrics,
    /// The routes of this layer and of those above it.
    pub tables: &'static [Table],
    /// Made of `tables` once.
    pub document: Document,
}

/// How long this edge waits for others.
#[derive(Debug, Clone, Copy)]
pub struct Waits {
    /// For the head of the first request on a connection.
    pub head: Duration,
    /// For a body.
    pub body: Duration,
    /// For a handler: longer than any wait inside it, so its end means that we hang.
    pub handler: Duration,
    /// For the next request on a connection. A browser opens another one in no time.
    pub idle: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Waits { head: seconds(5), body: seconds(10), handler: seconds(20), idle: seconds(5) }
    }
}

impl Waits {
    /// Those of the app that `request` has come to.
    fn of(request: &HttpRequest) -> Self {
        request.app_data::<Data<Waits>>().map(|it| ***it).unwrap_or_default()
    }
}

/// How long a browser that once came by TLS comes by nothing else: a year.
const ONLY_TLS: &str = "max-age=31536000";

/// The whole app of one worker thread: the routes of `edge`, whatever `more` mounts beside them
/// (pages, or data for the handlers of other layers), and what every request passes.
pub fn app(
    edge: Edge,
    more: impl FnOnce(&mut ServiceConfig),
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let cors = middleware::cors(&edge.origins);
    let only_tls = DefaultHeaders::new().add((header::STRICT_TRANSPORT_SECURITY, ONLY_TLS));
    let only_tls = Condition::new(edge.is_https, only_tls);
    App::new()
        .configure(more)
        .configure(|config| configure(config, edge))
        .wrap(cors)
        .wrap(Compress::default())
        .wrap(from_fn(middleware::surround))
        .wrap(only_tls)
}

/// Mounts the routes and what their handlers ask.
fn configure(config: &mut ServiceConfig, edge: Edge) {
    if let Some(filler) = edge.filler {
        config.app_data(Data::new(filler));
    }
    config
        .app_data(Data::new(edge.store))
        .app_data(Data::new(edge.catalogue))
        .app_data(Data::new(edge.actors))
        .app_data(Data::new(edge.providers))
        .app_data(Data::new(edge.revoked))
        .app_data(Data::new(edge.keys))
        .app_data(Data::new(edge.service_tokens))
        .app_data(Data::new(edge.limits))
        .app_data(Data::new(edge.images))
        .app_data(Data::new(edge.buyers))
        .app_data(Data::new(edge.reach))
        .app_data(Data::new(edge.push_key))
        .app_data(Data::new(edge.proxies))
        .app_data(Data::new(edge.waits))
        .app_data(Data::new(edge.draining))
        .app_data(Data::from(edge.registry))
        .app_data(Data::new(edge.metrics))
        .app_data(Data::new(edge.document))
        .app_data(PathConfig::default().error_handler(unknown));
    openapi::configure(config);
    routes::configure(config, edge.tables);
}

/// What is no id names nothing.
fn unknown(_: PathError, _: &HttpRequest) -> Error {
    Problem::from(domain::Error::NotFound("thing")).into()
}
