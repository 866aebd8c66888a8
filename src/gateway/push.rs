//! Web push: messages to browsers, by whatever service each of them has (RFC 8030).

use std::time::SystemTime;

use awc::{
    ClientResponse,
    http::header::{HttpDate, RETRY_AFTER},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::{
    carrier::Carrier,
    outbound::{Outbound, Silence},
    outside::Closed,
};
use crate::domain::{
    Error,
    dispatch::{Carried, Message},
    push::Subscription,
};

pub mod encryption;
pub mod vapid;

use self::{
    encryption::{Fresh, Recipient, encrypt},
    vapid::Vapid,
};

/// What the shop calls itself.
pub const AGENT: &str = concat!("Rialto-Push/", env!("CARGO_PKG_VERSION"));

/// The way to all push services.
pub struct WebPush {
    pub outbound: Outbound,
    pub vapid: Vapid,
    /// The clock: signatures hold for a while.
    pub now: fn() -> DateTime<Utc>,
}

impl Carrier<Subscription> for WebPush {
    async fn carry(&self, to: &Subscription, message: &Message) -> Carried {
        // What cannot be written now will not be later either.
        let (Ok(url), Ok(body)) = (Url::parse(to.endpoint.as_str()), sealed(to, message)) else {
            return Carried::Refused;
        };
        let now = (self.now)();
        let (authorization, topic) =
            (self.vapid.authorization(&url, now.timestamp()), message.topic());
        let (lasts, urgency) = (message.left.num_seconds().max(0), message.notice.kind().urgency());
        let sent = self.outbound.post(&url, body, |request| {
            let request = request
                .content_type("application/octet-stream")
                .insert_header(("Content-Encoding", "aes128gcm"))
                .insert_header(("TTL", lasts.to_string()))
                .insert_header(("Urgency", urgency.as_str()))
                .insert_header(("Authorization", authorization.as_str()));
            match &topic {
                Some(topic) => request.insert_header(("Topic", topic.as_str())),
                None => request,
            }
        });
        match sent.await {
            Ok(answer) => answered(&answer, now),
            Err(Silence::Closed(Closed::NotAllowed)) => Carried::Refused,
            Err(
                Silence::Closed(Closed::Unresolved | Closed::Private)
                | Silence::TimedOut
                | Silence::Unreachable,
            ) => Carried::Later { after: None },
        }
    }
}

/// The message as the browser alone can read it.
fn sealed(to: &Subscription, message: &Message) -> Result<Bytes, Error> {
    let decoded = |text: &str| {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text);
        bytes.map_err(Error::internal("reading the key of a browser"))
    };
    let recipient = Recipient::new(&decoded(to.p256dh.as_str())?, decoded(to.auth.as_str())?)?;
    let payload = message.payload()?;
    encrypt(payload.as_bytes(), &recipient, &Fresh::by_chance()).map(Bytes::from)
}

/// What the answer of a push service says (RFC 8030, 5 and 7.3).
fn answered<S>(answer: &ClientResponse<S>, now: DateTime<Utc>) -> Carried {
    let after = answer.headers().get(RETRY_AFTER).and_then(|it| it.to_str().ok()); // else they did not say
    said(answer.status().as_u16(), after, now)
}

fn said(status: u16, after: Option<&str>, now: DateTime<Utc>) -> Carried {
    match status {
        200..=299 => Carried::Taken,
        404 | 410 => Carried::Gone,
        408 | 429 | 500..=599 => Carried::Later { after: after.and_then(|it| wait(it, now)) },
        _ => Carried::Refused,
    }
}

/// How long `Retry-After` says to wait: seconds, or until a moment (RFC 9110, 10.2.3).
fn wait(text: &str, now: DateTime<Utc>) -> Option<TimeDelta> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(TimeDelta::seconds(i64::from(seconds)));
    }
    let until: DateTime<Utc> = SystemTime::from(text.parse::<HttpDate>().ok()?).into(); // no moment either
    Some((until - now).max(TimeDelta::zero()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_says_what_becomes_of_the_message() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        let of = |status, after| said(status, after, now);
        let later =
            |seconds: Option<i64>| Carried::Later { after: seconds.map(TimeDelta::seconds) };

        assert!([200, 201, 202, 204].iter().all(|it| of(*it, None) == Carried::Taken));
        assert!([404, 410].iter().all(|it| of(*it, Some("5")) == Carried::Gone));
        assert!([302, 400, 401, 403, 413].iter().all(|it| of(*it, None) == Carried::Refused));
        assert!([408, 429, 500, 502, 503].iter().all(|it| of(*it, None) == later(None)));
        assert_eq!(of(429, Some("120")), later(Some(120)));
        assert_eq!(of(503, Some("Fri, 02 Jan 1970 00:01:00 GMT")), later(Some(60)));
        assert_eq!(of(503, Some("Thu, 01 Jan 1970 23:00:00 GMT")), later(Some(0)));
        for wrong in ["soon", "-1", "99999999999", ""] {
            assert_eq!(of(503, Some(wrong)), later(None), "{wrong}");
        }
    }
}
