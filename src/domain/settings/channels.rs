//! What users are told, and by which channels.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{Error, notification::Kind, words::words};

words! {
    /// A way to reach somebody.
    Channel {
        InApp = "in_app",
        Email = "email",
        Push = "push",
        Sms = "sms",
    }
}

/// The channels that are on, each once and in one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(from = "Vec<Channel>", into = "Vec<Channel>")]
#[schema(value_type = Vec<Channel>)]
pub struct Channels([bool; Channel::ALL.len()]);

impl Channels {
    pub fn of(on: &[Channel]) -> Self {
        let mut channels = [false; Channel::ALL.len()];
        for (is_on, channel) in channels.iter_mut().zip(Channel::ALL) {
            *is_on = on.contains(channel);
        }
        Channels(channels)
    }

    pub fn has(self, channel: Channel) -> bool {
        self.on().any(|it| it == channel)
    }

    fn on(self) -> impl Iterator<Item = Channel> {
        Channel::ALL.iter().copied().zip(self.0).filter(|(_, is_on)| *is_on).map(|(it, _)| it)
    }
}

impl From<Vec<Channel>> for Channels {
    fn from(on: Vec<Channel>) -> Self {
        Channels::of(&on)
    }
}

impl From<Channels> for Vec<Channel> {
    fn from(channels: Channels) -> Self {
        channels.on().collect()
    }
}

/// What was chosen for single types of notification; another one is told as its kind of thing is. One
/// that a newer node knows is passed over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(from = "BTreeMap<String, Channels>", into = "BTreeMap<String, Channels>")]
#[schema(value_type = BTreeMap<String, Vec<Channel>>)]
pub struct Types([Option<Channels>; Kind::ALL.len()]);

impl Types {
    fn of(self, kind: Kind) -> Option<Channels> {
        self.chosen().find(|(it, _)| *it == kind).map(|(_, channels)| channels)
    }

    fn chosen(self) -> impl Iterator<Item = (Kind, Channels)> {
        Kind::ALL.iter().copied().zip(self.0).filter_map(|(kind, it)| Some((kind, it?)))
    }
}

impl From<BTreeMap<String, Channels>> for Types {
    fn from(chosen: BTreeMap<String, Channels>) -> Self {
        let known = |(text, channels): (String, Channels)| Some((text.parse().ok()?, channels));
        chosen.into_iter().filter_map(known).collect()
    }
}

impl FromIterator<(Kind, Channels)> for Types {
    fn from_iter<I: IntoIterator<Item = (Kind, Channels)>>(chosen: I) -> Self {
        let mut types = Types::default();
        for (kind, channels) in chosen {
            let mut places = types.0.iter_mut().zip(Kind::ALL);
            if let Some((place, _)) = places.find(|(_, it)| **it == kind) {
                *place = Some(channels);
            }
        }
        types
    }
}

impl From<Types> for BTreeMap<String, Channels> {
    fn from(types: Types) -> Self {
        types.chosen().map(|(kind, channels)| (kind.to_string(), channels)).collect()
    }
}

/// What somebody wants to be told, and by which channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Notifications {
    /// An order was placed, paid, cancelled, refunded.
    pub orders: Channels,
    /// Where a parcel is.
    pub delivery: Channels,
    /// Log-ins, passwords, the address of the account. Mail is always among them.
    pub security: Channels,
    /// What I asked to be told of: that something is in stock again.
    pub stock: Channels,
    /// What other programs of the shop have to say.
    pub messages: Channels,
    /// What the shop would like to sell.
    pub news: Channels,
    /// Types of which something else was chosen.
    pub types: Types,
}

/// What a type of notification is about.
#[derive(PartialEq, Eq)]
enum Thing {
    Order,
    Delivery,
    Security,
    Stock,
    Message,
}

impl Thing {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::PasswordChanged | Kind::PasswordReset | Kind::EmailChanged | Kind::NewDevice => {
                Thing::Security
            }
            Kind::BackInStock => Thing::Stock,
            Kind::ServiceMessage => Thing::Message,
            Kind::OrderPlaced
            | Kind::OrderPaid
            | Kind::PaymentFailed
            | Kind::OrderCancelled
            | Kind::OrderRefunded => Thing::Order,
            Kind::OrderShipped
            | Kind::OutForDelivery
            | Kind::DeliveryFailed
            | Kind::DeliveryReturned
            | Kind::OrderDelivered => Thing::Delivery,
        }
    }
}

impl Notifications {
    /// By which channels a type is told.
    pub fn channels(self, kind: Kind) -> Channels {
        self.types.of(kind).unwrap_or_else(|| match Thing::of(kind) {
            Thing::Order => self.orders,
            Thing::Delivery => self.delivery,
            Thing::Security => self.security,
            Thing::Stock => self.stock,
            Thing::Message => self.messages,
        })
    }

    /// Word of what happens to the account goes out by mail whatever is chosen: whoever has taken
    /// an account over must not be able to silence it.
    pub fn checked(self) -> Result<Self, Error> {
        let silent = |(kind, channels): (Kind, Channels)| {
            Thing::of(kind) == Thing::Security && !channels.has(Channel::Email)
        };
        let field = if !self.security.has(Channel::Email) {
            "notifications.security"
        } else if self.types.chosen().any(silent) {
            "notifications.types"
        } else {
            return Ok(self);
        };
        let message = "mails about the account's security cannot be switched off";
        Err(Error::invalid(field, "required_channel", message))
    }
}

/// Nobody is sold anything, or sent a text message, who did not ask for it.
impl Default for Notifications {
    fn default() -> Self {
        let usual = Channels::of(&[Channel::InApp, Channel::Email, Channel::Push]);
        let security = Channels::of(&[Channel::InApp, Channel::Email]);
        let news = Channels::of(&[]);
        let types = Types::default();
        Notifications {
            orders: usual,
            delivery: usual,
            security,
            stock: usual,
            messages: usual,
            news,
            types,
        }
    }
}
