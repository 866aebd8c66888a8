//! What keeps an entity from being passivated: a message that waits or is in hand, or a hold.

use std::{sync::Arc, time::Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Entity, Inner};
use crate::domain::Error;

/// One count in the slot of `id`, given back when it is dropped, wherever that happens.
///
/// It must not be dropped under the lock of its slot.
pub(super) struct Flight<A: Entity> {
    pub inner: Arc<Inner<A>>,
    pub id: A::Id,
    room: Arc<Semaphore>,
    place: Option<OwnedSemaphorePermit>,
}

impl<A: Entity> Flight<A> {
    /// Counts a message, which has no place in the mailbox yet.
    pub fn enter(inner: &Arc<Inner<A>>, id: A::Id) -> Result<Self, Error> {
        let room = inner.table.enter(id, Instant::now())?;
        Ok(Flight { inner: Arc::clone(inner), id, room, place: None })
    }

    /// Counts work of an entity in memory, if it still is; the mailbox has nothing to do with it.
    pub fn hold(inner: &Arc<Inner<A>>, id: A::Id) -> Option<Self> {
        let room = inner.table.hold(id)?;
        Some(Flight { inner: Arc::clone(inner), id, room, place: None })
    }

    /// Takes a place in the mailbox if one is free and nobody waits for it.
    pub fn try_board(&mut self) -> bool {
        self.place = Arc::clone(&self.room).try_acquire_owned().ok(); // Full is no error.
        self.place.is_some()
    }

    /// Waits in line for a place in the mailbox.
    pub async fn board(&mut self) -> Result<(), Error> {
        let place = Arc::clone(&self.room).acquire_owned().await;
        self.place = Some(place.map_err(Error::internal("waiting for a place in a mailbox"))?);
        Ok(())
    }
}

impl<A: Entity> Drop for Flight<A> {
    fn drop(&mut self) {
        self.inner.table.leave(self.id, Instant::now());
    }
}
