//! What has happened since midnight: read once, when the first comes who follows it, and then kept
//! current by what the bus tells, until the last has left.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use chrono::{DateTime, Utc};
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::Notify;

use crate::{
    bus::Heard,
    domain::{
        Error,
        event::Published,
        money::{Currency, Money},
        stats::{Carts, Stats, Today, midnight},
    },
    http::health::Faults,
    store::{Store, read},
    ws::topic::followed::Versions,
};

/// How many batches of events are kept while the day is read: where more come, it is read once more.
const KEPT_MAX: usize = 128;
/// Carts are counted anew no sooner than this many times as long after the last time as that took: in a
/// large shop, counting takes a fiftieth of one reader's time.
const CARTS_REST: u32 = 50;

/// The figures of this node; clones share them.
#[derive(Clone, Default)]
pub struct Counters(Arc<Shared>);

#[derive(Default)]
struct Shared {
    node: Node,
    state: Mutex<State>,
    is_followed: Notify,
    versions: Versions,
}

/// What is of the node alone.
#[derive(Default)]
pub struct Node {
    pub name: String,
    pub sockets: Gauge,
    pub faults: Faults,
}

#[derive(Default)]
struct State {
    followers: usize,
    day: Day,
    /// What was counted last, and from when on it is counted again.
    carts: Option<(Carts, Instant)>,
}

#[derive(Default)]
enum Day {
    #[default]
    Unknown,
    /// It is being read: what has happened since that began.
    Reading(Vec<Arc<[Published]>>),
    Known(Today),
}

impl Counters {
    pub fn of(node: Node) -> Self {
        Counters(Arc::new(Shared { node, ..Shared::default() }))
    }

    /// One more follows the figures.
    pub fn add(&self) {
        let mut state = self.lock();
        state.followers = state.followers.saturating_add(1);
        self.0.is_followed.notify_one();
    }

    /// One fewer does. After the last nothing is kept.
    pub fn leave(&self) {
        let mut state = self.lock();
        state.followers = state.followers.saturating_sub(1);
        if state.followers == 0 {
            *state = State::default();
        }
    }

    /// Waits until somebody follows them.
    pub async fn followed(&self) {
        while self.lock().followers == 0 {
            self.0.is_followed.notified().await;
        }
    }

    pub fn heard(&self, heard: Heard) {
        self.lock().day.heard(heard);
    }

    /// The figures at `now`, and the version that this is of them.
    pub async fn now(&self, store: &Store, now: DateTime<Utc>) -> Result<(i64, Stats), Error> {
        let (today, carts) = (self.today(store, now).await?, self.carts(store).await?);
        let node = &self.0.node;
        let stats = Stats {
            since: today.since,
            orders: today.orders,
            revenue: Money { amount: today.revenue, currency: Currency::SHOP },
            carts: carts.filled,
            carts_held: carts.held,
            sockets: node.sockets.get(),
            errors: node.faults.of_last_minute(Instant::now()),
            node: node.name.clone(),
        };
        Ok((self.0.versions.next(now), stats))
    }

    async fn today(&self, store: &Store, now: DateTime<Utc>) -> Result<Today, Error> {
        if let Some(today) = self.lock().day.begin(now) {
            return Ok(today);
        }
        let since = midnight(now);
        let today = read!(store, stats::today(since))?;
        Ok(self.lock().day.read(today))
    }

    async fn carts(&self, store: &Store) -> Result<Carts, Error> {
        let began = Instant::now();
        let known = self.lock().carts.filter(|(_, until)| began < *until);
        if let Some((carts, _)) = known {
            return Ok(carts);
        }
        let carts = read!(store, stats::carts())?;
        let until = began.checked_add(began.elapsed().saturating_mul(CARTS_REST));
        let mut state = self.lock();
        if state.followers > 0 {
            state.carts = until.map(|until| (carts, until));
        }
        Ok(carts)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Day {
    /// What is known of the day of `now`; where that is nothing, what happens from here on is kept until
    /// it was read.
    fn begin(&mut self, now: DateTime<Utc>) -> Option<Today> {
        match self {
            Day::Known(today) if today.is_of(now) => return Some(*today),
            // Somebody reads already; what is kept since then is enough for another reading.
            Day::Reading(_) => {}
            Day::Known(_) | Day::Unknown => *self = Day::Reading(Vec::new()),
        }
        None
    }

    /// The day was read; what has happened since its head comes on top.
    fn read(&mut self, mut today: Today) -> Today {
        if let Day::Reading(kept) = self {
            for batch in mem::take(kept) {
                batch.iter().for_each(|published| today.heard(published));
            }
            *self = Day::Known(today);
        }
        today
    }

    fn heard(&mut self, heard: Heard) {
        match (heard, &mut *self) {
            (Heard::Events { published: batch, .. }, Day::Known(today)) => {
                batch.iter().for_each(|published| today.heard(published));
            }
            (Heard::Events { published: batch, .. }, Day::Reading(kept))
                if kept.len() < KEPT_MAX =>
            {
                kept.push(batch)
            }
            // Nobody knows what is missing, so it is read again.
            (Heard::Resync, _) | (Heard::Events { .. }, Day::Reading(_)) => *self = Day::Unknown,
            (Heard::Events { .. }, Day::Unknown) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::domain::{
        event::{Event, Kind},
        id::EventId,
    };

    fn now() -> DateTime<Utc> {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    fn placed(sequence: i64) -> Heard {
        let kind = Kind::OrderPlaced;
        let id = EventId::new();
        let event = Event { id, order: None, user: None, kind, at: now(), data: json!({}).into() };
        let published = [Published { sequence, user_sequence: None, event }].into();
        Heard::Events { published, is_all_own: true }
    }

    fn read(head: i64, orders: i64) -> Today {
        Today { since: midnight(now()), head, orders, revenue: 0 }
    }

    #[test]
    fn what_happens_while_the_day_is_read_is_counted_once() {
        let mut day = Day::default();
        assert_eq!(day.begin(now()), None);
        for sequence in 6..=9 {
            day.heard(placed(sequence));
        }

        assert_eq!(day.read(read(7, 20)).orders, 22);

        day.heard(placed(10));
        assert_eq!(day.begin(now()).map(|it| it.orders), Some(23));
        assert_eq!(day.begin(now() + Duration::from_hours(24)), None, "another day");
    }

    #[test]
    fn two_who_read_at_once_come_to_the_same() {
        let mut day = Day::default();
        assert_eq!((day.begin(now()), day.begin(now())), (None, None));
        day.heard(placed(8));
        assert_eq!(day.read(read(7, 20)).orders, 21);
        assert_eq!(day.read(read(8, 21)).orders, 21);
        assert_eq!(day.begin(now()).map(|it| it.orders), Some(21));
    }

    #[test]
    fn what_nobody_was_told_of_and_what_is_too_much_is_read_again() {
        let mut day = Day::Known(read(7, 20));
        day.heard(Heard::Resync);
        assert_eq!(day.begin(now()), None);
        for sequence in 0..=i64::try_from(KEPT_MAX).unwrap() {
            day.heard(placed(sequence));
        }
        assert!(matches!(day, Day::Unknown));
        day.read(read(7, 20));
        assert!(matches!(day, Day::Unknown), "something is missing in between");
    }
}
