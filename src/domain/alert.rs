//! Who wants to be told when something is in stock again: once for each time that they ask.
//!
//! A guest is told by mail at an address that nobody has confirmed, so few may wait there at once, and
//! no more letters than that are written to it in a day: nobody's mailbox is filled by whoever typed its
//! address.

use serde_json::Value;

use super::{
    Error,
    account::{Email, User},
    error::Refusal,
    event::{Event, Kind},
    id::{AlertId, EventId, MailId, OrderId, ProductId, UserId, VariantId},
    mail::{Letter, Mail},
    notification::{BackInStock, Notice},
    settings::{Channel, Language},
};

/// How many variants somebody may wait for, with those that they were told of within
/// [`TOLD_KEPT_HOURS`].
pub const ALERTS_MAX: i64 = 20;
/// How long what was told is kept to be counted, in hours.
pub const TOLD_KEPT_HOURS: i64 = 24;
/// How long anybody waits, in days: what is not back by then is not coming back.
pub const WAITS_DAYS: i64 = 180;
/// How many events are looked at at once.
pub const BATCH_MAX: i64 = 200;
/// How many people are told at once: the writer is held up no longer.
pub const TOLD_AT_ONCE: i64 = 200;

/// Who waits.
#[derive(Debug, Clone, PartialEq)]
pub enum Whom {
    User(UserId),
    /// A guest has a mailbox and no inbox.
    Guest(Email, Language),
}

impl Whom {
    pub fn user(&self) -> Option<UserId> {
        match self {
            Whom::User(user) => Some(*user),
            Whom::Guest(..) => None,
        }
    }
}

/// Has somebody wait for a variant; to wait for it twice is no error. `NotFound` where it is not for
/// sale, `Conflict("in_stock")` where there is nothing to wait for, and
/// `Conflict("too_many_stock_alerts")` from [`ALERTS_MAX`] on.
#[derive(Debug, Clone)]
pub struct Ask {
    /// What it is called if it is new.
    pub id: AlertId,
    pub variant: VariantId,
    pub whom: Whom,
}

/// Whether they did not wait before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub is_new: bool,
}

/// Why nobody need wait for a variant of which so many are there.
pub fn in_stock(available: i64) -> Error {
    let refusal = Refusal::new("in_stock", "it is in stock: there is nothing to wait for");
    Error::Conflict(refusal.with("available", available))
}

/// Why somebody cannot wait for more.
pub fn too_many() -> Error {
    let message = format!("at most {ALERTS_MAX} can be waited for at once, and told of in a day");
    Error::conflict("too_many_stock_alerts", message)
}

/// What an event may have put back on the shelf.
#[derive(Debug, PartialEq, Eq)]
pub enum Freed {
    Nothing,
    /// What was ordered.
    Order(OrderId),
    Variants(Vec<VariantId>),
    /// Whatever there is of a product, which may be for sale again.
    Products(Vec<ProductId>),
    /// Nobody knows.
    Anything,
}

impl Freed {
    pub fn by(event: &Event) -> Self {
        match event.kind {
            Kind::OrderCancelled | Kind::OrderExpired => match event.order {
                Some((order, _)) => Freed::Order(order),
                None => Freed::Anything,
            },
            Kind::StockChanged => {
                Freed::Variants(event.data.get("variant_id").and_then(id).into_iter().collect())
            }
            Kind::CartHeld | Kind::CartReleased => Freed::Variants(ids(event, "variants")),
            Kind::CatalogueChanged => Freed::Products(ids(event, "products")),
            // It may be of anything.
            Kind::EventUnreadable => Freed::Anything,
            Kind::OrderPlaced
            | Kind::OrderPaid
            | Kind::OrderProcessing
            | Kind::OrderShipped
            | Kind::OrderDelivered
            | Kind::OrderPartiallyRefunded
            | Kind::OrderRefunded
            | Kind::OrderReturnRequested
            // What came back and can be sold again is told as `stock.changed`.
            | Kind::OrderReturned
            | Kind::PaymentAuthorized
            | Kind::PaymentCaptured
            | Kind::PaymentFailed
            | Kind::PaymentCancelled
            | Kind::PaymentRefunded
            | Kind::PaymentRefundFailed
            | Kind::DeliveryCreated
            | Kind::DeliveryPacked
            | Kind::DeliveryInTransit
            | Kind::DeliveryOutForDelivery
            | Kind::DeliveryDelivered
            | Kind::DeliveryFailed
            | Kind::DeliveryReturned
            | Kind::DeliveryAssigned
            | Kind::CheckoutRefused
            | Kind::UserRegistered
            | Kind::UserRoleChanged
            | Kind::UserSuspended
            | Kind::UserUnsuspended
            | Kind::SessionOpened
            | Kind::SessionRevoked
            | Kind::PromotionCreated
            | Kind::PromotionChanged
            | Kind::TariffChanged
            | Kind::MailFailed
            | Kind::NotificationCreated
            | Kind::NotificationRead
            | Kind::ReviewSaved
            | Kind::ReviewDeleted
            | Kind::ReviewHidden
            | Kind::ReviewUnhidden => Freed::Nothing,
        }
    }
}

fn ids<T: std::str::FromStr>(event: &Event, field: &str) -> Vec<T> {
    let all = event.data.get(field).and_then(Value::as_array);
    all.into_iter().flatten().filter_map(id).collect()
}

/// What is no id names nothing.
fn id<T: std::str::FromStr>(value: &Value) -> Option<T> {
    value.as_str()?.parse().ok() // as above
}

/// Somebody who is to be told that what they wait for is there.
#[derive(Debug, Clone)]
pub struct Due {
    pub alert: AlertId,
    pub whom: Whom,
    pub back: BackInStock,
    /// The last event that was looked at when it was there.
    pub event: EventId,
}

impl Due {
    pub fn notice(&self) -> Notice {
        Notice::BackInStock(self.back.clone())
    }

    pub fn letter(&self) -> Letter {
        Letter::BackInStock { back: self.back.clone() }
    }

    /// What tells this from all else that is made of the event.
    pub fn name(&self, user: &User) -> String {
        format!("{} {}", user.id, self.alert)
    }

    /// The letter to a guest, of whom nobody knows what they want to be called.
    pub fn guest_mail(&self, to: &Email, language: Language) -> Mail {
        let id: MailId = self.event.made(&format!("{} {}", self.alert, Channel::Email)).into();
        Mail {
            id,
            to: to.clone(),
            name: String::new(),
            user: None,
            order: None,
            locale: language.to_string(),
            letter: self.letter(),
        }
    }
}

/// Tells those who still wait, and takes the cursor from place `from` to `to`: all of it, or nothing
/// and `Stale` where somebody else has.
#[derive(Debug, Clone)]
pub struct Tell {
    pub from: i64,
    pub to: i64,
    pub due: Vec<Due>,
}

/// Forgets who has waited for too long, and who was told long enough ago; the outcome is how many.
#[derive(Debug, Clone, Copy)]
pub struct Prune;

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;

    use super::*;

    fn event(kind: Kind, data: Value) -> Event {
        let (id, at) = (EventId::new(), DateTime::UNIX_EPOCH);
        Event { id, order: None, user: None, kind, at, data: data.into() }
    }

    #[test]
    fn what_an_event_may_have_freed_is_what_it_names() {
        let (variant, product) = (VariantId::new(), ProductId::new());
        let of = |kind, data| Freed::by(&event(kind, data));

        let changed = of(Kind::StockChanged, json!({ "variant_id": variant, "available": 1 }));
        assert_eq!(changed, Freed::Variants(vec![variant]));
        let released = of(Kind::CartReleased, json!({ "variants": [variant, "nonsense", 7] }));
        assert_eq!(released, Freed::Variants(vec![variant]));
        let shown = of(Kind::CatalogueChanged, json!({ "products": [product] }));
        assert_eq!(shown, Freed::Products(vec![product]));
        assert_eq!(
            of(Kind::CatalogueChanged, json!({ "categories": true })),
            Freed::Products(vec![])
        );
        assert_eq!(of(Kind::OrderCancelled, json!({})), Freed::Anything);
        assert_eq!(of(Kind::EventUnreadable, json!({})), Freed::Anything);
        assert_eq!(of(Kind::OrderPaid, json!({})), Freed::Nothing);
        let order = OrderId::new();
        let cancelled = Event { order: Some((order, 3)), ..event(Kind::OrderCancelled, json!({})) };
        assert_eq!(Freed::by(&cancelled), Freed::Order(order));
    }
}
