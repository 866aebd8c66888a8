//! Addresses that users keep: the rules of their countries, their one default, and what orders
//! make of them.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    TestShop,
    client::{Answer, Client},
    each, key,
    purchase::{address, checkout},
};

async fn save(client: &Client, name: &str) -> Value {
    let mut body = address();
    body["name"] = json!(name);
    client.post("/me/addresses", body).await.is(201)
}

fn place(saved: &Value) -> String {
    format!("/me/addresses/{}", saved["id"].as_str().unwrap())
}

/// All of them, the newest first.
async fn kept(client: &Client) -> Vec<Value> {
    let page = client.get("/me/addresses?limit=100").await.is(200);
    assert!(page["next_cursor"].is_null(), "they do not fit a page");
    page["items"].as_array().unwrap().clone()
}

/// The names of those that are the default.
async fn defaults(client: &Client) -> Vec<String> {
    let all = kept(client).await.into_iter().filter(|it| it["is_default"] == true);
    all.map(|it| it["name"].as_str().unwrap().to_owned()).collect()
}

async fn make_default(client: &Client, saved: &Value) {
    client.patch(&place(saved), json!({ "is_default": true })).await.is(200);
}

fn at(id: &Value) -> Value {
    let mut body = checkout();
    body.as_object_mut().unwrap().remove("address");
    body["address_id"] = id.clone();
    body
}

#[actix_rt::test]
async fn an_address_is_kept_changed_and_forgotten() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;

    let saved = save(&buyer, "Ada").await;
    let read = buyer.get(&place(&saved)).await.is(200);
    let edit = json!({ "city": "Bonn", "postal_code": "53225", "line2": "Hinterhof" });
    let changed = buyer.patch(&place(&saved), edit).await.is(200);
    let emptied = buyer.patch(&place(&saved), json!({ "line2": null })).await.is(200);
    buyer.delete(&place(&saved)).await.is(204);

    assert_eq!(read, saved);
    assert_eq!((&saved["line2"], &saved["is_default"]), (&Value::Null, &json!(true)));
    assert_eq!((&changed["city"], &changed["line2"]), (&json!("Bonn"), &json!("Hinterhof")));
    assert_eq!((&changed["name"], &changed["id"]), (&json!("Ada"), &saved["id"]));
    assert_eq!((&emptied["line2"], &emptied["city"]), (&Value::Null, &json!("Bonn")));
    buyer.get(&place(&saved)).await.refused(404, "not_found");
    buyer.delete(&place(&saved)).await.refused(404, "not_found");
    assert_eq!(kept(&buyer).await, Vec::<Value>::new());
}

#[actix_rt::test]
async fn an_address_is_held_to_the_rules_of_its_country() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let with = |fields: Value| {
        let mut body = address();
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        body
    };
    let refusals = [
        (json!({ "postal_code": "1096" }), vec!["postal_code"]),
        (json!({ "postal_code": null }), vec!["postal_code"]),
        (json!({ "country": "US", "postal_code": "9501" }), vec!["region", "postal_code"]),
        (json!({ "country": "XX" }), vec!["country"]),
        (json!({ "name": " ", "phone": "030 12345" }), vec!["name", "phone"]),
        (json!({ "city": 7 }), vec!["city"]),
        (json!({ "street": "Lindenstr." }), vec!["street"]),
    ];

    for (fields, named) in refusals {
        buyer.post("/me/addresses", with(fields)).await.invalid(&named);
    }
    let ottawa = json!({ "country": "CA", "region": "ON", "postal_code": "k1a0b1" });
    let saved = buyer.post("/me/addresses", with(ottawa)).await.is(201);
    let hong_kong = json!({ "country": "HK", "region": "Kowloon", "postal_code": null });
    buyer.post("/me/addresses", with(hong_kong)).await.is(201);

    assert_eq!(saved["postal_code"], "K1A 0B1");
    let moved = buyer.patch(&place(&saved), json!({ "country": "DE" })).await;
    moved.invalid(&["postal_code"]);
    buyer.patch(&place(&saved), json!({ "street": "x" })).await.invalid(&["street"]);
    assert_eq!(buyer.get(&place(&saved)).await.is(200), saved);
}

#[actix_rt::test]
async fn the_address_of_another_is_not_there() {
    let shop = TestShop::start().await;
    let (owner, other, guest) = (shop.sign_up().await, shop.sign_up().await, shop.guest().await);
    let saved = save(&owner, "Ada").await;
    let teapot = shop.variant("teapot").await;
    other.add(&teapot, 1).await;
    guest.add(&teapot, 1).await;
    let quote = json!({ "address_id": saved["id"] });
    let mut as_guest = at(&saved["id"]);
    as_guest["email"] = json!("guest@example.com");

    other.get(&place(&saved)).await.refused(404, "not_found");
    other.patch(&place(&saved), json!({ "city": "Bonn" })).await.refused(404, "not_found");
    other.delete(&place(&saved)).await.refused(404, "not_found");
    other.once(&key()).post("/checkout", at(&saved["id"])).await.refused(404, "not_found");
    other.post("/delivery/quotes", quote.clone()).await.refused(404, "not_found");
    guest.post("/delivery/quotes", quote).await.refused(404, "not_found");
    guest.once(&key()).post("/checkout", as_guest).await.refused(404, "not_found");

    assert_eq!(kept(&other).await, Vec::<Value>::new());
    assert_eq!(kept(&owner).await, [saved]);
}

#[actix_rt::test]
async fn one_address_is_the_default_whatever_is_done() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let first = save(&buyer, "first").await;
    let second = save(&buyer, "second").await;
    save(&buyer, "third").await;
    assert_eq!(defaults(&buyer).await, ["first"]);

    make_default(&buyer, &second).await;
    assert_eq!(defaults(&buyer).await, ["second"]);

    let none = buyer.patch(&place(&second), json!({ "is_default": false })).await;
    none.refused(409, "default_address_needed");
    buyer.delete(&place(&first)).await.is(204);
    assert_eq!(defaults(&buyer).await, ["second"]);

    buyer.delete(&place(&second)).await.is(204);
    assert_eq!(defaults(&buyer).await, ["third"]);

    let mut fourth = address();
    fourth["name"] = json!("fourth");
    fourth["is_default"] = json!(true);
    buyer.post("/me/addresses", fourth).await.is(201);
    assert_eq!(defaults(&buyer).await, ["fourth"]);
}

#[actix_rt::test]
async fn of_ten_that_are_made_the_default_at_once_one_is() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let mut all = Vec::new();
    for number in 0..10 {
        all.push(save(&buyer, &number.to_string()).await);
    }

    join_all(all.iter().map(|saved| make_default(&buyer, saved))).await;

    assert_eq!(defaults(&buyer).await.len(), 1);
}

#[actix_rt::test]
async fn of_sixty_that_are_saved_at_once_fifty_are_kept() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;

    let answers: Vec<Answer> =
        join_all((0..60).map(|_| buyer.post("/me/addresses", address()))).await;

    let (kept_ones, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!((kept_ones.len(), refused.len()), (50, 10));
    for answer in refused {
        answer.refused(409, "too_many_addresses");
    }
    assert_eq!((kept(&buyer).await.len(), defaults(&buyer).await.len()), (50, 1));
}

#[actix_rt::test]
async fn an_order_keeps_the_address_that_it_was_placed_with() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let saved = save(&buyer, "Ada").await;
    let teapot = shop.variant("teapot").await;
    buyer.add(&teapot, 1).await;
    let once = buyer.once(&key());

    let placed = once.post("/checkout", at(&saved["id"])).await;
    buyer.patch(&place(&saved), json!({ "city": "Bonn" })).await.is(200);
    let after_a_change = once.post("/checkout", at(&saved["id"])).await;
    buyer.delete(&place(&saved)).await.is(204);
    let after_it_was_forgotten = once.post("/checkout", at(&saved["id"])).await;
    let of_another_key = buyer.once(&key()).post("/checkout", at(&saved["id"])).await;

    assert_eq!(placed.status, 201, "{}", placed.text);
    for repeated in [after_a_change, after_it_was_forgotten] {
        assert!(repeated.is_replayed());
        assert_eq!((repeated.status, repeated.text), (201, placed.text.clone()));
    }
    of_another_key.refused(404, "not_found");
    let order = buyer.order(&placed.body["order"]).await;
    assert_eq!(
        (&order["address"]["city"], &order["address"]["name"]),
        (&json!("Berlin"), &json!("Ada"))
    );
    assert!(order["address"].get("is_default").is_none());
}

#[actix_rt::test]
async fn an_address_is_named_or_sent_but_not_both() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    let saved = save(&buyer, "Ada").await;
    buyer.add(&shop.variant("teapot").await, 1).await;
    let mut both = checkout();
    both["address_id"] = saved["id"].clone();
    let quote = |address_id: Value| json!({ "address_id": address_id });

    buyer.once(&key()).post("/checkout", both).await.invalid(&["address_id"]);
    buyer.once(&key()).post("/checkout", at(&Value::Null)).await.invalid(&["address"]);
    buyer.once(&key()).post("/checkout", at(&json!("mine"))).await.refused(404, "not_found");
    buyer.post("/delivery/quotes", quote(json!(Uuid::now_v7()))).await.refused(404, "not_found");
    let quotes = buyer.post("/delivery/quotes", quote(saved["id"].clone())).await.is(200);
    let sent = buyer.post("/delivery/quotes", json!({ "address": address() })).await.is(200);

    let prices = |body: &Value| json!(each(body["quotes"].as_array().unwrap(), "price"));
    assert_eq!(prices(&quotes), prices(&sent));
}

#[actix_rt::test]
async fn addresses_are_listed_in_pages_the_newest_first() {
    let shop = TestShop::start().await;
    let buyer = shop.sign_up().await;
    for name in ["first", "second", "third"] {
        save(&buyer, name).await;
    }

    let page = buyer.get("/me/addresses?limit=2").await.is(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = buyer.get(&format!("/me/addresses?limit=2&cursor={cursor}")).await.is(200);

    assert_eq!(each(page["items"].as_array().unwrap(), "name"), ["third", "second"]);
    assert_eq!(each(rest["items"].as_array().unwrap(), "name"), ["first"]);
    assert!(rest["next_cursor"].is_null());
}
