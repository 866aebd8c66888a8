//! A socket that costs its process next to nothing, for tests that hold thousands of them.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::Value;
use socket2::{SockFilter, SockRef};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use super::soon;

pub const TEXT: u8 = 0x1;
pub const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
/// The instruction of a filter that lets through as many bytes of a packet as its operand says.
const LET_THROUGH: u16 = 0x06;
/// Sockets that share an address: fewer than there are ports.
const OF_ADDRESS: usize = 1_000;

/// So little that a client which does not read is found out soon; Linux takes a little more.
const RECEIVED_MAX: u32 = 2_048;

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
        let mut thin = Thin::connect(address, number, None).await;
        thin.write(handshake(address, "").as_bytes()).await;
        thin.shaken().await;
        thin.say(hello).await;
        loop {
            match thin.heard().await {
                Heard::Frame(frame) if frame["ok"].is_boolean() => return (thin, frame),
                Heard::Frame(_) => {}
                closed @ Heard::Closed(..) => panic!("{closed:?}"),
            }
        }
    }

    /// The same of whoever `token` is of, for whom the kernel takes few bytes; nothing is read, not even
    /// the answer to the handshake.
    pub async fn unread(address: &str, number: usize, token: &str, frames: &[Vec<u8>]) -> Self {
        let mut thin = Thin::connect(address, number, Some(RECEIVED_MAX)).await;
        let request = handshake(address, &format!("authorization: Bearer {token}\r\n"));
        thin.write(&[request.into_bytes(), frames.concat()].concat()).await;
        thin
    }

    /// A connection on which nothing has been said.
    pub async fn connect(address: &str, number: usize, received_max: Option<u32>) -> Self {
        let server: SocketAddr = address.parse().unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        if let Some(received_max) = received_max {
            socket.set_recv_buffer_size(received_max).unwrap();
        }
        let own = Ipv4Addr::new(127, 2, 0, (number / OF_ADDRESS + 1).try_into().unwrap());
        socket.bind((own, 0).into()).unwrap();
        let stream = soon("a connection", socket.connect(server)).await.unwrap();
        Thin { stream, came: Vec::new() }
    }

    /// Reads the answer to the handshake.
    pub async fn shaken(&mut self) {
        let end = loop {
            if let Some(at) = self.came.windows(4).position(|it| it == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(self.more().await, "no handshake");
        };
        assert!(self.came.starts_with(b"HTTP/1.1 101 "), "{:?}", str::from_utf8(&self.came));
        self.came.drain(..end);
    }

    /// Says something.
    pub async fn say(&mut self, text: &Value) {
        self.write(&frame(TEXT, text.to_string().as_bytes())).await;
    }

    /// Sends bytes, of which the server may want no more than a part.
    pub async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.ok(); // What comes shows whether it has gone.
    }

    /// Takes a byte of what waits, if there is one.
    pub fn sip(&self) {
        self.stream.try_read(&mut [0]).ok(); // There may be nothing, or the server may have cut it.
    }

    /// From here on nothing arrives that is sent to it, and nothing is acknowledged: this end has
    /// vanished without a word.
    pub fn vanish(&self) {
        let nothing = [SockFilter::new(LET_THROUGH, 0, 0, 0)];
        SockRef::from(&self.stream).attach_filter(&nothing).unwrap();
    }

    /// The code that the server closes with, whatever it says before.
    pub async fn closed(&mut self) -> u16 {
        loop {
            if let Heard::Closed(code, _) = self.heard().await {
                return code;
            }
        }
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

/// What asks for a socket, with more headers.
fn handshake(address: &str, headers: &str) -> String {
    format!(
        "GET /api/v1/ws HTTP/1.1\r\nhost: {address}\r\nupgrade: websocket\r\n\
         connection: Upgrade\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: rialto.v1\r\n\
         {headers}\r\n"
    )
}

/// A frame of a client; the mask is zero, so that the payload is itself.
pub fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80 | opcode];
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
