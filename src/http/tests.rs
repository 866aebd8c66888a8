//! What every request passes, tried on an app of a few routes and no shop behind them.

use std::time::Duration;

use actix_web::{
    App, HttpRequest, HttpResponse,
    body::MessageBody,
    dev::ServiceResponse,
    http::{Method, header::HeaderMap},
    middleware::{Compress, from_fn},
    test::{TestRequest, call_service, init_service},
    web::{Data, PathConfig},
};
use prometheus_client::registry::Registry;
use serde::Deserialize;
use serde_json::Value;

use super::{
    Waits,
    error::Answered,
    etag,
    extract::{Auth, Public},
    health::Metrics,
    input::{BODY_BYTES_MAX, Json, Query},
    middleware,
    routes::{self, Endpoint, Route, Table},
};
use crate::domain::{error::Refusal, id::OrderId};

const TABLE: Table = Table {
    routes: &[
        Route { method: "GET", path: "/panic", serve: panic_route },
        Route { method: "GET", path: "/things/{id}", serve: thing_route },
        Route { method: "POST", path: "/things", serve: make_route },
        Route { method: "GET", path: "/things", serve: list_route },
        Route { method: "GET", path: "/gone", serve: gone_route },
        Route { method: "GET", path: "/hangs", serve: hanging_route },
        Route { method: "GET", path: "/image", serve: image_route },
    ],
    openapi: || utoipa::openapi::OpenApiBuilder::new().build(),
};

fn panic_route() -> Endpoint {
    async fn handler(_: Auth<Public>) -> HttpResponse {
        panic!("the secret of the panic")
    }
    Endpoint::of::<Public, _, _>(handler)
}

fn thing_route() -> Endpoint {
    async fn handler(_: Auth<Public>, id: actix_web::web::Path<OrderId>) -> HttpResponse {
        HttpResponse::Ok().json(id.into_inner())
    }
    Endpoint::of::<Public, _, _>(handler)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Thing {
    size: Option<i64>,
}

fn make_route() -> Endpoint {
    async fn handler(_: Auth<Public>, Json(thing): Json<Thing>) -> HttpResponse {
        HttpResponse::Created().json(thing.size)
    }
    Endpoint::of::<Public, _, _>(handler)
}

fn list_route() -> Endpoint {
    async fn handler(_: Auth<Public>, Query(thing): Query<Thing>) -> HttpResponse {
        HttpResponse::Ok().json(thing.size)
    }
    Endpoint::of::<Public, _, _>(handler)
}

fn hanging_route() -> Endpoint {
    async fn handler(_: Auth<Public>) -> HttpResponse {
        std::future::pending().await
    }
    Endpoint::of::<Public, _, _>(handler)
}

fn image_route() -> Endpoint {
    async fn handler(_: Auth<Public>, request: HttpRequest) -> HttpResponse {
        etag::immutable(&request, "key", "image/png", vec![0])
    }
    Endpoint::of::<Public, _, _>(handler)
}

fn gone_route() -> Endpoint {
    async fn handler(_: Auth<Public>) -> Answered {
        Err(crate::domain::Error::from(Refusal::new("sold_out", "no more").with("left", 0)).into())
    }
    Endpoint::of::<Public, _, _>(handler)
}

struct Told {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Told {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The problem document, with what must hold of each one.
    fn problem(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.body);
        let document: Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(document["status"], self.status);
        assert_eq!(document["request_id"], self.header("x-request-id"));
        for member in ["type", "title", "detail", "code"] {
            assert!(!document[member].as_str().unwrap().is_empty(), "{document}");
        }
        document
    }
}

async fn told(request: TestRequest) -> Told {
    let app = App::new()
        .app_data(Data::new(Metrics::register(&mut Registry::default())))
        .app_data(Data::new(Waits { handler: Duration::from_millis(50), ..Waits::default() }))
        .app_data(PathConfig::default().error_handler(super::unknown))
        .configure(|config| routes::configure(config, &[TABLE]))
        .wrap(middleware::cors(&["https://shop.example".to_owned()]))
        .wrap(Compress::default())
        .wrap(from_fn(middleware::surround));
    let response: ServiceResponse<_> =
        call_service(&init_service(app).await, request.to_request()).await;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = actix_web::body::to_bytes(response.into_body().boxed()).await.unwrap();
    Told { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
}

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path)
}

fn post(body: impl Into<actix_web::web::Bytes>) -> TestRequest {
    TestRequest::post()
        .uri("/things")
        .insert_header(("content-type", "application/json"))
        .set_payload(body)
}

#[actix_rt::test]
async fn a_panic_is_a_500_that_tells_nothing() {
    let told = told(get("/panic")).await;

    assert_eq!((told.status, &told.problem()["code"]), (500, &"internal".into()));
    assert!(!told.body.contains("secret"));
}

#[actix_rt::test]
async fn a_handler_that_hangs_is_given_up() {
    let told = told(get("/hangs")).await;
    assert_eq!((told.status, &told.problem()["code"]), (503, &"timeout".into()));
}

#[actix_rt::test]
async fn an_unknown_path_is_a_problem_that_says_where_the_api_is() {
    for path in ["/", "/api/v2/me", "/things/1/2", "/panic/"] {
        let told = told(get(path)).await;
        assert_eq!((told.status, &told.problem()["code"]), (404, &"no_such_route".into()));
    }
}

#[actix_rt::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let made_up = TestRequest::get().method(Method::from_bytes(b"BREW").unwrap()).uri("/things");
    for request in [TestRequest::delete().uri("/things"), made_up] {
        let told = told(request).await;
        assert_eq!((told.status, &told.problem()["code"]), (405, &"method_not_allowed".into()));
        assert_eq!(told.header("allow"), "POST, GET, HEAD");
    }
}

#[actix_rt::test]
async fn what_can_be_read_answers_a_head_too() {
    let told = told(TestRequest::default().method(Method::HEAD).uri("/things")).await;
    assert_eq!(told.status, 200);
}

#[actix_rt::test]
async fn what_is_no_id_is_not_there() {
    for id in ["7", "..", "%00", "019ab1c2"] {
        let told = told(get(&format!("/things/{id}"))).await;
        assert_eq!((told.status, &told.problem()["code"]), (404, &"not_found".into()), "{id}");
    }
}

#[actix_rt::test]
async fn a_body_is_json_or_refused() {
    let plain = TestRequest::post().uri("/things").set_payload("{}");
    let form = TestRequest::post().uri("/things").set_form([("size", "1")]);
    let packed = post("{}").insert_header(("content-encoding", "gzip"));
    for request in [plain, form, packed] {
        let told = told(request).await;
        assert_eq!(told.status, 415);
        assert_eq!(told.problem()["code"], "unsupported_media_type");
    }

    let torn = told(post("{")).await;
    assert_eq!((torn.status, &torn.problem()["code"]), (400, &"malformed_json".into()));
    let wrong = told(post(r#"{"size":"big"}"#)).await;
    assert_eq!((wrong.status, &wrong.problem()["errors"][0]["field"]), (400, &"size".into()));
    assert_eq!(told(post(r#"{"size":1}"#)).await.status, 201);
}

#[actix_rt::test]
async fn a_body_above_the_limit_is_refused() {
    let body = |length: usize| format!("{{}}{}", " ".repeat(length - 2));

    let told_of_more = told(post(body(BODY_BYTES_MAX + 1))).await;
    assert_eq!(
        (told_of_more.status, &told_of_more.problem()["code"]),
        (413, &"body_too_large".into())
    );
    assert_eq!(told(post(body(BODY_BYTES_MAX))).await.status, 201);
}

#[actix_rt::test]
async fn an_unknown_parameter_is_named() {
    let told = told(get("/things?colour=red")).await;
    assert_eq!((told.status, &told.problem()["errors"][0]["field"]), (400, &"colour".into()));
}

#[actix_rt::test]
async fn a_refusal_keeps_its_members_on_the_wire() {
    let told = told(get("/gone")).await;
    assert_eq!((told.status, &told.problem()["left"]), (409, &0.into()));
}

#[actix_rt::test]
async fn the_id_of_a_request_is_in_its_answer() {
    let echoed = told(get("/gone").insert_header(("x-request-id", "mine-1"))).await;
    assert_eq!(echoed.problem()["request_id"], "mine-1");
    let fine = told(get("/things").insert_header(("x-request-id", "mine-2"))).await;
    assert_eq!((fine.status, fine.header("x-request-id")), (200, "mine-2"));
}

#[actix_rt::test]
async fn an_error_is_readable_also_for_those_who_take_compressed_answers() {
    let told = told(get("/gone").insert_header(("accept-encoding", "br, gzip"))).await;
    assert_eq!(
        (told.header("content-encoding"), told.problem()["status"].as_i64()),
        ("", Some(409))
    );
}

#[actix_rt::test]
async fn every_answer_carries_the_headers_of_safety() {
    for path in ["/things", "/gone", "/nowhere", "/panic", "/image"] {
        let told = told(get(path)).await;
        let kept =
            if path == "/image" { "public, max-age=31536000, immutable" } else { "no-store" };
        assert_eq!(told.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(told.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(told.header("cache-control"), kept, "{path}");
        assert_eq!(told.header("content-security-policy"), middleware::STRICT_POLICY, "{path}");
        assert!(!told.header("referrer-policy").is_empty(), "{path}");
    }
}

fn preflight(origin: &str) -> TestRequest {
    TestRequest::default()
        .method(Method::OPTIONS)
        .uri("/things")
        .insert_header(("origin", origin.to_owned()))
        .insert_header(("access-control-request-method", "POST"))
        .insert_header(("access-control-request-headers", "content-type, idempotency-key"))
}

#[actix_rt::test]
async fn a_preflight_of_an_allowed_origin_is_answered() {
    let told = told(preflight("https://shop.example")).await;

    assert_eq!((told.status, told.body.as_str()), (204, ""));
    assert_eq!(told.header("access-control-allow-origin"), "https://shop.example");
    assert!(told.header("access-control-allow-methods").contains("PATCH"));
    assert!(told.header("access-control-allow-headers").contains("idempotency-key"));
}

#[actix_rt::test]
async fn another_origin_is_allowed_nothing() {
    let preflight = told(preflight("https://evil.example")).await;
    assert_eq!(preflight.header("access-control-allow-origin"), "");
    assert!(preflight.problem()["status"].is_number());

    let request = told(get("/things").insert_header(("origin", "https://evil.example"))).await;
    assert_eq!((request.status, request.header("access-control-allow-origin")), (200, ""));
}

#[actix_rt::test]
async fn the_error_of_a_panic_can_be_read_by_an_allowed_page() {
    let told = told(get("/panic").insert_header(("origin", "https://shop.example"))).await;
    assert_eq!(told.header("access-control-allow-origin"), "https://shop.example");
}
