//! The whole app with little patience: whoever sends slowly, or nothing, is let go.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

mod simulation;

use super::*;
use crate::bus::tests::Scratch;

const LOGIN: &[u8] = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: shop\r\n\
    Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"email\":";

/// An app of its own, which ends with its system.
async fn impatient() -> (SocketAddr, Scratch) {
    let scratch = Scratch::new();
    let folder = std::env::temp_dir().join(format!("rialto_app_{}", uuid::Uuid::new_v4()));
    let given = [
        ("RIALTO_ENV", "test"),
        ("RIALTO_LISTEN", "127.0.0.1:0"),
        ("RIALTO_DATA_DIR", folder.to_str().unwrap()),
        ("RIALTO_JWT_SECRET", "of-this-test"),
        ("RIALTO_WORKERS", "1"),
    ];
    let config = Config::of(&given).unwrap();
    // The framework's clock ticks every half second, and a deadline that is over when it is set
    // is not noticed.
    let soon = Duration::from_millis(600);
    let waits = Waits { head: soon, body: soon, idle: soon, ..Waits::default() };
    let app = App::with(&config, scratch.store.clone(), waits).await.unwrap();
    fs::remove_dir_all(&folder).unwrap(); // Nobody here asks where the server is.
    let address = app.address();
    actix_rt::spawn(app.server);
    (address, scratch)
}

/// All that is answered to `sent` until the server ends the connection.
async fn answered(address: SocketAddr, sent: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(sent).await.unwrap();
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    timeout(Duration::from_secs(10), read).await.expect("the connection is held").unwrap();
    answer
}

#[actix_rt::test]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let (address, _scratch) = impatient().await;

    let half = answered(address, b"GET /healthz HTTP/1.1\r\nHost: sh").await;
    let nothing = answered(address, b"").await;

    assert!(half.starts_with("HTTP/1.1 408 "), "{half}");
    assert!(nothing.is_empty() || nothing.starts_with("HTTP/1.1 408 "), "{nothing}");
}

#[actix_rt::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let (address, _scratch) = impatient().await;

    let answer = answered(address, LOGIN).await;

    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("\"code\":\"request_timeout\""), "{answer}");
}

#[actix_rt::test]
async fn a_connection_that_nobody_uses_is_ended() {
    let (address, _scratch) = impatient().await;

    let began = Instant::now();
    let answer = answered(address, b"GET /healthz HTTP/1.1\r\nHost: shop\r\n\r\n").await;

    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(began.elapsed() < Waits::default().idle, "it was ended, and not by the default");
}
