//! What is worth losing. Tickets, the counters of limits and who is looking are in Redis where there is one, so that
//! all nodes share them, and in memory where there is none; revoked sessions, and the images that are
//! asked for most, are a copy in memory of what the store says.

use std::time::Duration;

use redis::{
    Client,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

use crate::domain::Error;

pub mod image;
pub mod limits;
pub mod presence;
pub mod revoked;
pub mod ticket;

/// How long Redis may take for an answer, or for a connection, before the caller is told `Busy`.
const ANSWER_MAX: Duration = Duration::from_millis(500);
const CONNECT_MAX: Duration = Duration::from_secs(2);

/// Connects to Redis at `url`; the one connection is shared by all and comes back by itself.
///
/// # Errors
/// `Internal` if the address is none, or if nobody answers there.
pub async fn connect(url: &str) -> Result<ConnectionManager, Error> {
    let client = Client::open(url).map_err(Error::internal("reading the address of Redis"))?;
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(CONNECT_MAX))
        .set_response_timeout(Some(ANSWER_MAX))
        .set_number_of_retries(1);
    let connected = ConnectionManager::new_with_config(client, config).await;
    connected.map_err(Error::internal("connecting to Redis"))
}

/// A Redis that does not answer is overload to the caller; the cause is for the log.
fn busy(err: redis::RedisError) -> Error {
    tracing::warn!(error = %err, "Redis failed");
    Error::Busy
}
