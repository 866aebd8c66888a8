//! How a message waits for an entity, and how the entity takes it.

use std::{
    pin::Pin,
    sync::Arc,
    task::{self, Poll},
};

use actix::{dev::MessageResponse, prelude::*};
use tokio::sync::oneshot::{self, error::TryRecvError};

use super::{Entity, Inner, flight::Flight, life, log, table::Next};
use crate::{domain::Error, store::origin::Behalf};

/// After so many messages in a row the other actors of the thread have their turn.
const TURN_MAX: usize = 64;

/// A message in its slot, of whatever type.
pub(super) trait Letter<A: Entity>: Send {
    /// Hands it to its handler, unless nobody waits for the answer any more.
    fn begin(self: Box<Self>, actor: &mut A, ctx: &mut Context<A>);
    /// Answers it without the entity.
    fn refuse(self: Box<Self>, error: Error);
}

/// A message that was sent: in its slot, or waiting for a place there.
pub(super) struct Posted<A: Entity, M, T> {
    waiting: Option<Envelope<A, M, T>>,
    answer: oneshot::Receiver<Result<T, Error>>,
}

struct Envelope<A: Entity, M, T> {
    msg: M,
    /// On whose behalf it was sent.
    behalf: Option<Behalf>,
    reply: oneshot::Sender<Result<T, Error>>,
    flight: Flight<A>,
}

impl<A, M, T> Posted<A, M, T>
where
    A: Entity + Handler<M>,
    M: Message<Result = Result<T, Error>> + Send + 'static,
    T: Send + 'static,
{
    pub fn new(mut flight: Flight<A>, msg: M) -> Self {
        let (reply, answer) = oneshot::channel();
        let boarded = flight.try_board();
        let envelope = Envelope { msg, behalf: Behalf::here(), reply, flight };
        if boarded {
            post(envelope);
            return Posted { waiting: None, answer };
        }
        Posted { waiting: Some(envelope), answer }
    }

    pub async fn answer(self) -> Result<T, Error> {
        if let Some(mut envelope) = self.waiting {
            envelope.flight.board().await?;
            post(envelope);
        }
        self.answer.await.unwrap_or_else(|_| Err(lost()))
    }
}

fn post<A, M, T>(envelope: Envelope<A, M, T>)
where
    A: Entity + Handler<M>,
    M: Message<Result = Result<T, Error>> + Send + 'static,
    T: Send + 'static,
{
    let (inner, id) = (Arc::clone(&envelope.flight.inner), envelope.flight.id);
    if inner.table.post(id, Box::new(envelope)) {
        life::start(&inner, id);
    }
}

/// The answer to a message whose actor was gone before it had answered.
fn lost() -> Error {
    Error::Internal { doing: "answering a message", source: "its actor is gone".into() }
}

impl<A, M, T> Letter<A> for Envelope<A, M, T>
where
    A: Entity + Handler<M>,
    M: Message<Result = Result<T, Error>> + Send + 'static,
    T: Send + 'static,
{
    fn begin(self: Box<Self>, actor: &mut A, ctx: &mut Context<A>) {
        // A panic drops the flight before the reply, as `close` does.
        let Envelope { msg, behalf, reply, flight } = *self;
        if reply.is_closed() {
            return;
        }
        let (tx, mut rx) = oneshot::channel();
        let handled = || actor.handle(msg, ctx).handle(ctx, Some(tx));
        match behalf {
            Some(behalf) => behalf.sync_scope(handled),
            None => handled(),
        }
        match rx.try_recv() {
            Ok(answer) => close(flight, reply, answer),
            Err(TryRecvError::Closed) => close(flight, reply, Err(lost())),
            // Apart from the actor's context, where an exclusive handler would hold up the answer.
            Err(TryRecvError::Empty) => drop(actix_rt::spawn(async move {
                let answer = rx.await.unwrap_or_else(|_| Err(lost()));
                close(flight, reply, answer);
            })),
        }
    }

    fn refuse(self: Box<Self>, error: Error) {
        let Envelope { reply, flight, .. } = *self;
        close(flight, reply, Err(error));
    }
}

/// Ends the flight first: whoever has the answer finds it over.
fn close<A: Entity, T>(
    flight: Flight<A>,
    reply: oneshot::Sender<Result<T, Error>>,
    answer: Result<T, Error>,
) {
    let id = flight.id;
    drop(flight);
    if let Err(Err(error)) = reply.send(answer) {
        log::<A>(id, "nobody waited for this failure any more", &error);
    }
}

/// Takes the messages of an id out of its slot and begins them, in its actor's context.
pub(super) struct Mail<A: Entity> {
    pub inner: Arc<Inner<A>>,
    pub id: A::Id,
}

impl<A: Entity> Unpin for Mail<A> {}

impl<A: Entity> ActorFuture<A> for Mail<A> {
    type Output = ();

    fn poll(
        self: Pin<&mut Self>,
        actor: &mut A,
        ctx: &mut Context<A>,
        task: &mut task::Context<'_>,
    ) -> Poll<()> {
        for _ in 0..TURN_MAX {
            // An exclusive handler is at work, or the actor stops: it polls this again, or never.
            if ctx.waiting() {
                return Poll::Pending;
            }
            match self.inner.table.next(self.id, task.waker()) {
                Next::Begin(letter) => letter.begin(actor, ctx),
                Next::Wait => return Poll::Pending,
                Next::Leave => {
                    // Not `stop`, which `stopping` could refuse.
                    ctx.terminate();
                    return Poll::Ready(());
                }
            }
        }
        task.waker().wake_by_ref();
        Poll::Pending
    }
}
