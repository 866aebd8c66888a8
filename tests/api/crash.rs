//! A power cut in the middle of five hundred checkouts: what was promised is there, nothing is
//! half done, and whoever asks again with the same key gets one order.

use std::{cell::Cell, collections::BTreeSet};

use awc::http::Method;
use futures_util::future::join_all;
use serde_json::Value;
use tokio::sync::Notify;

use crate::support::{
    TestShop,
    client::{Answer, Client},
    each, gapless, key,
    purchase::{Variant, checkout},
};

const BUYERS: usize = 20;
const CHECKOUTS: usize = 500;
/// After how many answers the power goes.
const ENOUGH: usize = 180;
const CANDLES: i64 = 2000;

/// A buyer, and what they know by the time that the power goes.
struct Diary {
    buyer: Client,
    /// Orders that were promised.
    promised: Vec<Value>,
    /// The key of a checkout that got no answer.
    open: Option<String>,
}

impl Diary {
    fn new(buyer: Client) -> Self {
        Diary { buyer, promised: Vec::new(), open: None }
    }

    /// Buys one candle after the other, and pays for each third, until nobody answers.
    async fn shop(&mut self, candle: &Variant, count: &Cell<usize>, enough: &Notify) {
        let add = format!(r#"{{"variant_id":"{}","quantity":1}}"#, candle.id);
        for at in 0..CHECKOUTS / BUYERS {
            if post(&self.buyer, "/cart/items", &add).await.is_none() {
                return;
            }
            let once = key();
            self.open = Some(once.clone());
            let body = checkout().to_string();
            let Some(answer) = post(&self.buyer.once(&once), "/checkout", &body).await else {
                return;
            };
            self.open = None;
            let order = answer.is(201)["order"].clone();
            let confirm = format!("/payments/{}/confirm", order["payment"]["id"].as_str().unwrap());
            self.promised.push(order);
            count.set(count.get() + 1);
            if count.get() == ENOUGH {
                enough.notify_one();
            }
            let token = r#"{"token":"tok_success"}"#;
            if at % 3 == 0 && post(&self.buyer.once(&key()), &confirm, token).await.is_none() {
                return;
            }
        }
    }
}

/// The answer, or none where the server is gone.
async fn post(client: &Client, path: &str, body: &str) -> Option<Answer> {
    let body = Some(("application/json", body.as_bytes()));
    client.attempt(Method::POST, path, body).await.ok() // A power cut gives no reason.
}

#[actix_rt::test]
async fn a_power_cut_in_five_hundred_checkouts_loses_nothing_that_was_promised() {
    let mut shop = TestShop::start().await;
    let candle = shop.variant("candle").await;
    let mut diaries = Vec::new();
    for _ in 0..BUYERS {
        diaries.push(Diary::new(shop.sign_up().await));
    }

    let (count, enough) = (Cell::new(0), Notify::new());
    let buying = join_all(diaries.iter_mut().map(|it| it.shop(&candle, &count, &enough)));
    futures_util::future::join(buying, async {
        enough.notified().await;
        shop.kill();
    })
    .await;
    assert!((ENOUGH..CHECKOUTS).contains(&count.get()), "the power did not go in the middle");
    shop.start_again().await;

    let mut units = 0;
    for diary in &diaries {
        units += whole(diary).await;
    }
    assert_eq!(shop.available(&candle).await, CANDLES - units);

    let cut_off: Vec<&Diary> = diaries.iter().filter(|it| it.open.is_some()).collect();
    assert!(!cut_off.is_empty(), "the power went between two checkouts");
    for diary in &cut_off {
        units += retried(diary).await;
    }
    assert_eq!(shop.available(&candle).await, CANDLES - units);
    for diary in &cut_off {
        whole(diary).await;
    }
    assert_eq!(told(&shop).await, ids(&diaries).await);
}

/// The ids of all orders, in order.
async fn ids(diaries: &[Diary]) -> Vec<String> {
    let mut ids = Vec::new();
    for diary in diaries {
        ids.extend(diary.buyer.orders().await.iter().map(|it| it["id"].to_string()));
    }
    ids.sort();
    ids
}

/// The ids of all orders that the admins' feed has told of, in order.
async fn told(shop: &TestShop) -> Vec<String> {
    // Told of last, so all that was placed before it has been told too.
    let last = shop.sign_up().await.user_id().to_owned();
    let mut feed = shop.admin().await.follow("admin:feed").await;
    let mut all = Vec::new();
    while all.last().is_none_or(|it: &Value| it["data"]["user_id"] != last) {
        all.push(feed.next().await);
    }
    assert_eq!(each(&all, "sequence"), gapless(all.len()));
    let placed = all.iter().filter(|it| it["type"] == "order.placed");
    let mut ids: Vec<String> = placed.map(|it| it["data"]["order_id"].to_string()).collect();
    ids.sort();
    ids
}

/// Every order of a buyer is whole, and all that were promised are among them. Returns how many
/// units they are of.
async fn whole(diary: &Diary) -> i64 {
    let orders = diary.buyer.orders().await;
    let known: BTreeSet<&str> = orders.iter().map(|it| it["id"].as_str().unwrap()).collect();
    for promised in &diary.promised {
        assert!(known.contains(promised["id"].as_str().unwrap()), "{promised} is lost");
        let order = orders.iter().find(|it| it["id"] == promised["id"]).unwrap();
        assert_eq!(order["items"], promised["items"]);
        assert_eq!(order["total"], promised["total"]);
    }
    // At most one more than was promised: the one that got no answer.
    assert!(orders.len() <= diary.promised.len() + 1);
    let mut units = 0;
    for order in &orders {
        assert_eq!(order["payment"]["amount"], order["total"]);
        assert_eq!(order["items"].as_array().unwrap().len(), 1);
        let timeline = diary.buyer.timeline(order).await;
        assert_eq!(each(&timeline, "sequence"), gapless(timeline.len()));
        assert_eq!(timeline[0]["type"], "order.placed");
        let is_paid = timeline.iter().any(|it| it["type"] == "order.paid");
        assert_eq!(is_paid, order["payment"]["status"] == "captured");
        assert_eq!(is_paid, order["status"] != "pending_payment");
        units += order["items"][0]["quantity"].as_i64().unwrap();
    }
    units
}

/// Asks again, twice, with the key that got no answer. Returns how many units were bought by it
/// that were not before.
async fn retried(diary: &Diary) -> i64 {
    let before = diary.buyer.orders().await.len();
    let once = diary.buyer.once(diary.open.as_ref().unwrap());

    let first = once.post("/checkout", checkout()).await;
    let second = once.post("/checkout", checkout()).await;

    assert_eq!((first.status, second.status), (201, 201), "{}", first.text);
    assert_eq!(first.text, second.text);
    assert!(second.is_replayed());
    let orders = diary.buyer.orders().await;
    let same = orders.iter().filter(|it| it["id"] == first.body["order"]["id"]);
    assert_eq!(same.count(), 1);
    assert_eq!(orders.len(), diary.promised.len() + 1);
    assert_eq!(first.is_replayed(), orders.len() == before);
    if first.is_replayed() {
        0
    } else {
        first.body["order"]["items"][0]["quantity"].as_i64().unwrap()
    }
}
