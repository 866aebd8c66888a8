//! Errors: a document of RFC 9457 whatever goes wrong, and nothing of what is inside.

use awc::http::Method;
use serde_json::json;

use crate::support::{TestShop, client::Answer};

/// What would tell of the inside: of SQL, of Rust, of the machine.
const INTERNALS: [&str; 14] = [
    "SELECT", "INSERT", "sqlite", "postgres", "diesel", "serde", "panic", "src/", ".rs", "actix",
    "unwrap", "thread", "stack", "/tmp",
];

#[track_caller]
fn is_a_document(answer: &Answer) {
    for name in ["type", "title", "detail", "code", "request_id"] {
        assert!(answer.body[name].as_str().is_some_and(|it| !it.is_empty()), "{}", answer.text);
    }
    assert!(answer.body["errors"].is_array(), "{}", answer.text);
    for word in INTERNALS {
        assert!(!answer.text.contains(word), "{word} in {}", answer.text);
    }
}

#[actix_rt::test]
async fn whatever_is_wrong_with_a_request_is_told_in_the_same_way() {
    let shop = TestShop::start().await;
    let client = shop.stranger();
    let json = |text: &'static str| Some(("application/json", text.as_bytes()));
    let login = "/auth/login";
    let large = format!(r#"{{"email":"{}"}}"#, "a".repeat(70_000));
    let cases = [
        (Method::GET, "/no/such/route", None, 404, "no_such_route"),
        (Method::GET, "/../etc/passwd", None, 404, "no_such_route"),
        (Method::DELETE, login, None, 405, "method_not_allowed"),
        (Method::POST, "/products", json("{}"), 405, "method_not_allowed"),
        (Method::POST, login, json("{"), 400, "malformed_json"),
        (Method::POST, login, json(""), 400, "malformed_json"),
        (Method::POST, login, json(r#"{"email":"a@b.c","password":"x"} x"#), 400, "malformed_json"),
        (Method::POST, login, json("null"), 400, "invalid"),
        (Method::POST, login, json(r#"{"email":1}"#), 400, "invalid"),
        (Method::POST, login, json("{\"email\":\"\u{1F600}\"}"), 400, "invalid"),
        (Method::POST, login, Some(("text/plain", &b"{}"[..])), 415, "unsupported_media_type"),
        (
            Method::POST,
            login,
            Some(("application/xml", &b"<a/>"[..])),
            415,
            "unsupported_media_type",
        ),
        (Method::POST, login, None, 415, "unsupported_media_type"),
        (Method::POST, login, Some(("application/json", large.as_bytes())), 413, "body_too_large"),
        (Method::POST, login, Some(("application/json", &b"\xff\xfe"[..])), 400, "malformed_json"),
        (Method::GET, "/me", None, 401, "unauthenticated"),
        (Method::GET, "/products/nothing", None, 404, "not_found"),
    ];

    for (method, path, body, status, code) in cases {
        let answer = client.attempt(method.clone(), path, body).await.unwrap();
        answer.refused(status, code);
        is_a_document(&answer);
    }
}

#[actix_rt::test]
async fn a_path_that_has_other_methods_names_them() {
    let shop = TestShop::start().await;

    let answer = shop.stranger().delete("/cart/items").await;

    answer.refused(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), Some("POST"));
}

#[actix_rt::test]
async fn the_id_of_a_request_is_echoed_or_made() {
    let shop = TestShop::start().await;
    let client = shop.stranger();

    let mine = client.with("X-Request-Id", "click-42").get("/nothing").await;
    let good = client.with("X-Request-Id", "click-43").get("/products").await;
    let made = client.get("/nothing").await;
    let another = client.get("/nothing").await;
    let hostile = client.with("X-Request-Id", &"x".repeat(5000)).get("/nothing").await;

    assert_eq!(mine.refused(404, "no_such_route")["request_id"], "click-42");
    assert_eq!(good.header("x-request-id"), Some("click-43"));
    assert_ne!(
        made.refused(404, "no_such_route")["request_id"],
        another.refused(404, "no_such_route")["request_id"]
    );
    assert!(hostile.refused(404, "no_such_route")["request_id"].as_str().unwrap().len() < 100);
    assert!(shop.log().contains("click-42"));
}

#[actix_rt::test]
async fn a_number_that_is_deep_or_huge_breaks_nothing() {
    let shop = TestShop::start().await;
    let client = shop.stranger();
    let deep = "[".repeat(60_000);
    let long = format!(r#"{{"email":"a@b.c","password":"{}"}}"#, "p".repeat(60_000));

    for text in [deep.as_str(), long.as_str(), r#"{"email":1e999,"password":"x"}"#] {
        let body = Some(("application/json", text.as_bytes()));
        let answer = client.attempt(Method::POST, "/auth/login", body).await.unwrap();
        assert!((400..500).contains(&answer.status), "{}", answer.text);
        is_a_document(&answer);
    }
    client.get("/products").await.is(200);
    assert_eq!(client.post("/auth/login", json!({})).await.status, 400);
}
