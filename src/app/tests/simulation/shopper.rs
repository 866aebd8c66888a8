//! Shoppers: the notebook of what they asked and were told.

use std::{cell::RefCell, rc::Rc};

use serde_json::Value;

use super::{
    node::Node,
    request::{Request, ask},
    shop::Shop,
};
use crate::domain::{
    Error,
    id::{DeliveryId, LineId, OrderId, ReturnId},
    idempotency::{Answer, Outcome},
    order::{Order, refund::Units},
};

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
    /// What was done, as it was told; nothing yet or nothing to read is null.
    body: Value,
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

    /// How many requests were sent.
    pub fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// What was heard of requests that `heard` doesn't know of yet, with their numbers.
    pub fn news(&self, heard: &mut Vec<bool>) -> Vec<(usize, String)> {
        let all = self.0.borrow();
        heard.resize(all.len(), false);
        let mut news = Vec::new();
        for ((at, entry), known) in all.iter().enumerate().zip(heard) {
            if let Hope::Heard(it) = &entry.answer
                && !*known
            {
                *known = true;
                news.push((at, it.name()));
            }
        }
        news
    }

    /// Whether a shopper may have something in the cart, as far as they know.
    pub fn has_goods(&self, who: usize) -> bool {
        let all = self.0.borrow();
        let last = all.iter().rev().find_map(|it| match &it.request {
            Request::Add { .. } | Request::Merge { .. } if it.who == who => Some(true),
            Request::Clear if it.who == who => Some(false),
            Request::CheckOut { .. } if it.who == who => match &it.answer {
                Hope::Heard(Heard::Kept(answer)) => Some(placed(&answer.outcome).is_none()),
                Hope::Waiting | Hope::Lost | Hope::Heard(_) => Some(true),
            },
            _ => None,
        });
        last.unwrap_or(false)
    }

    /// Whether somebody was told that an order is paid.
    pub fn is_paid(&self, id: OrderId) -> bool {
        self.0.borrow().iter().any(|it| match (&it.request, &it.answer) {
            (
                Request::Confirm { order, .. },
                Hope::Heard(Heard::Kept(Answer { outcome: Outcome::Done(body), .. })),
            ) => *order == id && body.contains("\"captured\""),
            _ => false,
        })
    }

    pub fn waiting(&self) -> Vec<usize> {
        let all = self.0.borrow();
        let waits =
            |(at, entry): (usize, &Entry)| matches!(entry.answer, Hope::Waiting).then_some(at);
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
        let (node, answer, body) = (node.number, Hope::Waiting, Value::Null);
        all.push(Entry { who, request, node, answer, body });
        drop(all);
        let notebook = self.clone();
        drop(actix_rt::spawn(async move {
            let heard = asked.await.unwrap_or_else(|error| Heard::Failed(word(&error)));
            let mut all = notebook.0.borrow_mut();
            if matches!(all[at].answer, Hope::Waiting) {
                if let Heard::Kept(Answer { outcome: Outcome::Done(body), .. }) = &heard {
                    all[at].body = parsed(body);
                }
                all[at].answer = Hope::Heard(heard);
            }
        }));
    }

    /// The orders that a shopper was told of.
    pub fn orders(&self, who: usize) -> Vec<Known> {
        let mut orders: Vec<Known> = Vec::new();
        let all = self.0.borrow();
        for entry in all.iter().filter(|it| it.who == who && !it.body.is_null()) {
            match &entry.request {
                Request::CheckOut { .. } => {
                    let order = Known::of(&entry.body["order"]);
                    if orders.iter().all(|it| it.id != order.id) {
                        orders.push(order);
                    }
                }
                Request::Return { order, items, .. } => {
                    let known = orders.iter_mut().find(|it| it.id == *order).unwrap();
                    known.returns.push((text(&entry.body["id"]).parse().unwrap(), items.clone()));
                }
                Request::Ship { order, .. } => {
                    let known = orders.iter_mut().find(|it| it.id == *order).unwrap();
                    let parcels = entry.body["deliveries"].as_array().unwrap().iter();
                    known.parcels = parcels.map(|it| text(&it["id"]).parse().unwrap()).collect();
                }
                _ => {}
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

/// An order, as far as somebody was told of it.
pub struct Known {
    pub id: OrderId,
    pub lines: Vec<(LineId, i64)>,
    pub returns: Vec<(ReturnId, Vec<Units>)>,
    pub parcels: Vec<DeliveryId>,
}

impl Known {
    fn of(order: &Value) -> Self {
        let line =
            |it: &Value| (text(&it["id"]).parse().unwrap(), it["quantity"].as_i64().unwrap());
        Known {
            id: text(&order["id"]).parse().unwrap(),
            lines: order["items"].as_array().unwrap().iter().map(line).collect(),
            returns: Vec::new(),
            parcels: Vec::new(),
        }
    }
}

fn parsed(body: &str) -> Value {
    serde_json::from_str(body).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The order that a checkout made.
pub fn placed(outcome: &Outcome) -> Option<OrderId> {
    let Outcome::Done(body) = outcome else { return None };
    Some(text(&parsed(body)["order"]["id"]).parse().unwrap())
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
