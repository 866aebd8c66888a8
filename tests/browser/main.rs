//! Pages as a browser shows them: headless Chromium, and nothing but the program to load from.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, which is what it is for"
)]

use std::{env, process::Command};

mod admin;
mod link;
mod live;
mod proxy;
mod storefront;
#[path = "../api/support.rs"]
mod support;
mod window;

use support::{TestShop, server::Folder};

/// How long a page may take until it is looked at, in milliseconds; a page that is done sooner is
/// not waited for.
const PAGE_MS: u32 = 20_000;

/// A headless browser that can reach no other host.
fn chromium(profile: &Folder) -> Command {
    let chromium = env::var("TEST_CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
    let mut command = Command::new(chromium);
    command
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        .args(["--no-first-run", "--disable-background-networking", "--disable-extensions"])
        .arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
        .arg(format!("--user-data-dir={}", profile.path().display()));
    command
}

/// The page at `url` after its scripts have run, as HTML.
fn page(url: &str) -> String {
    let profile = Folder::make("chromium");
    let output = chromium(&profile)
        .arg(format!("--virtual-time-budget={PAGE_MS}"))
        .args(["--dump-dom", url])
        .output()
        .unwrap_or_else(|err| panic!("chromium: {err}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[actix_rt::test]
async fn the_docs_show_every_operation_without_another_host() {
    let shop = TestShop::start().await;
    let document = shop.stranger().get("/api/openapi.json").await.is(200);

    let shown = page(&format!("http://{}/api/docs", shop.address()));

    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let tag = operation["tags"][0].as_str().unwrap();
            let name = operation["operationId"].as_str().unwrap();
            let id = format!("id=\"operations-{tag}-{name}\"");
            assert!(shown.contains(&id), "{method} {path} is not shown:\n{shown:.4000}");
        }
    }
    assert!(shown.contains("Rialto"));
}
