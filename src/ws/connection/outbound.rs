//! The response of an open socket: the connection's actor runs in it, and its queue comes out.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use actix_web::{
    body::{BodySize, BoxBody, MessageBody},
    web::Bytes,
};

use super::{Presence, line::Line};

/// The body of the response; whatever becomes of it, the line is over when it is dropped.
pub struct Body {
    /// Polling it runs the actor. None of what we send comes from it.
    actor: BoxBody,
    actor_has_ended: bool,
    presence: Presence,
}

impl Body {
    pub fn new(actor: BoxBody, presence: Presence) -> Self {
        Body { actor, actor_has_ended: false, presence }
    }

    fn line(&self) -> &Arc<Line> {
        &self.presence.0
    }

    /// The framework would wait for the client to close, and clients wait for the server.
    fn hang_up(&self) {
        let line = Arc::clone(self.line());
        // By then the framework has written what it was given.
        actix_rt::spawn(async move { line.hang_up() });
    }
}

impl MessageBody for Body {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if !self.actor_has_ended {
            match Pin::new(&mut self.actor).poll_next(cx) {
                Poll::Ready(Some(bytes)) => return Poll::Ready(Some(bytes)),
                Poll::Ready(None) => {
                    self.actor_has_ended = true;
                    self.line().end();
                }
                Poll::Pending => {}
            }
        }
        let next = self.line().poll_next(cx);
        if matches!(next, Poll::Ready(None)) {
            self.hang_up();
        }
        next.map(|bytes| bytes.map(Ok))
    }
}
