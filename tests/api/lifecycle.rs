//! The life of the process: how it starts, what it logs, and how it ends.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{PASSWORD, TestShop, purchase::topic};

#[actix_rt::test]
async fn a_process_that_is_told_to_stop_says_so_to_its_sockets_and_ends_well() {
    let mut shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let order = buyer.place(&shop.variant("teapot").await, 1).await;
    let mut following = buyer.follow(&topic(&order)).await;
    let mut idle = shop.stranger().socket().await;
    let began = Instant::now();

    shop.terminate();

    for socket in [&mut following, &mut idle] {
        let (code, reason) = socket.closed().await;
        let told: Value = serde_json::from_str(&reason).unwrap();
        assert_eq!(code, 3001);
        assert!(told["reconnect_in_ms"].as_u64().is_some(), "{reason}");
    }
    let status = shop.ended().await;
    assert!(status.success(), "{status}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[actix_rt::test]
async fn what_was_begun_before_the_end_is_finished() {
    let mut shop = TestShop::with(&[("RIALTO_EMULATOR_DELAY", "800ms")]).await;
    let buyer = shop.sign_up().await;
    let order = buyer.place(&shop.variant("teapot").await, 1).await;

    let paying = buyer.pay(&order, "tok_success");
    let ending = async {
        while buyer.order(&order).await["payment"]["status"] != "processing" {}
        shop.terminate();
    };
    let (answer, ()) = futures_util::future::join(paying, ending).await;

    assert_eq!(answer.is(200)["status"], "captured");
    assert!(shop.ended().await.success());
    shop.start_again().await;
    assert_eq!(buyer.order(&order).await["status"], "paid");
}

#[actix_rt::test]
async fn a_second_start_finds_what_the_first_one_left() {
    let mut shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let order = buyer.buy(&shop.variant("teapot").await, 1).await;
    shop.terminate();
    assert!(shop.ended().await.success());

    shop.start_again().await;

    assert_eq!(buyer.order(&order).await, order);
    assert_eq!(shop.stranger().get("/healthz").await.status, 200);
    assert_eq!(shop.stranger().get("/readyz").await.status, 200);
}

#[actix_rt::test]
async fn the_log_is_json_by_lines_and_holds_no_secret_and_no_address() {
    let mut shop = TestShop::start().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let email = buyer.session["user"]["email"].as_str().unwrap().to_owned();
    let login = |password: &str| json!({ "email": email, "password": password });
    shop.stranger()
        .post("/auth/login", login("not my password"))
        .await
        .refused(401, "invalid_credentials");
    shop.stranger().post("/auth/register", json!({ "email": email, "password": 7 })).await;
    let order = buyer.buy(&shop.variant("teapot").await, 1).await;
    let mut feed = admin.follow("admin:feed").await;
    feed.until("order.paid").await;
    let ticket = buyer.post("/ws/tickets", Value::Null).await.is(201)["ticket"].clone();
    let guest = shop.guest().await;
    guest.add(&shop.variant("mug").await, 1).await;
    let placed = guest.check_out_as_guest().await.is(201);
    let refreshed = json!({ "refresh_token": buyer.session["refresh_token"] });
    let renewed = shop.stranger().post("/auth/refresh", refreshed).await.is(200);
    buyer.post("/auth/logout", Value::Null).await.is(204);
    shop.terminate();
    assert!(shop.ended().await.success());

    let log = shop.log();

    let secrets = [
        PASSWORD,
        "not my password",
        "@example.com",
        "admin@tests.example",
        buyer.access_token(),
        admin.access_token(),
        "tok_success",
        "Lindenstr",
        ticket.as_str().unwrap(),
        placed["order_token"].as_str().unwrap(),
        buyer.session["refresh_token"].as_str().unwrap(),
        renewed["refresh_token"].as_str().unwrap(),
        renewed["access_token"].as_str().unwrap(),
    ];
    for line in log.lines() {
        let parsed: Result<Value, _> = serde_json::from_str(line);
        let line = parsed.unwrap_or_else(|_| panic!("no JSON: {line}"));
        for name in ["timestamp", "level", "message"] {
            assert!(line[name].is_string(), "{line}");
        }
    }
    for secret in secrets {
        assert!(!log.contains(secret), "the log holds {secret}");
    }
    assert!(log.contains("/api/v1/checkout") && log.contains(buyer.user_id()));
    assert!(order["id"].is_string());
}

#[actix_rt::test]
async fn the_figures_count_what_was_asked() {
    let shop = TestShop::start().await;
    let stranger = shop.stranger();
    stranger.get("/products").await.is(200);
    stranger.get("/me").await.refused(401, "unauthenticated");

    let figures = stranger.get("/metrics").await;

    assert_eq!(figures.status, 200);
    assert!(figures.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    for counted in [r#"route="/api/v1/products""#, r#"status="401""#] {
        assert!(figures.text.contains(counted), "{}", figures.text);
    }
}
