//! How the process is: alive, ready, and its counts for Prometheus.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use actix_web::{HttpResponse, http::Method, web::Data};
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};
use tokio::sync::watch;

use super::{
    error::{Answered, Problem},
    extract::{Auth, Public},
};
use crate::{
    domain::Error,
    store::{Store, read},
};

/// The text format that `/metrics` answers in.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The upper ends of the latency histogram, in seconds.
const LATENCIES: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Whether the process has been told to stop; readiness ends with it.
pub type Draining = watch::Receiver<bool>;

/// The process is alive: it answers.
#[utoipa::path(
    get, path = "/healthz", tag = "operations",
    responses((status = 200, description = "It is", content_type = "text/plain", body = String))
)]
pub async fn alive(_: Auth<Public>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// The process can serve: its store answers and it has not been told to stop.
#[utoipa::path(
    get, path = "/readyz", tag = "operations",
    responses((status = 200, description = "It can", content_type = "text/plain", body = String))
)]
pub async fn ready(_: Auth<Public>, store: Data<Store>, draining: Data<Draining>) -> Answered {
    if *draining.borrow() {
        return Err(Problem::unavailable("draining", "this process is about to stop"));
    }
    read!(store, event::epoch())?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n"))
}

/// Counts and latencies, as Prometheus reads them.
#[utoipa::path(
    get, path = "/metrics", tag = "operations",
    responses((status = 200, description = "OpenMetrics text", content_type = "text/plain", body = String))
)]
pub async fn metrics(_: Auth<Public>, registry: Data<Registry>) -> Answered {
    let mut body = String::new();
    text::encode(&mut body, &registry).map_err(Error::internal("writing the metrics"))?;
    Ok(HttpResponse::Ok().content_type(OPENMETRICS).body(body))
}

/// What is counted of requests. Cheap to clone: all clones count together.
#[derive(Clone)]
pub struct Metrics {
    requests: Family<Served, Counter>,
    latency: Family<Served, Histogram, fn() -> Histogram>,
    faults: Faults,
}

/// Of bounded number: a route is a pattern of the table, never a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Served {
    method: &'static str,
    route: &'static str,
    status: u16,
}

impl Metrics {
    /// Counts that stand in `registry`.
    pub fn register(registry: &mut Registry) -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(LATENCIES);
        let metrics = Metrics {
            requests: Family::default(),
            latency: Family::new_with_constructor(histogram),
            faults: Faults::default(),
        };
        let requests = metrics.requests.clone();
        registry.register("http_requests", "Requests that were answered", requests);
        let latency = metrics.latency.clone();
        let help = "From the first byte of the head to the answer's head";
        registry.register("http_request_duration_seconds", help, latency);
        metrics
    }

    pub fn served(&self, method: &Method, route: &'static str, status: u16, took: Duration) {
        if status >= 500 {
            self.faults.count(Instant::now());
        }
        let labels = Served { method: word(method), route, status };
        self.requests.get_or_create(&labels).inc();
        self.latency.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// When this process was at fault.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }
}

/// How far back [`Faults`] know.
const MINUTE: Duration = Duration::from_secs(60);
/// Faults so close together are kept as one time with a count.
const TOGETHER: Duration = Duration::from_secs(1);

/// When requests were answered that this process was at fault; clones count together.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<VecDeque<(Instant, u64)>>>);

impl Faults {
    fn count(&self, now: Instant) {
        let mut all = self.recent(now);
        match all.back_mut() {
            Some((since, count)) if now.saturating_duration_since(*since) < TOGETHER => {
                *count = count.saturating_add(1);
            }
            _ => all.push_back((now, 1)),
        }
    }

    pub fn of_last_minute(&self, now: Instant) -> u64 {
        self.recent(now).iter().map(|(_, count)| count).sum()
    }

    fn recent(&self, now: Instant) -> MutexGuard<'_, VecDeque<(Instant, u64)>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = |(since, _): &(Instant, u64)| now.saturating_duration_since(*since) >= MINUTE;
        while all.front().is_some_and(is_old) {
            all.pop_front();
        }
        all
    }
}

/// A client may make methods up; only the known ones are counted apart.
fn word(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("OTHER")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_known_for_a_minute_and_take_no_more_room_than_that() {
        let (faults, start) = (Faults::default(), Instant::now());
        let after = |millis| start + Duration::from_millis(millis);
        for millis in 0..90_000 {
            faults.count(after(millis));
        }
        assert!(faults.0.lock().unwrap().len() <= 61);
        assert!((59_000..=60_000).contains(&faults.of_last_minute(after(90_000))));
        assert_eq!(faults.of_last_minute(after(150_000)), 0);
    }
}
