//! Clients that do what they should not, on a thread of their own: what they cost this program, they
//! take from nobody who is measured.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use futures_util::{StreamExt, TryStreamExt, future::join_all, stream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    runtime::Builder,
    sync::{oneshot, watch},
    time::{interval, timeout},
};

use super::super::{
    super::Failure,
    frames::{self, BINARY, CLOSE, TEXT},
    herd::{self, Speech},
};

/// How many connect at once.
const AT_ONCE: usize = 64;
/// How few bytes the kernel may take for those that do not read, so that the server finds it out soon;
/// Linux takes a little more.
const RECEIVED_MAX: u32 = 2_048;
/// How often a byte is read by those that read so little, and how often the others begin anew.
const SIP_EVERY: Duration = Duration::from_secs(1);
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How long somebody who says what they should not waits for what is said to that.
const STAY: Duration = Duration::from_secs(10);
/// The most that a message may have is 64 KiB.
const TOO_LARGE: usize = 65_537;
/// How often who floods asks, and how often who does not know what to ask: no more than may be asked at
/// once.
const SUBSCRIPTIONS: usize = 10_000;
const UNKNOWN: usize = 50;
/// A request that has only begun.
const HALF_A_HEAD: &[u8] = b"GET /api/v1/products HTTP/1.1\r\nhost: 127.0.0.1\r\nx-the-rest: ";

/// How many there are of each.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Of those that never read, and as many that read a byte a second.
    pub stalled: usize,
    /// Of those that vanish without a word, and as many that send half a request.
    pub vanished: usize,
    /// Of each kind of those that say what they should not.
    pub wrong: usize,
}

impl Plan {
    /// How many of them follow a topic.
    pub fn following(self) -> usize {
        self.stalled.saturating_mul(2).saturating_add(self.vanished)
    }
}

/// The clients, once they are connected; dropped, they are gone.
pub struct Crowd {
    begin: Option<oneshot::Sender<()>>,
    end: watch::Sender<bool>,
    visits: Arc<AtomicU64>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Crowd {
    /// Connects those that follow something, and has them say `hello`; the numbers of their sockets are
    /// from `first` on.
    pub async fn gather(
        server: SocketAddr,
        speech: Speech,
        hello: String,
        first: usize,
        plan: Plan,
    ) -> Result<Self, Failure> {
        let (begin, begun) = oneshot::channel();
        let (opened, open) = oneshot::channel();
        let (end, ended) = watch::channel(false);
        let visits = Arc::<AtomicU64>::default();
        let there = There { server, speech, first, plan, visits: Arc::clone(&visits) };
        let thread = thread::spawn(move || there.run(&hello, opened, begun, ended));
        let crowd = Crowd { begin: Some(begin), end, visits, thread: Some(thread) };
        let failed = |err: io::Error| Failure::new(format!("a bad client: {err}"));
        open.await.unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into())).map_err(failed)?;
        Ok(crowd)
    }

    /// They begin with what they should not do.
    pub fn begin(&mut self) {
        if let Some(begin) = self.begin.take() {
            begin.send(()).ok(); // The thread ends only after this does.
        }
    }

    /// Has all leave, once each of those that begin anew has done so; how often that was.
    pub async fn leave(mut self) -> u64 {
        if let Some(thread) = self.ending() {
            // What is measured goes on meanwhile. One that has panicked has said so.
            actix_rt::task::spawn_blocking(|| thread.join()).await.ok();
        }
        self.visits.load(Ordering::Relaxed)
    }

    fn ending(&mut self) -> Option<thread::JoinHandle<()>> {
        self.begin = None;
        self.end.send_replace(true);
        self.thread.take()
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        if let Some(thread) = self.ending() {
            thread.join().ok(); // One that has panicked has said so.
        }
    }
}

/// What the thread knows.
struct There {
    server: SocketAddr,
    speech: Speech,
    first: usize,
    plan: Plan,
    visits: Arc<AtomicU64>,
}

impl There {
    fn run(
        self,
        hello: &str,
        opened: oneshot::Sender<io::Result<()>>,
        begun: oneshot::Receiver<()>,
        ended: watch::Receiver<bool>,
    ) {
        let runtime = match Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(err) => return opened.send(Err(err)).unwrap_or_default(),
        };
        runtime.block_on(async {
            let quiet = match self.quiet(hello).await {
                Ok(quiet) => quiet,
                Err(err) => return opened.send(Err(err)).unwrap_or_default(),
            };
            opened.send(Ok(())).ok(); // Whoever waits for it may have been given up.
            // Without the word for it there is no beginning.
            if begun.await.is_err() {
                return;
            }
            let (stalled, vanished) = quiet.split_at(self.plan.stalled.saturating_mul(2));
            vanished.iter().for_each(vanish);
            let (_, sipping) = stalled.split_at(self.plan.stalled);
            let visits = async {
                self.visits(&ended).await;
                ended.clone().wait_for(|it| *it).await.ok(); // Nobody is left to say so.
            };
            tokio::select! {
                () = visits => {}
                never = sip(sipping) => match never {},
            }
        });
    }

    /// Those that follow something and read none of what is said, not even that they may.
    async fn quiet(&self, hello: &str) -> io::Result<Vec<TcpStream>> {
        let handshake = self.speech.handshake(self.server).into_bytes();
        let said = [handshake, frames::of_client(TEXT, hello.as_bytes())].concat();
        let opening = (0..self.plan.following()).map(|at| {
            let said = said.as_slice();
            async move {
                let socket = herd::socket(self.server, self.first.saturating_add(at))?;
                socket.set_recv_buffer_size(RECEIVED_MAX)?;
                let mut stream = socket.connect(self.server).await?;
                stream.write_all(said).await?;
                Ok(stream)
            }
        });
        stream::iter(opening).buffered(AT_ONCE).try_collect().await
    }

    /// All those that begin anew each time, until the end, and each once at least.
    async fn visits(&self, ended: &watch::Receiver<bool>) {
        let wrong = all_wrong();
        let of_each = self.plan.wrong;
        let wrong = wrong.iter().flat_map(|it| std::iter::repeat_n(Some(it), of_each));
        let halves = std::iter::repeat_n(None, self.plan.vanished);
        let first = self.first.saturating_add(self.plan.following());
        let all = wrong.chain(halves).enumerate().map(async |(at, wrong)| {
            let (number, mut ended) = (first.saturating_add(at), ended.clone());
            loop {
                // Refused, cut or sent away: it begins anew.
                timeout(STAY, self.visit(number, wrong)).await.ok();
                self.visits.fetch_add(1, Ordering::Relaxed);
                let end = timeout(AGAIN_AFTER, ended.wait_for(|it| *it));
                if end.await.is_ok() {
                    return;
                }
            }
        });
        join_all(all).await;
    }

    /// One visit of somebody who says something wrong, or of somebody who sends half a request.
    async fn visit(&self, number: usize, wrong: Option<&Wrong>) -> io::Result<()> {
        let stream = herd::socket(self.server, number)?.connect(self.server).await?;
        let (mut reading, mut writing) = stream.into_split();
        let Some(Wrong { said, answers }) = wrong else {
            writing.write_all(HALF_A_HEAD).await?;
            return reading.read_to_end(&mut Vec::new()).await.map(drop);
        };
        writing.write_all(self.speech.handshake(self.server).as_bytes()).await?;
        let mut came = until_shaken(&mut reading).await?;
        let saying = say(&mut writing, said);
        tokio::select! {
            heard = hear(&mut reading, &mut came, *answers) => heard,
            never = saying => match never {},
        }
    }
}

/// What somebody says who should not.
struct Wrong {
    said: Vec<u8>,
    /// After how many frames of the server they leave, if they are not sent away.
    answers: usize,
}

fn all_wrong() -> [Wrong; 5] {
    let wrong = |said: Vec<u8>| Wrong { said, answers: usize::MAX };
    let subscribe = |at: usize| {
        let topic = format!("product:00000000-0000-7000-8000-{at:012}");
        let request = serde_json::json!({ "id": 1, "op": "subscribe", "topic": topic });
        frames::of_client(TEXT, request.to_string().as_bytes())
    };
    let unknown = frames::of_client(TEXT, br#"{"id":1,"op":"shop.close"}"#);
    [
        wrong(frames::of_client(TEXT, &vec![b' '; TOO_LARGE])),
        wrong(frames::of_client(TEXT, b"{\"id\":1,\"op\":\"\xff\"}")),
        wrong(frames::of_client(BINARY, b"{}")),
        wrong((0..SUBSCRIPTIONS).flat_map(subscribe).collect()),
        Wrong { said: unknown.repeat(UNKNOWN), answers: UNKNOWN },
    ]
}

/// Says all of it, and then no more.
async fn say(writing: &mut OwnedWriteHalf, said: &[u8]) -> Infallible {
    writing.write_all(said).await.ok(); // The server may have heard enough before.
    std::future::pending().await
}

/// Reads the answer to the handshake; what has come after it.
async fn until_shaken(reading: &mut OwnedReadHalf) -> io::Result<Vec<u8>> {
    let (mut came, end) = (Vec::new(), b"\r\n\r\n");
    loop {
        if let Some(at) = came.windows(end.len()).position(|it| it == end) {
            return Ok(came.split_off(at.saturating_add(end.len())));
        }
        if reading.read_buf(&mut came).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Reads until it is sent away, or has heard so many frames.
async fn hear(reading: &mut OwnedReadHalf, came: &mut Vec<u8>, frames: usize) -> io::Result<()> {
    let mut heard = 0_usize;
    loop {
        while let Some((frame, end)) = frames::first(came) {
            heard = heard.saturating_add(usize::from(frame.opcode == TEXT));
            if frame.opcode == CLOSE || heard >= frames {
                return Ok(());
            }
            came.drain(..end);
        }
        if reading.read_buf(came).await? == 0 {
            return Ok(());
        }
    }
}

/// Reads a byte of each now and then, for ever.
async fn sip(streams: &[TcpStream]) -> Infallible {
    let mut tick = interval(SIP_EVERY);
    loop {
        tick.tick().await;
        for stream in streams {
            stream.try_read(&mut [0]).ok(); // There may be none, or the server has cut it.
        }
    }
}

/// From here on nothing arrives that is sent to this socket, and nothing is acknowledged, as where
/// whoever was there has gone without a word.
#[cfg(any(target_os = "android", target_os = "linux"))]
fn vanish(stream: &TcpStream) {
    /// The instruction that lets through as many bytes of a packet as its operand says.
    const LET_THROUGH: u16 = 0x06;
    let nothing = [socket2::SockFilter::new(LET_THROUGH, 0, 0, 0)];
    socket2::SockRef::from(stream).attach_filter(&nothing).ok(); // It is silent all the same.
}

/// Elsewhere it is silent: its kernel goes on to acknowledge.
#[cfg(not(any(target_os = "android", target_os = "linux")))]
fn vanish(_: &TcpStream) {}
