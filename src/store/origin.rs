//! On whose behalf the work at hand is done. It follows the task: an edge opens it around a
//! request, the envelopes of the directory carry it to the actors, and [`Store::write`] takes it
//! down for the audit log. Work that nobody outside asked for has none, and is the system's.
//!
//! [`Store::write`]: super::Store::write

use std::{
    future::Future,
    sync::{Arc, OnceLock},
};

use crate::domain::{
    audit::{Actor, Origin},
    id::{SessionId, UserId},
};

tokio::task_local! {
    static HERE: Behalf;
}

/// On whose behalf; clones share it, so that all of a request's work knows its user once one of
/// them is shown.
#[derive(Clone)]
pub struct Behalf(Arc<Inner>);

struct Inner {
    origin: Origin,
    /// Who has shown who they are.
    shown: OnceLock<(Actor, Option<SessionId>)>,
}

impl Behalf {
    /// Of a request, whose user is yet to be known.
    pub fn request(address: Option<&str>, request: &str) -> Self {
        Self::new(Origin {
            actor: Actor::Guest,
            session: None,
            address: address.map(Arc::from),
            request: Some(Arc::from(request)),
        })
    }

    /// Of whoever runs a command of the program.
    pub fn operator() -> Self {
        Self::new(Origin { actor: Actor::Operator, ..Origin::SYSTEM })
    }

    /// The same, with the user shown.
    pub fn of(self, user: UserId, session: SessionId) -> Self {
        self.is(Actor::User(user), Some(session))
    }

    fn is(self, actor: Actor, session: Option<SessionId>) -> Self {
        self.0.shown.set((actor, session)).ok(); // Of two that are shown the first stays.
        self
    }

    fn new(origin: Origin) -> Self {
        Behalf(Arc::new(Inner { origin, shown: OnceLock::new() }))
    }

    /// What the task at hand has; none is the system's own.
    pub fn here() -> Option<Self> {
        HERE.try_with(Clone::clone).ok() // There need be none.
    }

    /// Does `work` on this behalf.
    pub fn scope<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        HERE.scope(self, work)
    }

    /// Does `work` on this behalf, at once.
    pub fn sync_scope<T>(self, work: impl FnOnce() -> T) -> T {
        HERE.sync_scope(self, work)
    }

    fn origin(&self) -> Origin {
        let Inner { origin, shown } = &*self.0;
        match shown.get() {
            Some((actor, session)) => Origin { actor: *actor, session: *session, ..origin.clone() },
            None => origin.clone(),
        }
    }
}

/// Where what is written now comes from.
pub fn here() -> Origin {
    HERE.try_with(Behalf::origin).unwrap_or(Origin::SYSTEM)
}

/// The user of the request at hand has been shown.
pub fn is_of(user: UserId, session: SessionId) {
    if let Some(behalf) = Behalf::here() {
        behalf.of(user, session);
    }
}

/// The request at hand has been shown to come from another program of the shop.
pub fn is_of_service() {
    if let Some(behalf) = Behalf::here() {
        behalf.is(Actor::Service, None);
    }
}

/// `work`, to be done later and elsewhere on behalf of whom it is now: a task that is spawned, or
/// waited for by an actor, does not have that by itself.
pub fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    let behalf = Behalf::here();
    async move {
        match behalf {
            Some(behalf) => behalf.scope(work).await,
            None => work.await,
        }
    }
}
