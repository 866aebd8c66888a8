//! Products in our own format: JSON, one product a line, with all that the shop knows of it.
//!
//! Only the slug and the name are needed. What a line leaves out stays as it is of a product that
//! stands; what it says is null is taken away.

mod line;

use std::io::{self, BufRead, BufReader, Read, Write};

use self::line::Line;
use crate::domain::catalogue::import::{Entry, LineError};

/// The longest line, in bytes: a hundred variants, and a description twice.
const LINE_BYTES_MAX: u64 = 4 << 20;

/// The products of a file, and the lines that are wrong; each wrong line is left out.
pub struct Products<R> {
    input: BufReader<R>,
    text: Vec<u8>,
    line: u64,
    ended: bool,
}

impl<R: Read> Products<R> {
    pub fn of(input: R) -> Self {
        Products { input: BufReader::new(input), text: Vec::new(), line: 0, ended: false }
    }

    /// Reads the next line, without its end; false where there is none.
    fn read(&mut self) -> io::Result<bool> {
        self.text.clear();
        self.line = self.line.saturating_add(1);
        let limit = LINE_BYTES_MAX.saturating_add(1);
        Read::take(&mut self.input, limit).read_until(b'\n', &mut self.text)?;
        Ok(!self.text.is_empty())
    }

    fn is_too_long(&self) -> bool {
        u64::try_from(self.text.len()).is_ok_and(|it| it > LINE_BYTES_MAX)
    }

    /// Passes over the rest of a line.
    fn pass(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.input.fill_buf()?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let (passed, is_last) = (end.map_or(buffer.len(), |at| at + 1), buffer.is_empty());
            self.input.consume(passed);
            if end.is_some() || is_last {
                return Ok(());
            }
        }
    }

    /// The next line that holds anything.
    fn step(&mut self) -> io::Result<Option<Result<Entry, LineError>>> {
        while self.read()? {
            if self.is_too_long() {
                if !self.text.ends_with(b"\n") {
                    self.pass()?;
                }
                let message = format!("a line has {LINE_BYTES_MAX} bytes at most");
                return Ok(Some(Err(LineError::new(self.line, "too_long", message))));
            }
            let text = self.text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.text).trim_ascii();
            if !text.is_empty() {
                return Ok(Some(Line::read(text, self.line)));
            }
        }
        Ok(None)
    }
}

impl<R: Read> Iterator for Products<R> {
    type Item = Result<Entry, LineError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.step().unwrap_or_else(|_| {
            self.ended = true;
            let message = "the file cannot be read any further";
            Some(Err(LineError::new(self.line, "unreadable", message)))
        });
        self.ended |= next.is_none();
        next
    }
}

/// Writes the line of a product.
pub fn product(entry: &Entry, mut into: impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut into, &Line::of(entry))?;
    into.write_all(b"\n")
}

#[cfg(test)]
mod tests;
