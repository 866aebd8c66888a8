//! The ids: one type an entity, so that two can't be swapped.
//!
//! All are UUIDs of version 7 (RFC 9562): made here, they sort by age and cannot be guessed or counted.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Error;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String, example = "019ab1c2-7d3e-7f00-8000-5a1b2c3d4e5f")]
        pub struct $name(Uuid);

        impl $name {
            #[expect(clippy::new_without_default, reason = "each call makes another one")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            pub fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        /// What is not an id names nothing, so it is `NotFound`.
        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                Uuid::try_parse(text).map(Self).map_err(|_| Error::NotFound($what))
            }
        }
    )*};
}

ids! {
    UserId = "user";
    /// A login session: what a refresh token keeps alive and a log-out ends.
    SessionId = "session";
    /// An address that a user keeps.
    AddressId = "address";
    CategoryId = "category";
    ProductId = "product";
    VariantId = "variant";
    ReviewId = "review";
    /// A guest's cart has an id of its own, a user's has the user's: see [`CartId::of`].
    CartId = "cart";
    ItemId = "item";
    OrderId = "order";
    LineId = "line";
    /// An order has one payment, whose id is the order's: see [`PaymentId::of`].
    PaymentId = "payment";
    DeliveryId = "delivery";
    PromotionId = "promotion";
    RefundId = "refund";
    ReturnId = "return";
    EventId = "event";
    MailId = "mail";
    /// One taking of a mail into hand.
    ClaimId = "claim";
    /// What a link in a mail stands for: a row, of which the mail holds the id and a proof.
    LinkId = "link";
    NotificationId = "notification";
    /// A message to a device of somebody.
    DispatchId = "dispatch";
    /// A browser that takes push messages for a user.
    SubscriptionId = "push subscription";
    /// Somebody waits for a variant to be in stock again.
    AlertId = "stock alert";
    /// An endpoint of another program that is told of what happens.
    WebhookId = "webhook";
    /// What a webhook's secret is derived from.
    SecretId = "secret";
    /// One open socket.
    ConnectionId = "connection";
}

impl CartId {
    /// The cart that a user always has: no look-up is needed to find it.
    pub fn of(user: UserId) -> Self {
        Self(user.0)
    }
}

impl PaymentId {
    /// The payment of an order: no look-up is needed to go from one to the other.
    pub fn of(order: OrderId) -> Self {
        Self(order.0)
    }

    pub fn order(self) -> OrderId {
        OrderId(self.0)
    }
}

impl EventId {
    /// The id of what is made of this event for `whom`: the same however often it is made, and as old
    /// as the event.
    pub fn made(self, whom: &str) -> Uuid {
        let hash = Sha256::new().chain_update(self.0.as_bytes()).chain_update(whom).finalize();
        let mut bytes = *self.0.as_bytes();
        // The time stays, and the count within it: by them ids sort.
        for (byte, other) in bytes.iter_mut().skip(12).zip(hash) {
            *byte = other;
        }
        Uuid::from_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_of_an_event_has_one_id_for_each_and_sorts_as_the_events_do() {
        let events: Vec<EventId> = (0..1_000).map(|_| EventId::new()).collect();
        let made: Vec<Uuid> = events.iter().map(|it| it.made("ada in_app")).collect();

        assert!(made.is_sorted());
        assert!(events.iter().map(|it| it.made("ada in_app")).eq(made.iter().copied()));
        assert!(events.iter().zip(&made).all(|(event, made)| event.made("ada email") != *made));
    }
}
