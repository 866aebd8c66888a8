//! What the buyer of an order is told of it: by the inbox, and by mail.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Kind, Notice, Text, de, en, ru};
use crate::domain::{
    Error,
    account::Email,
    address::Address,
    event::{self, Event, Published},
    id::{EventId, OrderId, UserId},
    mail::{KEPT_DAYS, Letter, Mail},
    money::Money,
    settings::{Channel, Language},
};

/// How many events of which something is told are looked at at once: whoever buys meanwhile waits for
/// what is written of them.
pub const BATCH_MAX: u16 = 64;

/// How an order stands: a notice and a letter are made of it. It is its form in the store, so fields
/// are only added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderNews {
    pub order_id: OrderId,
    pub number: String,
    #[serde(flatten)]
    pub what: What,
}

/// What happened to an order; the word of each is that of [`Kind`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum What {
    #[serde(rename = "order.placed")]
    Placed { total: Money },
    #[serde(rename = "order.paid")]
    Paid { total: Money },
    /// Nothing was taken; it can be tried again.
    #[serde(rename = "payment.failed")]
    PaymentFailed { total: Money },
    #[serde(rename = "order.shipped")]
    Shipped { carrier: Option<String>, tracking_number: Option<String> },
    #[serde(rename = "delivery.out_for_delivery")]
    OutForDelivery {},
    /// An attempt failed; another one follows, unless the parcel goes back.
    #[serde(rename = "delivery.failed")]
    DeliveryFailed {},
    #[serde(rename = "delivery.returned")]
    DeliveryReturned {},
    #[serde(rename = "order.delivered")]
    Delivered {},
    /// By somebody, or because it was not paid in time.
    #[serde(rename = "order.cancelled")]
    Cancelled { expired: bool },
    /// So much was given back, of so much.
    #[serde(rename = "order.refunded")]
    Refunded { amount: Money, total: Money },
}

impl What {
    pub fn kind(&self) -> Kind {
        match self {
            What::Placed { .. } => Kind::OrderPlaced,
            What::Paid { .. } => Kind::OrderPaid,
            What::PaymentFailed { .. } => Kind::PaymentFailed,
            What::Shipped { .. } => Kind::OrderShipped,
            What::OutForDelivery {} => Kind::OutForDelivery,
            What::DeliveryFailed {} => Kind::DeliveryFailed,
            What::DeliveryReturned {} => Kind::DeliveryReturned,
            What::Delivered {} => Kind::OrderDelivered,
            What::Cancelled { .. } => Kind::OrderCancelled,
            What::Refunded { .. } => Kind::OrderRefunded,
        }
    }
}

impl OrderNews {
    /// What is said of it in a language.
    pub fn text(&self, language: Language) -> Text {
        match language {
            Language::En => en::of_order(self),
            Language::De => de::of_order(self),
            Language::Ru => ru::of_order(self),
        }
    }
}

/// What was bought, for a letter to repeat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bought {
    pub lines: Vec<BoughtLine>,
    pub discount: Money,
    pub delivery: Money,
    /// What came on top of the prices.
    pub tax: Money,
    pub total: Money,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoughtLine {
    /// With what was chosen of it.
    pub name: String,
    pub quantity: i64,
    pub total: Money,
}

/// A new order, as the shop's people read of it: what is to be sent and where. They see the rest where
/// they work on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewOrder {
    pub order_id: OrderId,
    pub number: String,
    pub bought: Bought,
    /// What is to be written on the parcel.
    pub to: Vec<String>,
}

/// Where the shop's people are told of new orders, and in which language.
#[derive(Debug, Clone, PartialEq)]
pub struct Seller {
    pub email: Email,
    pub language: Language,
}

/// Who is told of an order.
#[derive(Debug, Clone, PartialEq)]
pub enum Buyer {
    User(UserId),
    /// A guest has a mailbox and no inbox.
    Guest(Email, Language),
}

impl Buyer {
    pub fn user(&self) -> Option<UserId> {
        match self {
            Buyer::User(user) => Some(*user),
            Buyer::Guest(..) => None,
        }
    }
}

/// What is known of an order of which something is to be told.
#[derive(Debug, Clone)]
pub struct Facts {
    pub id: OrderId,
    pub number: String,
    pub buyer: Buyer,
    pub bought: Bought,
    pub address: Address,
    pub carrier: Option<String>,
    pub tracking_number: Option<String>,
    /// Those of its events of the kinds [`LOOKED_BACK_AT`].
    pub past: Vec<Past>,
}

/// An event of an order, as far as it matters to a later one.
#[derive(Debug, Clone)]
pub struct Past {
    pub sequence: i64,
    pub kind: event::Kind,
    pub data: Value,
}

/// The kinds of event that say how a later one is told, or whether.
pub const LOOKED_BACK_AT: [event::Kind; 3] =
    [event::Kind::OrderExpired, event::Kind::DeliveryOutForDelivery, event::Kind::DeliveryFailed];

impl Facts {
    fn as_new(&self) -> NewOrder {
        let (number, bought) = (self.number.clone(), self.bought.clone());
        NewOrder { order_id: self.id, number, bought, to: self.address.lines() }
    }

    fn is_expired(&self) -> bool {
        self.past.iter().any(|it| it.kind == event::Kind::OrderExpired)
    }

    /// Whether a courier had this parcel in hand just before: the same is said each time that there is
    /// news of where it is. After an attempt that failed it is out anew.
    fn was_out(&self, event: &Event) -> bool {
        let sequence = event.order.map_or(i64::MAX, |(_, sequence)| sequence);
        let parcel = event.data.get("delivery_id");
        let before = self.past.iter().filter(|it| {
            it.sequence < sequence
                && it.data.get("delivery_id").is_some_and(|it| Some(it) == parcel)
        });
        let last = before.max_by_key(|it| it.sequence);
        last.is_some_and(|it| it.kind == event::Kind::DeliveryOutForDelivery)
    }
}

/// Whether the parcel of an event had left the shop: only then does it have a tracking number.
fn had_left(event: &Event) -> bool {
    event.data.get("tracking_number").is_some_and(Value::is_string)
}

/// What is to be told of an event.
#[derive(Debug, Clone)]
pub struct News {
    /// Where the event stands in the feed.
    pub place: i64,
    pub event: EventId,
    pub at: DateTime<Utc>,
    pub buyer: Buyer,
    pub order: OrderNews,
    /// Where it was just placed.
    new: Option<NewOrder>,
}

/// What is told of an event of the feed: nothing of most.
pub fn kind_of(kind: event::Kind) -> Option<Kind> {
    match kind {
        event::Kind::OrderPlaced => Some(Kind::OrderPlaced),
        event::Kind::OrderPaid => Some(Kind::OrderPaid),
        event::Kind::PaymentFailed => Some(Kind::PaymentFailed),
        event::Kind::OrderShipped => Some(Kind::OrderShipped),
        event::Kind::DeliveryOutForDelivery => Some(Kind::OutForDelivery),
        event::Kind::DeliveryFailed => Some(Kind::DeliveryFailed),
        event::Kind::DeliveryReturned => Some(Kind::DeliveryReturned),
        event::Kind::OrderDelivered => Some(Kind::OrderDelivered),
        event::Kind::OrderCancelled => Some(Kind::OrderCancelled),
        // Beside it stands that the order is refunded, unless it was cancelled or has come back: the
        // buyer hears of the money.
        event::Kind::PaymentRefunded => Some(Kind::OrderRefunded),
        event::Kind::OrderProcessing
        | event::Kind::OrderPartiallyRefunded
        | event::Kind::OrderRefunded
        | event::Kind::OrderReturnRequested
        | event::Kind::OrderReturned
        // It is cancelled too.
        | event::Kind::OrderExpired
        | event::Kind::PaymentAuthorized
        | event::Kind::PaymentCaptured
        | event::Kind::PaymentCancelled
        | event::Kind::PaymentRefundFailed
        | event::Kind::DeliveryCreated
        | event::Kind::DeliveryPacked
        | event::Kind::DeliveryInTransit
        | event::Kind::DeliveryDelivered
        | event::Kind::DeliveryAssigned
        | event::Kind::CheckoutRefused
        | event::Kind::CartHeld
        | event::Kind::CartReleased
        | event::Kind::UserRegistered
        | event::Kind::UserRoleChanged
        | event::Kind::UserSuspended
        | event::Kind::UserUnsuspended
        | event::Kind::SessionOpened
        | event::Kind::SessionRevoked
        | event::Kind::PromotionCreated
        | event::Kind::PromotionChanged
        | event::Kind::TariffChanged
        | event::Kind::MailFailed
        | event::Kind::NotificationCreated
        | event::Kind::NotificationRead
        | event::Kind::StockChanged
        | event::Kind::CatalogueChanged
        | event::Kind::ReviewSaved
        | event::Kind::ReviewDeleted
        | event::Kind::ReviewHidden
        | event::Kind::ReviewUnhidden
        | event::Kind::EventUnreadable => None,
    }
}

/// Whether an event is so old at `now` that nobody is told of it any more. What is younger has left a
/// letter that is not forgotten yet, so it is not written again, whatever is read again.
pub fn is_past(event: &Event, now: DateTime<Utc>) -> bool {
    now - event.at > TimeDelta::days(KEPT_DAYS)
}

impl News {
    /// What is to be told of an event of the order that these are the facts of; an error where the
    /// event does not hold what its kind needs.
    pub fn of(published: &Published, facts: &Facts) -> Result<Option<News>, Error> {
        let event = &published.event;
        let Some(kind) = kind_of(event.kind) else { return Ok(None) };
        let total = facts.bought.total;
        let what = match kind {
            Kind::OrderPlaced => What::Placed { total },
            Kind::OrderPaid => What::Paid { total },
            Kind::PaymentFailed => What::PaymentFailed { total },
            Kind::OrderShipped => What::Shipped {
                carrier: facts.carrier.clone(),
                tracking_number: facts.tracking_number.clone(),
            },
            Kind::OutForDelivery if facts.was_out(event) => return Ok(None),
            Kind::OutForDelivery => What::OutForDelivery {},
            // One that never left is no news beside what was called off.
            Kind::DeliveryFailed if !had_left(event) => return Ok(None),
            Kind::DeliveryFailed => What::DeliveryFailed {},
            Kind::DeliveryReturned => What::DeliveryReturned {},
            Kind::OrderDelivered => What::Delivered {},
            Kind::OrderCancelled => What::Cancelled { expired: facts.is_expired() },
            Kind::OrderRefunded => {
                let amount = event.data.get("amount").cloned().unwrap_or_default();
                let amount = serde_json::from_value(amount).map_err(super::unwritten)?;
                What::Refunded { amount, total }
            }
            Kind::PasswordChanged
            | Kind::PasswordReset
            | Kind::EmailChanged
            | Kind::NewDevice
            | Kind::BackInStock
            | Kind::ServiceMessage => return Ok(None),
        };
        Ok(Some(News {
            place: published.sequence,
            event: event.id,
            at: event.at,
            buyer: facts.buyer.clone(),
            order: OrderNews { order_id: facts.id, number: facts.number.clone(), what },
            new: (kind == Kind::OrderPlaced).then(|| facts.as_new()),
        }))
    }

    pub fn notice(&self) -> Notice {
        Notice::Order(self.order.clone())
    }

    /// The letter to a guest, of whom nobody knows what they want to be called.
    pub fn guest_mail(&self, to: &Email, language: Language) -> Mail {
        Mail {
            id: self.event.made(&format!("{to} {}", Channel::Email, to = to.as_str())).into(),
            to: to.clone(),
            name: String::new(),
            user: None,
            order: Some(self.order.order_id),
            locale: language.to_string(),
            letter: self.letter(),
        }
    }

    /// The letter to the shop's own people, of an order that was just placed. There is one of each
    /// order, also if they move: its id is made without the address.
    pub fn seller_mail(&self, seller: &Seller) -> Option<Mail> {
        let order = self.new.clone()?;
        Some(Mail {
            id: self.event.made("seller").into(),
            to: seller.email.clone(),
            name: String::new(),
            user: None,
            order: Some(order.order_id),
            locale: seller.language.to_string(),
            letter: Letter::NewOrder { order },
        })
    }

    /// What is said by mail.
    pub fn letter(&self) -> Letter {
        let bought = self.new.as_ref().map(|it| it.bought.clone());
        Letter::Order { news: self.order.clone(), bought }
    }
}

/// Tells what is to be told of the events after place `from`, up to `to`: all of it, or nothing and
/// `Stale` where somebody else has. Where the two are one, nobody else would tell of them.
#[derive(Debug, Clone)]
pub struct Tell {
    pub from: i64,
    pub to: i64,
    pub news: Vec<News>,
    /// Who is told of new orders besides their buyers.
    pub seller: Option<Seller>,
}

impl Tell {
    /// The same in commands that each tell of one event.
    pub fn singly(self) -> Vec<Tell> {
        let Tell { mut from, to, news, seller } = self;
        let mut all = Vec::with_capacity(news.len());
        let mut rest = news.into_iter().peekable();
        while let Some(one) = rest.next() {
            let to = if rest.peek().is_some() { one.place } else { to };
            all.push(Tell { from, to, news: vec![one], seller: seller.clone() });
            from = to;
        }
        all
    }
}

#[cfg(test)]
mod tests;
