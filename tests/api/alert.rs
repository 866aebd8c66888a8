//! Who waits for something to be in stock again is told once, by the ways that they have chosen.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    PASSWORD, TestShop,
    client::Client,
    limit::ON,
    mail::{self, until},
    purchase::Variant,
};

/// Where one asks to be told.
fn alerts(variant: &Variant) -> String {
    format!("/variants/{}/stock-alerts", variant.id)
}

/// Has whoever asks wait for a variant.
async fn wait(client: &Client, variant: &Variant) {
    let asked = client.post(&alerts(variant), Value::Null).await.is(201);
    assert_eq!(asked, json!({ "variant_id": variant.id }));
}

/// The teapot, of which there is none left.
async fn sold_out(shop: &TestShop) -> Variant {
    let teapot = shop.variant("teapot").await;
    shop.stock(&teapot, 0).await;
    teapot
}

/// How many letters that something is back were ever queued.
fn letters(shop: &TestShop) -> usize {
    shop.found("SELECT id AS found FROM mails WHERE letter LIKE '%back_in_stock%'").len()
}

/// How many wait for something.
fn waiting(shop: &TestShop) -> usize {
    shop.found("SELECT id AS found FROM stock_alerts WHERE told_at IS NULL").len()
}

/// Once nobody waits any more, and each was told.
async fn all_told(shop: &TestShop) {
    until("the last one to be told", || (waiting(shop) == 0).then_some(())).await;
}

/// The notices of somebody that something is back.
async fn told(client: &Client) -> Vec<Value> {
    let inbox = client.get("/me/notifications?limit=100").await.is(200);
    let mut items = inbox["items"].as_array().unwrap().clone();
    items.retain(|it| it["type"] == "variant.back_in_stock");
    items
}

#[actix_rt::test]
async fn who_waits_is_told_once_in_the_inbox_live_and_by_mail() {
    let shop = TestShop::start().await;
    let (ada, eve) = (shop.sign_up_as("ada@example.com", "Ada").await, shop.sign_up().await);
    let teapot = sold_out(&shop).await;
    let mut phone = ada.follow("me").await;
    join_all((0..5).map(|_| wait(&ada, &teapot))).await;
    assert_eq!(waiting(&shop), 1);

    shop.stock(&teapot, 3).await;

    let push = phone.until("notification.created").await.pop().unwrap();
    assert_eq!(push["data"]["notification_type"], "variant.back_in_stock");
    assert_eq!(push["data"]["unread_count"], 1);
    let letter = mail::saying(&shop.folder().join("mail"), "ada@example.com", "/p/teapot").await;
    assert!(letter.part("text/plain").contains("You are told once"), "{}", letter.text);
    assert!(letter.part("text/html").contains("/p/teapot\""), "{}", letter.text);
    let notices = told(&ada).await;
    let data = &notices[0]["data"];
    assert_eq!((&data["variant_id"], &data["slug"]), (&json!(teapot.id), &json!("teapot")));
    let name = data["name"].as_str().unwrap();
    assert_eq!(notices[0]["title"], format!("{name} is back in stock"));
    assert_eq!(data["product_id"], teapot.product);

    // That it goes and comes again is told to those alone who have asked again.
    shop.stock(&teapot, 0).await;
    wait(&eve, &teapot).await;
    shop.stock(&teapot, 1).await;
    all_told(&shop).await;
    assert_eq!((told(&ada).await.len(), told(&eve).await.len(), letters(&shop)), (1, 1, 2));
    shop.stock(&teapot, 0).await;
    wait(&ada, &teapot).await;
    shop.stock(&teapot, 1).await;
    all_told(&shop).await;
    assert_eq!((told(&ada).await.len(), told(&eve).await.len(), letters(&shop)), (2, 1, 3));
}

#[actix_rt::test]
async fn a_guest_is_told_by_one_letter_in_their_language() {
    let shop = TestShop::start().await;
    let teapot = sold_out(&shop).await;
    let german = shop.stranger().with("Accept-Language", "de-AT, en;q=0.5");
    let body = json!({ "email": " Gast@Example.com" });

    let first = german.post(&alerts(&teapot), body.clone()).await.is(201);
    let again = shop.guest().await.post(&alerts(&teapot), body).await.is(201);
    shop.stock(&teapot, 2).await;

    assert_eq!(first, again);
    let folder = shop.folder().join("mail");
    let letter = mail::saying(&folder, "gast@example.com", "/p/teapot").await;
    assert!(letter.part("text/html").contains("<html lang=\"de\">"), "{}", letter.text);
    assert!(letter.text.contains("einer Bitte um Nachricht"), "{}", letter.text);
    all_told(&shop).await;
    shop.stock(&teapot, 0).await;
    shop.stock(&teapot, 2).await;
    // Whoever is told later knows that the one before was.
    let eve = shop.sign_up().await;
    shop.stock(&teapot, 0).await;
    wait(&eve, &teapot).await;
    shop.stock(&teapot, 2).await;
    all_told(&shop).await;
    assert_eq!((letters(&shop), told(&eve).await.len()), (2, 1));
    assert_eq!(mail::to(&folder, "gast@example.com").len(), 1);
    assert!(!shop.log().contains("gast@"), "the log names somebody");
}

#[actix_rt::test]
async fn each_is_told_by_the_channels_that_they_have_chosen() {
    let shop = TestShop::start().await;
    let teapot = sold_out(&shop).await;
    let mut people = Vec::new();
    for channels in [json!(["in_app"]), json!(["email"]), json!([])] {
        let person = shop.sign_up().await;
        let chosen = json!({ "notifications": { "stock": channels } });
        person.put("/me/settings", chosen).await.is(200);
        wait(&person, &teapot).await;
        people.push(person);
    }

    shop.stock(&teapot, 1).await;
    all_told(&shop).await;

    let mut notices = Vec::new();
    for person in &people {
        notices.push(told(person).await.len());
    }
    assert_eq!(notices, [1, 0, 0]);
    let to = shop.found("SELECT user_id AS found FROM mails WHERE letter LIKE '%back_in_stock%'");
    assert_eq!(to, [people[1].user_id()]);
}

#[actix_rt::test]
async fn what_a_cancelled_order_and_a_released_hold_give_back_is_told() {
    let shop = TestShop::with(&[("RIALTO_COURIER", "manual")]).await;
    let (ada, eve, buyer) = (shop.sign_up().await, shop.sign_up().await, shop.sign_up().await);
    let teapot = shop.variant("teapot").await;
    shop.stock(&teapot, 2).await;

    let order = buyer.place(&teapot, 2).await;
    wait(&ada, &teapot).await;
    let cancel = format!("/orders/{}/cancel", order["id"].as_str().unwrap());
    buyer.post(&cancel, Value::Null).await.is(200);
    all_told(&shop).await;
    buyer.add(&teapot, 2).await;
    buyer.hold().await;
    wait(&eve, &teapot).await;
    buyer.delete("/cart/hold").await.is(200);
    all_told(&shop).await;

    assert_eq!((told(&ada).await.len(), told(&eve).await.len()), (1, 1));
}

#[actix_rt::test]
async fn what_is_published_again_with_stock_is_told() {
    let shop = TestShop::start().await;
    let (ada, admin) = (shop.sign_up().await, shop.admin().await);
    let teapot = sold_out(&shop).await;
    wait(&ada, &teapot).await;
    let product = |what: &str| format!("/admin/products/{}/{what}", teapot.product);

    admin.post(&product("unpublish"), Value::Null).await.is(200);
    ada.post(&alerts(&teapot), Value::Null).await.refused(404, "not_found");
    shop.stock(&teapot, 5).await;
    let shirt = shop.variant("shirt").await;
    shop.stock(&shirt, 0).await;
    wait(&ada, &shirt).await;
    shop.stock(&shirt, 1).await;
    until("the shirt", || (waiting(&shop) == 1).then_some(())).await;
    admin.post(&product("publish"), Value::Null).await.is(200);
    all_told(&shop).await;

    let notices = told(&ada).await;
    let slugs: Vec<&Value> = notices.iter().map(|it| &it["data"]["slug"]).collect();
    assert_eq!(slugs, ["teapot", "shirt"], "the newest first");
}

#[actix_rt::test]
async fn what_cannot_be_waited_for_is_refused_and_changes_nothing() {
    let shop = TestShop::start().await;
    let (ada, guest) = (shop.sign_up().await, shop.stranger());
    let (teapot, shirt) = (sold_out(&shop).await, shop.variant("shirt").await);
    let unknown = Variant { id: Uuid::now_v7().to_string(), ..teapot.clone() };
    let ask = async |body: Value| guest.post(&alerts(&teapot), body).await;

    let there = ada.post(&alerts(&shirt), Value::Null).await;
    assert_eq!(there.refused(409, "in_stock")["available"], shop.available(&shirt).await);
    ada.post(&alerts(&unknown), Value::Null).await.refused(404, "not_found");
    ada.post("/variants/nonsense/stock-alerts", Value::Null).await.refused(404, "not_found");
    guest
        .post(&alerts(&unknown), json!({ "email": "a@b.example" }))
        .await
        .refused(404, "not_found");
    for wrong in [Value::Null, json!({}), json!({ "email": null }), json!({ "email": "nobody" })] {
        ask(wrong).await.invalid(&["email"]);
    }
    ask(json!({ "email": "a@b.example\r\nBcc: c@d.example" })).await.invalid(&["email"]);
    ask(json!({ "email": "a@b.example", "sms": true })).await.invalid(&["sms"]);

    assert_eq!(waiting(&shop), 0);
}

/// Has somebody told of a variant as often within the day.
fn tell(shop: &TestShop, count: usize, variant: &str, user: &str, email: &str, language: &str) {
    let row = |_| {
        let (id, asked, told) = (Uuid::now_v7(), "2026-11-01 00:00:00", "2099-01-01 00:00:00");
        format!("('{id}', '{variant}', {user}, {email}, {language}, '{asked}', '{told}')")
    };
    let rows: Vec<String> = (0..count).map(row).collect();
    shop.sql(&format!("INSERT INTO stock_alerts VALUES {}", rows.join(", "))).unwrap();
}

#[actix_rt::test]
async fn nobody_waits_for_more_than_twenty_nor_is_a_mailbox_filled() {
    let shop = TestShop::start().await;
    let ada = shop.sign_up().await;
    let ids = shop.found(
        "SELECT v.id AS found FROM variants v JOIN products p ON p.id = v.product_id \
         WHERE p.status = 'published' ORDER BY v.id",
    );
    let paths: Vec<String> = ids.iter().map(|id| format!("/variants/{id}/stock-alerts")).collect();
    shop.sql("UPDATE stock SET on_hand = reserved").unwrap();
    // Those of whom it was told within the day count too.
    tell(&shop, 15, &ids[0], &format!("'{}'", ada.user_id()), "NULL", "NULL");
    tell(&shop, 15, &ids[0], "NULL", "'eve@example.com'", "'en'");
    let guest = async |path: &String| {
        shop.stranger().post(path, json!({ "email": "eve@example.com" })).await
    };

    let of_user = join_all(paths.iter().map(|path| ada.post(path, Value::Null))).await;
    let of_guest = join_all(paths.iter().map(&guest)).await;

    for all in [&of_user, &of_guest] {
        assert_eq!(all.iter().filter(|it| it.status == 201).count(), 5);
        all.iter().filter(|it| it.status != 201).for_each(|it| {
            it.refused(409, "too_many_stock_alerts");
        });
    }
    // To wait for the same again is no more.
    let first = of_guest.iter().position(|it| it.status == 201).unwrap();
    let refused = of_guest.iter().position(|it| it.status != 201).unwrap();
    guest(&paths[first]).await.is(201);
    guest(&paths[refused]).await.refused(409, "too_many_stock_alerts");
    shop.sql("UPDATE stock_alerts SET told_at = '2026-01-01 00:00:00' WHERE told_at IS NOT NULL")
        .unwrap();
    guest(&paths[refused]).await.is(201);
}

#[actix_rt::test]
async fn a_network_gives_thirty_addresses_an_hour() {
    let shop = TestShop::with(&[ON]).await;
    let teapot = sold_out(&shop).await;
    let ask = async |number: usize| {
        let body = json!({ "email": format!("guest{number}@example.com") });
        shop.stranger().post(&alerts(&teapot), body).await
    };

    for number in 0..30 {
        ask(number).await.is(201);
    }

    let refused = ask(30).await;
    refused.refused(429, "too_many_requests");
    assert!(refused.header("Retry-After").is_some());
    assert_eq!(waiting(&shop), 30);
    wait(&shop.sign_up().await, &teapot).await;
}

#[actix_rt::test]
async fn power_cuts_lose_nobody_and_what_is_read_again_is_told_to_nobody_again() {
    let mut shop = TestShop::start().await;
    let (teapot, mut people) = (sold_out(&shop).await, Vec::new());
    for _ in 0..8 {
        people.push(shop.sign_up().await);
    }
    for round in 0..3 {
        join_all(people.iter().map(|person| wait(person, &teapot))).await;
        shop.stock(&teapot, 1).await;
        // What was put on the shelf a moment ago is not told yet.
        shop.kill();
        if round == 2 {
            shop.sql("UPDATE cursors SET place = 0 WHERE consumer = 'stock_alerts'").unwrap();
        }
        shop.start_again().await;
        all_told(&shop).await;
        shop.stock(&teapot, 0).await;
    }
    // Behind it, all that was read again has been.
    wait(&people[0], &teapot).await;
    shop.stock(&teapot, 1).await;
    all_told(&shop).await;

    let mut notices = Vec::new();
    for person in &people {
        notices.push(told(person).await.len());
    }
    assert_eq!((notices, letters(&shop)), (vec![4, 3, 3, 3, 3, 3, 3, 3], 25));
}

#[actix_rt::test]
async fn who_has_deleted_the_account_waits_no_more() {
    let shop = TestShop::start().await;
    let (ada, eve) = (shop.sign_up().await, shop.sign_up().await);
    let teapot = sold_out(&shop).await;
    wait(&ada, &teapot).await;
    wait(&eve, &teapot).await;

    ada.delete("/me").await.is(204);

    assert_eq!(waiting(&shop), 1);
    shop.stock(&teapot, 1).await;
    all_told(&shop).await;
    assert_eq!((told(&eve).await.len(), letters(&shop)), (1, 1));
}

#[actix_rt::test]
async fn however_much_comes_back_the_owner_is_warned_of_a_new_device() {
    let shop = TestShop::start().await;
    let ada = shop.sign_up_as("ada@example.com", "Ada").await;
    let row = |_| {
        let (id, user, at) = (Uuid::now_v7(), ada.user_id(), "2099-01-01 00:00:00");
        let letter = r#"{"about":"back_in_stock","back":{}}"#;
        format!(
            "('{id}', '{user}', 'ada@example.com', 'Ada', 'en', '{letter}', 'sent', 1, NULL, NULL, \
             '{at}', '{at}', NULL)"
        )
    };
    let rows: Vec<String> = (0..12).map(row).collect();
    shop.sql(&format!("INSERT INTO mails VALUES {}", rows.join(", "))).unwrap();

    let login = json!({ "email": "ada@example.com", "password": PASSWORD });
    shop.stranger().with("User-Agent", "Phone/1").post("/auth/login", login).await.is(200);

    mail::saying(&shop.folder().join("mail"), "ada@example.com", "Phone").await;
}
