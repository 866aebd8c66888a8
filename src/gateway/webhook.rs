//! Sends a message to an endpoint of another program, as Standard Webhooks has it.

use std::time::{Duration, Instant};

use awc::ClientResponse;
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::time::timeout;
use url::Url;

use super::{
    outbound::{Outbound, Silence},
    outside::Closed,
    tls::Tls,
};
use crate::domain::{
    id::EventId,
    outside::Reach,
    webhook::{
        Target,
        delivery::{ANSWER_BYTES_MAX, Fault, Tried, excerpt},
        message::{Secret, signature},
    },
};

/// How long the beginning of an answer's body is waited for, once its status is known.
const BODY_MAX: Duration = Duration::from_secs(2);
const AGENT: &str = concat!("Rialto-Webhooks/", env!("CARGO_PKG_VERSION"));

/// The way to all endpoints, for one thread.
pub struct Post(Outbound);

/// A message as it is sent.
pub struct Letter<'a> {
    pub target: &'a Target,
    pub id: EventId,
    pub body: &'a str,
    pub secrets: &'a [Secret],
    /// When it is sent, in seconds since 1970.
    pub at: i64,
}

impl Post {
    pub fn new(tls: Tls, reach: Reach) -> Self {
        Post(Outbound::new(tls, reach, AGENT))
    }

    /// Sends a message once, and says what came of it.
    pub async fn send(&self, letter: &Letter<'_>) -> Tried {
        let began = Instant::now();
        let (status, fault, answer) = match self.attempt(letter).await {
            Ok(mut answer) => {
                let status = answer.status();
                let fault = (!status.is_success()).then_some(Fault::Refused);
                (Some(status.as_u16()), fault, Some(beginning(&mut answer).await))
            }
            Err(fault) => (None, Some(fault), None),
        };
        let duration_ms = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        Tried { status, fault, answer, duration_ms }
    }

    async fn attempt(&self, letter: &Letter<'_>) -> Result<ClientResponse, Fault> {
        let url = Url::parse(letter.target.as_str()).map_err(|_| Fault::NotAllowed)?;
        let signed = signature(letter.secrets, letter.id, letter.at, letter.body);
        let body = Bytes::from(letter.body.to_owned());
        let sent = self.0.post(&url, body, |request| {
            request
                .content_type("application/json")
                .insert_header(("webhook-id", letter.id.to_string()))
                .insert_header(("webhook-timestamp", letter.at.to_string()))
                .insert_header(("webhook-signature", signed.as_str()))
        });
        sent.await.map_err(|silence| match silence {
            Silence::Closed(Closed::NotAllowed) => Fault::NotAllowed,
            Silence::Closed(Closed::Unresolved) => Fault::Unresolved,
            Silence::Closed(Closed::Private) => Fault::PrivateAddress,
            Silence::TimedOut => Fault::TimedOut,
            Silence::Unreachable => Fault::Unreachable,
        })
    }
}

/// How the body begins, as far as it comes in time. The rest is not read.
async fn beginning(answer: &mut ClientResponse) -> String {
    let mut bytes = Vec::new();
    let read = async {
        while let Some(Ok(part)) = answer.next().await {
            let room = ANSWER_BYTES_MAX.saturating_sub(bytes.len());
            bytes.extend(part.iter().take(room));
            if bytes.len() >= ANSWER_BYTES_MAX {
                break;
            }
        }
    };
    timeout(BODY_MAX, read).await.ok(); // What has come by then is enough.
    excerpt(&bytes)
}
