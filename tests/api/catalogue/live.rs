//! `product:{id}`: how a product stands, to anybody who looks at it.

use serde_json::{Value, json};

use crate::support::{
    TestShop,
    client::Client,
    purchase::{Variant, euros},
    socket::Socket,
};

/// The topic of the product of a slug.
async fn topic(shop: &TestShop, slug: &str) -> String {
    let product = shop.stranger().get(&format!("/products/{slug}")).await.is(200);
    format!("product:{}", product["id"].as_str().unwrap())
}

async fn set(admin: &Client, variant: &Variant, units: i64) {
    let path = format!("/admin/variants/{}/stock", variant.id);
    admin.post(&path, json!({ "set": units, "reason": "counted" })).await.is(200);
}

/// Follows a topic, and says how it stands.
async fn follow(socket: &mut Socket, topic: &str) -> Value {
    socket.ask("subscribe", json!({ "topic": topic })).await
}

fn stock(state: &Value) -> &Value {
    &state["variants"][0]["stock"]
}

#[actix_rt::test]
async fn whoever_looks_at_a_product_hears_what_others_buy_of_it() {
    let shop = TestShop::start().await;
    let (topic, teapot) = (topic(&shop, "teapot").await, shop.variant("teapot").await);
    let mut socket = shop.stranger().socket().await;

    let answer = follow(&mut socket, &topic).await;
    let buyer = shop.sign_up().await;
    buyer.place(&teapot, 3).await;
    let push = socket.next().await;

    assert_eq!(stock(&answer["snapshot"]), &json!({ "available": 100, "status": "in_stock" }));
    assert_eq!((&push["topic"], &push["type"]), (&json!(topic), &json!("product.changed")));
    assert_eq!(stock(&push["data"]), &json!({ "available": 97, "status": "in_stock" }));
    assert!(push["sequence"].as_i64() > answer["sequence"].as_i64());
    assert_eq!(push["epoch"], answer["epoch"]);
}

#[actix_rt::test]
async fn each_band_is_told_and_an_order_that_expires_gives_its_units_back() {
    let shop = TestShop::with(&[("RIALTO_PAYMENT_TTL", "1s")]).await;
    let (admin, teapot) = (shop.admin().await, shop.variant("teapot").await);
    let mut socket = shop.stranger().socket().await;
    let topic = topic(&shop, "teapot").await;
    follow(&mut socket, &topic).await;

    set(&admin, &teapot, 5).await;
    let low = socket.next().await;
    shop.sign_up().await.place(&teapot, 5).await;
    let out = socket.next().await;
    let back = socket.next().await;

    let told = [&low, &out, &back].map(|push| stock(&push["data"]).clone());
    assert_eq!(told[0], json!({ "available": 5, "status": "low" }));
    assert_eq!(told[1], json!({ "available": 0, "status": "out_of_stock" }));
    assert_eq!(told[2], json!({ "available": 5, "status": "low" }));
    assert_eq!([&low, &out, &back].map(|it| it["data"]["available"].clone()), [true, false, true]);
}

#[actix_rt::test]
async fn many_changes_at_once_are_told_as_they_ended() {
    let shop = TestShop::start().await;
    let (admin, teapot) = (shop.admin().await, shop.variant("teapot").await);
    let mut socket = shop.stranger().socket().await;
    let topic = topic(&shop, "teapot").await;
    follow(&mut socket, &topic).await;

    for units in 1..=40 {
        set(&admin, &teapot, units).await;
    }

    let (mut count, mut last) = (0, 0);
    loop {
        let push = socket.next().await;
        let sequence = push["sequence"].as_i64().unwrap();
        assert!(sequence > last, "{push}");
        (count, last) = (count + 1, sequence);
        if stock(&push["data"])["available"] == 40 {
            break;
        }
    }
    assert!(count < 40, "{count} pushes of 40 changes");
    let again = follow(&mut socket, &topic).await;
    assert_eq!(
        (&again["sequence"], stock(&again["snapshot"])["available"].as_i64()),
        (&json!(last), Some(40))
    );
    assert!(socket.is_silent());
}

#[actix_rt::test]
async fn of_a_state_there_is_nothing_to_resume() {
    let shop = TestShop::start().await;
    let mut socket = shop.stranger().socket().await;
    let topic = topic(&shop, "mug").await;
    let first = follow(&mut socket, &topic).await;
    assert!(first.get("recovered").is_none());

    let since = json!({ "epoch": first["epoch"], "sequence": first["sequence"] });
    let again = socket.ask("subscribe", json!({ "topic": topic, "since": since })).await;

    assert_eq!((&again["recovered"], &again["snapshot"]), (&json!(false), &first["snapshot"]));
}

#[actix_rt::test]
async fn what_is_no_product_cannot_be_followed_and_what_is_left_is_not_told() {
    let shop = TestShop::start().await;
    let mut socket = shop.stranger().socket().await;
    for wrong in ["product:x", "product:019ab1c2-7d3e-7f00-8000-5a1b2c3d4e5f", "product:teapot"] {
        assert_eq!(socket.refused("subscribe", json!({ "topic": wrong })).await, "not_found");
    }
    let (teapot, mug) = (topic(&shop, "teapot").await, topic(&shop, "mug").await);
    follow(&mut socket, &teapot).await;
    follow(&mut socket, &mug).await;
    socket.ask("unsubscribe", json!({ "topic": teapot })).await;
    let admin = shop.admin().await;

    set(&admin, &shop.variant("teapot").await, 1).await;
    set(&admin, &shop.variant("mug").await, 1).await;

    assert_eq!(socket.next().await["topic"], mug);
}

#[actix_rt::test]
async fn a_price_a_rating_and_the_end_of_a_product_are_told() {
    let shop = TestShop::with(&[("RIALTO_COURIER_SPEED", "500000")]).await;
    let (admin, buyer) = (shop.admin().await, shop.sign_up().await);
    let teapot = shop.variant("teapot").await;
    buyer.receive(&teapot).await;
    let mut socket = shop.stranger().socket().await;
    let topic = topic(&shop, "teapot").await;
    let id = topic.trim_start_matches("product:").to_owned();
    follow(&mut socket, &topic).await;

    buyer.post("/products/teapot/reviews", json!({ "rating": 4 })).await.is(201);
    let rated = socket.next().await;
    let dearer = json!({ "price": euros(1_990), "compare_at_price": null });
    admin.patch(&format!("/admin/variants/{}", teapot.id), dearer).await.is(200);
    let priced = socket.next().await;
    admin.post(&format!("/admin/products/{id}/archive"), Value::Null).await.is(200);
    let gone = socket.next().await;

    assert_eq!(rated["data"]["rating"]["histogram"], json!([0, 0, 0, 1, 0]));
    assert_eq!(priced["data"]["price_from"], euros(1_990));
    assert_eq!(priced["data"]["variants"][0]["price"], euros(1_990));
    assert_eq!(gone["type"], "product.removed");
    assert_eq!(gone["data"], json!({ "id": id, "available": false }));
    let sequences = [&rated, &priced, &gone].map(|it| it["sequence"].as_i64().unwrap());
    assert!(sequences.is_sorted_by(|one, other| one < other), "{sequences:?}");
    assert_eq!(socket.refused("subscribe", json!({ "topic": topic })).await, "not_found");
}
