//! Tickets: what opens one socket, once, within seconds, for a client that can't send a header.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use redis::{AsyncCommands, aio::ConnectionManager};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::busy;
use crate::domain::{
    Error,
    account::Role,
    id::{SessionId, UserId},
};

/// How long a ticket waits to be used.
pub const TICKET_SECONDS: u64 = 30;
/// A ticket is 256 random bits.
const SECRET_BYTES: usize = 32;
/// How many unused tickets memory holds; above it a new one is `Busy`.
const WAITING_MAX: usize = 100_000;

/// For whom a ticket stands: what the access token said that it was bought with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub user: UserId,
    pub session: SessionId,
    pub role: Role,
    /// When the access token expires, and with it the socket.
    pub expires_at: DateTime<Utc>,
}

/// Where tickets wait to be used; clones share it.
#[derive(Clone)]
pub enum Tickets {
    /// Good on this node alone.
    Memory(Arc<Mutex<Waiting>>),
    /// Good on every node that has the same Redis.
    Redis(ConnectionManager),
}

/// Unused tickets by the hash of their text.
#[derive(Default)]
pub struct Waiting(HashMap<String, (Holder, Instant)>);

impl Tickets {
    pub fn memory() -> Self {
        Tickets::Memory(Arc::default())
    }

    /// A new ticket for `holder`; `Busy` where there is no room or no answer.
    pub async fn issue(&self, holder: &Holder) -> Result<String, Error> {
        let ticket = URL_SAFE_NO_PAD.encode(rand::random::<[u8; SECRET_BYTES]>());
        match self {
            Tickets::Memory(waiting) => {
                let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
                waiting.insert(name(&ticket), holder.clone(), Instant::now())?;
            }
            Tickets::Redis(connection) => {
                let value =
                    serde_json::to_string(holder).map_err(Error::internal("writing a ticket"))?;
                let mut connection = connection.clone();
                let set = connection.set_ex(name(&ticket), value, TICKET_SECONDS);
                let () = set.await.map_err(busy)?;
            }
        }
        Ok(ticket)
    }

    /// Whom the ticket stands for. From now on it stands for nobody, as does one that is too old or
    /// was never issued.
    pub async fn redeem(&self, ticket: &str) -> Result<Option<Holder>, Error> {
        match self {
            Tickets::Memory(waiting) => {
                let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(waiting.take(&name(ticket), Instant::now()))
            }
            Tickets::Redis(connection) => {
                let mut connection = connection.clone();
                let value: Option<String> = connection.get_del(name(ticket)).await.map_err(busy)?;
                let holder = value.map(|text| serde_json::from_str(&text));
                holder.transpose().map_err(Error::internal("reading a ticket"))
            }
        }
    }
}

/// What a ticket is kept under: whoever reads the cache can't use what is there.
fn name(ticket: &str) -> String {
    format!("rialto:ticket:{}", URL_SAFE_NO_PAD.encode(Sha256::digest(ticket.as_bytes())))
}

impl Waiting {
    fn insert(&mut self, name: String, holder: Holder, now: Instant) -> Result<(), Error> {
        if self.0.len() >= WAITING_MAX {
            self.0.retain(|_, (_, issued)| is_good(*issued, now));
        }
        if self.0.len() >= WAITING_MAX {
            return Err(Error::Busy);
        }
        self.0.insert(name, (holder, now));
        Ok(())
    }

    fn take(&mut self, name: &str, now: Instant) -> Option<Holder> {
        let (holder, issued) = self.0.remove(name)?;
        is_good(issued, now).then_some(holder)
    }
}

fn is_good(issued: Instant, now: Instant) -> bool {
    now.saturating_duration_since(issued) < Duration::from_secs(TICKET_SECONDS)
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    fn holder() -> Holder {
        let expires_at = DateTime::UNIX_EPOCH;
        Holder { user: UserId::new(), session: SessionId::new(), role: Role::Customer, expires_at }
    }

    /// Memory, and Redis where the tests have one.
    async fn kinds() -> Vec<Tickets> {
        let mut kinds = vec![Tickets::memory()];
        if let Ok(url) = std::env::var("TEST_REDIS_URL") {
            kinds.push(Tickets::Redis(crate::cache::connect(&url).await.unwrap()));
        }
        kinds
    }

    #[actix_rt::test]
    async fn a_ticket_is_good_once_and_for_its_holder() {
        for tickets in kinds().await {
            let holder = holder();

            let ticket = tickets.issue(&holder).await.unwrap();

            assert_eq!(tickets.redeem(&ticket).await.unwrap(), Some(holder));
            assert_eq!(tickets.redeem(&ticket).await.unwrap(), None);
        }
    }

    #[actix_rt::test]
    async fn of_many_that_come_at_once_with_a_ticket_one_gets_in() {
        for tickets in kinds().await {
            let ticket = tickets.issue(&holder()).await.unwrap();

            let all = join_all((0..50).map(|_| tickets.redeem(&ticket))).await;

            assert_eq!(all.into_iter().filter(|it| it.as_ref().unwrap().is_some()).count(), 1);
        }
    }

    #[actix_rt::test]
    async fn what_was_never_issued_opens_nothing() {
        for tickets in kinds().await {
            for ticket in ["", "x", &"A".repeat(43)] {
                assert_eq!(tickets.redeem(ticket).await.unwrap(), None);
            }
        }
    }

    #[actix_rt::test]
    async fn a_redis_that_is_not_there_is_said_at_the_start() {
        assert!(crate::cache::connect("redis://127.0.0.1:1").await.is_err());
        assert!(crate::cache::connect("nonsense").await.is_err());
    }

    #[test]
    fn a_ticket_of_thirty_seconds_ago_is_too_old() {
        let (mut waiting, start) = (Waiting::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        waiting.insert("a".to_owned(), holder(), start).unwrap();
        waiting.insert("b".to_owned(), holder(), start).unwrap();

        assert!(waiting.take("a", after(TICKET_SECONDS - 1)).is_some());
        assert!(waiting.take("b", after(TICKET_SECONDS)).is_none());
    }

    #[test]
    fn memory_takes_no_more_than_its_fill_until_old_tickets_expire() {
        let (mut waiting, start, holder) = (Waiting::default(), Instant::now(), holder());
        for count in 0..WAITING_MAX {
            waiting.insert(count.to_string(), holder.clone(), start).unwrap();
        }
        assert!(matches!(waiting.insert("x".into(), holder.clone(), start), Err(Error::Busy)));

        let later = start + Duration::from_secs(TICKET_SECONDS);
        waiting.insert("x".into(), holder, later).unwrap();
        assert_eq!(waiting.0.len(), 1);
    }
}
