//! A message that comes in several frames.

/// A message as its client sent it, in one frame or in several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whole<'a> {
    Text(&'a str),
    Binary(&'a [u8]),
}

/// What has come of a message that is not whole yet.
#[derive(Debug)]
pub struct Pieces {
    begun: Option<Begun>,
    bytes_max: usize,
}

#[derive(Debug)]
struct Begun {
    bytes: Vec<u8>,
    /// Of a text, how many of the bytes are whole letters; none of a binary message.
    letters: Option<usize>,
}

/// Pieces that were put together.
#[derive(Debug, PartialEq, Eq)]
pub enum Gathered {
    Text(String),
    Binary(Vec<u8>),
}

/// Pieces that make no message: too many bytes, out of order, or no text.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused;

impl Pieces {
    /// Of messages of at most so many bytes.
    pub fn of(bytes_max: usize) -> Self {
        Pieces { begun: None, bytes_max }
    }

    pub fn first_of_text(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        self.first(Some(0), bytes)
    }

    pub fn first_of_binary(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        self.first(None, bytes)
    }

    fn first(&mut self, letters: Option<usize>, bytes: &[u8]) -> Result<(), Refused> {
        if self.begun.replace(Begun { bytes: Vec::new(), letters }).is_some() {
            return Err(Refused);
        }
        self.next(bytes)
    }

    /// One more piece. What can't become a text any more is refused at once.
    pub fn next(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        let begun = self.begun.as_mut().ok_or(Refused)?;
        begun.bytes.extend_from_slice(bytes);
        if begun.bytes.len() <= self.bytes_max { begun.read() } else { Err(Refused) }
    }

    /// The whole message.
    pub fn last(&mut self, bytes: &[u8]) -> Result<Gathered, Refused> {
        self.next(bytes)?;
        match self.begun.take().ok_or(Refused)? {
            Begun { bytes, letters: None } => Ok(Gathered::Binary(bytes)),
            Begun { bytes, letters: Some(_) } => {
                String::from_utf8(bytes).map(Gathered::Text).map_err(|_| Refused)
            }
        }
    }
}

impl Begun {
    /// Reads the letters that have become whole; the last one may be cut by the end of a piece.
    fn read(&mut self) -> Result<(), Refused> {
        let Some(read) = self.letters else { return Ok(()) };
        let whole = match std::str::from_utf8(self.bytes.get(read..).unwrap_or_default()) {
            Ok(text) => text.len(),
            Err(err) if err.error_len().is_none() => err.valid_up_to(),
            Err(_) => return Err(Refused),
        };
        self.letters = Some(read.saturating_add(whole));
        Ok(())
    }
}

impl Gathered {
    pub fn whole(&self) -> Whole<'_> {
        match self {
            Gathered::Text(text) => Whole::Text(text),
            Gathered::Binary(bytes) => Whole::Binary(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_a_message_even_if_they_cut_a_letter() {
        let (mut pieces, text) = (Pieces::of(65_536), "où".as_bytes());
        for _ in 0..2 {
            pieces.first_of_text(&text[..1]).unwrap();
            pieces.next(&text[1..2]).unwrap();
            assert_eq!(pieces.last(&text[2..]).unwrap().whole(), Whole::Text("où"));
        }
    }

    #[test]
    fn pieces_out_of_order_or_of_no_text_are_refused() {
        assert_eq!(Pieces::of(65_536).next(b"x"), Err(Refused));
        assert_eq!(Pieces::of(65_536).last(b"x"), Err(Refused));

        let mut pieces = Pieces::of(65_536);
        pieces.first_of_text(b"x").unwrap();
        assert_eq!(pieces.first_of_text(b"x"), Err(Refused));

        let mut pieces = Pieces::of(65_536);
        pieces.first_of_text(b"\xc3").unwrap();
        assert_eq!(pieces.last(b""), Err(Refused));
    }

    #[test]
    fn what_can_become_no_text_is_refused_before_the_end_of_it() {
        assert_eq!(Pieces::of(65_536).first_of_text(b"\xff"), Err(Refused));

        let mut pieces = Pieces::of(65_536);
        pieces.first_of_text(b"caf\xc3").unwrap();
        pieces.next(b"\xa9 \xf4").unwrap();
        assert_eq!(pieces.next(b"\x90"), Err(Refused), "beyond the last letter");
    }

    #[test]
    fn a_binary_message_may_have_any_bytes() {
        let mut pieces = Pieces::of(65_536);
        pieces.first_of_binary(b"\xff").unwrap();
        assert_eq!(pieces.last(b"\x00").unwrap().whole(), Whole::Binary(b"\xff\x00"));
    }

    #[test]
    fn a_message_is_no_larger_for_coming_in_pieces() {
        let mut pieces = Pieces::of(65_536);
        pieces.first_of_text(&[b'x'; 65_535]).unwrap();
        pieces.next(b"x").unwrap();
        assert_eq!(pieces.next(b"x"), Err(Refused));
    }
}
