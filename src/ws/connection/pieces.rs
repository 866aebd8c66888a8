//! A message that comes in several frames.

use crate::ws::protocol::wire::FRAME_BYTES_MAX;

/// What has come of a message that is not whole yet.
#[derive(Debug, Default)]
pub struct Pieces(Option<Vec<u8>>);

/// Pieces that make no message: too many bytes, out of order, or no text.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused;

impl Pieces {
    pub fn first(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        if self.0.replace(Vec::new()).is_some() {
            return Err(Refused);
        }
        self.next(bytes)
    }

    pub fn next(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        let begun = self.0.as_mut().ok_or(Refused)?;
        begun.extend_from_slice(bytes);
        let is_small = u64::try_from(begun.len()).is_ok_and(|length| length <= FRAME_BYTES_MAX);
        if is_small { Ok(()) } else { Err(Refused) }
    }

    /// The whole message.
    pub fn last(&mut self, bytes: &[u8]) -> Result<String, Refused> {
        self.next(bytes)?;
        String::from_utf8(self.0.take().ok_or(Refused)?).map_err(|_| Refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_a_message_even_if_they_cut_a_letter() {
        let (mut pieces, text) = (Pieces::default(), "où".as_bytes());
        for _ in 0..2 {
            pieces.first(&text[..1]).unwrap();
            pieces.next(&text[1..2]).unwrap();
            assert_eq!(pieces.last(&text[2..]).unwrap(), "où");
        }
    }

    #[test]
    fn pieces_out_of_order_or_of_no_text_are_refused() {
        assert_eq!(Pieces::default().next(b"x"), Err(Refused));
        assert_eq!(Pieces::default().last(b"x"), Err(Refused));

        let mut pieces = Pieces::default();
        pieces.first(b"x").unwrap();
        assert_eq!(pieces.first(b"x"), Err(Refused));

        let mut pieces = Pieces::default();
        pieces.first(b"\xff").unwrap();
        assert_eq!(pieces.last(b""), Err(Refused));
    }

    #[test]
    fn a_message_is_no_larger_for_coming_in_pieces() {
        let mut pieces = Pieces::default();
        pieces.first(&[b'x'; 65_535]).unwrap();
        pieces.next(b"x").unwrap();
        assert_eq!(pieces.next(b"x"), Err(Refused));
    }
}
