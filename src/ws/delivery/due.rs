//! Which of the parcels that sockets of this node follow are to be told of, and when: at once, but of
//! each at most once a second. What happens meanwhile is told as it stands then.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use crate::{domain::id::DeliveryId, ws::topic::followed::Followers};

/// How long after one push of a parcel the next one comes at the earliest.
const PUSH_EVERY: Duration = Duration::from_secs(1);

/// The parcels that are followed here; clones share them.
#[derive(Clone, Default)]
pub struct Deliveries(Arc<Shared>);

#[derive(Default)]
struct Shared {
    list: Mutex<List>,
    is_due: Notify,
}

#[derive(Default)]
struct List {
    /// Each with the moment before which it is not told of again.
    followed: Followers<DeliveryId, Option<Instant>>,
    /// Those of them that have moved.
    moved: HashSet<DeliveryId>,
}

impl Deliveries {
    pub fn add(&self, id: DeliveryId) {
        self.lock().followed.add(id);
    }

    pub fn leave(&self, id: DeliveryId) {
        let mut list = self.lock();
        if list.followed.leave(id).is_some() {
            list.moved.remove(&id);
        }
    }

    /// All that are followed.
    pub fn ids(&self) -> Vec<DeliveryId> {
        self.lock().followed.keys().collect()
    }

    /// These have moved; those that nobody follows don't matter.
    pub fn moved(&self, ids: impl Iterator<Item = DeliveryId>) {
        let mut list = self.lock();
        for id in ids {
            if list.followed.get_mut(id).is_some() {
                list.moved.insert(id);
            }
        }
        if !list.moved.is_empty() {
            self.0.is_due.notify_one();
        }
    }

    /// Waits until some are to be told of, and takes them off the list.
    pub async fn due(&self) -> Vec<DeliveryId> {
        loop {
            let (due, next) = self.lock().take(Instant::now());
            if !due.is_empty() {
                return due;
            }
            let moved = self.0.is_due.notified();
            match next {
                // Elapsed or told, it is time to look.
                Some(next) => drop(timeout_at(next, moved).await),
                None => moved.await,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.0.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl List {
    /// Those that may be told of at `now`, and when the next one of the others may.
    fn take(&mut self, now: Instant) -> (Vec<DeliveryId>, Option<Instant>) {
        let (mut due, mut next) = (Vec::new(), None);
        for id in &self.moved {
            let Some(not_before) = self.followed.get_mut(*id) else { continue };
            match *not_before {
                Some(later) if now < later => {
                    next = Some(next.map_or(later, |it: Instant| it.min(later)));
                }
                Some(_) | None => {
                    *not_before = now.checked_add(PUSH_EVERY);
                    due.push(*id);
                }
            }
        }
        for id in &due {
            self.moved.remove(id);
        }
        (due, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parcel_is_told_of_at_once_and_then_once_a_second() {
        let (deliveries, id, now) = (Deliveries::default(), DeliveryId::new(), Instant::now());
        let after = |millis| now + Duration::from_millis(millis);
        let moved_at = |millis| {
            deliveries.moved([id].into_iter());
            deliveries.lock().take(after(millis))
        };
        assert_eq!(moved_at(0), (vec![], None), "nobody follows it");
        deliveries.add(id);

        assert_eq!(moved_at(0), (vec![id], None));
        for early in [1, 500, 999] {
            assert_eq!(moved_at(early), (vec![], Some(after(1000))));
        }
        assert_eq!(moved_at(1000), (vec![id], None));
        assert_eq!(deliveries.lock().take(after(5000)), (vec![], None), "it has not moved");
    }

    #[test]
    fn what_nobody_follows_any_more_is_forgotten() {
        let (deliveries, id) = (Deliveries::default(), DeliveryId::new());
        deliveries.add(id);
        deliveries.moved([id].into_iter());

        deliveries.leave(id);

        assert_eq!(deliveries.lock().take(Instant::now()), (vec![], None));
        assert!(deliveries.ids().is_empty() && deliveries.lock().moved.is_empty());
    }
}
