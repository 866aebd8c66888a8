//! Timers that outlive incarnations: asleep outside of the actor, they ask the directory when due.

use std::{
    any::TypeId,
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use actix::prelude::*;
use futures_util::future::{AbortHandle, abortable};

use super::{Entity, Inner, log};
use crate::domain::Error;

/// The wakes that are set: one for an id and a type of message.
pub(super) struct Wakes<Id> {
    set: Mutex<Set<Id>>,
    max: usize,
}

struct Set<Id> {
    asleep: HashMap<(Id, TypeId), (u64, AbortHandle)>,
    /// Tells a wake from the one that replaced it.
    last: u64,
    closed: bool,
}

impl<Id: Copy + Eq + Hash> Wakes<Id> {
    pub fn new(max: usize) -> Self {
        Wakes { set: Mutex::new(Set { asleep: HashMap::new(), last: 0, closed: false }), max }
    }

    pub fn len(&self) -> usize {
        self.lock().asleep.len()
    }

    /// Drops all that are set, and takes no more.
    pub fn clear(&self) {
        let mut set = self.lock();
        set.closed = true;
        set.asleep.drain().for_each(|(_, (_, timer))| timer.abort());
    }

    /// Puts a wake in the place of the former; gives its number.
    pub fn insert(&self, key: (Id, TypeId), timer: AbortHandle) -> Result<u64, Error> {
        let mut set = self.lock();
        if set.closed || (set.asleep.len() >= self.max && !set.asleep.contains_key(&key)) {
            return Err(Error::Busy);
        }
        set.last = set.last.wrapping_add(1);
        let number = set.last;
        if let Some((_, former)) = set.asleep.insert(key, (number, timer)) {
            former.abort();
        }
        Ok(number)
    }

    /// Takes a wake that is due out; false if it was replaced or dropped meanwhile.
    pub fn take(&self, key: (Id, TypeId), number: u64) -> bool {
        let mut set = self.lock();
        let due = set.asleep.get(&key).is_some_and(|(current, _)| *current == number);
        if due {
            set.asleep.remove(&key);
        }
        due
    }

    fn lock(&self) -> MutexGuard<'_, Set<Id>> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`Directory::wake`](super::Directory::wake).
pub(super) fn set<A, M, T, F>(
    inner: &Arc<Inner<A>>,
    id: A::Id,
    after: Duration,
    make_msg: F,
) -> Result<(), Error>
where
    A: Entity + Handler<M>,
    M: Message<Result = Result<T, Error>> + Send + 'static,
    T: Send + 'static,
    F: FnOnce() -> M + Send + 'static,
{
    let key = (id, TypeId::of::<M>());
    let (sleep, timer) = abortable(async move { tokio::time::sleep(after).await });
    let number = inner.wakes.insert(key, timer)?;
    let directory = Arc::downgrade(inner);
    let set = inner.spawn(id, async move {
        let slept = sleep.await.is_ok();
        let Some(inner) = directory.upgrade() else { return };
        if slept
            && inner.wakes.take(key, number)
            && let Err(error) = inner.send(id, make_msg()).await
        {
            log::<A>(id, "a wake failed", &error);
        }
    });
    if !set {
        inner.wakes.take(key, number);
        return Err(Error::Busy);
    }
    Ok(())
}
