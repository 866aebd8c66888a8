//! Sends a message to an endpoint of another program, as Standard Webhooks has it.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use awc::{Client, ClientResponse, Connector, error::SendRequestError};
use futures_util::StreamExt;
use tokio::time::timeout;
use url::Url;

use super::{
    outside::{Closed, addresses},
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

/// How long an attempt may take, from the look at the name to the status of the answer.
const ATTEMPT_MAX: Duration = Duration::from_secs(15);
/// How long it may take to be connected, with TLS.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// How long the beginning of an answer's body is waited for, once its status is known.
const BODY_MAX: Duration = Duration::from_secs(2);
/// Shorter than any server's, so that no message is sent on a connection that is being closed.
const KEEP_ALIVE: Duration = Duration::from_secs(2);
/// How many addresses of a name are tried.
const ADDRESSES_MAX: usize = 3;
const AGENT: &str = concat!("Rialto-Webhooks/", env!("CARGO_PKG_VERSION"));

/// The way to all endpoints, for one thread.
pub struct Post {
    client: Client,
    reach: Reach,
}

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
        let connector = Connector::new()
            .rustls_0_23(tls.config)
            .timeout(CONNECT_MAX)
            .handshake_timeout(CONNECT_MAX)
            .conn_keep_alive(KEEP_ALIVE);
        let client = Client::builder()
            .connector(connector)
            .timeout(ATTEMPT_MAX)
            .disable_redirects()
            .add_default_header(("User-Agent", AGENT))
            .finish();
        Post { client, reach }
    }

    /// Sends a message once, and says what came of it.
    pub async fn send(&self, letter: &Letter<'_>) -> Tried {
        let began = Instant::now();
        let sent = timeout(ATTEMPT_MAX, self.attempt(letter)).await;
        let (status, fault, answer) = match sent.unwrap_or(Err(Fault::TimedOut)) {
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
        let found = addresses(&url, self.reach).await.map_err(|closed| match closed {
            Closed::NotAllowed => Fault::NotAllowed,
            Closed::Unresolved => Fault::Unresolved,
            Closed::Private => Fault::PrivateAddress,
        })?;
        for address in found.into_iter().take(ADDRESSES_MAX) {
            match self.request(letter, &url, address).await {
                Ok(answer) => return Ok(answer),
                // Nothing was sent: another address of the same name may be there.
                Err(SendRequestError::Connect(_)) => {}
                Err(SendRequestError::Timeout) => return Err(Fault::TimedOut),
                Err(_) => return Err(Fault::Unreachable),
            }
        }
        Err(Fault::Unreachable)
    }

    /// Sends it to this address of the name, whatever the name leads to by now.
    async fn request(
        &self,
        letter: &Letter<'_>,
        url: &Url,
        address: SocketAddr,
    ) -> Result<ClientResponse, SendRequestError> {
        let signed = signature(letter.secrets, letter.id, letter.at, letter.body);
        let request = self.client.post(url.as_str()).address(address).no_decompress();
        let request = request
            .content_type("application/json")
            .insert_header(("webhook-id", letter.id.to_string()))
            .insert_header(("webhook-timestamp", letter.at.to_string()))
            .insert_header(("webhook-signature", signed));
        request.send_body(letter.body.to_owned()).await
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
