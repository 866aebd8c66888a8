//! What comes from a client, let through to the framework's decoder one frame at a time.
//!
//! The decoder reads all that has come before it decodes any, and looks at the size of a frame when
//! the whole of it is in memory. Here a frame that is too large is refused by its header, and what
//! comes of it is dropped as it comes. After what is no frame, nothing comes through; a goodbye that
//! is none counts as that, since the decoder takes whatever bytes it has for one.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::{error::PayloadError, web::Bytes};
use futures_util::Stream;

use crate::ws::protocol::wire::{self, Header, Malformed};

/// What comes before the mask in the header of a frame as short as a close is.
const CLOSE_HEADER_BYTES: usize = 2;

/// The bytes of a connection, whole frame by whole frame.
pub struct Inbound<S> {
    bytes: S,
    /// What has come and was not let through yet.
    rest: Bytes,
    frames: Frames,
    /// A whole frame was let through: the decoder is to take it before it gets more.
    is_whole: bool,
}

impl<S> Inbound<S> {
    /// Of which a frame may hold so many bytes.
    pub fn new(bytes: S, frame_bytes_max: u64) -> Self {
        let frames = Frames { at: At::Header(Vec::new()), payload_max: frame_bytes_max };
        Inbound { bytes, rest: Bytes::new(), frames, is_whole: false }
    }
}

impl<S: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Stream for Inbound<S> {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if std::mem::take(&mut this.is_whole) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        loop {
            if matches!(this.frames.at, At::Lost) {
                return Poll::Ready(None);
            }
            if this.rest.is_empty() {
                match ready!(Pin::new(&mut this.bytes).poll_next(cx)) {
                    Some(Ok(bytes)) => this.rest = bytes,
                    // However it ended, it is no fault of a frame.
                    Some(Err(_)) | None => return Poll::Ready(None),
                }
            }
            match this.frames.take(&mut this.rest) {
                Piece::None => {}
                Piece::Part(bytes) => return Poll::Ready(Some(Ok(bytes))),
                Piece::Last(bytes) => {
                    this.is_whole = true;
                    return Poll::Ready(Some(Ok(bytes)));
                }
                Piece::Refused => return Poll::Ready(Some(Err(PayloadError::Overflow))),
            }
        }
    }
}

/// Where in a frame the bytes stand.
struct Frames {
    at: At,
    payload_max: u64,
}

enum At {
    /// These bytes begin a header that is not whole yet.
    Header(Vec<u8>),
    /// So many bytes of the frame are to come.
    Payload(u64),
    /// These bytes begin a close, of which so many are to come.
    Close(Vec<u8>, u64),
    /// So many bytes of a frame that was refused are to come.
    Refused(u64),
    /// Where the next frame begins can't be told any more.
    Lost,
}

/// What was taken off the bytes.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    None,
    Part(Bytes),
    /// The end of a frame, or the whole of one.
    Last(Bytes),
    Refused,
}

impl Frames {
    fn take(&mut self, bytes: &mut Bytes) -> Piece {
        match &mut self.at {
            At::Header(begun) => {
                let begun = std::mem::take(begun);
                self.header(begun, bytes)
            }
            At::Payload(left) => {
                let part = split(bytes, left);
                if *left > 0 {
                    return Piece::Part(part);
                }
                self.at = At::Header(Vec::new());
                Piece::Last(part)
            }
            At::Close(begun, left) => {
                begun.extend_from_slice(&split(bytes, left));
                if *left > 0 {
                    return Piece::None;
                }
                let whole = std::mem::take(begun);
                self.close(whole)
            }
            At::Refused(left) => {
                split(bytes, left);
                if *left == 0 {
                    self.at = At::Header(Vec::new());
                }
                Piece::None
            }
            At::Lost => Piece::None,
        }
    }

    /// Takes as many bytes as there are of the header that begins with `begun`, and goes by it.
    fn header(&mut self, mut begun: Vec<u8>, bytes: &mut Bytes) -> Piece {
        let header = loop {
            if bytes.is_empty() {
                self.at = At::Header(begun);
                return Piece::None;
            }
            begun.extend_from_slice(&bytes.split_to(1));
            match Header::parse(&begun) {
                Ok(None) => {}
                Ok(Some(header)) => break header,
                Err(Malformed) => {
                    self.at = At::Lost;
                    return Piece::Refused;
                }
            }
        };
        if header.payload > self.payload_max {
            self.at = At::Refused(header.payload);
            return Piece::Refused;
        }
        if header.is_close && header.payload > 0 {
            self.at = At::Close(begun, header.payload);
            return Piece::None;
        }
        if header.payload == 0 {
            self.at = At::Header(Vec::new());
            return Piece::Last(begun.into());
        }
        self.at = At::Payload(header.payload);
        Piece::Part(begun.into())
    }

    /// Looks at the whole frame of a close.
    fn close(&mut self, frame: Vec<u8>) -> Piece {
        let masked = frame.get(CLOSE_HEADER_BYTES..).and_then(|it| it.split_first_chunk());
        if masked.is_none_or(|(mask, payload)| !wire::is_close(&wire::unmasked(*mask, payload))) {
            self.at = At::Lost;
            return Piece::Refused;
        }
        self.at = At::Header(Vec::new());
        Piece::Last(frame.into())
    }
}

/// The first `left` bytes, or as many as there are; they are counted off.
fn split(bytes: &mut Bytes, left: &mut u64) -> Bytes {
    let length = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
    *left = left.saturating_sub(u64::try_from(length).unwrap_or(u64::MAX));
    bytes.split_to(length)
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, StreamExt, stream};

    use super::*;

    /// A client's frame: the mask is zero, so that the payload is itself.
    fn frame(payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x81];
        match payload.len() {
            short @ 0..126 => bytes.push(0x80 | u8::try_from(short).unwrap()),
            long => {
                bytes.push(0xff);
                bytes.extend(u64::try_from(long).unwrap().to_be_bytes());
            }
        }
        bytes.extend([0; 4]);
        bytes.extend(payload);
        bytes
    }

    /// What the decoder has in its buffer each time that it is let decode, and what was refused,
    /// when `sent` comes in pieces of `length`.
    fn through(sent: &[u8], length: usize) -> Vec<Result<Vec<u8>, ()>> {
        let pieces: Vec<_> = sent.chunks(length).map(|it| Ok(Bytes::copy_from_slice(it))).collect();
        let mut inbound = Inbound::new(stream::iter(pieces), 65_536);
        let (mut seen, mut buffer) = (Vec::new(), Vec::new());
        loop {
            match inbound.next().now_or_never() {
                Some(Some(Ok(bytes))) => buffer.extend(bytes),
                Some(Some(Err(_))) => seen.push(Err(())),
                Some(None) => return seen,
                None => seen.push(Ok(std::mem::take(&mut buffer))),
            }
        }
    }

    #[test]
    fn frames_come_through_one_by_one_however_they_arrive() {
        let frames = [frame(b"one"), frame(b""), frame(&[b'x'; 70]), frame(&[b'y'; 65_536])];
        let due: Vec<_> = frames.iter().cloned().map(Ok).collect();
        for length in [1, 2, 3, 7, 14, 100, 200_000] {
            assert!(through(&frames.concat(), length) == due, "in pieces of {length}");
        }
    }

    #[test]
    fn a_frame_that_is_too_large_is_refused_by_its_header_and_the_next_one_is_read() {
        let large = frame(&[b'x'; 65_537]);
        let sent = [frame(b"one"), large, frame(b"two")].concat();
        for length in [1, 5, 1_000, 200_000] {
            let due = [Ok(frame(b"one")), Err(()), Ok(frame(b"two"))];
            assert_eq!(through(&sent, length), due, "in pieces of {length}");
        }
    }

    #[test]
    fn a_goodbye_comes_through_if_it_is_one() {
        let close = |payload: &[u8]| {
            let payload = wire::unmasked([1, 2, 3, 4], payload);
            let length = 0x80 | u8::try_from(payload.len()).unwrap();
            [&[0x88, length, 1, 2, 3, 4], payload.as_slice()].concat()
        };
        for length in [1, 7, 200_000] {
            for right in [close(b""), close(b"\x03\xe8bye")] {
                assert_eq!(through(&right, length), [Ok(right)], "in pieces of {length}");
            }
            let wrong = [close(b"\x03\xed"), frame(b"two")].concat();
            assert_eq!(through(&wrong, length), [Err(())], "in pieces of {length}");
        }
    }

    #[test]
    fn what_is_no_frame_is_refused_and_the_end() {
        let sent = [frame(b"one"), vec![0x81, 0x03], frame(b"two")].concat();
        for length in [1, 200_000] {
            assert_eq!(through(&sent, length), [Ok(frame(b"one")), Err(())]);
        }
    }
}
