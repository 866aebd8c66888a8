//! Devices that come and go at random while orders move, those of buyers and those of admins. What each
//! has heard at the end is what the shop keeps: every event once, in order, whatever was missed. Now and
//! then a device has lost its place, and begins anew with how things stand.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use futures_util::future::{join, join_all};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tokio::sync::{Mutex, RwLock, watch};

use super::{
    TestShop,
    client::Client,
    purchase::{Variant, path, topic},
    socket::Socket,
};

const FEED: &str = "admin:feed";
const ME: &str = "me";
/// Of the orders of their buyer, each device follows one in so many.
const FOLLOWED_OF: usize = 4;
/// One time in so many a device does not know any more where it was.
const FORGETS_OF: u32 = 16;
/// How many pushes a device hears at the most before it is cut.
const HEARD_MAX: usize = 60;

/// How many come and go, and by which numbers they do.
#[derive(Debug, Clone, Copy)]
pub struct Crowd {
    pub buyers: usize,
    pub devices_each: usize,
    pub orders_each: usize,
    /// Devices of admins, which follow all that happens.
    pub admins: usize,
    pub seed: u64,
}

impl Crowd {
    fn orders(&self) -> usize {
        self.buyers * self.orders_each
    }

    /// Has all orders placed and moved at `shop`, while devices come and go there and at the nodes of
    /// `others`. `halfway` happens once half of the orders are there; those nodes may die of it, and
    /// `shop` itself while nobody can buy, for which it is given the lock.
    pub async fn roam(
        self,
        shop: &Mutex<TestShop>,
        others: &[String],
        halfway: impl AsyncFnOnce(&RwLock<()>),
    ) {
        let (buyers, moved) = self.sign_up(&*shop.lock().await).await;
        let mut devices = self.devices(&buyers, others);
        let mut admins = self.admins(&*shop.lock().await, others).await;
        let admin = admins[0].client.clone();
        let (all, open) = (self.orders(), RwLock::new(()));
        let buying = join_all(buyers.iter().map(|it| it.buy_all(self.orders_each, &moved, &open)));
        let all_devices = devices.iter_mut().chain(&mut admins);
        let roaming = join_all(all_devices.map(|it| it.roam(moved.subscribe(), all)));
        let dying = async {
            let mut moved = moved.subscribe();
            moved.wait_for(|moved| *moved >= all / 2).await.unwrap();
            halfway(&open).await;
        };
        join(join(buying, dying), roaming).await;

        for device in devices.iter_mut().chain(&mut admins) {
            device.others.clear();
        }
        join_all(devices.iter_mut().map(Device::hear_the_rest)).await;
        let kept = feed(&admin).await;
        join_all(admins.iter_mut().map(|it| it.hear_the_feed(&kept))).await;
    }

    async fn sign_up(self, shop: &TestShop) -> (Vec<Buyer>, watch::Sender<usize>) {
        let (variant, admin) = (shop.variant("teapot").await, shop.admin().await);
        shop.stock(&variant, 1_000_000).await;
        let mut buyers = Vec::new();
        for _ in 0..self.buyers {
            let (buyer, admin, variant) = (shop.sign_up().await, admin.clone(), variant.clone());
            buyers.push(Buyer { buyer, admin, variant, orders: Rc::default() });
        }
        (buyers, watch::channel(0).0)
    }

    fn devices(self, buyers: &[Buyer], others: &[String]) -> Vec<Device> {
        let all = (0..self.devices_each).flat_map(|at| buyers.iter().map(move |it| (at, it)));
        let device = |((at, buyer), seed): ((usize, &Buyer), u64)| {
            let follows = Follows::Orders(Rc::clone(&buyer.orders), at);
            Device::new(buyer.buyer.clone(), follows, others, seed)
        };
        all.zip(self.seed..).map(device).collect()
    }

    /// Each has a login session of its own: the sockets of one are counted.
    async fn admins(self, shop: &TestShop, others: &[String]) -> Vec<Device> {
        let mut admins = Vec::new();
        for (_, seed) in (0..self.admins).zip(self.seed..) {
            let client = shop.log_in_admin().await;
            admins.push(Device::new(client, Follows::Feed, others, seed));
        }
        admins
    }
}

/// All that is kept of the feed, by sequence.
async fn feed(admin: &Client) -> BTreeMap<u64, Value> {
    let mut socket = admin.socket().await;
    let head = socket.follow(FEED).await["sequence"].as_u64().unwrap();
    let mut kept = BTreeMap::new();
    while kept.last_key_value().is_none_or(|(last, _)| *last < head) {
        let push = socket.next().await;
        kept.insert(push["sequence"].as_u64().unwrap(), push);
    }
    kept
}

/// Somebody who buys, one order after the other.
struct Buyer {
    buyer: Client,
    admin: Client,
    variant: Variant,
    orders: Rc<RefCell<Vec<Value>>>,
}

impl Buyer {
    async fn buy_all(&self, count: usize, moved: &watch::Sender<usize>, open: &RwLock<()>) {
        for number in 0..count {
            let _open = open.read().await;
            let order = self.buyer.place(&self.variant, 1).await;
            self.orders.borrow_mut().push(order.clone());
            match number % 4 {
                0 => {
                    self.buyer.post(&format!("{}/cancel", path(&order)), Value::Null).await.is(200);
                }
                1 => {
                    self.buyer.pay(&order, "tok_declined").await.is(200);
                    self.buyer.pay(&order, "tok_success").await.is(200);
                }
                2 => {
                    self.buyer.pay(&order, "tok_success").await.is(200);
                    let process = format!("/admin{}/process", path(&order));
                    self.admin.post(&process, Value::Null).await.is(200);
                }
                _ => {
                    self.buyer.pay(&order, "tok_success").await.is(200);
                }
            }
            moved.send_modify(|moved| *moved += 1);
        }
    }
}

/// A device, and what it has heard.
struct Device {
    client: Client,
    follows: Follows,
    /// The nodes that it may reach beside the one at which its buyer buys.
    others: Vec<String>,
    random: StdRng,
    /// By topic.
    places: BTreeMap<String, Place>,
}

enum Follows {
    /// Some of these, by which device of their buyer's it is, and the buyer's own topic.
    Orders(Rc<RefCell<Vec<Value>>>, usize),
    Feed,
}

/// What is known of a topic: how it stood once, and each push after that.
#[derive(Default)]
struct Place {
    epoch: Value,
    sequence: u64,
    /// None where every push there was has been heard.
    snapshot: Option<Value>,
    heard: Vec<Value>,
}

impl Place {
    /// Each push is the one after the last: none is missing, and none comes twice.
    fn note(&mut self, push: &Value) {
        let is_run = push["type"] == "feed.sampled";
        let first = if is_run { &push["data"]["from"] } else { &push["sequence"] };
        assert_eq!(*first, self.sequence + 1, "{push}");
        let before = std::mem::replace(&mut self.sequence, push["sequence"].as_u64().unwrap());
        assert!(!is_run || push["data"]["skipped"] == self.sequence - before, "{push}");
        self.heard.push(push.clone());
    }

    /// Begins as the server answers: with what was missed, or else with how it stands.
    fn begin(&mut self, answer: &Value) {
        assert_eq!(answer["ok"], true, "{answer}");
        self.epoch = answer["epoch"].clone();
        if answer["recovered"] == false {
            let sequence = answer["sequence"].as_u64().unwrap();
            assert!(sequence >= self.sequence, "{answer}");
            assert!(answer["snapshot"].is_object(), "{answer}");
            (self.sequence, self.heard) = (sequence, Vec::new());
            self.snapshot = Some(answer["snapshot"].clone());
        }
    }

    /// What `of` finds in the last push that has it, or else how it stood.
    fn last(&self, of: impl Fn(&Value) -> Option<Value>, at_first: &str) -> Value {
        let told = self.heard.iter().rev().find_map(of);
        told.or_else(|| self.snapshot.as_ref().map(|it| it[at_first].clone())).unwrap_or_default()
    }

    fn status(&self) -> Value {
        let of_order = |push: &Value| push["type"].as_str().unwrap().starts_with("order.");
        self.last(|it| of_order(it).then(|| it["data"]["status"].clone()), "status")
    }

    fn unread(&self) -> Value {
        let is_told = |push: &Value| push["type"] == "notification.created";
        self.last(|it| is_told(it).then(|| it["data"]["unread_count"].clone()), "unread_count")
    }
}

impl Device {
    fn new(client: Client, follows: Follows, others: &[String], seed: u64) -> Self {
        let random = StdRng::seed_from_u64(seed);
        Device { client, follows, others: others.to_vec(), random, places: BTreeMap::new() }
    }

    /// Comes, hears some, is cut without a word, stays away, and comes again, until all has moved.
    async fn roam(&mut self, mut moved: watch::Receiver<usize>, all: usize) {
        while *moved.borrow() < all {
            if let Some(mut socket) = self.come().await {
                for _ in 0..self.random.random_range(0..HEARD_MAX) {
                    tokio::select! {
                        heard = socket.heard() => match heard {
                            Some(push) => self.note(&push),
                            None => break,
                        },
                        _ = moved.wait_for(|moved| *moved >= all) => break,
                    }
                }
            }
            let away = *moved.borrow() + self.random.random_range(1..=all / 8);
            moved.wait_for(|moved| *moved >= away.min(all)).await.unwrap();
        }
    }

    /// A socket at any node on which all that is known is followed from where it was left; none where
    /// the node is gone.
    async fn come(&mut self) -> Option<Socket> {
        let other = self.random.random_range(0..=self.others.len()).checked_sub(1);
        let elsewhere = other.map(|at| self.client.at(&self.others[at]));
        let mut socket = elsewhere.as_ref().unwrap_or(&self.client).try_socket().await?;
        for topic in self.topics() {
            let place = self.places.entry(topic.clone()).or_default();
            let forgets = self.random.random_ratio(1, FORGETS_OF) && place.sequence > 0;
            let epoch = if forgets { json!("of another life") } else { place.epoch.clone() };
            let since = json!({ "epoch": epoch, "sequence": place.sequence });
            let answer =
                socket.try_ask("subscribe", json!({ "topic": topic, "since": since })).await?;
            // Of the feed what is old is not kept.
            if forgets || topic != FEED {
                assert_eq!(answer["recovered"], !forgets, "{answer}");
            }
            place.begin(&answer);
        }
        Some(socket)
    }

    fn topics(&self) -> Vec<String> {
        let Follows::Orders(orders, device) = &self.follows else { return vec![FEED.to_owned()] };
        let orders = orders.borrow();
        let some =
            orders.iter().enumerate().filter(|(at, _)| (at + device).is_multiple_of(FOLLOWED_OF));
        some.map(|(_, order)| topic(order)).chain([ME.to_owned()]).collect()
    }

    fn note(&mut self, push: &Value) {
        let topic = push["topic"].as_str().unwrap();
        self.places.get_mut(topic).expect("a topic that is followed").note(push);
    }

    /// Comes for the last time, and hears all that the shop keeps of its orders and its buyer.
    async fn hear_the_rest(&mut self) {
        let Follows::Orders(orders, _) = &self.follows else { return };
        let orders = orders.borrow().clone();
        let mut socket = self.come().await.expect("a node that lives");
        let (followed, mut kept) = (self.topics(), Vec::new());
        for order in orders.iter().filter(|order| followed.contains(&topic(order))) {
            kept.push((order, self.client.timeline(order).await));
        }
        let unread: usize = (0..orders.len()).map(notices).sum();
        while self.places[ME].unread() != unread
            || kept.iter().any(|(order, all)| self.places[&topic(order)].sequence < count(all))
        {
            let push = socket.heard().await.expect("what was missed");
            self.note(&push);
        }
        for (order, all) in kept {
            let place = &self.places[&topic(order)];
            let after = &all[all.len() - place.heard.len()..];
            for name in ["sequence", "type", "at", "data"] {
                assert_eq!(super::each(&place.heard, name), super::each(after, name), "{order}");
            }
            let is = self.client.get(&path(order)).await.is(200);
            assert_eq!(place.status(), is["status"], "{is}");
        }
        let inbox = self.client.get("/me/notifications?limit=1").await.is(200);
        assert_eq!(inbox["unread_count"], unread);
    }

    /// Comes for the last time, and hears all that is `kept` of the feed.
    async fn hear_the_feed(&mut self, kept: &BTreeMap<u64, Value>) {
        let mut socket = self.come().await.expect("a node that lives");
        let (last, _) = kept.last_key_value().unwrap();
        while self.places[FEED].sequence < *last {
            let push = socket.heard().await.expect("what was missed");
            self.note(&push);
        }
        let heard = self.places[FEED].heard.iter();
        for push in heard.filter(|it| it["type"] != "feed.sampled") {
            let sequence = push["sequence"].as_u64().unwrap();
            assert!(kept.get(&sequence).is_none_or(|it| it == push), "{push}");
        }
    }
}

fn count(all: &[Value]) -> u64 {
    all.len().try_into().unwrap()
}

/// How many notices tell of the order of this number, as its buyer moved it.
fn notices(number: usize) -> usize {
    match number % 4 {
        1 => 3,
        _ => 2,
    }
}
