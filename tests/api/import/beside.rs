//! `rialto import` beside a server.

use serde_json::json;

use crate::support::{TestShop, purchase::euros, soon};

/// The command is a process of its own: on SQLite the server hears of what it has done by the feed.
#[actix_rt::test]
async fn what_the_command_takes_in_beside_the_server_is_shown() {
    let shop = TestShop::start().await;
    let stranger = shop.stranger();
    let topic = stranger.get("/products/teapot").await.is(200)["id"].as_str().unwrap().to_owned();
    let mut socket = stranger.socket().await;
    socket.ask("subscribe", json!({ "topic": format!("product:{topic}") })).await;
    let file = shop.folder().join("more.csv");
    let lines = "Handle,Title,Type,Variant SKU,Variant Inventory Qty,Variant Price\n\
                 kettle,Kettle,Kitchen,KETTLE,4,25.00\nteapot,Teapot,Kitchen,TEAPOT,7,13.00\n";
    std::fs::write(&file, lines).unwrap();

    let done = shop.rialto(&["import", file.to_str().unwrap()]);

    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let push = socket.next().await;
    assert_eq!(push["data"]["price_from"], euros(1_300));
    let found = soon("the kettle", async {
        loop {
            let found = stranger.get("/products?q=kettle").await.is(200);
            if found["total"] == 1 {
                return found;
            }
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(found.await["items"][0]["variants"][0]["stock"]["available"], 4);
}
