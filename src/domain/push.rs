//! Web push: the browsers that take messages for a user while no page of the shop is open.
//!
//! What a subscription says is a secret: whoever knows where it leads and its keys writes to the
//! browser. So nothing here has a `Debug`.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use url::Url;

use super::{
    Error,
    id::{SubscriptionId, UserId},
    outside::Reach,
};

/// How many browsers a user may have: more than anybody owns, and each of them costs a request
/// whenever there is something to tell.
pub const SUBSCRIPTIONS_MAX: i64 = 20;
/// The longest endpoint, in bytes. Those of the push services have a few hundred.
const ENDPOINT_BYTES_MAX: usize = 2048;
/// A point of P-256 that is not compressed (RFC 8291, 2.1): this byte, and two coordinates.
const UNCOMPRESSED: u8 = 4;
const POINT_BYTES: usize = 65;
const AUTH_BYTES: usize = 16;

/// Where a push service takes messages for one browser.
///
/// The client chooses it and the shop will send there, so it must not lead into the shop's own
/// network. By its name that can be told here; where the name leads, only when something is sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(String);

impl Endpoint {
    /// What `reach` allows to send to.
    pub fn parse(text: &str, reach: Reach) -> Result<Self, Error> {
        let url = Url::parse(text).ok(); // what is wrong with it, the rule says
        let is_allowed = url.as_ref().is_some_and(|it| reach.allows(it));
        match url.filter(|url| is_allowed && url.as_str().len() <= ENDPOINT_BYTES_MAX) {
            Some(url) => Ok(Endpoint(url.into())),
            None => {
                let message = "an endpoint is an https URL of a push service on the internet";
                Err(Error::invalid("endpoint", "invalid_endpoint", message))
            }
        }
    }

    /// One that was looked at when it was kept.
    pub fn kept(text: String) -> Self {
        Endpoint(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A key of the browser, in base64url without padding: as browsers write it.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// The public key that messages are encrypted for.
    pub fn point(text: &str) -> Result<Self, Error> {
        let message = "this is a point of P-256, 65 bytes that begin with 4, in base64url";
        Key::of(text, |it| it.len() == POINT_BYTES && it.first() == Some(&UNCOMPRESSED))
            .ok_or_else(|| Error::invalid("keys.p256dh", "invalid_key", message))
    }

    /// The secret by which the browser knows whom a message is from.
    pub fn auth(text: &str) -> Result<Self, Error> {
        let message = "this is 16 bytes in base64url";
        Key::of(text, |it| it.len() == AUTH_BYTES)
            .ok_or_else(|| Error::invalid("keys.auth", "invalid_key", message))
    }

    /// One that was looked at when it was kept.
    pub fn kept(text: String) -> Self {
        Key(text)
    }

    fn of(text: &str, is_right: impl FnOnce(&[u8]) -> bool) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?; // what is wrong, the rule says
        is_right(&bytes).then(|| Key(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a browser gives to whoever may write to it.
#[derive(Clone, PartialEq, Eq)]
pub struct Subscription {
    pub endpoint: Endpoint,
    pub p256dh: Key,
    pub auth: Key,
}

/// Keeps a subscription. The browser may have another user by now: then it is told of that one
/// alone. `Conflict("too_many_subscriptions")` from [`SUBSCRIPTIONS_MAX`] on.
#[derive(Clone)]
pub struct Subscribe {
    /// What it is called if it is new.
    pub id: SubscriptionId,
    pub user: UserId,
    pub subscription: Subscription,
}

/// What it is called, and whether the user had not subscribed with this browser before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscribed {
    pub id: SubscriptionId,
    pub is_new: bool,
}

/// Keeps the private key by which the shop shows itself to push services, if there is none yet; the
/// outcome is the one that is kept.
#[derive(Clone)]
pub struct KeepKey {
    pub key: String,
}

/// Forgets a subscription; another's is `NotFound`.
#[derive(Debug, Clone, Copy)]
pub struct Unsubscribe {
    pub user: UserId,
    pub id: SubscriptionId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_endpoints_of_the_push_services_are_taken() {
        for endpoint in [
            "https://fcm.googleapis.com/fcm/send/dQw4w9WgXcQ:APA91b",
            "https://updates.push.services.mozilla.com/wpush/v2/gAAAAAB",
            "https://web.push.apple.com/QGuQyavXutnMH",
            "https://wns2-par02p.notify.windows.com/w/?token=BQYAAAC%2fbM",
            "https://push.example.com:443/1",
        ] {
            let host = |text: &str| Url::parse(text).unwrap().host().unwrap().to_string();
            let taken = Endpoint::parse(endpoint, Reach::Public).ok().unwrap();
            assert_eq!(host(taken.as_str()), host(endpoint));
        }
    }

    #[test]
    fn what_may_lead_into_a_network_of_our_own_is_no_endpoint() {
        for wrong in [
            "",
            "push.example.com/1",
            "http://push.example.com/1",
            "ftp://push.example.com/1",
            "https://push.example.com:8443/1",
            "https://ada@push.example.com/1",
            "https://ada:secret@push.example.com/1",
            "https://push.example.com/1#part",
            "https://127.0.0.1/1",
            "https://93.184.216.34/1",
            "https://2130706433/1",
            "https://0x7f.1/1",
            "https://0177.0.0.1./1",
            "https://１２７.0.0.1/1",
            "https://[::1]/1",
            "https://[::ffff:10.0.0.1]/1",
            "https://localhost/1",
            "https://LOCALHOST./1",
            "https://push.localhost/1",
            "https://printer.local/1",
            "https://metadata.google.internal/1",
            "https://router.home.arpa/1",
            "https://database/1",
            "https://./1",
        ] {
            assert!(Endpoint::parse(wrong, Reach::Public).is_err(), "{wrong}");
        }
        let long = |length| format!("https://push.example.com/{}", "x".repeat(length));
        assert!(Endpoint::parse(&long(2048 - 25), Reach::Public).is_ok());
        assert!(Endpoint::parse(&long(2048 - 24), Reach::Public).is_err());
        assert!(Endpoint::parse("http://127.0.0.1:8080/push/1", Reach::Anywhere).is_ok());
    }

    #[test]
    fn keys_have_their_lengths_and_the_point_its_first_byte() {
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let point = |first, length| {
            let mut bytes = vec![7; length];
            bytes[0] = first;
            text(&bytes)
        };
        assert!(Key::point(&point(4, 65)).is_ok());
        for wrong in [point(4, 64), point(4, 66), point(2, 65), point(2, 33), "ö".to_owned()] {
            assert!(Key::point(&wrong).is_err(), "{wrong}");
        }
        assert!(Key::auth(&text(&[0; 16])).is_ok());
        for wrong in [text(&[0; 15]), text(&[0; 17]), text(&[0; 16]) + "==", "+/".repeat(11)] {
            assert!(Key::auth(&wrong).is_err(), "{wrong}");
        }
    }
}
