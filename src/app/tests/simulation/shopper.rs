//! Shoppers: what they may ask for, and the notebook of what they asked and were told.

use std::{cell::RefCell, rc::Rc};

use serde_json::Value;

use super::{node::Node, shop::Shop};
use crate::{
    actors::{
        cart, inventory,
        payment::{Abandon, CancelOrder, Confirm},
    },
    domain::{
        Error,
        account::Email,
        address::Address,
        cart::{Buyer, Edit, Quantity},
        catalogue::stock::{ChangeStock, StockChange},
        delivery::Method,
        id::{ItemId, OrderId, PaymentId},
        idempotency::{Answer, Claim, Outcome},
        money::Money,
        order::Order,
    },
};

/// What somebody asks of the shop. It can be sent again as it is, to any node.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    Add {
        variant: usize,
        units: i64,
    },
    Clear,
    CheckOut {
        key: Key,
        expected: Option<Money>,
    },
    Confirm {
        key: Key,
        order: OrderId,
        token: &'static str,
    },
    Abandon {
        order: OrderId,
    },
    /// By the buyer, or an admin.
    Cancel {
        order: OrderId,
    },
    /// By an admin; the reason tells each from the others.
    Restock {
        variant: usize,
        units: i64,
        reason: String,
    },
}

/// An idempotency key; a `twist` makes another body under it.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    pub name: String,
    pub twist: bool,
}

/// What a request came to.
#[derive(Debug, Clone)]
pub enum Heard {
    /// The version of the cart.
    Cart(i64),
    Kept(Answer),
    Order(Box<Order>),
    /// It was done, and there is nothing to tell.
    Done,
    Failed(String),
}

/// A request that was sent.
#[derive(Debug, Clone)]
pub struct Entry {
    pub who: usize,
    pub request: Request,
    pub node: usize,
    pub answer: Hope,
}

#[derive(Debug, Clone)]
pub enum Hope {
    Waiting,
    /// No answer will come: the node is gone, or nobody waits any more.
    Lost,
    Heard(Heard),
}

/// All that was asked, in the order in which it was sent.
#[derive(Clone, Default)]
pub struct Notebook(Rc<RefCell<Vec<Entry>>>);

impl Notebook {
    pub fn entries(&self) -> Vec<Entry> {
        self.0.borrow().clone()
    }

    pub fn waiting(&self) -> Vec<usize> {
        let all = self.0.borrow();
        let waits = |(at, entry): (usize, &Entry)| matches!(entry.answer, Hope::Waiting).then_some(at);
        all.iter().enumerate().filter_map(waits).collect()
    }

    /// The node of an entry has crashed, or nobody waits any more.
    pub fn lose(&self, lost: impl Fn(usize, &Entry) -> bool) {
        for (at, entry) in self.0.borrow_mut().iter_mut().enumerate() {
            if matches!(entry.answer, Hope::Waiting) && lost(at, entry) {
                entry.answer = Hope::Lost;
            }
        }
    }

    /// Sends a request to a node; the answer is written down when it comes.
    pub fn send(&self, shop: &Shop, who: usize, request: Request, node: &Node) {
        let mut all = self.0.borrow_mut();
        let at = all.len();
        let asked = ask(shop, who, &request, node);
        all.push(Entry { who, request, node: node.number, answer: Hope::Waiting });
        drop(all);
        let notebook = self.clone();
        drop(actix_rt::spawn(async move {
            let heard = asked.await.unwrap_or_else(|error| Heard::Failed(word(&error)));
            let mut all = notebook.0.borrow_mut();
            if matches!(all[at].answer, Hope::Waiting) {
                all[at].answer = Hope::Heard(heard);
            }
        }));
    }

    /// The orders that a shopper was told of.
    pub fn orders(&self, who: usize) -> Vec<OrderId> {
        let mut orders = Vec::new();
        for entry in self.0.borrow().iter().filter(|it| it.who == who) {
            if let (Request::CheckOut { .. }, Hope::Heard(Heard::Kept(answer))) =
                (&entry.request, &entry.answer)
                && let Some(order) = placed(&answer.outcome)
                && !orders.contains(&order)
            {
                orders.push(order);
            }
        }
        orders
    }

    /// What a shopper has sent under a key.
    pub fn keyed(&self, who: usize) -> Vec<Request> {
        let all = self.0.borrow();
        let own = all.iter().filter(|it| it.who == who && it.request.key().is_some());
        own.map(|it| it.request.clone()).collect()
    }
}

/// The order that a checkout made.
pub fn placed(outcome: &Outcome) -> Option<OrderId> {
    let Outcome::Done(body) = outcome else { return None };
    let body: Value = serde_json::from_str(body).unwrap();
    Some(body["order"]["id"].as_str().unwrap().parse().unwrap())
}

impl Request {
    pub fn key(&self) -> Option<&Key> {
        match self {
            Request::CheckOut { key, .. } | Request::Confirm { key, .. } => Some(key),
            Request::Add { .. }
            | Request::Clear
            | Request::Abandon { .. }
            | Request::Cancel { .. }
            | Request::Restock { .. } => None,
        }
    }

    /// The same key, with another body.
    pub fn twisted(&self) -> Self {
        let mut other = self.clone();
        if let Request::CheckOut { key, .. } | Request::Confirm { key, .. } = &mut other {
            key.twist = !key.twist;
        }
        other
    }

    /// As the edge makes it.
    pub fn claim(&self) -> Option<Claim> {
        let key = self.key()?;
        let request = match self {
            Request::CheckOut { expected, .. } => format!("{expected:?} {}", key.twist),
            Request::Confirm { order, token, .. } => format!("{order} {token} {}", key.twist),
            Request::Add { .. }
            | Request::Clear
            | Request::Abandon { .. }
            | Request::Cancel { .. }
            | Request::Restock { .. } => return None,
        };
        Some(Claim { key: key.name.clone(), request })
    }

    /// For the trace: without ids, which are others in each run.
    pub fn name(&self) -> String {
        match self {
            Request::Add { variant, units } => format!("add {units} of {variant}"),
            Request::Clear => "clear".to_owned(),
            Request::CheckOut { key, expected } => {
                let sum = expected.map_or(String::new(), |it| format!(" for {}", it.amount));
                format!("check out {}{sum}", key.text())
            }
            Request::Confirm { key, token, .. } => format!("confirm {} {token}", key.text()),
            Request::Abandon { .. } => "abandon".to_owned(),
            Request::Cancel { .. } => "cancel".to_owned(),
            Request::Restock { variant, units, .. } => format!("restock {variant} by {units}"),
        }
    }
}

impl Key {
    fn text(&self) -> String {
        format!("{}{}", self.name, if self.twist { "'" } else { "" })
    }
}

impl Heard {
    pub fn name(&self) -> String {
        match self {
            Heard::Cart(version) => format!("version {version}"),
            Heard::Kept(Answer { outcome, replayed }) => {
                let what = match outcome {
                    Outcome::Done(_) => "done",
                    Outcome::Refused(refusal) => &*refusal.code,
                };
                format!("{what}{}", if *replayed { " again" } else { "" })
            }
            Heard::Order(order) => order.status.to_string(),
            Heard::Done => "done".to_owned(),
            Heard::Failed(word) => word.clone(),
        }
    }
}

fn word(error: &Error) -> String {
    match error {
        Error::Conflict(refusal) => refusal.code.to_string(),
        Error::Internal { source, .. } => format!("internal: {source}"),
        other => other.to_string(),
    }
}

type Asked = futures_util::future::LocalBoxFuture<'static, Result<Heard, Error>>;

/// What the edge does for a request: the message, to the directory that it is for.
fn ask(shop: &Shop, who: usize, request: &Request, node: &Node) -> Asked {
    let (selling, inventory) = (node.selling.clone(), node.inventory.clone());
    let buyer = shop.buyers[who];
    let (cart, claim) = (buyer.cart(), request.claim());
    let edit = |edit| cart::Edit { edit };
    match request.clone() {
        Request::Add { variant, units } => {
            let quantity = Quantity::try_from(units).unwrap();
            let (item, variant) = (ItemId::new(), shop.variants[variant]);
            let add = edit(Edit::Add { item, variant, quantity });
            Box::pin(async move { Ok(Heard::Cart(selling.carts.ask(cart, add).await?)) })
        }
        Request::Clear => Box::pin(async move {
            Ok(Heard::Cart(selling.carts.ask(cart, edit(Edit::Clear)).await?))
        }),
        Request::CheckOut { expected, .. } => {
            let check_out = check_out(buyer, expected, claim.unwrap());
            Box::pin(async move {
                Ok(Heard::Kept(selling.carts.ask(cart, check_out).await?.answer))
            })
        }
        Request::Confirm { order, token, .. } => {
            let confirm = Confirm { token: token.to_owned(), claim: claim.unwrap() };
            let id = PaymentId::of(order);
            Box::pin(async move { Ok(Heard::Kept(selling.payments.ask(id, confirm).await?)) })
        }
        Request::Abandon { order } => {
            let id = PaymentId::of(order);
            Box::pin(async move {
                selling.payments.ask(id, Abandon).await?;
                Ok(Heard::Done)
            })
        }
        Request::Cancel { order } => {
            let (id, cancel) = (PaymentId::of(order), CancelOrder { reason: None });
            Box::pin(async move {
                Ok(Heard::Order(Box::new(selling.payments.ask(id, cancel).await?)))
            })
        }
        Request::Restock { variant, units, reason } => {
            let variant = shop.variants[variant];
            let change = StockChange::Adjust(units);
            let change = inventory::Change(ChangeStock { variant, change, reason });
            let shard = inventory::Shard::of(variant);
            Box::pin(async move {
                inventory.ask(shard, change).await?;
                Ok(Heard::Done)
            })
        }
    }
}

fn check_out(buyer: Buyer, expected_total: Option<Money>, claim: Claim) -> cart::Checkout {
    let email = match buyer {
        Buyer::User(_) => None,
        Buyer::Guest(cart) => Some(Email::parse(&format!("{cart}@example.com")).unwrap()),
    };
    let address = Address {
        name: "Ada Lovelace".into(),
        line1: "1 St James Square".into(),
        line2: None,
        city: "Berlin".into(),
        region: None,
        postal_code: "10115".into(),
        country: "DE".into(),
        phone: None,
    };
    cart::Checkout { buyer, email, address, method: Method::Standard, expected_total, claim }
}
