//! Sessions that have ended while access tokens of theirs may still be about.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::{Duration, Instant},
};

use crate::domain::id::SessionId;

/// How long an ended session is remembered: longer than any access token is taken, with some
/// minutes for clocks that differ.
pub const KEPT: Duration = Duration::from_secs(20 * 60);
/// From this age on the set proves nothing about a session that is not in it.
pub const FRESH: Duration = Duration::from_secs(1);

/// The sessions that ended lately; clones share them.
///
/// It is fed at once by whoever ends a session here, and by a poll of the store for what was ended
/// on other nodes.
#[derive(Debug, Clone, Default)]
pub struct Revoked(Arc<RwLock<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    ended: HashMap<SessionId, Instant>,
    /// When the last poll began to read.
    polled: Option<Instant>,
}

impl Revoked {
    pub fn contains(&self, session: SessionId) -> bool {
        self.read().ended.contains_key(&session)
    }

    pub fn insert(&self, session: SessionId) {
        self.write().ended.insert(session, Instant::now());
    }

    /// Takes what a poll found that began to read at `read_at`, and forgets what is too old to
    /// matter. What was inserted meanwhile stays.
    pub fn refresh(&self, found: impl IntoIterator<Item = SessionId>, read_at: Instant) {
        let mut inner = self.write();
        for session in found {
            inner.ended.entry(session).or_insert(read_at);
        }
        inner.ended.retain(|_, since| read_at.saturating_duration_since(*since) < KEPT);
        inner.polled = inner.polled.max(Some(read_at));
    }

    /// Whether the last poll is too old for an absence to be proof: then the store has to be asked.
    pub fn is_stale(&self, now: Instant) -> bool {
        let polled = self.read().polled;
        polled.is_none_or(|polled| now.saturating_duration_since(polled) > FRESH)
    }

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ended_session_is_known_to_all_who_share_the_set() {
        let (here, session) = (Revoked::default(), SessionId::new());
        let there = here.clone();

        here.insert(session);

        assert!(there.contains(session));
        assert!(!there.contains(SessionId::new()));
    }

    #[test]
    fn a_poll_adds_and_takes_nothing_away_before_its_time() {
        let (revoked, own, found) = (Revoked::default(), SessionId::new(), SessionId::new());
        let start = Instant::now();
        revoked.insert(own);

        revoked.refresh([found], start);
        assert!(revoked.contains(own) && revoked.contains(found));

        revoked.refresh([], start + KEPT);
        assert!(!revoked.contains(found));
    }

    #[test]
    fn without_a_poll_of_the_last_second_an_absence_proves_nothing() {
        let (revoked, start) = (Revoked::default(), Instant::now());
        assert!(revoked.is_stale(start));

        revoked.refresh([], start);
        assert!(!revoked.is_stale(start + FRESH));
        assert!(revoked.is_stale(start + FRESH + Duration::from_millis(1)));
    }
}
