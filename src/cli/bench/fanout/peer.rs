//! The peer: nats-server, whose WebSocket listener hands one message to many too.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{
    super::{
        super::Failure,
        herd::{Counted, Speech},
        usage::Process,
    },
    orders::told,
};

/// How long it may take to start, and how often it is looked whether it has.
const START_WITHIN: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(20);
const SUBJECT: &str = "fanout";
/// What a socket says first.
pub const HELLO: &str =
    "CONNECT {\"verbose\":false,\"pedantic\":false}\r\nSUB fanout 1\r\nPING\r\n";

/// What a socket says first that has a subject of its own.
pub fn hello(number: usize) -> String {
    HELLO.replace(SUBJECT, &format!("{SUBJECT}.{number}"))
}

/// The process, and the connection that publishes; both end with this.
pub struct Peer {
    child: Child,
    folder: PathBuf,
    publisher: TcpStream,
    /// Of its WebSocket listener.
    pub address: SocketAddr,
    payload: String,
}

impl Peer {
    /// Starts the program with messages of so many bytes.
    pub async fn start(program: &Path, bytes: usize) -> Result<Self, Failure> {
        let failed = |err: io::Error| {
            Failure::new(format!("{} does not start: {err}", program.to_string_lossy()))
        };
        let folder = std::env::temp_dir().join(format!("rialto-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir(&folder).map_err(failed)?;
        let (plain, address) = (free().map_err(failed)?, free().map_err(failed)?);
        let settings = format!(
            "listen: \"{plain}\"\nmax_connections: 100000\nauthorization {{ timeout: 60 }}\n\
             websocket {{ listen: \"{address}\", no_tls: true, handshake_timeout: \"60s\" }}\n"
        );
        let file = folder.join("nats.conf");
        std::fs::write(&file, settings).map_err(failed)?;
        let mut command = Command::new(program);
        command.arg("-c").arg(&file).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().map_err(failed)?;
        let began = Instant::now();
        let mut publisher = loop {
            match TcpStream::connect(plain).await {
                Ok(stream) => break stream,
                Err(err) if began.elapsed() > START_WITHIN => return Err(failed(err)),
                Err(_) => tokio::time::sleep(LOOK_EVERY).await,
            }
        };
        let hello = b"CONNECT {\"verbose\":false,\"pedantic\":false}\r\n";
        publisher.write_all(hello).await.map_err(failed)?;
        Ok(Peer { child, folder, publisher, address, payload: "x".repeat(bytes) })
    }

    pub fn process(&self) -> Process {
        Process(self.child.id())
    }

    pub fn speech(&self) -> Speech {
        let head = format!("MSG {SUBJECT} 1 {}\r\n", self.payload.len());
        let of_one = head.len().saturating_add(self.payload.len()).saturating_add(2);
        Speech {
            path: "/".to_owned(),
            subprotocol: None,
            headers: String::new(),
            ready: Some("PONG"),
            counted: Counted::Bytes(of_one),
        }
    }

    /// Publishes what is said of an order to the socket of this number.
    pub async fn tell(&mut self, number: usize) -> Result<(), Failure> {
        let said = told(self.payload.len());
        let message = format!("PUB {SUBJECT}.{number} {}\r\n{said}\r\n", said.len());
        let sent = self.publisher.write_all(message.as_bytes()).await;
        sent.map_err(|err| Failure::new(format!("the peer: {err}")))
    }

    /// Publishes so many messages.
    pub async fn fire(&mut self, often: u32) -> Result<(), Failure> {
        let message = format!("PUB {SUBJECT} {}\r\n{}\r\n", self.payload.len(), self.payload);
        let all = message.repeat(usize::try_from(often).unwrap_or(0));
        let sent = self.publisher.write_all(all.as_bytes()).await;
        sent.map_err(|err| Failure::new(format!("the peer: {err}")))
    }
}

/// An address of which nobody listens now.
fn free() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.child.kill().ok(); // It may be gone.
        self.child.wait().ok();
        std::fs::remove_dir_all(&self.folder).ok();
    }
}
