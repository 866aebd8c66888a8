//! Which states sockets of this node follow: of the others nothing is read and nothing is encoded.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use chrono::{DateTime, Utc};

use crate::{
    bus::{Channel, presence::Presence},
    domain::id::ProductId,
    ws::{cart::due::Carts, delivery::due::Deliveries, stats::counting::Counters},
};

/// What is followed; clones share it.
#[derive(Clone, Default)]
pub struct Followed {
    products: Arc<Mutex<Followers<ProductId, ()>>>,
    pub carts: Carts,
    pub deliveries: Deliveries,
    pub stats: Counters,
    pub presence: Presence,
    /// Of who is looking.
    pub versions: Arc<Versions>,
}

impl Followed {
    /// Nothing is followed yet.
    pub fn of(stats: Counters, presence: Presence) -> Self {
        Followed { stats, presence, ..Followed::default() }
    }

    /// One more follows the channel.
    pub fn add(&self, channel: Channel) {
        match channel {
            Channel::Product(id) => self.products().add(id),
            Channel::Cart(id) => self.carts.add(id),
            Channel::Delivery(id) => self.deliveries.add(id),
            Channel::Stats => self.stats.add(),
            Channel::Order(_) | Channel::User(_) | Channel::Feed | Channel::Presence => {}
        }
    }

    /// One fewer does.
    pub fn leave(&self, channel: Channel) {
        match channel {
            Channel::Product(id) => drop(self.products().leave(id)),
            Channel::Cart(id) => self.carts.leave(id),
            Channel::Delivery(id) => self.deliveries.leave(id),
            Channel::Stats => self.stats.leave(),
            Channel::Order(_) | Channel::User(_) | Channel::Feed | Channel::Presence => {}
        }
    }

    pub fn has_product(&self, id: ProductId) -> bool {
        self.products().get_mut(id).is_some()
    }

    fn products(&self) -> MutexGuard<'_, Followers<ProductId, ()>> {
        self.products.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many sockets follow each, and what is kept of it for as long as one does.
#[derive(Debug)]
pub struct Followers<K, V>(HashMap<K, (usize, V)>);

impl<K, V> Default for Followers<K, V> {
    fn default() -> Self {
        Followers(HashMap::new())
    }
}

impl<K: Eq + Hash + Copy, V: Default> Followers<K, V> {
    pub fn add(&mut self, key: K) {
        let (count, _) = self.0.entry(key).or_default();
        *count = count.saturating_add(1);
    }

    /// What was kept, if that was the last one.
    pub fn leave(&mut self, key: K) -> Option<V> {
        let (count, _) = self.0.get_mut(&key)?;
        *count = count.saturating_sub(1);
        if *count > 0 {
            return None;
        }
        self.0.remove(&key).map(|(_, kept)| kept)
    }

    pub fn get_mut(&mut self, key: K) -> Option<&mut V> {
        self.0.get_mut(&key).map(|(_, kept)| kept)
    }

    pub fn keys(&self) -> impl Iterator<Item = K> {
        self.0.keys().copied()
    }
}

/// The versions of a state that is in no store: milliseconds, so that they rise from node to node too,
/// as far as the clocks agree.
#[derive(Debug, Default)]
pub struct Versions(AtomicI64);

impl Versions {
    /// The version of what is told at `now`, which is later than all before.
    pub fn next(&self, now: DateTime<Utc>) -> i64 {
        let later = |last: i64| last.saturating_add(1).max(now.timestamp_millis());
        let order = Ordering::Relaxed;
        let last = self.0.fetch_update(order, order, |last| Some(later(last)));
        later(last.unwrap_or_else(|last| last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_rise_though_time_stands_or_goes_back() {
        let (versions, second) = (Versions::default(), DateTime::from_timestamp(1, 0).unwrap());
        let all = [second, second, DateTime::UNIX_EPOCH].map(|now| versions.next(now));
        assert_eq!(all, [1_000, 1_001, 1_002]);
    }

    #[test]
    fn what_two_follow_is_followed_until_both_have_left() {
        let mut followers = Followers::<u8, u8>::default();
        followers.add(1);
        followers.add(1);
        *followers.get_mut(1).unwrap() = 7;

        assert_eq!(followers.leave(1), None);
        assert_eq!(followers.get_mut(1), Some(&mut 7));
        assert_eq!(followers.leave(1), Some(7));
        assert_eq!((followers.leave(1), followers.keys().count()), (None, 0));
    }
}
