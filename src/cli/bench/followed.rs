//! The server under measurement, and the orders whose topics are followed.

use std::{net::SocketAddr, time::Duration};

use futures_util::future::try_join_all;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};

use super::{
    super::Failure,
    herd::{Counted, Speech},
    raw::Client,
    shop::{self, Placed, check_out, parse, post},
    usage::{Usage, of_metrics},
};
use crate::domain::id::DeliveryId;

/// Connections that ask at once.
const CONNECTIONS: usize = 32;

/// The server, as somebody who runs the shop and some guests.
pub struct Shop {
    base: String,
    pub address: SocketAddr,
    email: String,
    variants: Vec<String>,
}

/// An order that can be told of any number of times.
pub struct Broadcast {
    order: Placed,
    path: String,
    admin: String,
    clients: Vec<Client>,
}

#[derive(Deserialize)]
struct Parcels {
    deliveries: Vec<OfDelivery>,
}

#[derive(Deserialize)]
struct OfDelivery {
    id: DeliveryId,
}

impl Shop {
    pub async fn open(base: &str, email: &str) -> Result<Self, Failure> {
        let host = base.trim_start_matches("http://").to_owned();
        let mut found = tokio::net::lookup_host(&host).await.into_iter().flatten();
        let address = found.next().ok_or_else(|| Failure::new(format!("{host} is not known")))?;
        let mut client = Client::connect(base).await?;
        let admin = shop::admin(&mut client, email).await?;
        let variants = shop::stock(&mut client, &admin).await?;
        Ok(Shop { base: base.to_owned(), address, email: email.to_owned(), variants })
    }

    /// How its sockets are spoken to.
    pub fn speech(&self, counted: Counted) -> Speech {
        Speech {
            path: "/api/v1/ws".to_owned(),
            subprotocol: Some("rialto.v1"),
            headers: String::new(),
            ready: Some(r#""ok":true"#),
            counted,
        }
    }

    pub async fn usage(&self) -> Result<Usage, Failure> {
        let untold = || Failure::new("the server does not tell what it uses".to_owned());
        of_metrics(&self.metrics().await?).ok_or_else(untold)
    }

    pub async fn metrics(&self) -> Result<String, Failure> {
        Client::connect(&self.base).await?.text("/metrics").await
    }

    /// Guests place so many orders.
    pub async fn place(&self, count: usize) -> Result<Vec<Placed>, Failure> {
        let guests = (0..CONNECTIONS.min(count)).map(async |guest| {
            let mut client = Client::connect(&self.base).await?;
            let cart: Value = parse(&post(&mut client, "/api/v1/carts", "", "").await?)?;
            let token = cart.get("token").and_then(Value::as_str).unwrap_or_default();
            let headers = format!("x-cart-token: {token}\r\n");
            let mut placed = Vec::new();
            for number in (guest..count).step_by(CONNECTIONS) {
                let variant = self.variants.get(number % self.variants.len().max(1));
                let line = json!({ "variant_id": variant, "quantity": 1 }).to_string();
                post(&mut client, "/api/v1/cart/items", &headers, &line).await?;
                placed.push(check_out(&mut client, &headers, Some("guest@example.com")).await?);
            }
            Ok::<_, Failure>(placed)
        });
        Ok(try_join_all(guests).await?.concat())
    }

    /// Orders are paid, so many a second, each when it is its turn.
    pub async fn pay(&self, orders: &[Placed], a_second: u32) -> Result<(), Failure> {
        let pace = Duration::from_secs(1).checked_div(a_second).unwrap_or_default();
        let turns = turns(orders, pace);
        let payers = (0..CONNECTIONS).map(async |_| {
            let mut client = Client::connect(&self.base).await?;
            while let Some(order) = turns.next().await {
                order.pay(&mut client, &opened_by(order)).await?;
            }
            Ok::<_, Failure>(())
        });
        try_join_all(payers).await.map(drop)
    }

    /// An order on its way, of which there will be news as often as it is wanted.
    pub async fn broadcast(&self) -> Result<Broadcast, Failure> {
        let mut client = Client::connect(&self.base).await?;
        let admin = shop::admin(&mut client, &self.email).await?;
        let order = self.place(1).await?.pop();
        let order = order.ok_or_else(|| Failure::new("no order was placed".to_owned()))?;
        order.pay(&mut client, &opened_by(&order)).await?;
        let path = format!("/api/v1/admin/orders/{}", order.id());
        post(&mut client, &format!("{path}/process"), &admin, "{}").await?;
        let shipped = post(&mut client, &format!("{path}/ship"), &admin, "{}").await?;
        let Parcels { deliveries } = parse(&shipped)?;
        let none = || Failure::new("an order was shipped without a parcel".to_owned());
        let parcel = deliveries.first().ok_or_else(none)?.id;
        let path = format!("/api/v1/admin/deliveries/{parcel}/events");
        Ok(Broadcast { order, path, admin, clients: Vec::new() })
    }

    /// Opens the connections that will be used: the server has closed those that were idle.
    pub async fn ready(&self, broadcast: &mut Broadcast, often: u32) -> Result<(), Failure> {
        let connecting = (0..often).map(|_| Client::connect(&self.base));
        broadcast.clients = try_join_all(connecting).await?;
        Ok(())
    }
}

/// What a socket says that follows the order of a guest.
pub fn hello(order: &Placed) -> String {
    let (topic, token) = (format!("order:{}", order.id()), order.token());
    json!({ "id": 1, "op": "subscribe", "topic": topic, "order_token": token }).to_string()
}

/// The header that opens the order of a guest.
fn opened_by(order: &Placed) -> String {
    format!("x-order-token: {}\r\n", order.token())
}

impl Broadcast {
    /// What a socket says that follows it.
    pub fn hello(&self) -> String {
        hello(&self.order)
    }

    /// Has something new said of the parcel on each of the connections that are ready.
    pub async fn fire(&mut self) -> Result<(), Failure> {
        let body = r#"{"status":"in_transit","note":"It has come by Leipzig."}"#;
        let (path, admin) = (&self.path, &self.admin);
        let said = self.clients.iter_mut().map(|client| post(client, path, admin, body));
        try_join_all(said).await.map(drop)
    }
}

/// Hands out one after the other, each when it is its turn; what is late comes at once.
struct Turns<'a> {
    rest: tokio::sync::Mutex<(tokio::time::Interval, std::slice::Iter<'a, Placed>)>,
}

fn turns(orders: &[Placed], pace: Duration) -> Turns<'_> {
    let mut tick = interval(pace.max(Duration::from_micros(1)));
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    Turns { rest: tokio::sync::Mutex::new((tick, orders.iter())) }
}

impl<'a> Turns<'a> {
    async fn next(&self) -> Option<&'a Placed> {
        let mut rest = self.rest.lock().await;
        let (tick, orders) = &mut *rest;
        let next = orders.next()?;
        tick.tick().await;
        Some(next)
    }
}
