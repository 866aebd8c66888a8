//! The frames that a server sends (RFC 6455, section 5.2), told apart at little cost.

/// A frame that came whole.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    pub opcode: u8,
    pub payload: &'a [u8],
}

pub const TEXT: u8 = 0x1;
pub const BINARY: u8 = 0x2;
pub const CLOSE: u8 = 0x8;
pub const PING: u8 = 0x9;
pub const PONG: u8 = 0xA;

/// The first frame of `bytes` and how many bytes it takes; none as long as it is not whole.
pub fn first(bytes: &[u8]) -> Option<(Frame<'_>, usize)> {
    let (&[head, length], rest) = bytes.split_first_chunk()?;
    let (length, header) = match length & 0x7f {
        126 => (u64::from(u16::from_be_bytes(*rest.first_chunk()?)), 4_usize),
        127 => (u64::from_be_bytes(*rest.first_chunk()?), 10),
        short => (u64::from(short), 2),
    };
    let end = header.checked_add(usize::try_from(length).ok()?)?;
    let payload = bytes.get(header..end)?;
    Some((Frame { opcode: head & 0xf, payload }, end))
}

/// A client's frame. Its mask is zero, which leaves the payload as it is.
pub fn of_client(opcode: u8, payload: &[u8]) -> Vec<u8> {
    framed(opcode, payload, 0x80, &[0; 4])
}

/// A server's frame.
pub fn of_server(opcode: u8, payload: &[u8]) -> Vec<u8> {
    framed(opcode, payload, 0, &[])
}

fn framed(opcode: u8, payload: &[u8], masked: u8, mask: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode];
    match u8::try_from(payload.len()) {
        Ok(short) if short < 126 => frame.push(masked | short),
        _ => match u16::try_from(payload.len()) {
            Ok(length) => {
                frame.push(masked | 126);
                frame.extend(length.to_be_bytes());
            }
            Err(_) => {
                frame.push(masked | 127);
                frame.extend(u64::try_from(payload.len()).unwrap_or(u64::MAX).to_be_bytes());
            }
        },
    }
    frame.extend(mask);
    frame.extend(payload);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_found_when_it_is_whole() {
        for length in [0, 125, 126, 65_535, 65_536] {
            let payload = vec![b'x'; length];
            let mut bytes = of_server(TEXT, &payload);
            let whole = bytes.len();
            bytes.push(0x81);

            let (frame, end) = first(&bytes).unwrap();

            assert_eq!((frame.opcode, frame.payload.len(), end), (TEXT, length, whole));
            assert_eq!(first(&bytes[..whole - 1]), None);
        }
    }
}
