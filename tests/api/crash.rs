//! Power cuts in the middle of five hundred checkouts: what was promised is there, nothing is half
//! done, and whoever asks again with the same key gets one order.

use std::cell::Cell;

use awc::http::Method;
use futures_util::future::{join, join_all};
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
const CANDLES: i64 = 2000;
/// What has happened to an order that is paid and not picked yet.
const PAID: [&str; 5] =
    ["order.placed", "payment.authorized", "payment.captured", "order.paid", "delivery.created"];

/// When the power goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// As an order is promised.
    Promised,
    /// As a checkout is being sent.
    Sent,
    /// A moment later, while the server is at it.
    Working,
}

/// After how many promises the power goes, and when.
const CUTS: [(usize, When); 3] = [(125, When::Promised), (250, When::Sent), (375, When::Working)];

/// Counts promises, and gives the word to cut the power.
struct Meter {
    promised: Cell<usize>,
    cut: (usize, When),
    now: Notify,
}

impl Meter {
    fn look(&self, at: When) {
        let (enough, when) = self.cut;
        if self.promised.get() >= enough && (at == When::Promised) == (when == When::Promised) {
            self.now.notify_one();
        }
    }
}

/// A buyer, and what they know.
struct Diary {
    buyer: Client,
    /// Orders that were promised.
    promised: Vec<Value>,
    /// The key of a checkout that has no answer yet.
    open: Option<String>,
    /// Path and key of a confirmation that has no answer yet.
    paying: Option<(String, String)>,
}

impl Diary {
    /// Goes on where it was, to the end or until nobody answers, which is none.
    async fn go_on(&mut self, candle: &Variant, meter: &Meter) -> Option<()> {
        while self.promised.len() < CHECKOUTS / BUYERS || self.paying.is_some() {
            if let Some((path, once)) = &self.paying {
                let token = r#"{"token":"tok_success"}"#;
                post(&self.buyer.once(once), path, token).await?.is(200);
                self.paying = None;
                continue;
            }
            if self.open.is_none() {
                let add = format!(r#"{{"variant_id":"{}","quantity":1}}"#, candle.id);
                post(&self.buyer, "/cart/items", &add).await?.is(200);
            }
            let once = self.buyer.once(self.open.get_or_insert_with(key));
            meter.look(When::Sent);
            let answer = post(&once, "/checkout", &checkout().to_string()).await?;
            self.promise(answer.is(201)["order"].clone());
            meter.promised.set(meter.promised.get() + 1);
            meter.look(When::Promised);
        }
        Some(())
    }

    /// Each third order is to be paid.
    fn promise(&mut self, order: Value) {
        self.open = None;
        if self.promised.len().is_multiple_of(3) {
            let payment = order["payment"]["id"].as_str().unwrap();
            self.paying = Some((format!("/payments/{payment}/confirm"), key()));
        }
        self.promised.push(order);
    }
}

/// The answer, or none where the server is gone.
async fn post(client: &Client, path: &str, body: &str) -> Option<Answer> {
    let body = Some(("application/json", body.as_bytes()));
    client.attempt(Method::POST, path, body).await.ok() // A power cut gives no reason.
}

#[actix_rt::test]
async fn power_cuts_in_five_hundred_checkouts_lose_nothing_and_do_nothing_by_halves() {
    let mut shop = TestShop::start().await;
    let candle = shop.variant("candle").await;
    let mut diaries = Vec::new();
    for _ in 0..BUYERS {
        let buyer = shop.sign_up().await;
        diaries.push(Diary { buyer, promised: Vec::new(), open: None, paying: None });
    }

    for cut in CUTS {
        until_the_power_goes(&mut shop, &mut diaries, &candle, cut).await;
        shop.start_again().await;
        for diary in &diaries {
            what_was_promised_is_there(diary).await;
        }
    }
    let meter = Meter { promised: Cell::new(0), cut: (CHECKOUTS, When::Sent), now: Notify::new() };
    join_all(diaries.iter_mut().map(|it| it.go_on(&candle, &meter))).await;

    let (mut units, mut ids) = (0, Vec::new());
    for diary in &diaries {
        for order in what_was_promised_is_there(diary).await {
            is_whole(&diary.buyer, &order).await;
            units += order["items"][0]["quantity"].as_i64().unwrap();
            ids.push(order["id"].to_string());
        }
    }
    ids.sort();
    assert_eq!(ids.len(), CHECKOUTS);
    assert_eq!(shop.available(&candle).await, CANDLES - units);
    assert_eq!(told(&shop).await, ids);
}

/// Has all buyers buy at once, and kills the server in the middle of it.
async fn until_the_power_goes(
    shop: &mut TestShop,
    diaries: &mut [Diary],
    candle: &Variant,
    cut: (usize, When),
) {
    let promised = diaries.iter().map(|it| it.promised.len()).sum();
    let meter = Meter { promised: Cell::new(promised), cut, now: Notify::new() };
    let stranger = shop.stranger();
    let buying = join_all(diaries.iter_mut().map(|it| it.go_on(candle, &meter)));
    join(buying, async {
        meter.now.notified().await;
        if cut.1 == When::Working {
            stranger.get("/healthz").await;
        }
        shop.kill();
    })
    .await;
    assert!(meter.promised.get() < CHECKOUTS, "the power did not go in the middle");
    let is_open = diaries.iter().any(|it| it.open.is_some());
    assert!(is_open || cut.1 != When::Sent, "nobody was at the till");
}

/// All orders of a buyer, among which are those that were promised; at most the one that has no
/// answer is there beside them.
async fn what_was_promised_is_there(diary: &Diary) -> Vec<Value> {
    let orders = diary.buyer.orders().await;
    for promised in &diary.promised {
        let order = orders.iter().find(|it| it["id"] == promised["id"]);
        let order = order.unwrap_or_else(|| panic!("{promised} is lost"));
        assert_eq!((&order["items"], &order["total"]), (&promised["items"], &promised["total"]));
    }
    let most = diary.promised.len() + usize::from(diary.open.is_some());
    assert!(orders.len() <= most, "{} orders, of which {most} were wanted", orders.len());
    orders
}

/// An order has all that belongs to it, and a timeline that tells of just that.
async fn is_whole(buyer: &Client, order: &Value) {
    assert_eq!(order["payment"]["amount"], order["total"]);
    assert_eq!(order["items"].as_array().unwrap().len(), 1);
    let timeline = buyer.timeline(order).await;
    assert_eq!(each(&timeline, "sequence"), gapless(timeline.len()));
    let state = (order["status"].as_str().unwrap(), order["payment"]["status"].as_str().unwrap());
    match timeline.len() {
        1 => assert_eq!(state, ("pending_payment", "requires_confirmation")),
        _ => assert_eq!(state, ("paid", "captured")),
    }
    assert_eq!(each(&timeline, "type"), PAID[..timeline.len()]);
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
