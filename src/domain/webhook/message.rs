//! What is sent: the body, and the signature over it.

use std::{fmt, str::FromStr};

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::Sha256;

use crate::domain::{
    event::{Kind, Published},
    id::EventId,
};

/// The longest body, in bytes: receivers are built for no more.
const BODY_BYTES_MAX: usize = 20_000;
const SECRET_PREFIX: &str = "whsec_";

/// What both sides sign by.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    pub fn new(bytes: Vec<u8>) -> Self {
        Secret(bytes)
    }

    /// As the receiver is told it, once.
    pub fn reveal(&self) -> String {
        format!("{SECRET_PREFIX}{}", BASE64_STANDARD.encode(&self.0))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: Kind,
    timestamp: DateTime<Utc>,
    data: &'a Map<String, Value>,
}

/// The body that tells of an event. What would be too long is told of by its ids alone, and says so
/// by `is_cut`.
pub fn body(published: &Published) -> String {
    let Published { sequence, event, .. } = published;
    let mut ids = Map::new();
    ids.insert("event_id".to_owned(), json!(event.id));
    ids.insert("sequence".to_owned(), json!(sequence));
    if let Some((order, sequence)) = event.order {
        ids.insert("order_id".to_owned(), json!(order));
        ids.insert("order_sequence".to_owned(), json!(sequence));
    }
    if let Some(user) = event.user {
        ids.insert("user_id".to_owned(), json!(user));
    }
    let mut data = event.data.as_object().cloned().unwrap_or_default();
    data.extend(ids.clone());
    let text = |data: &Map<String, Value>| {
        json!(Body { r#type: event.kind, timestamp: event.at, data }).to_string()
    };
    let whole = text(&data);
    if whole.len() <= BODY_BYTES_MAX {
        return whole;
    }
    ids.insert("is_cut".to_owned(), json!(true));
    text(&ids)
}

/// The header `webhook-signature` of a message that is sent at `seconds`: one signature by each of
/// `secrets`.
pub fn signature(secrets: &[Secret], id: EventId, seconds: i64, body: &str) -> String {
    let mac = |secret: &Secret| Hmac::<Sha256>::new_from_slice(&secret.0).ok(); // any length is a key
    let sign = |secret: &Secret| {
        let mac = mac(secret)?.chain_update(format!("{id}.{seconds}.")).chain_update(body);
        Some(format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes())))
    };
    secrets.iter().filter_map(sign).collect::<Vec<String>>().join(" ")
}

/// A secret as it was told: what begins with `whsec_`.
impl FromStr for Secret {
    type Err = NoSecret;

    fn from_str(text: &str) -> Result<Self, NoSecret> {
        let encoded = text.strip_prefix(SECRET_PREFIX).ok_or(NoSecret)?;
        BASE64_STANDARD.decode(encoded).map(Secret).map_err(|_| NoSecret)
    }
}

/// A text that is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret begins with whsec_, and the rest is base64")]
pub struct NoSecret;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        event::Event,
        id::{OrderId, UserId},
    };

    fn published(data: Value) -> Published {
        Published {
            sequence: 900,
            user_sequence: None,
            event: Event {
                id: EventId::new(),
                order: Some((OrderId::new(), 22)),
                user: Some(UserId::new()),
                kind: Kind::OrderPaid,
                at: DateTime::from_timestamp(1_795_250_220, 0).unwrap(),
                data: data.into(),
            },
        }
    }

    /// Made by `Webhook.sign` of `standardwebhooks` for Python.
    #[test]
    fn what_is_signed_is_what_the_reference_signs() {
        let secret: Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let id: EventId = "019ab1c2-7d3e-7f00-8000-5a1b2c3d4e5f".parse().unwrap();
        let body = r#"{"type":"order.paid"}"#;
        let signed = signature(&[secret.clone(), secret], id, 1_614_265_330, body);
        let one = "v1,tk4GA16rSWSP5z9hbx5jGZoSuZUVcAPl5569GHcFBEQ=";
        assert_eq!(signed, format!("{one} {one}"));
    }

    #[test]
    fn a_secret_is_told_as_it_reads_back() {
        let secret = Secret::new(vec![7; 32]);
        assert_eq!(secret.reveal().parse(), Ok(secret.clone()));
        assert_eq!(secret.reveal().len(), 50);
        for wrong in ["", "whsec", "whsec_ö", "sk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            assert_eq!(wrong.parse::<Secret>(), Err(NoSecret), "{wrong}");
        }
    }

    #[test]
    fn a_body_has_the_event_and_the_ids_of_what_it_is_about() {
        let published = published(json!({ "status": "paid", "sequence": "of its own" }));
        let event = &published.event;
        let told: Value = serde_json::from_str(&body(&published)).unwrap();
        assert_eq!(
            told,
            json!({
                "type": "order.paid",
                "timestamp": "2026-11-21T08:37:00Z",
                "data": {
                    "event_id": event.id,
                    "sequence": 900,
                    "order_id": event.order.unwrap().0,
                    "order_sequence": 22,
                    "user_id": event.user.unwrap(),
                    "status": "paid",
                },
            })
        );
    }

    #[test]
    fn what_is_too_long_is_told_by_its_ids() {
        let published = published(json!({ "details": "x".repeat(BODY_BYTES_MAX) }));
        let told: Value = serde_json::from_str(&body(&published)).unwrap();
        assert_eq!(told["data"]["is_cut"], true);
        assert_eq!(told["data"]["event_id"], json!(published.event.id));
        assert!(told["data"].get("details").is_none());
    }
}
