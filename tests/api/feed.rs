//! `admin:feed` in a flood: what is left out is said, what matters is told, and nobody waits.

use serde_json::{Value, json};

use crate::support::{
    PASSWORD, TestShop, each, gapless, limit::login, purchase::topic, socket::Socket,
};

/// Events of one flood: as many as happen in a second of a very busy shop.
const FLOOD: usize = 5_000;

/// Has events happen that concern nobody, all at once.
fn flood(shop: &TestShop) {
    let rows = |place: &str, id: &str| {
        format!(
            "INSERT INTO events (id, kind, at, data, place) SELECT {id}, 'review.saved', \
             '2026-11-21 08:37:00', '{{}}', {place}"
        )
    };
    let (last, id) = ("(SELECT MAX(place) FROM events)", "'00000000-0000-7000-8000-'");
    let sqlite = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {FLOOD}), \
         head(place) AS (SELECT MAX(place) FROM events) {} FROM n, head",
        rows("head.place + i", &format!("{id} || printf('%012d', head.place + i)"))
    );
    // As the program itself takes the heads of the feed.
    let postgres = format!(
        "BEGIN; SELECT pg_advisory_xact_lock(7425100001); {} FROM generate_series(1, {FLOOD}) AS i; \
         COMMIT",
        rows(&format!("{last} + i"), &format!("({id} || lpad(({last} + i)::text, 12, '0'))"))
    );
    shop.sql_of(&sqlite, &postgres);
}

fn head(shop: &TestShop) -> i64 {
    let head = "SELECT CAST(MAX(place) AS TEXT) AS found FROM events";
    shop.found(head)[0].parse().unwrap()
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

/// All pushes up to place `to`, of which each begins where the one before ended.
async fn until(socket: &mut Socket, mut place: i64, to: i64) -> Vec<Value> {
    let mut seen = Vec::new();
    while place < to {
        let push = socket.next().await;
        let (first, last) = match push["type"].as_str() {
            Some("feed.sampled") => (&push["data"]["from"], &push["data"]["to"]),
            _ => (&push["sequence"], &push["sequence"]),
        };
        assert_eq!(number(first), place + 1, "a gap of which nobody was told: {push}");
        assert_eq!(&push["sequence"], last);
        place = number(last);
        seen.push(push);
    }
    seen
}

#[actix_rt::test]
async fn of_five_thousand_events_at_once_some_are_told_and_the_rest_is_said_to_be_left_out() {
    let shop = TestShop::start().await;
    let (buyer, admin) = (shop.sign_up().await, shop.admin().await);
    let teapot = shop.variant("teapot").await;
    let mut all = admin.socket().await;
    let began = all.ask("subscribe", json!({ "topic": "admin:feed" })).await;
    let mut paid = admin.socket().await;
    let filter = json!({ "types": ["order.paid"] });
    let mut body = json!({ "topic": "admin:feed", "filter": filter });
    assert_eq!(paid.ask("subscribe", body.clone()).await["ok"], true);
    body["filter"] = json!({ "types": ["review.saved"] });
    let mut reviews = admin.socket().await;
    assert_eq!(reviews.ask("subscribe", body).await["ok"], true);

    let mut orders = Vec::new();
    // Two of each type are told in a fifth of a second, and all of this may take no longer.
    for _ in 0..2 {
        flood(&shop);
        let order = buyer.place(&teapot, 1).await;
        let mut own = buyer.follow(&topic(&order)).await;
        buyer.pay(&order, "tok_success").await.is(200);
        // Of an order everything is told, whatever else happens.
        assert_eq!(each(&own.take(5).await, "sequence"), gapless(5));
        orders.push(order);
    }
    flood(&shop);

    let pushes = until(&mut all, number(&began["sequence"]), head(&shop)).await;
    let (runs, told): (Vec<&Value>, Vec<&Value>) =
        pushes.iter().partition(|push| push["type"] == "feed.sampled");
    // 1,000 of each flood and 500 in a second, however long the floods take on a slow machine.
    assert!(told.len() < 2 * FLOOD, "{} were told", told.len());
    assert!(runs.len() <= told.len() + 100, "{} runs", runs.len());
    let mut skipped = 0;
    for run in &runs {
        let data = &run["data"];
        assert_eq!(data["skipped"], number(&data["to"]) - number(&data["from"]) + 1, "{run}");
        skipped += number(&data["skipped"]);
    }
    assert!(skipped > i64::try_from(FLOOD).unwrap(), "{skipped} were left out");
    // Notices of the orders come a moment later, and may be left out too.
    assert!(shop.figure("rialto_feed_events_left_out_total").await >= skipped);

    // What is rare is told in the flood too, and a filter says what it did not tell.
    let heard = paid.take(2).await;
    let ids: Vec<&Value> = heard.iter().map(|push| &push["data"]["order_id"]).collect();
    assert_eq!(ids, each(&orders, "id"));
    assert_eq!(heard[1]["previous"], heard[0]["sequence"]);
    let (mut counted, mut previous) = (0, None);
    while counted < 3 * i64::try_from(FLOOD).unwrap() {
        let push = reviews.next().await;
        let is_run = push["type"] == "feed.sampled";
        counted += if is_run { number(&push["data"]["skipped"]) } else { 1 };
        assert!(previous.is_none_or(|it| it <= number(&push["previous"])), "{push}");
        previous = Some(number(&push["previous"]));
    }
    assert_eq!(counted, 3 * i64::try_from(FLOOD).unwrap());

    // Whoever wants what was left out asks for it.
    let run = &runs.last().unwrap()["data"];
    let since = json!({ "epoch": began["epoch"], "sequence": number(&run["from"]) - 1 });
    let mut again = admin.socket().await;
    let body = json!({ "topic": "admin:feed", "since": since });
    assert_eq!(again.ask("subscribe", body).await["recovered"], true);
    let missed = usize::try_from(number(&run["skipped"])).unwrap();
    let due = (number(&run["from"])..).take(missed).map(Value::from).collect::<Vec<_>>();
    assert_eq!(each(&again.take(missed).await, "sequence"), due.iter().collect::<Vec<_>>());
}

#[actix_rt::test]
async fn what_admins_do_and_who_logs_in_is_told_in_ids_and_words() {
    let shop = TestShop::start().await;
    let (admin, ada) = (shop.admin().await, shop.sign_up_as("ada@example.com", "Ada").await);
    let mut feed = admin.follow("admin:feed").await;
    let at = |what: &str| format!("/admin/users/{}/{what}", ada.user_id());

    let session = shop.stranger().post("/auth/login", login("ada@example.com", PASSWORD)).await;
    let session = shop.stranger().signed_in(session.is(200));
    admin.post(&at("suspend"), Value::Null).await.is(200);
    admin.post(&at("suspend"), Value::Null).await.is(200);
    admin.post(&at("unsuspend"), Value::Null).await.is(200);
    admin.put(&at("role"), json!({ "role": "courier" })).await.is(200);
    let coupon = json!({ "code": "SPRING", "kind": "percentage", "value": 10 });
    let coupon = admin.post("/admin/promotions", coupon).await.is(201);
    let promotion = format!("/admin/promotions/{}", coupon["id"].as_str().unwrap());
    let more = json!({ "code": "SPRING", "kind": "percentage", "value": 20 });
    admin.put(&promotion, more).await.is(200);
    let zones = admin.get("/admin/tariff").await.is(200)["zones"].clone();
    admin.put("/admin/tariff", json!({ "zones": zones })).await.is(200);

    let heard = feed.until("tariff.changed").await;
    let opened = heard.iter().rposition(|push| push["type"] == "session.opened").unwrap();
    let told: Vec<&Value> = heard[opened..]
        .iter()
        .filter(|push| {
            let kind = push["type"].as_str().unwrap();
            kind != "session.revoked" && !kind.starts_with("notification.")
        })
        .collect();
    let kinds: Vec<&str> = told.iter().map(|push| push["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "session.opened",
            "user.suspended",
            "user.unsuspended",
            "user.role_changed",
            "promotion.created",
            "promotion.changed",
            "tariff.changed"
        ]
    );
    for push in &told[..4] {
        assert_eq!(push["data"]["user_id"], ada.user_id());
    }
    assert!(told[0]["data"]["session_id"].is_string() && session.session["user"].is_object());
    assert_eq!(told[3]["data"]["role"], "courier");
    assert_eq!(told[5]["data"], json!({ "promotion_id": coupon["id"], "version": 2 }));
    let text = Value::from(heard).to_string();
    for personal in ["ada@example.com", "Ada", "127.0.0.1"] {
        assert!(!text.contains(personal), "{personal}");
    }
}
