//! A node is told to stop while ten thousand sockets are open on it.

use std::{cell::RefCell, collections::BTreeSet};

use futures_util::{
    StreamExt,
    future::{join_all, join3},
    stream,
};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::{
    SHARED,
    support::{
        TestShop,
        client::Client,
        purchase::{Variant, topic},
        thin::{Heard, Thin},
    },
};

const SOCKETS: usize = 10_000;
const ORDERS: usize = 50;
/// How many sockets open at once.
const AT_ONCE: usize = 100;

/// An order of a guest, and how it is followed.
struct Placed {
    guest: Client,
    order: Value,
    token: Value,
}

impl Placed {
    async fn by(shop: &TestShop, variant: &Variant) -> Self {
        let guest = shop.guest().await;
        guest.add(variant, 1).await;
        let placed = guest.check_out_as_guest().await.is(201);
        let (order, token) = (placed["order"].clone(), placed["order_token"].clone());
        let guest = shop.stranger().with("X-Order-Token", token.as_str().unwrap());
        Placed { guest, order, token }
    }

    fn subscribe(&self, epoch: &Value, sequence: usize) -> Value {
        let since = json!({ "epoch": epoch, "sequence": sequence });
        let topic = topic(&self.order);
        json!({ "id": 1, "op": "subscribe", "topic": topic, "order_token": self.token, "since": since })
    }
}

/// One device: where it was told to leave, it comes back at the other node, and hears of the payment.
async fn survive(
    (mut socket, answer): (Thin, Value),
    (number, other): (usize, &str),
    (placed, turns): (&Placed, &Semaphore),
    delays: &RefCell<BTreeSet<u64>>,
) {
    let (mut heard, mut is_back, mut is_paid) = (0, false, false);
    while !(is_back && is_paid) {
        match socket.heard().await {
            Heard::Frame(push) => {
                heard += 1;
                assert_eq!(push["sequence"], heard, "{push}");
                is_paid |= push["type"] == "order.paid";
            }
            Heard::Closed(3001, reason) => {
                let told: Value = serde_json::from_str(&reason).unwrap();
                delays.borrow_mut().insert(told["reconnect_in_ms"].as_u64().unwrap());
                let since = placed.subscribe(&answer["epoch"], heard);
                // All have been told another time.
                let _turn = turns.acquire().await.unwrap();
                let (again, answer) = Thin::open(other, number, &since).await;
                assert_eq!(answer["recovered"], true, "{answer}");
                (socket, is_back) = (again, true);
            }
            Heard::Closed(code, reason) => panic!("{code} {reason}"),
        }
    }
}

#[actix_rt::test]
async fn ten_thousand_sockets_are_sent_to_another_node_and_miss_nothing() {
    let settings = [SHARED[0], ("RIALTO_COURIER", "manual")];
    let mut one = TestShop::on_postgres(&settings).await;
    let other = one.beside().await;
    let variant = one.variant("teapot").await;
    one.stock(&variant, 1_000).await;
    let orders = join_all((0..ORDERS).map(|_| Placed::by(&one, &variant))).await;
    let address = one.address();
    let opened = stream::iter(0..SOCKETS).map(|number| {
        let hello = orders[number % ORDERS].subscribe(&Value::Null, 0);
        let address = &address;
        async move { Thin::open(address, number, &hello).await }
    });
    let sockets: Vec<_> = opened.buffered(AT_ONCE).collect().await;
    assert_eq!(one.figure("rialto_sockets_open").await, i64::try_from(SOCKETS).unwrap());

    let (there, delays, turns) = (other.address(), RefCell::default(), Semaphore::new(AT_ONCE));
    let surviving = sockets.into_iter().enumerate().map(|(number, socket)| {
        survive(socket, (number, &there), (&orders[number % ORDERS], &turns), &delays)
    });
    let paying = join_all(orders.iter().map(async |it| {
        it.guest.at(&there).pay(&it.order, "tok_success").await.is(200);
    }));
    one.terminate();
    // Whoever is still there when `RIALTO_DRAIN` is over is cut, and would not hear why.
    let (_, _, ended) = join3(join_all(surviving), paying, one.ended()).await;

    assert!(ended.success());
    // As many of 5,001 as so many draws find nearly always.
    let delays = delays.into_inner();
    assert!(delays.len() > 4_000 && delays.last() <= Some(&5_000), "{}", delays.len());
}
