//! What every request passes: its id, the problem document, the headers, the log and the counts.
//!
//! [`surround`] is outermost and sees each answer last; [`contain`] is innermost, around one
//! handler, so that a panic or a delay there is an answer like any other.

use std::{
    cell::Cell,
    future::{Ready, ready},
    panic::AssertUnwindSafe,
    pin::pin,
    rc::Rc,
    time::{Duration, Instant},
};

use actix_cors::Cors;
use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use futures_util::FutureExt;

use super::{
    Waits,
    error::{self, Problem},
    extract::{CART_TOKEN, ORDER_TOKEN, SignedIn},
    health::Metrics,
    idempotency, peer,
    request_id::{self, RequestId},
    routes::Route,
};
use crate::store::origin::Behalf;

/// How long a browser may remember a pre-flight answer, in seconds.
const PREFLIGHT_SECONDS: usize = 3600;

/// Nothing of an answer may be run, framed or guessed at by a browser.
pub const STRICT_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

type Served = Result<ServiceResponse, actix_web::Error>;

/// Gives the request its id, what it does its origin, and the answer what all answers have.
pub async fn surround<B: MessageBody + 'static>(
    metrics: Data<Metrics>,
    request: ServiceRequest,
    next: Next<B>,
) -> Served {
    let began = Instant::now();
    let id = RequestId::of(request.headers());
    request.extensions_mut().insert(id.clone());
    let method = request.method().clone();
    let address = peer::address(request.request()).map(|it| it.to_string());
    let behalf = Behalf::request(address.as_deref(), id.as_str());
    let response = behalf.scope(next.call(request)).await?.map_into_boxed_body();
    let mut response = explained(response, &id);
    dress(response.headers_mut(), &id);
    let response = without_content(response, &method);
    note(&metrics, &response, &method, &id, began.elapsed());
    Ok(response)
}

/// Runs one handler: a panic or a delay ends here.
pub async fn contain(
    route: &'static Route,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Served {
    let alive = Alive::now();
    request.extensions_mut().insert(route);
    request.extensions_mut().insert(alive.clone());
    let kept = request.request().clone();
    let served = AssertUnwindSafe(next.call(request)).catch_unwind();
    let problem = match alive.within(Waits::of(&kept).handler, served).await {
        Some(Ok(served)) => return served,
        Some(Err(panic)) => Problem::panicked(&*panic),
        None => Problem::timed_out(),
    };
    Ok(ServiceResponse::from_err(problem, kept))
}

/// By which a handler of long work tells that it gets on: the wait for it begins again then.
#[derive(Clone)]
pub struct Alive(Rc<Cell<tokio::time::Instant>>);

impl Alive {
    fn now() -> Self {
        Alive(Rc::new(Cell::new(tokio::time::Instant::now())))
    }

    pub fn tell(&self) {
        self.0.set(tokio::time::Instant::now());
    }

    /// What comes of `work`; none where nothing is heard of it for so long.
    async fn within<T>(&self, wait: Duration, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        loop {
            let heard = self.0.get();
            match tokio::time::timeout_at(heard + wait, &mut work).await {
                Ok(done) => return Some(done),
                Err(_) if self.0.get() > heard => {}
                Err(_) => return None,
            }
        }
    }
}

impl FromRequest for Alive {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(request.extensions().get::<Alive>().cloned().unwrap_or_else(Alive::now)))
    }
}

/// Lets the pages of `origins` use the API from a browser, and those of no other origin.
pub fn cors(origins: &[String]) -> Cors {
    let allowed = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        header::IF_NONE_MATCH,
        header::IF_MATCH,
        request_id::HEADER,
    ];
    let exposed = ["etag", "retry-after", "x-request-id", "idempotent-replayed"];
    let cors = Cors::default()
        .allowed_methods(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
        .allowed_headers(allowed)
        .allowed_headers([idempotency::HEADER, CART_TOKEN, ORDER_TOKEN])
        .expose_headers(exposed)
        .max_age(PREFLIGHT_SECONDS);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

/// An error answer with its document in it, whoever made it: the framework's own have none.
fn explained(response: ServiceResponse, id: &RequestId) -> ServiceResponse {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let error = response.response().error();
    let document = match error.and_then(actix_web::Error::as_error::<Problem>) {
        Some(problem) => {
            if let Some(fault) = problem.as_fault() {
                let (request_id, source) = (id.as_str(), &fault.source);
                tracing::error!(request_id, doing = fault.doing, %source, "a fault of ours");
            }
            problem.document(Some(id))
        }
        None => {
            if status.is_server_error() {
                let source = error.map(ToString::to_string).unwrap_or_default();
                tracing::error!(request_id = id.as_str(), source, "a fault of the framework's");
            }
            Problem::of_status(status).document(Some(id))
        }
    };
    response.map_body(|head, _| {
        head.headers.remove(header::CONTENT_ENCODING);
        let kind = HeaderValue::from_static(error::CONTENT_TYPE);
        head.headers.insert(header::CONTENT_TYPE, kind);
        BoxBody::new(document)
    })
}

/// The headers of every answer. A page that needs another policy has set its own by now.
fn dress(headers: &mut HeaderMap, id: &RequestId) {
    headers.insert(request_id::HEADER, id.header());
    let all: [(HeaderName, &'static str); 6] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, STRICT_POLICY),
        (header::CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in all {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

/// A pre-flight answer has no content and says so.
fn without_content(response: ServiceResponse, method: &Method) -> ServiceResponse {
    if method != Method::OPTIONS || !response.status().is_success() {
        return response;
    }
    let (request, preflight) = response.into_parts();
    let mut empty = HttpResponse::NoContent().finish();
    *empty.headers_mut() = preflight.headers().clone();
    ServiceResponse::new(request, empty)
}

/// One line in the log and one in the counts. No query, no body, no token: they hold secrets.
fn note(
    metrics: &Metrics,
    response: &ServiceResponse,
    method: &Method,
    id: &RequestId,
    took: Duration,
) {
    let extensions = response.request().extensions();
    let route = extensions.get::<&'static Route>().map_or("none", |route| route.path);
    let user_id = extensions.get::<SignedIn>().map(|it| it.0.to_string());
    let status = response.status().as_u16();
    metrics.served(method, route, status, took);
    tracing::info!(
        request_id = id.as_str(),
        method = method.as_str(),
        route,
        status,
        latency_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        user_id,
        "served"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_rt::test]
    async fn who_gets_on_may_take_longer_and_who_does_not_is_given_up() {
        let (alive, wait) = (Alive::now(), Duration::from_millis(400));
        let mut tick = tokio::time::interval(wait / 4);
        let began = Instant::now();

        let long = async {
            for _ in 0..10 {
                tick.tick().await;
                alive.tell();
            }
        };
        assert_eq!(alive.within(wait, long).await, Some(()));

        assert!(began.elapsed() > wait);
        assert_eq!(alive.within(wait, std::future::pending::<()>()).await, None);
    }
}
