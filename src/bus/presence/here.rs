//! What admins follow by the sockets of this node.

use std::collections::{BTreeMap, HashMap, hash_map::Entry};

use chrono::{DateTime, Utc};

use crate::{
    bus::Channel,
    domain::{
        id::{OrderId, UserId},
        presence::{Look, Looking, ORDERS_MAX},
    },
};

/// Each admin who follows something of which the others are told.
#[derive(Debug, Default)]
pub struct Here(HashMap<UserId, Follows>);

/// By how many sockets.
#[derive(Debug, Default)]
struct Follows {
    since: Option<DateTime<Utc>>,
    /// Topics of those who run the shop.
    topics: usize,
    orders: BTreeMap<OrderId, usize>,
}

impl Here {
    pub fn enter(&mut self, user: UserId, channel: Channel, now: DateTime<Utc>) {
        let Some(order) = watched(channel) else { return };
        let follows = self.0.entry(user).or_default();
        let count = match order {
            Some(order) => follows.orders.entry(order).or_default(),
            None => {
                follows.since.get_or_insert(now);
                &mut follows.topics
            }
        };
        *count = count.saturating_add(1);
    }

    pub fn leave(&mut self, user: UserId, channel: Channel) {
        let Some(order) = watched(channel) else { return };
        let Entry::Occupied(mut entry) = self.0.entry(user) else { return };
        let follows = entry.get_mut();
        match order {
            Some(order) => {
                let count = follows.orders.entry(order).or_default();
                *count = count.saturating_sub(1);
                if *count == 0 {
                    follows.orders.remove(&order);
                }
            }
            None => {
                follows.topics = follows.topics.saturating_sub(1);
                if follows.topics == 0 {
                    follows.since = None;
                }
            }
        }
        if follows.topics == 0 && follows.orders.is_empty() {
            entry.remove();
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn looking(&self) -> Looking {
        let look = |follows: &Follows| Look {
            since: follows.since,
            orders: follows.orders.keys().copied().take(ORDERS_MAX).collect(),
        };
        Looking(self.0.iter().map(|(user, follows)| (*user, look(follows))).collect())
    }
}

/// What of a channel others are told: that somebody is there or, of an order, that they look at it.
fn watched(channel: Channel) -> Option<Option<OrderId>> {
    match channel {
        Channel::Order(order) => Some(Some(order)),
        Channel::Feed | Channel::Stats | Channel::Presence => Some(None),
        Channel::User(_) | Channel::Product(_) | Channel::Cart(_) | Channel::Delivery(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_follows_twice_is_there_until_they_have_left_twice() {
        let (mut here, ada, order) = (Here::default(), UserId::new(), OrderId::new());
        let now = DateTime::UNIX_EPOCH;
        let channels = [Channel::Feed, Channel::Presence, Channel::Order(order)];
        for channel in channels.into_iter().chain(channels) {
            here.enter(ada, channel, now);
        }
        let look = Look { since: Some(now), orders: [order].into() };

        channels.into_iter().for_each(|channel| here.leave(ada, channel));
        assert_eq!(here.looking().0.get(&ada), Some(&look));

        here.leave(ada, Channel::Feed);
        here.leave(ada, Channel::Order(order));
        assert_eq!(here.looking().0.get(&ada), Some(&Look { since: Some(now), ..Look::default() }));
        here.leave(ada, Channel::Presence);
        here.leave(ada, Channel::Presence);
        assert!(here.is_empty());
    }

    #[test]
    fn nobody_is_told_of_a_cart_or_of_more_orders_than_anybody_looks_at() {
        let (mut here, ada) = (Here::default(), UserId::new());
        here.enter(ada, Channel::User(ada), DateTime::UNIX_EPOCH);
        assert!(here.is_empty());
        for _ in 0..=ORDERS_MAX {
            here.enter(ada, Channel::Order(OrderId::new()), DateTime::UNIX_EPOCH);
        }
        assert_eq!(here.looking().0[&ada].orders.len(), ORDERS_MAX);
    }
}
