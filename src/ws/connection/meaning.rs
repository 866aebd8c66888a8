//! What whole messages mean: all in which endpoints differ. What carries the messages is the same.

use super::{Ends, line::Line, pieces::Whole};
use crate::{
    http::token::Caller,
    ws::protocol::{self, Frame, Request, Unread, close::Close, wire},
};

/// What the messages of an endpoint mean.
pub trait Meaning: Unpin + 'static {
    /// Whether messages may be binary; if not, the first piece of one is refused.
    const TAKES_BINARY: bool;

    /// Says the first word to a client.
    fn greet(ends: &Ends, caller: Option<Caller>);

    /// What a message asks for; none where it was dealt with.
    fn read(line: &Line, message: Whole<'_>) -> Option<Request>;
}

/// The protocol of the shop: `docs/ws-protocol.md`.
pub struct Shop;

impl Meaning for Shop {
    const TAKES_BINARY: bool = false;

    fn greet(ends: &Ends, caller: Option<Caller>) {
        ends.welcome(caller);
    }

    fn read(line: &Line, message: Whole<'_>) -> Option<Request> {
        let Whole::Text(text) = message else {
            line.close(Close::BadFrame);
            return None;
        };
        match protocol::parse(text) {
            Ok(request) => Some(request),
            Err(Unread::NoObject) => {
                line.close(Close::BadFrame);
                None
            }
            Err(Unread::Refused(id, err)) => {
                line.push(Frame::refused(&id, &err).wire());
                None
            }
        }
    }
}

/// Says back whatever it is told, so that a suite can find out how messages are carried.
pub struct Echo;

impl Meaning for Echo {
    const TAKES_BINARY: bool = true;

    fn greet(_: &Ends, _: Option<Caller>) {}

    fn read(line: &Line, message: Whole<'_>) -> Option<Request> {
        line.push(match message {
            Whole::Text(text) => wire::text(text),
            Whole::Binary(bytes) => wire::binary(bytes),
        });
        None
    }
}
