//! The inbox of an account: what the shop tells its user, newest first, until it is read.
//!
//! What was told is kept as a kind and its details, and put into words when it is shown: in the
//! language that the user reads then.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Error,
    id::{NotificationId, ProductId, UserId, VariantId},
    page::Listed,
    settings::{Channel, Language, Settings},
    words::words,
};

mod de;
mod en;
pub mod message;
pub mod order;
mod ru;

use self::{message::Message, order::OrderNews};

/// How many are kept of a user; the oldest go. More than anybody reads again.
pub const KEPT_MAX: i64 = 500;

words! {
    /// What a notification is about; the text of each is part of the public contract.
    #[schema(as = NotificationType)]
    Kind {
        PasswordChanged = "account.password_changed",
        PasswordReset = "account.password_reset",
        EmailChanged = "account.email_changed",
        NewDevice = "account.new_device",
        OrderPlaced = "order.placed",
        OrderPaid = "order.paid",
        PaymentFailed = "payment.failed",
        OrderShipped = "order.shipped",
        OutForDelivery = "delivery.out_for_delivery",
        /// An attempt failed; another one follows, unless the parcel goes back.
        DeliveryFailed = "delivery.failed",
        /// The parcel goes back to the shop.
        DeliveryReturned = "delivery.returned",
        OrderDelivered = "order.delivered",
        OrderCancelled = "order.cancelled",
        /// Money went back, all of it or a part.
        OrderRefunded = "order.refunded",
        BackInStock = "variant.back_in_stock",
        /// Another program of the shop has something to say.
        ServiceMessage = "service.message",
    }
}

/// What a user is told. The details are its form in the store, so fields are only added.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    PasswordChanged,
    PasswordReset,
    EmailChanged,
    NewDevice(NewDevice),
    Order(OrderNews),
    /// Something that the user has asked to be told of.
    BackInStock(BackInStock),
    /// What another program of the shop has to say.
    Message(Message),
}

/// A login with what was never seen before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewDevice {
    /// What it is called, such as `Firefox on Linux`.
    pub device: String,
    pub at: DateTime<Utc>,
}

/// A variant is in stock again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BackInStock {
    pub product_id: ProductId,
    pub variant_id: VariantId,
    /// Of the product, with what was chosen of it.
    pub name: String,
    /// Of the product's page.
    pub slug: String,
}

impl BackInStock {
    /// What is said of it in a language.
    pub fn text(&self, language: Language) -> Text {
        match language {
            Language::En => en::of_stock(self),
            Language::De => de::of_stock(self),
            Language::Ru => ru::of_stock(self),
        }
    }
}

/// A notice in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub title: String,
    pub body: String,
}

/// The field by which [`order::What`] is told apart.
const TYPE: &str = "type";

impl Notice {
    pub fn kind(&self) -> Kind {
        match self {
            Notice::PasswordChanged => Kind::PasswordChanged,
            Notice::PasswordReset => Kind::PasswordReset,
            Notice::EmailChanged => Kind::EmailChanged,
            Notice::NewDevice(_) => Kind::NewDevice,
            Notice::Order(news) => news.what.kind(),
            Notice::BackInStock(_) => Kind::BackInStock,
            Notice::Message(_) => Kind::ServiceMessage,
        }
    }

    /// The details, as programs read them.
    pub fn data(&self) -> Result<Value, Error> {
        match self {
            Notice::PasswordChanged | Notice::PasswordReset | Notice::EmailChanged => {
                Ok(Value::Object(serde_json::Map::new()))
            }
            Notice::NewDevice(it) => serde_json::to_value(it).map_err(unwritten),
            Notice::BackInStock(it) => serde_json::to_value(it).map_err(unwritten),
            Notice::Message(it) => Ok(Value::Object(it.data().clone())),
            Notice::Order(it) => {
                let mut data = serde_json::to_value(it).map_err(unwritten)?;
                if let Value::Object(fields) = &mut data {
                    fields.remove(TYPE); // It stands beside them.
                }
                Ok(data)
            }
        }
    }

    /// What is kept of it in the store: the details, and those words that are not its kind's.
    pub fn kept(&self) -> Result<Value, Error> {
        let Notice::Message(it) = self else { return self.data() };
        serde_json::to_value(it).map_err(unwritten)
    }

    /// The notice of this kind of which this is kept.
    pub fn of(kind: Kind, data: &str) -> Result<Self, serde_json::Error> {
        Ok(match kind {
            Kind::PasswordChanged => Notice::PasswordChanged,
            Kind::PasswordReset => Notice::PasswordReset,
            Kind::EmailChanged => Notice::EmailChanged,
            Kind::NewDevice => Notice::NewDevice(serde_json::from_str(data)?),
            Kind::BackInStock => Notice::BackInStock(serde_json::from_str(data)?),
            Kind::ServiceMessage => Notice::Message(serde_json::from_str(data)?),
            Kind::OrderPlaced
            | Kind::OrderPaid
            | Kind::PaymentFailed
            | Kind::OrderShipped
            | Kind::OutForDelivery
            | Kind::DeliveryFailed
            | Kind::DeliveryReturned
            | Kind::OrderDelivered
            | Kind::OrderCancelled
            | Kind::OrderRefunded => {
                let mut fields: serde_json::Map<String, Value> = serde_json::from_str(data)?;
                fields.insert(TYPE.to_owned(), kind.as_str().into());
                Notice::Order(serde_json::from_value(Value::Object(fields))?)
            }
        })
    }

    /// What is said of it in a language.
    pub fn text(&self, language: Language) -> Text {
        match language {
            Language::En => en::text(self),
            Language::De => de::text(self),
            Language::Ru => ru::text(self),
        }
    }

    /// Whether a user who has chosen these settings is told of it by `channel`.
    pub fn is_wanted(&self, settings: &Settings, channel: Channel) -> bool {
        settings.notifications.channels(self.kind()).has(channel)
    }
}

fn unwritten(error: serde_json::Error) -> Error {
    Error::internal("writing a notification")(error)
}

/// A notice in somebody's inbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    pub id: NotificationId,
    pub notice: Notice,
    pub created_at: DateTime<Utc>,
    pub read_at: Option<DateTime<Utc>>,
}

/// A page of an inbox, and what is true of the whole at that moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Inbox {
    pub listed: Listed<Notification, NotificationId>,
    pub unread: i64,
    /// What the user reads.
    pub language: Language,
}

/// Marks one as read; to read it twice is no error, another's is `NotFound`.
#[derive(Debug, Clone, Copy)]
pub struct MarkRead {
    pub user: UserId,
    pub id: NotificationId,
}

/// Marks all as read.
#[derive(Debug, Clone, Copy)]
pub struct MarkAllRead {
    pub user: UserId,
}

/// What came of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marked {
    /// How many were unread until now.
    pub newly: i64,
    /// How many are unread yet.
    pub unread: i64,
}

#[cfg(test)]
mod tests;
