//! A crowd of clients that do what they should not, beside some that do what they should.

use std::{slice::from_ref, time::Duration};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::{interval, timeout};

use crate::{
    SHARED,
    support::{
        TestShop,
        client::Client,
        each, key,
        socket::Socket,
        thin::{BINARY, TEXT, Thin, frame},
    },
};

/// How many never read, and as many that read a byte now and then.
const STALLED: usize = 1_000;
/// How many there are of each kind of those that say what they should not.
const WRONG: usize = 50;
/// How many vanish without a word, and as many that send half a request.
const VANISHED: usize = 50;
/// How many descriptors a process may open and close beside those of its clients.
const OTHER_DESCRIPTORS: usize = VANISHED / 2;
/// How many sockets a login session has; it may have 64.
const SESSION: usize = 60;
/// How many handshakes are under way at once.
const AT_ONCE: usize = 50;
/// How often a cart is changed that all of the crowd follow, and how often something is bought.
const CHANGES: usize = 80;
const CHANGES_A_PURCHASE: usize = 10;
/// What a socket may cost the server while it does not read: its actor, what the framework has
/// gathered to write, and its share of what may wait.
const SOCKET_BYTES: usize = 96 * 1024;
/// What the server may take beside that, for whatever it does otherwise.
const OTHER_BYTES: usize = 64 * 1024 * 1024;
/// How long it may take until all have been found out.
const FOUND_OUT: Duration = Duration::from_secs(90);
/// No client is asked whether it is there while this test lasts, so that those that do not read are
/// found out by that; and as much waits for them as the changes of the cart soon come to.
const BY_WHAT_WAITS: [(&str, &str); 2] =
    [("RIALTO_SOCKET_PING", "10m"), ("RIALTO_SOCKET_QUEUE", "64KiB")];
/// Clients that are not there are soon asked whether they are.
const BY_SILENCE: [(&str, &str); 2] = [("RIALTO_SOCKET_PING", "3s"), ("RIALTO_SOCKET_PONG", "2s")];

fn request(op: &str, topic: &str) -> Vec<u8> {
    frame(TEXT, json!({ "id": 1, "op": op, "topic": topic }).to_string().as_bytes())
}

/// So many clients that say `frames`, of as many sessions as that takes.
async fn open(shop: &TestShop, admins: &[Client], count: usize, frames: &[Vec<u8>]) -> Vec<Thin> {
    let (address, mut all) = (shop.address(), Vec::new());
    while all.len() < count {
        let now = all.len()..count.min(all.len() + AT_ONCE);
        let token = |number: usize| admins[number / SESSION].access_token();
        all.extend(join_all(now.map(|it| Thin::unread(&address, it, token(it), frames))).await);
    }
    all
}

/// What `/metrics` has under a name; 0 where it has nothing yet.
async fn figure(shop: &TestShop, name: &str) -> usize {
    let text = shop.stranger().get("/metrics").await.text;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.map_or(0, |it| it.parse().unwrap())
}

async fn until(shop: &TestShop, name: &str, is: impl Fn(usize) -> bool) {
    let (mut tick, mut last) = (interval(Duration::from_millis(100)), figure(shop, name).await);
    let looked = timeout(FOUND_OUT, async {
        while !is(last) {
            tick.tick().await;
            last = figure(shop, name).await;
        }
    });
    let looked = looked.await;
    assert!(looked.is_ok(), "{name} is {last}\n{}", shop.stranger().get("/metrics").await.text);
}

/// Waits until as many descriptors are open as there should be.
async fn descriptors(shop: &TestShop, is: impl Fn(usize) -> bool) {
    let mut tick = interval(Duration::from_millis(100));
    let looked = timeout(FOUND_OUT, async {
        while !is(shop.descriptors()) {
            tick.tick().await;
        }
    });
    assert!(looked.await.is_ok(), "there are {}", shop.descriptors());
}

fn closed(code: u16) -> String {
    format!("rialto_sockets_closed_total{{code=\"{code}\"}}")
}

/// Each of these is told by its code that it does what it should not.
async fn the_wrong_are_told(shop: &TestShop) {
    let subscriptions: Vec<_> =
        (0..10_000).map(|_| request("subscribe", &format!("product:{}", key()))).collect();
    for (count, code, said) in [
        (WRONG, 3501, frame(TEXT, &vec![b' '; 65_537])),
        (WRONG, 3501, frame(TEXT, b"{\"id\":1,\"op\":\"\xff\"}")),
        (WRONG, 3501, frame(BINARY, b"{}")),
        (1, 3013, subscriptions.concat()),
    ] {
        let (address, admin) = (shop.address(), shop.log_in_admin().await);
        let told = (0..count).map(async |number| {
            let mut wrong = Thin::unread(&address, number, admin.access_token(), &[]).await;
            // The server may have gone before all of it was said.
            wrong.write(&said).await;
            wrong.shaken().await;
            wrong.closed().await
        });
        let told = join_all(told).await;
        assert!(told.iter().all(|it| *it == code), "{told:?} and not {code}");
    }
    let mut unknown = shop.admin().await.socket().await;
    assert_eq!(unknown.refused("order.place", json!({})).await, "unknown_op");
    assert_eq!(unknown.ask("ping", json!({})).await["ok"], true);
}

/// A client that reads all that it is told, and keeps what it hears of the feed.
struct Good {
    socket: Socket,
    /// Where the feed stood.
    since: Value,
    heard: Vec<Value>,
}

impl Good {
    async fn follow(admin: &Client) -> Self {
        let mut socket = admin.socket().await;
        let cart = socket.ask("subscribe", json!({ "topic": "cart" })).await;
        assert_eq!(cart["ok"], true, "{cart}");
        let feed = socket.ask("subscribe", json!({ "topic": "admin:feed" })).await;
        let since = json!({ "epoch": feed["epoch"], "sequence": feed["sequence"] });
        Good { socket, since, heard: Vec::new() }
    }

    async fn until(&mut self, is: impl Fn(&Value) -> bool) {
        loop {
            let push = self.socket.next().await;
            let found = is(&push);
            if push["topic"] == "admin:feed" {
                self.heard.push(push);
            }
            if found {
                return;
            }
        }
    }

    fn has_missed_nothing(&self) -> bool {
        let first = self.since["sequence"].as_i64().unwrap() + 1;
        let gapless: Vec<Value> = (first..).take(self.heard.len()).map(Value::from).collect();
        each(&self.heard, "sequence") == gapless.iter().collect::<Vec<_>>()
    }
}

/// Has much happen, each thing when the one before has been heard.
async fn flood(shop: &TestShop, admin: &Client, good: &mut Good, slow: &[Thin]) {
    let mut items = Value::Null;
    for product in ["mug", "shirt", "candle", "piano"] {
        let product = shop.stranger().get(&format!("/products/{product}")).await.is(200);
        for variant in product["variants"].as_array().unwrap() {
            let body = json!({ "variant_id": variant["id"], "quantity": 1 });
            items = admin.post("/cart/items", body).await.is(200)["items"].clone();
        }
    }
    let place = format!("/cart/items/{}", items[0]["id"].as_str().unwrap());
    let (buyer, teapot) = (shop.sign_up().await, shop.variant("teapot").await);
    for change in 0..CHANGES {
        let cart = admin.patch(&place, json!({ "quantity": 2 - change % 2 })).await.is(200);
        let is_told =
            |push: &Value| push["topic"] == "cart" && push["data"]["version"] == cart["version"];
        good.until(is_told).await;
        if change % CHANGES_A_PURCHASE == 0 {
            let order = buyer.buy(&teapot, 1).await;
            let is_there = |push: &Value| {
                push["type"] == "order.delivered" && push["data"]["order_id"] == order["id"]
            };
            good.until(is_there).await;
        }
        slow.iter().for_each(Thin::sip);
    }
}

#[actix_rt::test]
async fn two_thousand_that_do_not_read_cost_little_and_keep_nothing_from_those_that_do() {
    let settings = [&SHARED[..], &BY_WHAT_WAITS].concat();
    let (shop, count) = (TestShop::on_postgres(&settings).await, 2 * STALLED);
    let mut admins = Vec::new();
    for _ in 0..count.div_ceil(SESSION) {
        admins.push(shop.log_in_admin().await);
    }
    let admin = shop.admin().await;
    the_wrong_are_told(&shop).await;
    let before = shop.memory_peak();

    let mut good = Good::follow(&admin).await;
    let follows = ["cart", "admin:feed"].map(|topic| request("subscribe", topic));
    let crowd = open(&shop, &admins, count, &follows).await;
    until(&shop, "rialto_socket_subscriptions", |it| it == 2 * count + 2).await;
    flood(&shop, &admin, &mut good, &crowd[STALLED..]).await;
    assert!(good.has_missed_nothing(), "{:?}", each(&good.heard, "sequence"));
    let Good { heard, since, socket } = good;
    socket.close().await;
    until(&shop, "rialto_sockets_open", |it| it == 0).await;

    let memory = shop.memory_peak() - before;
    assert!(memory <= count * SOCKET_BYTES + OTHER_BYTES, "{memory} bytes");
    assert_eq!(figure(&shop, "rialto_socket_queued_bytes").await, 0);
    assert_eq!(figure(&shop, &closed(3008)).await, count);
    assert_eq!(figure(&shop, "rialto_sockets_cut_total").await, count);
    for admin in [&admins[0], &admins[admins.len() - 1]] {
        let mut again = admin.socket().await;
        let ask = json!({ "topic": "admin:feed", "since": since });
        assert_eq!(again.ask("subscribe", ask).await["recovered"], true);
        assert!(again.take(heard.len()).await == heard, "what was missed, and nothing else");
    }
}

#[actix_rt::test]
async fn those_that_have_vanished_are_found_out_whatever_they_had_begun() {
    let settings = [&SHARED[..], &BY_SILENCE].concat();
    let shop = TestShop::on_postgres(&settings).await;
    let (address, admin) = (shop.address(), shop.admin().await);
    let candle = shop.variant("candle").await;
    let follows = [request("subscribe", &format!("product:{}", candle.product))];
    let before = shop.descriptors();

    let following = open(&shop, from_ref(&admin), VANISHED, &follows).await;
    until(&shop, "rialto_socket_subscriptions", |it| it == VANISHED).await;
    let halves = join_all((0..VANISHED).map(async |number| {
        let mut half = Thin::connect(&address, number, None).await;
        half.write(b"GET /api/v1/products HTTP/1.1\r\nhost: 127.0.0.1\r\nx-the-rest: ").await;
        half
    }));
    let halves = halves.await;
    descriptors(&shop, |it| it >= before + 2 * VANISHED).await;
    following.iter().chain(&halves).for_each(Thin::vanish);
    // It is sent to them, and will never be acknowledged.
    shop.stock(&candle, 7).await;

    until(&shop, "rialto_sockets_open", |it| it == 0).await;
    assert_eq!(figure(&shop, &closed(3012)).await, VANISHED);
    assert_eq!(figure(&shop, "rialto_sockets_cut_total").await, VANISHED);
    descriptors(&shop, |it| it <= before + OTHER_DESCRIPTORS).await;
    assert_eq!(admin.socket().await.ask("ping", json!({})).await["ok"], true);
}
