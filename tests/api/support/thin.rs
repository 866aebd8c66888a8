//! A socket that costs its process next to nothing, for tests that hold thousands of them.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use super::soon;

const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
/// Sockets that share an address: fewer than there are ports.
const OF_ADDRESS: usize = 1_000;

pub struct Thin {
    stream: TcpStream,
    /// What has come of frames that were not taken yet.
    came: Vec<u8>,
}

/// What comes on it.
#[derive(Debug)]
pub enum Heard {
    Frame(Value),
    /// The code and the reason.
    Closed(u16, String),
}

impl Thin {
    /// Opens the socket of this number, which says `hello`; the answer to that.
    pub async fn open(address: &str, number: usize, hello: &Value) -> (Self, Value) {
        let server: SocketAddr = address.parse().unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        let own = Ipv4Addr::new(127, 2, 0, (number / OF_ADDRESS + 1).try_into().unwrap());
        socket.bind((own, 0).into()).unwrap();
        let stream = soon("a connection", socket.connect(server)).await.unwrap();
        let mut thin = Thin { stream, came: Vec::new() };
        let request = format!(
            "GET /api/v1/ws HTTP/1.1\r\nhost: {address}\r\nupgrade: websocket\r\n\
             connection: Upgrade\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: rialto.v1\r\n\r\n"
        );
        thin.stream.write_all(request.as_bytes()).await.unwrap();
        let end = loop {
            if let Some(at) = thin.came.windows(4).position(|it| it == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(thin.more().await, "no handshake");
        };
        assert!(thin.came.starts_with(b"HTTP/1.1 101 "), "{:?}", str::from_utf8(&thin.came));
        thin.came.drain(..end);
        thin.say(hello).await;
        loop {
            match thin.heard().await {
                Heard::Frame(frame) if frame["ok"].is_boolean() => return (thin, frame),
                Heard::Frame(_) => {}
                closed @ Heard::Closed(..) => panic!("{closed:?}"),
            }
        }
    }

    /// Says something of fewer than 64 KiB; its mask is zero.
    pub async fn say(&mut self, text: &Value) {
        let text = text.to_string();
        let mut frame = vec![0x81, 0xFE];
        frame.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.stream.write_all(&frame).await.unwrap();
    }

    /// What comes next; pings are not answered. A socket that ends without a word has the code 0.
    pub async fn heard(&mut self) -> Heard {
        loop {
            while let Some((opcode, payload)) = self.take() {
                match opcode {
                    TEXT => return Heard::Frame(serde_json::from_slice(&payload).unwrap()),
                    CLOSE => {
                        let code = payload.first_chunk().map_or(0, |it| u16::from_be_bytes(*it));
                        let reason = payload.get(2..).unwrap_or_default();
                        return Heard::Closed(code, String::from_utf8(reason.to_vec()).unwrap());
                    }
                    _ => {}
                }
            }
            if !self.more().await {
                return Heard::Closed(0, String::new());
            }
        }
    }

    /// The next whole frame.
    fn take(&mut self) -> Option<(u8, Vec<u8>)> {
        let (&[head, length], rest) = self.came.split_first_chunk()?;
        let (length, header) = match length {
            126 => (usize::from(u16::from_be_bytes(*rest.first_chunk()?)), 4),
            127 => (u64::from_be_bytes(*rest.first_chunk()?).try_into().unwrap(), 10),
            short => (usize::from(short), 2),
        };
        let payload = self.came.get(header..header + length)?.to_vec();
        self.came.drain(..header + length);
        Some((head & 0xf, payload))
    }

    async fn more(&mut self) -> bool {
        soon("more of a socket", self.stream.read_buf(&mut self.came)).await.is_ok_and(|it| it > 0)
    }
}
