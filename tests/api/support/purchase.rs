//! What shoppers do: the steps of a purchase.

use serde_json::{Value, json};

use uuid::Uuid;

use super::{
    TestShop,
    client::{Answer, Client},
    key,
};

/// Something that can be bought.
#[derive(Debug, Clone)]
pub struct Variant {
    pub id: String,
    /// The id of its product.
    pub product: String,
    /// In minor units.
    pub price: i64,
}

impl Variant {
    /// The first one of `product`.
    pub fn of(product: &Value) -> Self {
        let variant = &product["variants"][0];
        Variant {
            id: variant["id"].as_str().unwrap().to_owned(),
            product: product["id"].as_str().unwrap().to_owned(),
            price: variant["price"]["amount"].as_i64().unwrap(),
        }
    }
}

pub fn address() -> Value {
    json!({
        "name": "Ada Byron",
        "line1": "Lindenstr. 5",
        "city": "Berlin",
        "postal_code": "10969",
        "country": "DE",
    })
}

/// The body of a checkout.
pub fn checkout() -> Value {
    json!({
        "address": address(),
        "delivery_method": "standard",
        "payment": { "method": "card" },
    })
}

/// The same for a guest.
pub fn guest_checkout() -> Value {
    let mut body = checkout();
    body["email"] = json!("guest@example.com");
    body
}

/// An amount of the shop's currency.
pub fn euros(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

impl TestShop {
    /// Makes a promotion: what it gives, and columns of its own as SQL.
    pub fn promotion(
        &self,
        code: &str,
        (kind, value): (&str, i64),
        own: &[(&str, &str)],
    ) -> String {
        let id = Uuid::now_v7().to_string();
        let (id_said, code, kind) = (format!("'{id}'"), format!("'{code}'"), format!("'{kind}'"));
        let (value, now) = (value.to_string(), "'2026-01-01 00:00:00'");
        let mut columns = vec![
            ("id", id_said.as_str()),
            ("code", &code),
            ("kind", &kind),
            ("value", &value),
            ("products", "'[]'"),
            ("categories", "'[]'"),
            ("used", "0"),
            ("is_active", "TRUE"),
            ("version", "1"),
            ("created_at", now),
            ("updated_at", now),
        ];
        columns.retain(|(name, _)| !own.iter().any(|(other, _)| other == name));
        columns.extend(own);
        let (names, values): (Vec<&str>, Vec<&str>) = columns.into_iter().unzip();
        let (names, values) = (names.join(", "), values.join(", "));
        self.sql(&format!("INSERT INTO promotions ({names}) VALUES ({values})")).unwrap();
        id
    }

    /// How many units of it are reserved.
    pub async fn reserved(&self, variant: &Variant) -> i64 {
        let path = format!("/admin/variants/{}/stock", variant.id);
        self.admin().await.get(&path).await.is(200)["reserved"].as_i64().unwrap()
    }
}

impl Client {
    /// Puts units into the cart.
    pub async fn add(&self, variant: &Variant, quantity: i64) -> Value {
        let body = json!({ "variant_id": variant.id, "quantity": quantity });
        self.post("/cart/items", body).await.is(200)
    }

    pub async fn cart(&self) -> Value {
        self.get("/cart").await.is(200)
    }

    /// Puts a coupon into the cart.
    pub async fn coupon(&self, code: &str) -> Answer {
        self.post("/cart/promotions", json!({ "code": code })).await
    }

    /// Has all that is in the cart held.
    pub async fn hold(&self) -> Value {
        self.post("/cart/hold", Value::Null).await.is(200)
    }

    /// All orders, the newest first, if they fit a page.
    pub async fn orders(&self) -> Vec<Value> {
        let page = self.get("/orders?limit=100").await.is(200);
        assert!(page["next_cursor"].is_null(), "they do not fit a page");
        page["items"].as_array().unwrap().clone()
    }

    /// Checks the cart out under a key of its own.
    pub async fn check_out(&self) -> Answer {
        self.once(&key()).post("/checkout", checkout()).await
    }

    /// The same for a guest.
    pub async fn check_out_as_guest(&self) -> Answer {
        self.once(&key()).post("/checkout", guest_checkout()).await
    }

    /// An order of `quantity` units that is not paid.
    pub async fn place(&self, variant: &Variant, quantity: i64) -> Value {
        self.add(variant, quantity).await;
        self.check_out().await.is(201)["order"].clone()
    }

    /// Confirms the payment of an order under a key of its own.
    pub async fn pay(&self, order: &Value, token: &str) -> Answer {
        let path = format!("/payments/{}/confirm", order["payment"]["id"].as_str().unwrap());
        self.once(&key()).post(&path, json!({ "token": token })).await
    }

    /// An order of `quantity` units that is paid.
    pub async fn buy(&self, variant: &Variant, quantity: i64) -> Value {
        let order = self.place(variant, quantity).await;
        let payment = self.pay(&order, "tok_success").await.is(200);
        assert_eq!(payment["status"], "captured");
        self.order(&order).await
    }

    /// Buys a unit, and waits until it has come.
    pub async fn receive(&self, variant: &Variant) -> Value {
        let order = self.buy(variant, 1).await;
        self.follow(&topic(&order)).await.until("order.delivered").await;
        self.order(&order).await
    }

    /// The order as it is now.
    pub async fn order(&self, order: &Value) -> Value {
        self.get(&path(order)).await.is(200)
    }

    /// Its timeline, if it fits a page.
    pub async fn timeline(&self, order: &Value) -> Vec<Value> {
        let page = self.get(&format!("{}/events?limit=100", path(order))).await.is(200);
        assert!(page["next_cursor"].is_null(), "it does not fit a page");
        page["items"].as_array().unwrap().clone()
    }
}

/// Where an order is.
pub fn path(order: &Value) -> String {
    format!("/orders/{}", order["id"].as_str().unwrap())
}

/// The topic of an order.
pub fn topic(order: &Value) -> String {
    format!("order:{}", order["id"].as_str().unwrap())
}
