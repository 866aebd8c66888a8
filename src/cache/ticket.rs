//! Tickets: what opens one socket, once, within seconds, for a client that can't send a header.

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
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
/// How many unused tickets a session has: above it a new one takes the place of the oldest, so that
/// nobody fills the memory alone. Far more tabs than anybody opens at once.
const OF_SESSION_MAX: usize = 8;
/// How often all tickets are looked at for those that are too old, while memory is full.
const CLEAR_EVERY: Duration = Duration::from_secs(1);

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

/// Unused tickets.
#[derive(Default)]
pub struct Waiting {
    /// By the hash of their text; with the time when they were issued.
    tickets: HashMap<String, (Holder, Instant)>,
    /// The same tickets, those of each session from the oldest on.
    of_session: HashMap<SessionId, VecDeque<String>>,
    cleared: Option<Instant>,
}

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
                keep(&mut connection.clone(), name(&ticket), holder).await?;
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

/// Keeps a ticket in Redis, and beside it which are the session's last ones: older ones go, used or
/// not.
async fn keep(
    connection: &mut ConnectionManager,
    name: String,
    holder: &Holder,
) -> Result<(), Error> {
    let value = serde_json::to_string(holder).map_err(Error::internal("writing a ticket"))?;
    let (of_session, max) = (format!("rialto:tickets:{}", holder.session), OF_SESSION_MAX);
    let max = isize::try_from(max).map_err(Error::internal("counting tickets"))?;
    let seconds = i64::try_from(TICKET_SECONDS).map_err(Error::internal("counting tickets"))?;
    let mut change = redis::pipe();
    change.atomic().set_ex(&name, value, TICKET_SECONDS).ignore();
    change.lpush(&of_session, &name).ignore();
    change.lrange(&of_session, max, -1);
    change.ltrim(&of_session, 0, max.saturating_sub(1)).ignore();
    change.expire(&of_session, seconds).ignore();
    let (too_many,): (Vec<String>,) = change.query_async(connection).await.map_err(busy)?;
    if !too_many.is_empty() {
        let () = connection.del(too_many).await.map_err(busy)?;
    }
    Ok(())
}

impl Waiting {
    fn insert(&mut self, name: String, holder: Holder, now: Instant) -> Result<(), Error> {
        let has = self.of_session.get(&holder.session).map_or(0, VecDeque::len);
        if has >= OF_SESSION_MAX {
            self.drop_oldest(holder.session);
        }
        self.make_room(now)?;
        self.of_session.entry(holder.session).or_default().push_back(name.clone());
        self.tickets.insert(name, (holder, now));
        Ok(())
    }

    fn take(&mut self, name: &str, now: Instant) -> Option<Holder> {
        let (holder, issued) = self.tickets.remove(name)?;
        if let Entry::Occupied(mut entry) = self.of_session.entry(holder.session) {
            entry.get_mut().retain(|it| it != name);
            if entry.get().is_empty() {
                entry.remove();
            }
        }
        is_good(issued, now).then_some(holder)
    }

    fn drop_oldest(&mut self, session: SessionId) {
        let oldest = self.of_session.get_mut(&session).and_then(VecDeque::pop_front);
        if let Some(oldest) = oldest {
            self.tickets.remove(&oldest);
        }
    }

    fn make_room(&mut self, now: Instant) -> Result<(), Error> {
        let is_due = |cleared| now.saturating_duration_since(cleared) >= CLEAR_EVERY;
        if self.tickets.len() >= WAITING_MAX && self.cleared.is_none_or(is_due) {
            self.cleared = Some(now);
            self.tickets.retain(|_, (_, issued)| is_good(*issued, now));
            self.of_session.retain(|_, names| {
                names.retain(|name| self.tickets.contains_key(name));
                !names.is_empty()
            });
        }
        if self.tickets.len() < WAITING_MAX { Ok(()) } else { Err(Error::Busy) }
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

    /// Memory, and Redis where the tests run with servers beside them.
    async fn kinds() -> Vec<Tickets> {
        let mut kinds = vec![Tickets::memory()];
        if std::env::var("RIALTO_TEST_STORE").as_deref() == Ok("postgres") {
            let url = std::env::var("TEST_REDIS_URL").expect("no TEST_REDIS_URL: run ./test");
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
        let (mut waiting, start) = (Waiting::default(), Instant::now());
        for count in 0..WAITING_MAX {
            waiting.insert(count.to_string(), holder(), start).unwrap();
        }
        assert!(matches!(waiting.insert("x".into(), holder(), start), Err(Error::Busy)));

        let later = start + Duration::from_secs(TICKET_SECONDS);
        waiting.insert("x".into(), holder(), later).unwrap();
        assert_eq!((waiting.tickets.len(), waiting.of_session.len()), (1, 1));
    }

    #[test]
    fn full_memory_is_looked_through_once_a_second() {
        let (mut waiting, start) = (Waiting::default(), Instant::now());
        let after =
            |millis| start + Duration::from_secs(TICKET_SECONDS) - Duration::from_millis(millis);
        for count in 0..WAITING_MAX {
            waiting.insert(count.to_string(), holder(), start).unwrap();
        }
        assert!(waiting.insert("x".into(), holder(), after(1)).is_err());
        assert!(waiting.insert("x".into(), holder(), after(0)).is_err());
        waiting.insert("x".into(), holder(), after(0) + CLEAR_EVERY).unwrap();
    }

    #[actix_rt::test]
    async fn a_session_has_as_many_unused_tickets_as_it_may_and_takes_nobody_elses() {
        for tickets in kinds().await {
            let (greedy, other) = (holder(), holder());
            let others = tickets.issue(&other).await.unwrap();
            let mut bought = Vec::new();
            for _ in 0..OF_SESSION_MAX + 2 {
                bought.push(tickets.issue(&greedy).await.unwrap());
            }

            for (number, ticket) in bought.iter().enumerate() {
                let is_good = tickets.redeem(ticket).await.unwrap().is_some();
                assert_eq!(is_good, number >= 2, "{number}");
            }
            assert_eq!(tickets.redeem(&others).await.unwrap(), Some(other));
        }
    }

    #[test]
    fn of_used_tickets_memory_keeps_nothing() {
        let mut waiting = Waiting::default();
        waiting.insert("a".to_owned(), holder(), Instant::now()).unwrap();
        assert!(waiting.take("a", Instant::now()).is_some());
        assert!(waiting.tickets.is_empty() && waiting.of_session.is_empty());
    }
}
