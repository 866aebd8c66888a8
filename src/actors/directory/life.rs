//! One incarnation, from the loading to the drop of the actor, as one task on its arbiter.

use std::{any::Any, mem, panic::AssertUnwindSafe, sync::Arc, thread, time::Instant};

use actix::prelude::*;
use futures_util::FutureExt;
use tokio::time::timeout;

use super::{Entity, Incarnation, Inner, mail::Mail, table};
use crate::domain::Error;

/// How an incarnation ended. The messages that it had not begun are
pub(super) enum Ending {
    /// begun by the next one,
    Left,
    /// begun by the next one, unless there were too many panics: then refused as `Busy`,
    Panicked,
    /// refused: it was never there,
    NotLoaded { error: Error, panicked: bool },
    /// refused as `Busy`: its arbiter is gone.
    Cut,
}

/// Has `id`, which must just have become `Loading`, loaded and run.
pub(super) fn start<A: Entity>(inner: &Arc<Inner<A>>, id: A::Id) {
    let life = Life { inner: Arc::clone(inner), id, ending: Ending::Cut };
    match table::pick(&inner.arbiters, inner.table.hash(id)) {
        // An arbiter that is gone drops the closure, and so the life.
        Some(arbiter) => {
            arbiter.spawn_fn(move || drop(actix_rt::spawn(life.run())));
        }
        None => drop(life),
    }
}

/// Its drop is the end of the incarnation: the actor must have been dropped before.
struct Life<A: Entity> {
    inner: Arc<Inner<A>>,
    id: A::Id,
    ending: Ending,
}

impl<A: Entity> Life<A> {
    async fn run(mut self) {
        self.ending = match self.load().await {
            Ok(actor) => self.host(actor).await,
            Err(ending) => ending,
        };
    }

    async fn load(&self) -> Result<A, Ending> {
        let incarnation = Incarnation { inner: Arc::downgrade(&self.inner), id: self.id };
        let deps = self.inner.deps.clone();
        let id = self.id;
        let loading = AssertUnwindSafe(async move { A::load(id, deps, incarnation).await });
        let fault = |error, panicked| Err(Ending::NotLoaded { error, panicked });
        match timeout(self.inner.limits.ask_max, loading.catch_unwind()).await {
            Ok(Ok(Ok(actor))) => Ok(actor),
            Ok(Ok(Err(error))) => fault(error, false),
            Ok(Err(panic)) => {
                let source = self.log(panic.as_ref()).into();
                fault(Error::Internal { doing: "loading an entity", source }, true)
            }
            Err(_late) => fault(Error::Busy, false),
        }
    }

    /// Runs the actor until it ends; it is dropped when this is over.
    async fn host(&self, actor: A) -> Ending {
        let mut ctx = Context::new();
        // For what the entity sends itself.
        ctx.set_mailbox_capacity(A::MAILBOX);
        ctx.spawn(Mail { inner: Arc::clone(&self.inner), id: self.id });
        self.inner.table.loaded(self.id);
        match AssertUnwindSafe(ctx.into_future(actor)).catch_unwind().await {
            Ok(()) => Ending::Left,
            Err(panic) => {
                self.log(panic.as_ref());
                Ending::Panicked
            }
        }
    }

    fn log(&self, panic: &(dyn Any + Send)) -> String {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("no text");
        tracing::error!(kind = A::KIND, id = %self.id, panic = text, "an entity panicked");
        format!("it panicked: {text}")
    }
}

impl<A: Entity> Drop for Life<A> {
    fn drop(&mut self) {
        let mut ending = mem::replace(&mut self.ending, Ending::Cut);
        if thread::panicking() {
            ending = Ending::Panicked; // In the actor's drop.
        }
        let end = self.inner.table.end(self.id, ending, Instant::now());
        let mut refused = end.refused.into_iter();
        let first = refused.next();
        refused.for_each(|letter| letter.refuse(copy(&end.error)));
        if let Some(letter) = first {
            letter.refuse(end.error);
        }
        if end.again {
            start(&self.inner, self.id);
        }
    }
}

/// The same answer for another who waited; a cause can't be copied, only its words.
fn copy(error: &Error) -> Error {
    match error {
        Error::Invalid(fields) => Error::Invalid(fields.clone()),
        Error::Rejected { code, message } => Error::Rejected { code, message: message.clone() },
        Error::Unauthenticated { code } => Error::Unauthenticated { code },
        Error::Forbidden(refusal) => Error::Forbidden(refusal.clone()),
        Error::NotFound(what) => Error::NotFound(what),
        Error::Conflict(refusal) => Error::Conflict(refusal.clone()),
        Error::Stale => Error::Stale,
        Error::Outdated { version } => Error::Outdated { version: *version },
        Error::KeyReused => Error::KeyReused,
        Error::TooMany { retry_after } => Error::TooMany { retry_after: *retry_after },
        Error::Busy => Error::Busy,
        Error::Internal { doing, source } => {
            Error::Internal { doing, source: source.to_string().into() }
        }
    }
}
