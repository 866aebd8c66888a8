//! What browsers are told: to trust nothing that was not meant, and who may read an answer.

use awc::http::Method;
use serde_json::{Value, json};

use crate::support::{
    PASSWORD, TestShop,
    client::{Answer, Client},
};

const ALLOWED: &str = "https://shop.example";

/// One answer of each kind that there is.
async fn of_each_kind(client: &Client) -> Vec<(&'static str, Answer)> {
    let login = json!({ "email": "a@b.c", "password": PASSWORD });
    vec![
        ("JSON", client.get("/products").await),
        ("no image", client.get("/images/none").await),
        ("HTML", client.get("/api/docs/").await),
        ("a page", client.get("/confirm?token=x").await),
        ("text", client.get("/metrics").await),
        ("no content", client.send(Method::HEAD, "/products", None).await),
        ("no such route", client.get("/nothing").await),
        ("nobody", client.get("/me").await),
        ("a refusal", client.post("/auth/login", login).await),
        ("another method", client.delete("/products").await),
    ]
}

#[actix_rt::test]
async fn every_kind_of_answer_carries_what_keeps_a_browser_safe() {
    let shop = TestShop::start().await;

    for (kind, answer) in of_each_kind(&shop.stranger()).await {
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{kind}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{kind}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{kind}");
        assert_eq!(answer.header("cross-origin-opener-policy"), Some("same-origin"), "{kind}");
        assert!(answer.header("x-request-id").is_some(), "{kind}");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{kind}");
        assert_eq!(answer.header("strict-transport-security"), None, "{kind}: not by TLS");
        let policy = answer.header("content-security-policy").unwrap();
        for rule in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(rule), "{kind}: {policy}");
        }
        assert!(answer.header("cache-control").is_some(), "{kind}");
    }
}

#[actix_rt::test]
async fn a_shop_that_is_reached_by_tls_is_to_be_reached_by_nothing_else() {
    let shop = TestShop::with(&[("RIALTO_PUBLIC_URL", "https://shop.example")]).await;

    for (kind, answer) in of_each_kind(&shop.stranger()).await {
        let told = answer.header("strict-transport-security");
        assert_eq!(told, Some("max-age=31536000"), "{kind}");
    }
}

#[actix_rt::test]
async fn nobody_keeps_an_answer_with_a_secret_in_it() {
    let shop = TestShop::start().await;
    let (buyer, stranger) = (shop.sign_up().await, shop.stranger());
    let login = json!({ "email": buyer.session["user"]["email"], "password": PASSWORD });
    let refresh = json!({ "refresh_token": buyer.session["refresh_token"] });
    let account = json!({ "email": "eve@example.com", "password": PASSWORD, "name": "Eve" });

    let answers = [
        stranger.post("/auth/register", account).await,
        stranger.post("/auth/login", login).await,
        stranger.post("/auth/refresh", refresh).await,
        stranger.post("/carts", Value::Null).await,
        buyer.post("/ws/tickets", Value::Null).await,
        buyer.get("/me").await,
        buyer.get("/cart").await,
        buyer.get("/orders").await,
    ];

    for answer in answers {
        assert!(answer.status < 300, "{}", answer.text);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{}", answer.text);
    }
}

#[actix_rt::test]
async fn the_pages_of_links_run_nothing_but_their_own_script_and_are_kept_by_nobody() {
    let shop = TestShop::start().await;
    let stranger = shop.stranger();

    for page in ["/confirm?token=x", "/reset?token=x"] {
        let answer = stranger.get(page).await;
        assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
        assert_eq!(answer.header("x-robots-tag"), Some("noindex"));
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(!policy.contains("unsafe") && policy.contains("form-action 'none'"), "{policy}");
        for file in ["/link.css", "/link.js"] {
            assert!(answer.text.contains(&format!("\"{file}\"")), "{page} goes without {file}");
        }
    }
    assert_eq!(
        stranger.get("/link.js").await.header("content-type"),
        Some("text/javascript; charset=utf-8")
    );
}

/// Asks as a browser does before a page may send what it wants to.
async fn preflight(client: &Client, origin: &str, method: &str, header: &str) -> Answer {
    let client = client.with("Origin", origin).with("Access-Control-Request-Method", method);
    let client = client.with("Access-Control-Request-Headers", header);
    client.send(Method::OPTIONS, "/cart/items", None).await
}

#[actix_rt::test]
async fn the_pages_of_a_listed_origin_may_ask_and_read() {
    let origins = format!("{ALLOWED},https://admin.example");
    let shop = TestShop::with(&[("RIALTO_ORIGINS", &origins)]).await;
    let client = shop.stranger();

    for origin in [ALLOWED, "https://admin.example"] {
        let headers = "authorization,content-type,idempotency-key,x-cart-token,x-order-token";
        let answer = preflight(&client, origin, "PATCH", headers).await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""), "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
        assert!(answer.header("access-control-allow-methods").unwrap().contains("PATCH"));
        for name in headers.split(',') {
            assert!(answer.header("access-control-allow-headers").unwrap().contains(name));
        }
    }
    let page = client.with("Origin", ALLOWED);
    for answer in [page.get("/products").await, page.get("/me").await, page.get("/nothing").await] {
        assert_eq!(answer.header("access-control-allow-origin"), Some(ALLOWED), "{}", answer.text);
        assert!(answer.header("vary").unwrap().to_lowercase().contains("origin"));
        assert!(answer.header("access-control-expose-headers").unwrap().contains("x-request-id"));
        // Nothing is done by cookies, so that no page acts for whoever looks at it.
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        assert_eq!(answer.header("set-cookie"), None);
    }
}

#[actix_rt::test]
async fn the_pages_of_no_other_origin_are_allowed_anything() {
    let shop = TestShop::with(&[("RIALTO_ORIGINS", ALLOWED)]).await;
    let client = shop.stranger();
    let own = format!("http://{}", shop.address());
    let others = [
        "https://evil.example",
        "http://shop.example",
        "https://shop.example.evil.example",
        "https://shop.example:8443",
        "null",
        &own,
    ];

    for origin in others {
        let asked = preflight(&client, origin, "POST", "content-type").await;
        assert!((400..500).contains(&asked.status), "{origin}: {}", asked.status);
        assert_eq!(asked.header("access-control-allow-origin"), None, "{origin}");
        let read = client.with("Origin", origin).get("/products").await;
        assert_eq!(read.header("access-control-allow-origin"), None, "{origin}");
    }
    let unknown = preflight(&client, ALLOWED, "POST", "x-made-up").await;
    assert!((400..500).contains(&unknown.status), "{}", unknown.status);
}
