//! An order in many parcels whose ids are the same in each run, sent off as often as a test wants.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{TestShop, client::Client, soon};

/// How many parcels it is.
pub const PARCELS: usize = 12;

/// Where a parcel was, and what happened to it there: station, place, attempts.
pub type Way = Vec<(String, Value, i64)>;

/// An order in work, in [`PARCELS`] parcels of a candle each.
pub struct Convoy {
    pub buyer: Client,
    pub order: Value,
    id: String,
}

impl TestShop {
    /// Makes one; the shop must be `manual`.
    pub async fn convoy(&self) -> Convoy {
        let (buyer, admin) = (self.sign_up().await, self.admin().await);
        let candle = self.variant("candle").await;
        let order = buyer.buy(&candle, i64::try_from(PARCELS).unwrap()).await;
        let id = order["id"].as_str().unwrap().to_owned();
        admin.post(&format!("/admin/orders/{id}/process"), json!(null)).await.is(200);
        let line = order["items"][0]["id"].as_str().unwrap();
        let mut sql = format!(
            "DELETE FROM delivery_items WHERE line_id = '{line}'; DELETE FROM deliveries WHERE order_id = '{id}';"
        );
        for at in 0..PARCELS {
            let parcel = format!("019ab1c2-7d3e-7f00-8000-{at:012}");
            sql += &format!(
                "INSERT INTO deliveries (id, order_id, status, method, steps_done) \
                 VALUES ('{parcel}', '{id}', 'pending', 'standard', 1); \
                 INSERT INTO delivery_items (delivery_id, line_id, quantity) \
                 VALUES ('{parcel}', '{line}', 1);"
            );
        }
        self.sql(&sql).unwrap();
        Convoy { buyer, order, id }
    }
}

impl Convoy {
    /// Puts all back in the warehouse of a shop that does not run, and has them be due.
    pub fn send_off(&self, shop: &TestShop) {
        let id = &self.id;
        let sql = format!(
            "UPDATE deliveries SET status = 'pending', tracking_number = NULL, carrier = NULL, \
             eta = NULL, due_at = '2026-01-01 00:00:00', location = NULL, attempts = 0, stops = 0, \
             steps_done = 1 WHERE order_id = '{id}'; \
             UPDATE order_lines SET shipped = 0 WHERE order_id = '{id}'; \
             UPDATE orders SET stage = 'processing', status = 'processing' WHERE id = '{id}';"
        );
        shop.sql(&sql).unwrap();
    }

    /// How many events the order has.
    pub fn events(&self, shop: &TestShop) -> usize {
        self.told(shop, 0).len()
    }

    fn told(&self, shop: &TestShop, after: usize) -> Vec<Value> {
        let sql = format!(
            "SELECT data AS found FROM events WHERE order_id = '{}' AND sequence > {after} \
             ORDER BY sequence",
            self.id
        );
        shop.found(&sql).iter().map(|it| serde_json::from_str(it).unwrap()).collect()
    }

    /// Waits until so many events have happened.
    pub async fn until(&self, shop: &TestShop, events: usize) {
        let told = async {
            while self.events(shop) < events {
                shop.stranger().get("/healthz").await;
            }
        };
        soon("the parcels' way", told).await;
    }

    /// Waits until nobody moves a parcel any more, and says which way each has gone since `after`.
    pub async fn ways(&self, shop: &TestShop, after: usize) -> BTreeMap<String, Way> {
        let due = "SELECT id AS found FROM deliveries WHERE due_at IS NOT NULL";
        let ended = async {
            while !shop.found(due).is_empty() {
                shop.stranger().get("/healthz").await;
            }
        };
        soon("the end of all ways", ended).await;
        let mut ways: BTreeMap<String, Way> = BTreeMap::new();
        for data in self.told(shop, after) {
            let Some(parcel) = data["delivery_id"].as_str() else { continue };
            let station = data["delivery_status"].as_str().unwrap().to_owned();
            let attempts = data["attempts"].as_i64().unwrap();
            let way = ways.entry(parcel.to_owned()).or_default();
            way.push((station, data["location"].clone(), attempts));
        }
        ways
    }
}
