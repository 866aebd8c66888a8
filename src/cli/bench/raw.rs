//! A client that costs little, so that what is measured is the server: one connection, one request
//! after another, and of an answer no more is read than where it ends.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::super::Failure;

/// How long an answer may take before the run ends.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest head of an answer.
const HEAD_BYTES_MAX: usize = 16 << 10;

/// An open connection.
pub struct Client {
    stream: TcpStream,
    authority: String,
    buffer: Vec<u8>,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    /// Of the body.
    pub bytes: usize,
    pub took: Duration,
}

impl Client {
    /// Connects to the server at `base`, an address like `http://127.0.0.1:8080`.
    pub async fn connect(base: &str) -> Result<Self, Failure> {
        let authority = base.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let stream = TcpStream::connect(&authority).await;
        let stream =
            stream.map_err(|err| Failure::new(format!("{base} does not answer: {err}")))?;
        stream.set_nodelay(true).map_err(|err| Failure::new(err.to_string()))?;
        Ok(Client { stream, authority, buffer: vec![0; 256 << 10] })
    }

    /// Asks for `path` and reads all of the answer.
    pub async fn get(&mut self, path: &str) -> Result<Answer, Failure> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.authority);
        let began = Instant::now();
        let answer = timeout(PATIENCE, self.exchange(request.as_bytes())).await;
        let answer = answer.map_err(|_| lost(path, &"it took too long"))?;
        let (status, bytes) = answer.map_err(|err| lost(path, &err))?;
        Ok(Answer { status, bytes, took: began.elapsed() })
    }

    /// Sends a JSON body with more headers, each ended by a line break; the status and the body that
    /// come back.
    pub async fn post(
        &mut self,
        path: &str,
        headers: &str,
        body: &str,
    ) -> Result<(u16, String), Failure> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n{headers}\r\n{body}",
            self.authority,
            body.len()
        );
        let answer = timeout(PATIENCE, self.exchange(request.as_bytes())).await;
        let answer = answer.map_err(|_| lost(path, &"it took too long"))?;
        let (status, bytes) = answer.map_err(|err| lost(path, &err))?;
        let body = self.buffer.get(..bytes).unwrap_or_default();
        Ok((status, String::from_utf8_lossy(body).into_owned()))
    }

    /// The body of `path` as text.
    pub async fn text(&mut self, path: &str) -> Result<String, Failure> {
        let Answer { status, bytes, .. } = self.get(path).await?;
        if status != 200 {
            return Err(lost(path, &format!("it was answered by {status}")));
        }
        let body = self.buffer.get(..bytes).unwrap_or_default();
        Ok(String::from_utf8_lossy(body).into_owned())
    }

    /// The status, and the length of the body, which is moved to the start of the buffer.
    async fn exchange(&mut self, request: &[u8]) -> std::io::Result<(u16, usize)> {
        self.stream.write_all(request).await?;
        let mut read = 0;
        let (head, status, length) = loop {
            read += self.more(read).await?;
            let seen = self.buffer.get(..read).unwrap_or_default();
            if let Some(head) = find(seen) {
                let (status, length) = parse(seen.get(..head).unwrap_or_default())?;
                break (head, status, length);
            }
            if read > HEAD_BYTES_MAX {
                return Err(std::io::Error::other("the head of the answer is too long"));
            }
        };
        let end = head.saturating_add(length);
        if self.buffer.len() < end {
            self.buffer.resize(end, 0);
        }
        while read < end {
            read += self.more(read).await?;
        }
        self.buffer.copy_within(head..end, 0);
        Ok((status, length))
    }

    async fn more(&mut self, read: usize) -> std::io::Result<usize> {
        let room = self.buffer.get_mut(read..).unwrap_or_default();
        match self.stream.read(room).await? {
            0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
            count => Ok(count),
        }
    }
}

/// Where the body begins.
fn find(seen: &[u8]) -> Option<usize> {
    let end = b"\r\n\r\n";
    seen.windows(end.len()).position(|it| it == end).map(|at| at.saturating_add(end.len()))
}

fn parse(head: &[u8]) -> std::io::Result<(u16, usize)> {
    let wrong = || std::io::Error::other("the answer is not of HTTP/1.1, or has no length");
    let head = str::from_utf8(head).map_err(|_| wrong())?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|it| it.split(' ').nth(1)).and_then(|it| it.parse().ok());
    let length = lines.filter_map(|line| line.split_once(": ")).find_map(|(name, value)| {
        name.eq_ignore_ascii_case("content-length").then(|| value.parse().ok()).flatten()
    });
    Ok((status.ok_or_else(wrong)?, length.ok_or_else(wrong)?))
}

fn lost(path: &str, err: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("{path} got no answer: {err}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_the_status_and_where_the_body_ends() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: W/\"x\"\r\n\r\nhello";
        let head = find(answer).unwrap();
        assert_eq!((&answer[head..], parse(&answer[..head]).unwrap()), (&b"hello"[..], (200, 5)));
        assert!(parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
        assert_eq!(find(b"HTTP/1.1 200 OK\r\n"), None);
    }
}
