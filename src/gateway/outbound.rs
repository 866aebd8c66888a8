//! Requests to programs of others, at places that others have chosen.

use std::{net::SocketAddr, time::Duration};

use awc::{Client, ClientRequest, ClientResponse, Connector, error::SendRequestError};
use bytes::Bytes;
use tokio::time::timeout;
use url::Url;

use super::{
    outside::{Closed, addresses},
    tls::Tls,
};
use crate::domain::outside::Reach;

/// How long an attempt may take, from the look at the name to the status of the answer.
const ATTEMPT_MAX: Duration = Duration::from_secs(15);
/// How long it may take to be connected, with TLS.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// Shorter than any server's, so that no message is sent on a connection that is being closed.
const KEEP_ALIVE: Duration = Duration::from_secs(2);
/// How many addresses of a name are tried.
const ADDRESSES_MAX: usize = 3;

/// The way to all of them, for one thread.
pub struct Outbound {
    client: Client,
    reach: Reach,
}

/// Why no answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// Nothing was sent.
    Closed(Closed),
    TimedOut,
    /// Nobody listens there, or TLS came to nothing, or the connection broke.
    Unreachable,
}

impl Outbound {
    /// As `agent`, as far as `reach` lets it.
    pub fn new(tls: Tls, reach: Reach, agent: &'static str) -> Self {
        let connector = Connector::new()
            .rustls_0_23(tls.config)
            .timeout(CONNECT_MAX)
            .handshake_timeout(CONNECT_MAX)
            .conn_keep_alive(KEEP_ALIVE);
        let client = Client::builder()
            .connector(connector)
            .timeout(ATTEMPT_MAX)
            .disable_redirects()
            .add_default_header(("User-Agent", agent))
            .finish();
        Outbound { client, reach }
    }

    /// Posts `body` to `url` once, with the headers that `head` adds, and says what was answered.
    pub async fn post(
        &self,
        url: &Url,
        body: Bytes,
        head: impl Fn(ClientRequest) -> ClientRequest,
    ) -> Result<ClientResponse, Silence> {
        let attempt = timeout(ATTEMPT_MAX, self.attempt(url, body, head)).await;
        attempt.unwrap_or(Err(Silence::TimedOut))
    }

    async fn attempt(
        &self,
        url: &Url,
        body: Bytes,
        head: impl Fn(ClientRequest) -> ClientRequest,
    ) -> Result<ClientResponse, Silence> {
        let found = addresses(url, self.reach).await.map_err(Silence::Closed)?;
        for address in found.into_iter().take(ADDRESSES_MAX) {
            match self.request(url, address, &head).send_body(body.clone()).await {
                Ok(answer) => return Ok(answer),
                // Nothing was sent: another address of the same name may be there.
                Err(SendRequestError::Connect(_)) => {}
                Err(SendRequestError::Timeout) => return Err(Silence::TimedOut),
                Err(_) => return Err(Silence::Unreachable),
            }
        }
        Err(Silence::Unreachable)
    }

    /// To this address of the name, whatever the name leads to by now.
    fn request(
        &self,
        url: &Url,
        address: SocketAddr,
        head: impl Fn(ClientRequest) -> ClientRequest,
    ) -> ClientRequest {
        head(self.client.post(url.as_str()).address(address).no_decompress())
    }
}
