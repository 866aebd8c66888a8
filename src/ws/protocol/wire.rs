//! Frames of RFC 6455 as bytes: what we send, and the headers of what we are sent.
//!
//! A server's frames are not masked, so the bytes of a push are the same for every socket.

use actix_web::web::{BufMut, Bytes, BytesMut};

/// The longest header of a frame that we send.
const HEADER_BYTES_MAX: usize = 10;
/// What a control frame can carry.
const CONTROL_BYTES_MAX: usize = 125;

const FIN: u8 = 0b1000_0000;
const RESERVED: u8 = 0b0111_0000;
const OPCODE: u8 = 0b0000_1111;
const MASKED: u8 = 0b1000_0000;
const LENGTH: u8 = 0b0111_1111;
const LENGTH_OF_2_BYTES: u8 = 126;
const LENGTH_OF_8_BYTES: u8 = 127;
const MASK_BYTES: usize = 4;

const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

pub fn text(json: &str) -> Bytes {
    frame(TEXT, json.as_bytes())
}

pub fn binary(bytes: &[u8]) -> Bytes {
    frame(BINARY, bytes)
}

pub fn ping() -> Bytes {
    frame(PING, b"")
}

/// What a ping carried, sent back.
pub fn pong(payload: &[u8]) -> Bytes {
    frame(PONG, payload.get(..CONTROL_BYTES_MAX).unwrap_or(payload))
}

/// A reason that is too long is left out.
pub fn close(code: u16, reason: &str) -> Bytes {
    let mut payload = code.to_be_bytes().to_vec();
    if reason.len() <= CONTROL_BYTES_MAX.saturating_sub(payload.len()) {
        payload.extend(reason.as_bytes());
    }
    frame(CLOSE, &payload)
}

/// Whether a client may say goodbye with `payload`: nothing, or a code that may be sent and a text.
pub fn is_close(payload: &[u8]) -> bool {
    let Some((code, reason)) = payload.split_first_chunk() else { return payload.is_empty() };
    let is_code = matches!(u16::from_be_bytes(*code), 1000..=1003 | 1007..=1014 | 3000..=4999);
    is_code && std::str::from_utf8(reason).is_ok()
}

/// The answer to a close without a code.
pub fn bare_close() -> Bytes {
    frame(CLOSE, b"")
}

fn frame(opcode: u8, payload: &[u8]) -> Bytes {
    let mut bytes = BytesMut::with_capacity(payload.len().saturating_add(HEADER_BYTES_MAX));
    bytes.put_u8(FIN | opcode);
    let short = u8::try_from(payload.len()).ok().filter(|length| *length < LENGTH_OF_2_BYTES); // longer takes more bytes
    match (short, u16::try_from(payload.len())) {
        (Some(length), _) => bytes.put_u8(length),
        (None, Ok(length)) => {
            bytes.put_u8(LENGTH_OF_2_BYTES);
            bytes.put_u16(length);
        }
        (None, Err(_)) => {
            bytes.put_u8(LENGTH_OF_8_BYTES);
            bytes.put_u64(u64::try_from(payload.len()).unwrap_or(u64::MAX));
        }
    }
    bytes.put_slice(payload);
    bytes.freeze()
}

/// What a frame's first bytes say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The bytes that follow the header.
    pub payload: u64,
    pub is_close: bool,
}

/// Takes the mask off what a client sent, or puts it on. A frame has one of four bytes.
pub fn unmasked(mask: [u8; 4], payload: &[u8]) -> Vec<u8> {
    payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect()
}

/// Bytes that begin no frame of a client; where the next one begins can't be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

impl Header {
    /// The header that `bytes` begin with; none while more bytes are needed to tell.
    pub fn parse(bytes: &[u8]) -> Result<Option<Self>, Malformed> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        let (length, is_control) = (second & LENGTH, first & OPCODE >= CLOSE);
        let is_known = matches!(first & OPCODE, 0..=2 | CLOSE..=PONG);
        let is_whole = first & FIN != 0 && length < LENGTH_OF_2_BYTES;
        if first & RESERVED != 0 || second & MASKED == 0 || !is_known || is_control && !is_whole {
            return Err(Malformed);
        }
        let (extended, payload) = match length {
            LENGTH_OF_2_BYTES => (2, rest.first_chunk().map(|it| u16::from_be_bytes(*it).into())),
            LENGTH_OF_8_BYTES => (8, rest.first_chunk().map(|it| u64::from_be_bytes(*it))),
            length => (0, Some(length.into())),
        };
        let header = 2_usize.saturating_add(extended).saturating_add(MASK_BYTES);
        let payload = payload.filter(|_| bytes.len() >= header);
        let is_close = first & OPCODE == CLOSE;
        Ok(payload.map(|payload| Header { payload, is_close }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_length_has_its_header() {
        for (length, header) in [
            (0, vec![0x81, 0]),
            (125, vec![0x81, 125]),
            (126, vec![0x81, 126, 0, 126]),
            (65_535, vec![0x81, 126, 0xff, 0xff]),
            (65_536, vec![0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let bytes = text(&"x".repeat(length));
            assert_eq!(bytes[..header.len()], header, "{length}");
            assert_eq!(bytes.len(), header.len() + length);
        }
    }

    #[test]
    fn a_close_carries_its_code_and_its_reason() {
        assert_eq!(close(3008, "slow").as_ref(), b"\x88\x06\x0b\xc0slow");
        assert_eq!(close(1000, &"x".repeat(124)).len(), 4);
        assert_eq!(bare_close().as_ref(), b"\x88\x00");
    }

    #[test]
    fn a_client_says_goodbye_with_a_code_that_may_be_sent_and_a_text() {
        for right in [&b""[..], b"\x03\xe8", b"\x0b\xc0slow", b"\x13\x87", b"\x03\xef\xc3\xa9"] {
            assert!(is_close(right), "{right:?}");
        }
        let wrong = [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535];
        assert!(!wrong.iter().any(|code: &u16| is_close(&code.to_be_bytes())));
        assert!(!is_close(b"\x03"), "half a code");
        assert!(!is_close(b"\x03\xe8\xff"), "no text");
    }

    #[test]
    fn the_header_of_a_client_is_read_as_soon_as_it_is_there() {
        let whole = [0x81, 0xfe, 0x01, 0x00, 1, 2, 3, 4];
        for cut in 0..whole.len() {
            assert_eq!(Header::parse(&whole[..cut]), Ok(None), "{cut}");
        }
        assert_eq!(Header::parse(&whole), Ok(Some(Header { payload: 256, is_close: false })));
        let short = [0x89, 0x80, 1, 2, 3, 4, 0xff];
        assert_eq!(Header::parse(&short), Ok(Some(Header { payload: 0, is_close: false })));
        let long = [0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4];
        assert_eq!(Header::parse(&long), Ok(Some(Header { payload: 1 << 32, is_close: false })));
    }

    #[test]
    fn what_no_client_may_send_is_malformed() {
        for (wrong, why) in [
            ([0x81, 0x05], "not masked"),
            ([0xc1, 0x85], "a reserved bit"),
            ([0x83, 0x85], "a reserved opcode"),
            ([0x09, 0x80], "a control frame in pieces"),
            ([0x88, 0xfe], "a control frame that is too long"),
        ] {
            assert_eq!(Header::parse(&wrong), Err(Malformed), "{why}");
        }
    }
}
