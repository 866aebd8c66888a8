//! Many sockets of one thread, which count what comes and when.

use std::{
    cell::{Cell, RefCell},
    io,
    net::{Ipv4Addr, SocketAddr},
    rc::Rc,
    time::{Duration, Instant},
};

use actix_rt::task::JoinHandle;
use chrono::DateTime;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpSocket, TcpStream},
    sync::Notify,
    time::timeout,
};

use super::{
    super::Failure,
    frames::{self, BINARY, CLOSE, Frame, PING, PONG, TEXT},
};
use crate::store;

/// How many connect at once.
const AT_ONCE: usize = 64;
/// How long a handshake, or all that is waited for, may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Sockets that share an address: fewer than there are ports, or the system is long in finding one.
const OF_ADDRESS: usize = 500;

/// How a server is spoken to, and what counts as a delivery.
#[derive(Clone)]
pub struct Speech {
    pub path: String,
    pub subprotocol: Option<&'static str>,
    /// The headers that say who comes, each with the end of its line; empty where that is nobody's business.
    pub headers: String,
    /// What is found in a frame once a socket may be counted on; none where the handshake is enough.
    pub ready: Option<&'static str>,
    pub counted: Counted,
}

impl Speech {
    /// What asks for a socket.
    pub fn handshake(&self, server: SocketAddr) -> String {
        let subprotocol = self.subprotocol.map(|it| format!("sec-websocket-protocol: {it}\r\n"));
        format!(
            "GET {} HTTP/1.1\r\nhost: {server}\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}{}\r\n",
            self.path,
            self.headers,
            subprotocol.unwrap_or_default()
        )
    }
}

/// What a delivery is.
#[derive(Debug, Clone, Copy)]
pub enum Counted {
    /// A text frame.
    Frames,
    /// A frame, text or binary, of an event of this type; it took as long as has passed since its time.
    Stamped(&'static str),
    /// So many bytes of payload, however they are framed.
    Bytes(usize),
}

/// What comes, and when.
struct Tally {
    wanted: Cell<u64>,
    seen: Cell<u64>,
    began: Cell<Instant>,
    first: Cell<Option<Instant>>,
    took: RefCell<Vec<Duration>>,
    lost: RefCell<Option<String>>,
    enough: Notify,
}

/// What was waited for and came.
pub struct Wave {
    /// From the first delivery to the last.
    pub lasted: Duration,
    /// Of each delivery: since it was waited for, or as [`Counted::Stamped`] has it.
    pub took: Vec<Duration>,
}

/// Open sockets; dropped, they are closed.
pub struct Herd {
    tally: Rc<Tally>,
    sockets: Vec<JoinHandle<()>>,
}

impl Herd {
    /// Connects one socket for each of `hellos`, which says them one after the other and is answered.
    pub async fn open(
        server: SocketAddr,
        speech: &Speech,
        hellos: Vec<Vec<String>>,
    ) -> Result<Self, Failure> {
        let tally = Rc::new(Tally {
            wanted: Cell::new(u64::MAX),
            seen: Cell::new(0),
            began: Cell::new(Instant::now()),
            first: Cell::new(None),
            took: RefCell::default(),
            lost: RefCell::default(),
            enough: Notify::new(),
        });
        let scratch = Rc::new(RefCell::new(vec![0; 256 << 10]));
        let opened = hellos.into_iter().enumerate().map(async |(number, hello)| {
            let opening = Socket::open(server, speech, &hello, number);
            let opened = timeout(PATIENCE, opening).await;
            let socket = opened.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
            let socket = socket.map_err(|err| Failure::new(format!("a socket: {err}")))?;
            let (tally, scratch, counted) = (tally.clone(), scratch.clone(), speech.counted);
            Ok::<_, Failure>(actix_rt::spawn(socket.run(tally, scratch, counted)))
        });
        let sockets = stream::iter(opened).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(Herd { tally, sockets })
    }

    /// From now on so many deliveries are waited for.
    pub fn expect(&self, wanted: u64) {
        let tally = &self.tally;
        tally.wanted.set(wanted);
        tally.seen.set(0);
        tally.first.set(None);
        tally.took.borrow_mut().clear();
        tally.began.set(Instant::now());
    }

    /// How many have come by now.
    pub fn seen(&self) -> Result<u64, Failure> {
        match self.tally.lost.borrow_mut().take() {
            Some(lost) => Err(Failure::new(lost)),
            None => Ok(self.tally.seen.get()),
        }
    }

    /// Waits until all have come.
    pub async fn all(&self) -> Result<Wave, Failure> {
        let tally = &self.tally;
        let waited = timeout(PATIENCE, async {
            while tally.seen.get() < tally.wanted.get() && tally.lost.borrow().is_none() {
                tally.enough.notified().await;
            }
        });
        let is_late = waited.await.is_err();
        if let Some(lost) = tally.lost.borrow_mut().take() {
            return Err(Failure::new(lost));
        }
        let (seen, wanted) = (tally.seen.get(), tally.wanted.get());
        if is_late {
            return Err(Failure::new(format!("of {wanted} deliveries {seen} came in time")));
        }
        let first = tally.first.get().unwrap_or_else(Instant::now);
        Ok(Wave { lasted: first.elapsed(), took: tally.took.take() })
    }
}

impl Drop for Herd {
    fn drop(&mut self) {
        for socket in &self.sockets {
            socket.abort();
        }
    }
}

impl Tally {
    fn count(&self, deliveries: u64, took: Duration) {
        let seen = self.seen.get().saturating_add(deliveries);
        self.seen.set(seen);
        if self.first.get().is_none() {
            self.first.set(Some(Instant::now()));
        }
        let mut all = self.took.borrow_mut();
        all.extend((0..deliveries).map(|_| took));
        if seen >= self.wanted.get() {
            self.enough.notify_one();
        }
    }
}

/// One socket, and what came of a frame that is not whole yet.
struct Socket {
    stream: TcpStream,
    rest: Vec<u8>,
    /// Bytes that belong to a delivery that is not whole.
    bytes: usize,
}

impl Socket {
    async fn open(
        server: SocketAddr,
        speech: &Speech,
        hello: &[String],
        number: usize,
    ) -> io::Result<Self> {
        let stream = connect(server, number).await?;
        stream.set_nodelay(true)?;
        let mut socket = Socket { stream, rest: Vec::new(), bytes: 0 };
        socket.stream.write_all(speech.handshake(server).as_bytes()).await?;
        let end = b"\r\n\r\n";
        let head = loop {
            if let Some(at) = socket.rest.windows(end.len()).position(|it| it == end) {
                break at.saturating_add(end.len());
            }
            socket.more().await?;
        };
        if !socket.rest.starts_with(b"HTTP/1.1 101 ") {
            return Err(io::Error::other(String::from_utf8_lossy(&socket.rest)));
        }
        socket.rest.drain(..head);
        for (ready, hello) in
            speech.ready.iter().flat_map(|it| hello.iter().map(move |hello| (it, hello)))
        {
            socket.stream.write_all(&frames::of_client(TEXT, hello.as_bytes())).await?;
            while !socket.has_heard(ready)? {
                socket.more().await?;
            }
        }
        Ok(socket)
    }

    async fn more(&mut self) -> io::Result<()> {
        self.stream.readable().await?;
        match self.stream.try_read_buf(&mut self.rest) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(err) if err.kind() != io::ErrorKind::WouldBlock => Err(err),
            _ => Ok(()),
        }
    }

    /// Takes frames off the rest until one has `ready` in it.
    fn has_heard(&mut self, ready: &str) -> io::Result<bool> {
        while let Some((frame, end)) = frames::first(&self.rest) {
            let text = String::from_utf8_lossy(frame.payload).into_owned();
            let is_over = frame.opcode == CLOSE || text.contains(r#""ok":false"#);
            self.rest.drain(..end);
            if is_over {
                return Err(io::Error::other(text));
            }
            if text.contains(ready) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn run(mut self, tally: Rc<Tally>, scratch: Rc<RefCell<Vec<u8>>>, counted: Counted) {
        if let Err(err) = self.count(&tally, &scratch, counted).await {
            *tally.lost.borrow_mut() = Some(format!("a socket was lost: {err}"));
            tally.enough.notify_one();
        }
    }

    async fn count(
        &mut self,
        tally: &Tally,
        scratch: &RefCell<Vec<u8>>,
        counted: Counted,
    ) -> io::Result<()> {
        loop {
            self.stream.readable().await?;
            let is_pinged = {
                let mut scratch = scratch.borrow_mut();
                let read = match self.stream.try_read(&mut scratch) {
                    Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                    Err(err) if err.kind() == io::ErrorKind::WouldBlock => continue,
                    read => read?,
                };
                let came = scratch.get(..read).unwrap_or_default();
                if self.rest.is_empty() {
                    let left = take(came, &mut self.bytes, tally, counted)?;
                    self.rest.extend_from_slice(left.rest);
                    left.is_pinged
                } else {
                    self.rest.extend_from_slice(came);
                    let whole = std::mem::take(&mut self.rest);
                    let left = take(&whole, &mut self.bytes, tally, counted)?;
                    self.rest.extend_from_slice(left.rest);
                    left.is_pinged
                }
            };
            if let Some(answer) = is_pinged {
                self.stream.write_all(&answer).await?;
            }
        }
    }
}

/// What is left of some bytes.
struct Left<'a> {
    rest: &'a [u8],
    /// The answer to a ping among them.
    is_pinged: Option<Vec<u8>>,
}

/// With what nats-server asks whether a client is there, and how it is answered.
const NATS_PING: &[u8] = b"PING\r\n";
const NATS_PONG: &[u8] = b"PONG\r\n";

/// Counts what is whole of `bytes`.
fn take<'a>(
    mut bytes: &'a [u8],
    of_delivery: &mut usize,
    tally: &Tally,
    counted: Counted,
) -> io::Result<Left<'a>> {
    let (mut deliveries, mut is_pinged) = (0, None);
    while let Some((Frame { opcode, payload }, end)) = frames::first(bytes) {
        bytes = bytes.get(end..).unwrap_or_default();
        match (opcode, counted) {
            (PING, _) => is_pinged = Some(frames::of_client(PONG, payload)),
            (CLOSE, _) => return Err(io::Error::other(String::from_utf8_lossy(payload))),
            (TEXT, Counted::Frames) => deliveries += 1,
            (_, Counted::Stamped(_)) if payload == NATS_PING => {
                is_pinged = Some(frames::of_client(BINARY, NATS_PONG));
            }
            (TEXT | BINARY, Counted::Stamped(kind)) => {
                if let Some(age) = age(payload, kind) {
                    tally.count(1, age);
                }
            }
            (_, Counted::Bytes(_)) if payload == NATS_PING => {
                is_pinged = Some(frames::of_client(BINARY, NATS_PONG));
            }
            (_, Counted::Bytes(of_one)) => {
                let all = of_delivery.saturating_add(payload.len());
                deliveries += u64::try_from(all.checked_div(of_one).unwrap_or(0)).unwrap_or(0);
                *of_delivery = all.checked_rem(of_one).unwrap_or(0);
            }
            _ => {}
        }
    }
    if deliveries > 0 {
        tally.count(deliveries, tally.began.get().elapsed());
    }
    Ok(Left { rest: bytes, is_pinged })
}

/// How long ago that was which a push of this type says in its `at`.
fn age(payload: &[u8], kind: &str) -> Option<Duration> {
    let text = str::from_utf8(payload).ok().filter(|it| it.contains(kind))?;
    let (at, _) = text.split_once(r#""at":""#)?.1.split_once('"')?;
    let at = DateTime::parse_from_rfc3339(at).ok()?.to_utc();
    Some((store::now() - at).to_std().unwrap_or_default())
}

/// Connects; over loopback from one of many addresses.
async fn connect(server: SocketAddr, number: usize) -> io::Result<TcpStream> {
    socket(server, number)?.connect(server).await
}

/// What can be connected to the server; over loopback from one of many addresses.
pub fn socket(server: SocketAddr, number: usize) -> io::Result<TcpSocket> {
    let socket = if server.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if server.is_ipv4() && server.ip().is_loopback() {
        let host = u8::try_from(number.checked_div(OF_ADDRESS).unwrap_or(0) % 250).unwrap_or(0);
        let own = Ipv4Addr::new(127, 1, 0, host.saturating_add(1));
        socket.bind((own, 0).into())?;
    }
    Ok(socket)
}
