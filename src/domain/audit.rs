//! The audit log: who changed what, when and from where. A command says here what it leaves in
//! the log; the store writes that with the change.
//!
//! What a command leaves holds ids, words and figures. Personal values (names, addresses, phone
//! numbers) and secrets never enter it, only that they were changed: the log is never cut.

use std::{fmt, str::FromStr, sync::Arc};

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{
    Error,
    id::{
        AddressId, CartId, CategoryId, LinkId, NotificationId, OrderId, ProductId, PromotionId,
        ReviewId, SessionId, SubscriptionId, UserId, VariantId, WebhookId,
    },
    words::words,
};

/// Commands that leave no entry, each with its outcome.
macro_rules! leave_nothing {
    ($($command:ty => $outcome:ty;)*) => {$(
        impl Audited for $command {
            type Outcome = $outcome;

            fn audit(&self, _outcome: &$outcome) -> Option<Entry> {
                None
            }
        }
    )*};
}

mod account;
mod address;
mod alert;
mod cart;
mod catalogue;
pub mod chain;
mod courier;
mod dispatch;
mod image;
pub mod index;
mod link;
mod mail;
mod notification;
mod order;
mod presence;
mod promotion;
mod push;
pub mod reading;
mod review;
mod session;
mod settings;
mod system;
mod tariff;
mod webhook;

/// Says what a command leaves in the audit log.
///
/// The store demands it of each command, so none is forgotten.
pub trait Audited {
    /// What comes of the command.
    type Outcome;

    /// The entry for a command that was done and came to `outcome`; `None` where that changed
    /// nothing, or where the command only keeps the system's own books.
    fn audit(&self, outcome: &Self::Outcome) -> Option<Entry>;
}

words! {
    /// What was done. An action is of one kind of object, which the first word names.
    #[schema(as = AuditAction)]
    Action {
        AccountRegistered = "account.registered",
        AccountChanged = "account.changed",
        AccountDeleted = "account.deleted",
        AccountSuspended = "account.suspended",
        AccountUnsuspended = "account.unsuspended",
        RoleChanged = "account.role_changed",
        PasswordChanged = "account.password_changed",
        PasswordReset = "account.password_reset",
        ResetAsked = "link.reset_asked",
        ResetSent = "account.reset_sent",
        ConfirmationSent = "account.confirmation_sent",
        EmailChangeAsked = "account.email_change_asked",
        EmailConfirmed = "account.email_confirmed",
        EmailChanged = "account.email_changed",
        SessionsEnded = "account.sessions_ended",
        AccountSettingsChanged = "account.settings_changed",
        AccountInboxRead = "account.inbox_read",
        NotificationRead = "notification.read",
        AccountNotified = "account.notified",
        PushSubscribed = "push_subscription.saved",
        PushUnsubscribed = "push_subscription.deleted",
        AddressSaved = "address.saved",
        AddressChanged = "address.changed",
        AddressDeleted = "address.deleted",
        SessionOpened = "session.opened",
        SessionRenewed = "session.renewed",
        SessionRevoked = "session.revoked",
        CatalogueImported = "catalogue.imported",
        StockChanged = "stock.changed",
        StockAlertAsked = "variant.alert_asked",
        ImageUploaded = "image.uploaded",
        ReviewSaved = "review.saved",
        ReviewDeleted = "review.deleted",
        ReviewHidden = "review.hidden",
        ReviewUnhidden = "review.unhidden",
        CategoryCreated = "category.created",
        CategoryChanged = "category.changed",
        CategoryDeleted = "category.deleted",
        ProductCreated = "product.created",
        ProductChanged = "product.changed",
        ProductDeleted = "product.deleted",
        PromotionCreated = "promotion.created",
        PromotionChanged = "promotion.changed",
        TariffChanged = "tariff.changed",
        CartChanged = "cart.changed",
        CartHeld = "cart.held",
        CartReleased = "cart.released",
        CartMerged = "cart.merged",
        CartExpired = "cart.expired",
        OrderPlaced = "order.placed",
        OrderProcessed = "order.processed",
        OrderPacked = "order.packed",
        OrderShipped = "order.shipped",
        OrderCancelled = "order.cancelled",
        OrderCut = "order.part_cancelled",
        OrderExpired = "order.expired",
        PaymentAttempted = "payment.attempted",
        PaymentSettled = "payment.settled",
        PaymentRefunded = "payment.refunded",
        RefundFailed = "payment.refund_failed",
        RefundPutOff = "payment.refund_put_off",
        RefundAsked = "payment.refund_asked",
        ReturnAsked = "order.return_requested",
        ReturnReceived = "order.return_received",
        DeliveryMoved = "delivery.moved",
        DeliveryAssigned = "delivery.assigned",
        DeliveryCodeRefused = "delivery.code_refused",
        WebhookCreated = "webhook.created",
        WebhookChanged = "webhook.changed",
        WebhookSecretRotated = "webhook.secret_rotated",
        WebhookDisabled = "webhook.disabled",
        WebhookDeleted = "webhook.deleted",
        WebhookResent = "webhook.resent",
        AuditRead = "audit.read",
        AuditExported = "audit.exported",
    }
}

words! {
    /// What kind of thing was changed.
    #[schema(as = AuditObject)]
    ObjectKind {
        User = "user",
        Link = "link",
        Address = "address",
        Notification = "notification",
        PushSubscription = "push_subscription",
        Session = "session",
        Catalogue = "catalogue",
        Category = "category",
        Product = "product",
        Variant = "variant",
        Image = "image",
        Review = "review",
        Promotion = "promotion",
        Tariff = "tariff",
        Cart = "cart",
        Order = "order",
        Webhook = "webhook",
        Audit = "audit",
    }
}

/// The thing that was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Object {
    pub kind: ObjectKind,
    /// Empty where the shop has only one of the kind.
    pub id: Option<Uuid>,
}

impl Object {
    /// The catalogue as a whole.
    pub const CATALOGUE: Object = Object { kind: ObjectKind::Catalogue, id: None };
    /// What delivery and taxes cost.
    pub const TARIFF: Object = Object { kind: ObjectKind::Tariff, id: None };
    /// The audit log.
    pub const AUDIT: Object = Object { kind: ObjectKind::Audit, id: None };
}

macro_rules! objects {
    ($($id:ident: $kind:ident;)*) => {$(
        impl From<$id> for Object {
            fn from(id: $id) -> Object {
                Object { kind: ObjectKind::$kind, id: Some(id.uuid()) }
            }
        }
    )*};
}

objects! {
    UserId: User;
    AddressId: Address;
    NotificationId: Notification;
    SubscriptionId: PushSubscription;
    SessionId: Session;
    LinkId: Link;
    CategoryId: Category;
    ProductId: Product;
    VariantId: Variant;
    ReviewId: Review;
    PromotionId: Promotion;
    CartId: Cart;
    OrderId: Order;
    WebhookId: Webhook;
}

/// What a command leaves in the audit log, besides its [`Origin`].
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub action: Action,
    pub object: Object,
    /// What changed, as it was; empty for what is new.
    pub before: Option<Value>,
    /// The same as it is now; empty for what is gone.
    pub after: Option<Value>,
    /// Who it was, where only the command itself could show that: a log-in.
    pub proven: Option<(UserId, SessionId)>,
}

impl Entry {
    pub fn new(action: Action, object: impl Into<Object>) -> Self {
        Entry { action, object: object.into(), before: None, after: None, proven: None }
    }

    pub fn before(self, before: Value) -> Self {
        Entry { before: Some(before), ..self }
    }

    pub fn after(self, after: Value) -> Self {
        Entry { after: Some(after), ..self }
    }

    /// The command itself has shown that it was `user`, in `session`.
    pub fn proven(self, user: UserId, session: SessionId) -> Self {
        Entry { proven: Some((user, session)), ..self }
    }
}

/// On whose behalf something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub enum Actor {
    User(UserId),
    /// Somebody who has not said who they are: a guest, or a log-in that has yet to be checked.
    Guest,
    /// Another program of the shop, by a service token.
    Service,
    /// The shop itself: a timer, a courier's station, the sweeper.
    System,
    /// Whoever runs the program's commands on the machine.
    Operator,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::User(user) => user.fmt(f),
            Actor::Guest => f.write_str("guest"),
            Actor::Service => f.write_str("service"),
            Actor::System => f.write_str("system"),
            Actor::Operator => f.write_str("operator"),
        }
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> String {
        actor.to_string()
    }
}

impl FromStr for Actor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "guest" => Ok(Actor::Guest),
            "service" => Ok(Actor::Service),
            "system" => Ok(Actor::System),
            "operator" => Ok(Actor::Operator),
            id => id.parse().map(Actor::User),
        }
    }
}

/// Where a command comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub actor: Actor,
    pub session: Option<SessionId>,
    /// Of the client, as text.
    pub address: Option<Arc<str>>,
    /// The id of the request.
    pub request: Option<Arc<str>>,
}

impl Origin {
    /// What is done for nobody outside.
    pub const SYSTEM: Origin =
        Origin { actor: Actor::System, session: None, address: None, request: None };

    /// The same with what `entry` has shown: a guest who logs in is the user from then on.
    pub fn with(&self, entry: &Entry) -> Origin {
        match (self.actor, entry.proven) {
            (Actor::Guest, Some((user, session))) => {
                Origin { actor: Actor::User(user), session: Some(session), ..self.clone() }
            }
            _ => self.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_reads_back() {
        let user = Actor::User(UserId::new());
        for actor in [user, Actor::Guest, Actor::Service, Actor::System, Actor::Operator] {
            assert_eq!(actor.to_string().parse::<Actor>().unwrap(), actor);
        }
        assert!("root".parse::<Actor>().is_err());
    }

    #[test]
    fn only_a_guest_becomes_who_logged_in() {
        let (user, session) = (UserId::new(), SessionId::new());
        let entry = Entry::new(Action::SessionOpened, session).proven(user, session);
        let by = |actor| Origin { actor, ..Origin::SYSTEM }.with(&entry);

        let guest = by(Actor::Guest);
        assert_eq!((guest.actor, guest.session), (Actor::User(user), Some(session)));
        assert_eq!(by(Actor::Operator).actor, Actor::Operator);
        let other = Actor::User(UserId::new());
        assert_eq!((by(other).actor, by(other).session), (other, None));
    }
}
