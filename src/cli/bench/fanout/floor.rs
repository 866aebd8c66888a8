//! The floor: a process that does nothing but write to its sockets: to all of them a frame that was made
//! once, or to the next one what is said of an order.
//!
//! Each thread has its share of the sockets, as the workers of the server have, and writes a frame that
//! was made once to one socket after the other.

use std::{
    collections::VecDeque,
    io::{self, BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use clap::Args;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Builder,
    sync::mpsc,
};

use super::{
    super::{
        super::{Failure, say},
        frames::{self, TEXT},
        usage::Process,
    },
    orders::told,
};

/// The hidden command that this process runs as.
#[derive(Debug, Args)]
pub struct Options {
    /// The length of what is written, in bytes
    #[arg(long)]
    bytes: usize,
}

/// The sockets of one thread, which are written to by whoever says how often.
type Share = Arc<Mutex<VecDeque<TcpStream>>>;

/// What a thread is to write.
#[derive(Debug, Clone, Copy)]
enum Task {
    /// The frame, so many times to all.
    All(u32),
    /// What is said of an order, to the next.
    Next,
}

/// The line of standard input that asks for [`Task::Next`]; the others are numbers.
const NEXT: &str = "next";

/// Listens, says where, and writes as the lines of standard input say, until those end.
pub fn run(options: &Options) -> Result<(), Failure> {
    let failed = |err: io::Error| Failure::new(format!("the floor: {err}"));
    let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
    say(listener.local_addr().map_err(failed)?.to_string())?;
    let frame: Arc<[u8]> = frames::of_server(TEXT, &vec![b'x'; options.bytes]).into();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut workers = Vec::new();
    for _ in 0..threads {
        let (tasks, due) = mpsc::unbounded_channel();
        let (share, frame) = (Share::default(), Arc::clone(&frame));
        workers.push((tasks, Arc::clone(&share)));
        let listener = listener.try_clone().map_err(failed)?;
        thread::spawn(move || serve(listener, due, &share, &frame));
    }
    let mut turns = workers.iter().cycle();
    for line in io::stdin().lock().lines() {
        let line = line.map_err(failed)?;
        if line == NEXT {
            // A thread that has no socket is passed over.
            let next = turns.by_ref().take(threads).find(|(_, share)| !lock(share).is_empty());
            next.into_iter().for_each(|(tasks, _)| tasks.send(Task::Next).unwrap_or_default());
        } else {
            let all = Task::All(line.parse().unwrap_or(0));
            workers.iter().for_each(|(tasks, _)| tasks.send(all).unwrap_or_default());
        }
    }
    Ok(())
}

/// One thread: takes connections, and writes when it is told to.
fn serve(
    listener: TcpListener,
    mut due: mpsc::UnboundedReceiver<Task>,
    share: &Share,
    frame: &[u8],
) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    tokio::spawn(shake(accepted?.0, Arc::clone(share)));
                }
                task = due.recv() => match task {
                    Some(Task::Next) => {
                        let said = frames::of_server(TEXT, told(frame.len()).as_bytes());
                        let mut open = lock(share);
                        if let Some(stream) = open.front() {
                            stream.try_write(&said)?;
                            open.rotate_left(1);
                        }
                    }
                    Some(Task::All(often)) => {
                        let mut open = std::mem::take(&mut *lock(share));
                        for _ in 0..often {
                            open = write(open, frame).await;
                        }
                        lock(share).append(&mut open);
                    }
                    None => return Ok(()),
                },
            }
        }
    })
}

fn lock(share: &Share) -> MutexGuard<'_, VecDeque<TcpStream>> {
    share.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes to all; those that are gone are left out from then on.
async fn write(open: VecDeque<TcpStream>, frame: &[u8]) -> VecDeque<TcpStream> {
    let mut left = VecDeque::with_capacity(open.len());
    for mut stream in open {
        if stream.write_all(frame).await.is_ok() {
            left.push_back(stream);
        }
    }
    left
}

async fn shake(mut stream: TcpStream, share: Share) -> io::Result<()> {
    let mut head = Vec::with_capacity(1024);
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let answer =
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\r\n";
    stream.set_nodelay(true)?;
    stream.writable().await?;
    // It has its place before its client may count on it.
    let mut open = lock(&share);
    stream.try_write(answer.as_bytes())?;
    open.push_back(stream);
    Ok(())
}

/// The process, as it is measured; it ends with this.
pub struct Floor {
    child: Child,
    orders: ChildStdin,
    pub address: SocketAddr,
}

impl Floor {
    pub fn start(bytes: usize) -> Result<Self, Failure> {
        let failed = |err: io::Error| Failure::new(format!("the floor does not start: {err}"));
        let own = std::env::current_exe().map_err(failed)?;
        let mut command = Command::new(own);
        command.args(["bench", "floor", "--bytes", &bytes.to_string()]);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = piped.spawn().map_err(failed)?;
        let gone = || failed(io::ErrorKind::BrokenPipe.into());
        let (orders, told) = (child.stdin.take(), child.stdout.take());
        let mut line = String::new();
        BufReader::new(told.ok_or_else(gone)?).read_line(&mut line).map_err(failed)?;
        let address = line.trim().parse().map_err(|_| gone())?;
        Ok(Floor { child, orders: orders.ok_or_else(gone)?, address })
    }

    pub fn process(&self) -> Process {
        Process(self.child.id())
    }

    /// Has it tell its next socket of an order.
    pub fn tell_next(&mut self) -> Result<(), Failure> {
        writeln!(self.orders, "{NEXT}").map_err(|err| Failure::new(err.to_string()))
    }

    /// Has it write so many times to all.
    pub fn fire(&mut self, often: u32) -> Result<(), Failure> {
        writeln!(self.orders, "{often}").map_err(|err| Failure::new(err.to_string()))
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        self.child.kill().ok(); // It may be gone.
        self.child.wait().ok();
    }
}
