//! What happened: written with the change, told after the commit.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    id::{EventId, OrderId, UserId},
    words::words,
};

words! {
    /// The kinds of event; the text of each is part of the public contract.
    #[schema(as = EventType)]
    Kind {
    OrderPlaced = "order.placed",
    OrderPaid = "order.paid",
    OrderProcessing = "order.processing",
    OrderShipped = "order.shipped",
    OrderDelivered = "order.delivered",
    OrderCancelled = "order.cancelled",
    OrderPartiallyRefunded = "order.partially_refunded",
    OrderRefunded = "order.refunded",
    OrderReturnRequested = "order.return_requested",
    OrderReturned = "order.returned",
    OrderExpired = "order.expired",
    PaymentAuthorized = "payment.authorized",
    PaymentCaptured = "payment.captured",
    PaymentFailed = "payment.failed",
    PaymentCancelled = "payment.cancelled",
    PaymentRefunded = "payment.refunded",
    /// The provider will not give money back that is owed; it says why.
    PaymentRefundFailed = "payment.refund_failed",
    DeliveryCreated = "delivery.created",
    DeliveryPacked = "delivery.packed",
    DeliveryInTransit = "delivery.in_transit",
    DeliveryOutForDelivery = "delivery.out_for_delivery",
    DeliveryDelivered = "delivery.delivered",
    DeliveryFailed = "delivery.failed",
    DeliveryReturned = "delivery.returned",
    /// One of the shop's own couriers is to bring it, or another one, or none any more.
    DeliveryAssigned = "delivery.assigned",
    CheckoutRefused = "checkout.refused",
    /// Units are reserved for a cart, or not any more; it names the variants.
    CartHeld = "cart.held",
    CartReleased = "cart.released",
    UserRegistered = "user.registered",
    UserRoleChanged = "user.role_changed",
    UserSuspended = "user.suspended",
    UserUnsuspended = "user.unsuspended",
    /// Somebody has logged in.
    SessionOpened = "session.opened",
    SessionRevoked = "session.revoked",
    NotificationCreated = "notification.created",
    NotificationRead = "notification.read",
    StockChanged = "stock.changed",
    /// Products or categories are shown otherwise; it names which.
    CatalogueChanged = "catalogue.changed",
    PromotionCreated = "promotion.created",
    PromotionChanged = "promotion.changed",
    /// What delivery and taxes cost.
    TariffChanged = "tariff.changed",
    /// A letter that is not tried any more: nobody takes it.
    MailFailed = "mail.failed",
    ReviewSaved = "review.saved",
    ReviewDeleted = "review.deleted",
    ReviewHidden = "review.hidden",
    ReviewUnhidden = "review.unhidden",
    /// One that this program cannot read, as a later version wrote it: it has its place all the same.
    EventUnreadable = "event.unreadable",
}}

impl Kind {
    /// Whether the user's own topic carries it, beside the order's and the admins' feed.
    pub fn tells_user(self) -> bool {
        match self {
            Kind::OrderPlaced | Kind::NotificationCreated | Kind::NotificationRead => true,
            Kind::OrderPaid
            | Kind::OrderProcessing
            | Kind::OrderShipped
            | Kind::OrderDelivered
            | Kind::OrderCancelled
            | Kind::OrderPartiallyRefunded
            | Kind::OrderRefunded
            | Kind::OrderReturnRequested
            | Kind::OrderReturned
            | Kind::OrderExpired
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
            | Kind::CartHeld
            | Kind::CartReleased
            | Kind::UserRegistered
            | Kind::UserRoleChanged
            | Kind::UserSuspended
            | Kind::UserUnsuspended
            | Kind::SessionOpened
            | Kind::SessionRevoked
            | Kind::StockChanged
            | Kind::CatalogueChanged
            | Kind::PromotionCreated
            | Kind::PromotionChanged
            | Kind::TariffChanged
            | Kind::MailFailed
            | Kind::ReviewSaved
            | Kind::ReviewDeleted
            | Kind::ReviewHidden
            | Kind::ReviewUnhidden
            | Kind::EventUnreadable => false,
        }
    }

    /// Whether other programs can be told of it: not of what is between the shop and one user or their
    /// account, nor of what carts hold for a moment.
    pub fn is_for_integrators(self) -> bool {
        match self {
            Kind::CartHeld
            | Kind::CartReleased
            | Kind::UserRoleChanged
            | Kind::UserSuspended
            | Kind::UserUnsuspended
            | Kind::SessionOpened
            | Kind::SessionRevoked
            | Kind::NotificationCreated
            | Kind::NotificationRead
            | Kind::MailFailed
            | Kind::EventUnreadable => false,
            Kind::OrderPlaced
            | Kind::OrderPaid
            | Kind::OrderProcessing
            | Kind::OrderShipped
            | Kind::OrderDelivered
            | Kind::OrderCancelled
            | Kind::OrderPartiallyRefunded
            | Kind::OrderRefunded
            | Kind::OrderReturnRequested
            | Kind::OrderReturned
            | Kind::OrderExpired
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
            | Kind::StockChanged
            | Kind::CatalogueChanged
            | Kind::PromotionCreated
            | Kind::PromotionChanged
            | Kind::TariffChanged
            | Kind::ReviewSaved
            | Kind::ReviewDeleted
            | Kind::ReviewHidden
            | Kind::ReviewUnhidden => true,
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub id: EventId,
    /// The order it belongs to, and its place in that order's timeline: gapless from 1.
    pub order: Option<(OrderId, i64)>,
    /// Whom it concerns, if anybody with an account.
    pub user: Option<UserId>,
    pub kind: Kind,
    pub at: DateTime<Utc>,
    /// No secret and no personal data: admins and bystanders read it. It is shared by all who tell of it.
    pub data: Arc<Value>,
}

impl Event {
    /// Whose own topic tells of it.
    pub fn tells(&self) -> Option<UserId> {
        self.user.filter(|_| self.kind.tells_user())
    }
}

/// An event with its places in the feeds.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// Its place in `admin:feed`.
    pub sequence: i64,
    /// Its place in the `me` topic of [`Event::user`], where [`Kind::tells_user`].
    pub user_sequence: Option<i64>,
    pub event: Event,
}

#[cfg(test)]
impl Published {
    /// One that is about nothing, at this place of the feed.
    pub fn bare(sequence: i64, kind: Kind) -> Self {
        let (id, at, data) = (EventId::new(), DateTime::UNIX_EPOCH, Value::Null.into());
        let event = Event { id, order: None, user: None, kind, at, data };
        Published { sequence, user_sequence: None, event }
    }
}

words! {
    /// Who works the feed off, from place to place: each event has been, or will be, done once.
    #[schema(as = FeedConsumer)]
    Consumer {
    Notifications = "notifications",
    Webhooks = "webhooks",
    StockAlerts = "stock_alerts",
}}

/// How many events of the admins' feed can be asked for again.
pub const FEED_KEPT: i64 = 10_000;
