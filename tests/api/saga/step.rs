//! The steps of a purchase: how each is come to, asked for and asked for again, and how it is seen in
//! the database that it was begun, and that it is done.

use awc::http::Method;
use serde_json::{Value, json};

use super::{Cut, Scene};
use crate::{
    order::walk::{deliver, desk, units},
    support::{
        TestShop,
        client::{Answer, Client},
        key,
        purchase::{checkout, euros, path},
        soon,
    },
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Place,
    Pay,
    CallOff,
    Expire,
    CallOffPaid,
    Refund,
    AskReturn,
    TakeIn,
}

impl Step {
    /// What is true of the order `o` and its payment `p` once the first transaction of the step is
    /// committed, and what once the last one is.
    fn marks(self) -> (&'static str, &'static str) {
        match self {
            Step::Place => ("TRUE", "TRUE"),
            Step::Pay => ("p.status <> 'requires_confirmation'", "p.status = 'captured'"),
            Step::CallOff | Step::Expire => ("o.stage = 'cancelled'", "o.stage = 'cancelled'"),
            Step::CallOffPaid => ("o.stage = 'cancelled'", "p.status = 'refunded'"),
            Step::Refund => (
                "EXISTS (SELECT 1 FROM refunds r WHERE r.order_id = o.id)",
                "p.status = 'partially_refunded'",
            ),
            Step::AskReturn => (
                "EXISTS (SELECT 1 FROM returns r WHERE r.order_id = o.id)",
                "EXISTS (SELECT 1 FROM returns r WHERE r.order_id = o.id)",
            ),
            Step::TakeIn => ("o.stage = 'returned'", "p.status = 'refunded'"),
        }
    }

    /// How the order stands in the end, and its payment.
    pub fn comes_to(self) -> (&'static str, &'static str) {
        match self {
            Step::Place => ("pending_payment", "requires_confirmation"),
            Step::Pay => ("paid", "captured"),
            Step::CallOff | Step::Expire => ("cancelled", "cancelled"),
            Step::CallOffPaid => ("cancelled", "refunded"),
            Step::Refund => ("partially_refunded", "partially_refunded"),
            Step::AskReturn => ("delivered", "captured"),
            Step::TakeIn => ("returned", "refunded"),
        }
    }
}

/// What is asked of the shop, under a key where `has_key`.
struct Ask {
    client: Client,
    path: String,
    body: Value,
    has_key: bool,
}

impl Ask {
    fn once(client: &Client, path: String, body: Value) -> Option<Self> {
        Some(Ask { client: client.once(&key()), path, body, has_key: true })
    }

    fn plain(client: &Client, path: String, body: Value) -> Option<Self> {
        Some(Ask { client: client.clone(), path, body, has_key: false })
    }

    async fn send(&self) -> Result<Answer, String> {
        let body = self.body.to_string();
        let body = Some(&body).filter(|_| !self.body.is_null());
        let body = body.map(|it| ("application/json", it.as_bytes()));
        self.client.attempt(Method::POST, &self.path, body).await
    }
}

/// A step that is about to be taken.
pub struct Begun {
    pub step: Step,
    pub buyer: Client,
    /// What time does nobody asks for.
    ask: Option<Ask>,
}

impl Begun {
    pub async fn new(step: Step, scene: &Scene) -> Self {
        let (buyer, admin) = (scene.shop.sign_up().await, &scene.admin);
        let ask = match step {
            Step::Place => {
                buyer.add(&scene.teapot, 1).await;
                Ask::once(&buyer, "/checkout".to_owned(), checkout())
            }
            Step::Pay => Some(paying(&buyer, &buyer.place(&scene.teapot, 1).await)),
            Step::CallOff => {
                let order = buyer.place(&scene.teapot, 1).await;
                Ask::plain(&buyer, format!("{}/cancel", path(&order)), Value::Null)
            }
            Step::Expire => {
                buyer.place(&scene.teapot, 1).await;
                None
            }
            Step::CallOffPaid => {
                let order = paid(&buyer, scene).await;
                Ask::plain(&buyer, format!("{}/cancel", path(&order)), Value::Null)
            }
            Step::Refund => {
                let order = paid(&buyer, scene).await;
                let body = json!({ "amount": euros(300), "reason": "a scratch" });
                Ask::once(admin, desk(&order, "refund"), body)
            }
            Step::AskReturn => returning(&buyer, &deliver(admin, &paid(&buyer, scene).await).await),
            Step::TakeIn => {
                let order = deliver(admin, &paid(&buyer, scene).await).await;
                let asked = returning(&buyer, &order).unwrap().send().await.unwrap().is(201);
                let parts =
                    [json!({ "id": order["items"][0]["id"], "quantity": 1, "restock": true })];
                let at = format!("/admin/returns/{}/receive", asked["id"].as_str().unwrap());
                Ask::plain(admin, at, json!({ "items": parts }))
            }
        };
        Begun { step, buyer, ask }
    }

    /// Asks for it; the answer, where one comes.
    pub async fn ask(&self) -> Option<Answer> {
        self.ask.as_ref()?.send().await.ok() // A power cut gives no reason.
    }

    /// Asks for it again, and hears what was heard, or would have been.
    pub async fn repeat(&self, cut: Cut, heard: Option<Answer>) {
        let Some(ask) = &self.ask else { return };
        let status = match self.step {
            Step::Place | Step::AskReturn => 201,
            _ => 200,
        };
        let again = ask.send().await.unwrap();
        if !ask.has_key && cut != Cut::Uncommitted {
            again.refused(409, "invalid_transition");
            return;
        }
        assert_eq!(again.status, status, "{}", again.text);
        assert!(cut != Cut::Uncommitted || !again.is_replayed());
        assert!(cut != Cut::Unheard || again.is_replayed());
        if ask.has_key {
            let third = ask.send().await.unwrap();
            assert_eq!((third.status, third.is_replayed()), (status, true));
            assert_eq!(third.text, again.text);
        }
        if let Some(heard) = heard {
            assert_eq!(heard.text, again.text);
        }
    }

    /// Whether its first transaction is committed.
    pub fn is_noted(&self, shop: &TestShop) -> bool {
        self.has(shop, self.step.marks().0)
    }

    /// Whether its last one is.
    pub fn has_come(&self, shop: &TestShop) -> bool {
        self.has(shop, self.step.marks().1)
    }

    /// Waits until its last one is.
    pub async fn is_done(&self, shop: &TestShop) {
        let look = shop.stranger();
        let done = async {
            while !self.has_come(shop) {
                look.get("/healthz").await;
            }
        };
        soon("the end of the step", done).await;
    }

    fn has(&self, shop: &TestShop, mark: &str) -> bool {
        let buyer = self.buyer.user_id();
        let sql = format!(
            "SELECT o.id AS found FROM orders o JOIN payments p ON p.order_id = o.id \
             WHERE o.user_id = '{buyer}' AND {mark}"
        );
        !shop.found(&sql).is_empty()
    }

    /// The one order of the buyer.
    pub async fn order(&self) -> Value {
        let [order] = &self.buyer.orders().await[..] else { panic!("not one order") };
        self.buyer.order(order).await
    }
}

fn paying(buyer: &Client, order: &Value) -> Ask {
    let path = format!("/payments/{}/confirm", order["payment"]["id"].as_str().unwrap());
    Ask::once(buyer, path, json!({ "token": "pm_card_visa" })).unwrap()
}

async fn paid(buyer: &Client, scene: &Scene) -> Value {
    let order = buyer.place(&scene.teapot, 1).await;
    let payment = paying(buyer, &order).send().await.unwrap().is(200);
    assert_eq!(payment["status"], "captured");
    buyer.order(&order).await
}

fn returning(buyer: &Client, order: &Value) -> Option<Ask> {
    let body = json!({ "items": [units(order, 0, 1)], "reason": "too small" });
    Ask::once(buyer, format!("{}/returns", path(order)), body)
}
