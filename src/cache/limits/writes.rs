//! How much one caller may change in a second: generous, and cheap enough for every request.
//!
//! A table of a fixed size, with a bucket where a caller's hash says (GCRA, of which all is one
//! number). There is no lock, nothing grows, and nothing has to be tidied up. Two callers may share
//! a bucket; nobody can choose whose, since the hash has a random key, and together they still have
//! far more than they use.

use std::{
    hash::{BuildHasher, Hash, RandomState},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use crate::domain::limit::Bound;

/// How many buckets: half a megabyte.
const BUCKETS: u64 = 1 << 16;

/// A bucket for each caller, or nearly.
#[derive(Debug)]
pub struct Writes {
    /// When each will be full again, in nanoseconds.
    full_at: Box<[AtomicU64]>,
    hasher: RandomState,
    /// How long one more takes to be given back, and all of them.
    each: u64,
    all: u64,
}

impl Writes {
    pub fn new(bound: Bound) -> Self {
        let each = bound.kept.checked_div(bound.free).unwrap_or(bound.kept);
        Writes {
            full_at: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::new(),
            each: nanos(each),
            all: nanos(bound.kept),
        }
    }

    /// Takes one of `caller`'s at `now`; an error is how long there will be none.
    pub fn enter(&self, caller: impl Hash, now: Duration) -> Result<(), Duration> {
        let now = nanos(now);
        let place = usize::try_from(self.hasher.hash_one(caller) % BUCKETS).unwrap_or_default();
        let Some(bucket) = self.full_at.get(place) else { return Ok(()) };
        let later = |full_at: u64| full_at.max(now).saturating_add(self.each);
        let room = |full_at: u64| now.saturating_add(self.all).checked_sub(later(full_at));
        let taken = bucket.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| {
            room(full_at).map(|_| later(full_at))
        });
        taken.map(drop).map_err(|full_at| {
            Duration::from_nanos(later(full_at).saturating_sub(now.saturating_add(self.all)))
        })
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{id::UserId, limit::Rule};

    fn writes() -> Writes {
        Writes::new(Rule::Write.bound())
    }

    #[test]
    fn a_burst_is_let_through_and_then_the_steady_rate() {
        let (writes, user, start) = (writes(), UserId::new(), Duration::from_secs(7));
        let at = |now| (0..1_000).take_while(|_| writes.enter(user, now).is_ok()).count();

        assert_eq!(at(start), 300);
        assert_eq!(writes.enter(user, start), Err(Duration::from_millis(10)));
        assert_eq!(at(start + Duration::from_secs(1)), 100);
        assert_eq!(at(start + Duration::from_secs(60)), 300);
    }

    #[test]
    fn a_caller_at_the_steady_rate_is_never_refused() {
        let (writes, user) = (writes(), UserId::new());
        let at = |count| Duration::from_millis(10) * count;
        assert!((0..10_000).all(|count| writes.enter(user, at(count)).is_ok()));
    }

    #[test]
    fn one_who_floods_takes_nothing_from_another() {
        let (writes, start) = (writes(), Duration::from_secs(7));
        let flooding = UserId::new();
        while writes.enter(flooding, start).is_ok() {}

        let others = (0..100).filter(|_| writes.enter(UserId::new(), start).is_ok()).count();

        // One of 65,536 shares its bucket.
        assert!(others >= 99, "{others}");
    }

    #[test]
    fn of_a_flood_from_many_threads_no_more_is_let_through() {
        let (writes, user, start) = (writes(), UserId::new(), Duration::from_secs(7));
        let flood = || (0..1_000).filter(|_| writes.enter(user, start).is_ok()).count();

        let let_through: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(flood)).collect();
            threads.into_iter().map(|it| it.join().unwrap()).sum()
        });

        assert_eq!(let_through, 300);
    }
}
