//! Devices that come and go at random while orders move. What each has heard at the end is what the
//! shop keeps: every event once, in order, whatever was missed.

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

/// Of the orders of their buyer, each device follows one in so many.
const FOLLOWED_OF: usize = 4;
/// How many pushes a device hears at the most before it is cut.
const HEARD_MAX: usize = 60;

/// How many come and go, and by which numbers they do.
#[derive(Debug, Clone, Copy)]
pub struct Crowd {
    pub buyers: usize,
    pub devices_each: usize,
    pub orders_each: usize,
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
        let (all, open) = (self.orders(), RwLock::new(()));
        let buying = join_all(buyers.iter().map(|it| it.buy_all(self.orders_each, &moved, &open)));
        let roaming = join_all(devices.iter_mut().map(|it| it.roam(moved.subscribe(), all)));
        let dying = async {
            let mut moved = moved.subscribe();
            moved.wait_for(|moved| *moved >= all / 2).await.unwrap();
            halfway(&open).await;
        };
        join(join(buying, dying), roaming).await;

        for device in &mut devices {
            device.others.clear();
        }
        join_all(devices.iter_mut().map(Device::hear_the_rest)).await;
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
            let random = StdRng::seed_from_u64(seed);
            let (client, orders) = (buyer.buyer.clone(), Rc::clone(&buyer.orders));
            Device { client, orders, at, others: others.to_vec(), random, places: BTreeMap::new() }
        };
        all.zip(self.seed..).map(device).collect()
    }
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

/// A device of a buyer, and what it has heard.
struct Device {
    client: Client,
    orders: Rc<RefCell<Vec<Value>>>,
    /// Which of the buyer's it is.
    at: usize,
    /// The nodes that it may reach beside the one at which its buyer buys.
    others: Vec<String>,
    random: StdRng,
    /// By topic.
    places: BTreeMap<String, Place>,
}

#[derive(Default)]
struct Place {
    epoch: Value,
    heard: Vec<Value>,
}

impl Place {
    fn sequence(&self) -> usize {
        self.heard.len()
    }
}

impl Device {
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
            let since = json!({ "epoch": place.epoch, "sequence": place.sequence() });
            let answer =
                socket.try_ask("subscribe", json!({ "topic": topic, "since": since })).await?;
            assert_eq!(answer["recovered"], true, "{answer}");
            place.epoch = answer["epoch"].clone();
        }
        Some(socket)
    }

    fn topics(&self) -> Vec<String> {
        let orders = self.orders.borrow();
        let some =
            orders.iter().enumerate().filter(|(at, _)| (at + self.at).is_multiple_of(FOLLOWED_OF));
        some.map(|(_, order)| topic(order)).chain(["me".to_owned()]).collect()
    }

    /// Each push is the one after the last: none is missing, and none comes twice.
    fn note(&mut self, push: &Value) {
        let topic = push["topic"].as_str().unwrap();
        let place = self.places.get_mut(topic).expect("a topic that is followed");
        assert_eq!(push["sequence"], place.sequence() + 1, "{push}");
        place.heard.push(push.clone());
    }

    /// Comes for the last time, and hears all that the shop keeps.
    async fn hear_the_rest(&mut self) {
        let mut socket = self.come().await.expect("a node that lives");
        let followed = self.topics();
        let mut kept = BTreeMap::new();
        let orders = self.orders.borrow().clone();
        for order in &orders {
            if followed.contains(&topic(order)) {
                kept.insert(topic(order), self.client.timeline(order).await);
            }
        }
        let unread =
            self.orders.borrow().iter().enumerate().map(|(at, _)| notices(at)).sum::<usize>();
        while self.notices() < unread
            || kept.iter().any(|(topic, all)| self.places[topic].sequence() < all.len())
        {
            let push = socket.heard().await.expect("what was missed");
            self.note(&push);
        }
        for (topic, all) in &kept {
            for name in ["sequence", "type", "at", "data"] {
                let (heard, kept) =
                    (super::each(&self.places[topic].heard, name), super::each(all, name));
                assert_eq!(heard, kept, "{topic}");
            }
        }
        for order in orders.iter().filter(|order| kept.contains_key(&topic(order))) {
            let is = self.client.get(&path(order)).await.is(200);
            let heard = &self.places[&topic(order)].heard;
            let last = heard.iter().rfind(|it| it["type"].as_str().unwrap().starts_with("order."));
            assert_eq!(last.unwrap()["data"]["status"], is["status"], "{is}");
        }
        let inbox = self.client.get("/me/notifications?limit=1").await.is(200);
        let last = self.places["me"].heard.iter().rfind(|it| it["type"] == "notification.created");
        assert_eq!(last.unwrap()["data"]["unread_count"], inbox["unread_count"]);
    }

    fn notices(&self) -> usize {
        let heard = &self.places["me"].heard;
        heard.iter().filter(|it| it["type"] == "notification.created").count()
    }
}

/// How many notices tell of the order of this number, as its buyer moved it.
fn notices(number: usize) -> usize {
    match number % 4 {
        1 => 3,
        _ => 2,
    }
}
