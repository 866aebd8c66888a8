//! Sockets over TCP, on a server that is nothing but sockets.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix::{Arbiter, ArbiterHandle};
use actix_web::{App, dev::ServerHandle, web};
use chrono::TimeDelta;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Semaphore,
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use super::*;
use crate::{
    actors::{account, cart, order, session},
    bus::{Channel, Delivery, Signal, tests::Scratch},
    domain::{
        account::{Email, Register, Role},
        event::Kind,
        id::{SessionId, UserId},
        session::{OpenSession, RefreshHash},
    },
    gateway::{
        courier::Courier,
        payment::{
            Providers,
            emulator::{Emulator, post},
        },
    },
    http::{Waits, server::listen, token::ACCESS_SECONDS},
    store,
};

/// How long a test waits for what must come.
const SOON: Duration = Duration::from_secs(10);

mod limit;
mod recovery;

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A server with one worker thread, and the sockets' side of it.
struct Node {
    address: SocketAddr,
    sockets: Sockets,
    server: ServerHandle,
    arbiter: Arbiter,
    scratch: Scratch,
}

/// Carts of which no order is paid.
fn carts(store: &Store, handles: &Arc<[ArbiterHandle]>) -> Directory<CartActor> {
    let (outbox, _) = post::outbox();
    let emulator = Emulator::new(Duration::ZERO, Vec::new(), outbox);
    let providers = Providers::new(Box::new(emulator), Vec::new());
    let (ttl, provider) = (Duration::from_hours(1), providers.first());
    let deps = order::Deps { store: store.clone(), courier: Courier::Manual, providers };
    let deps = cart::Deps {
        store: store.clone(),
        orders: Directory::new(deps, Arc::clone(handles), Default::default()),
        cart_ttl: ttl,
        hold_ttl: ttl,
        payment_ttl: ttl,
        provider,
    };
    Directory::new(deps, Arc::clone(handles), Default::default())
}

impl Node {
    async fn start(limits: Limits) -> Self {
        let scratch = Scratch::new();
        let bus = Bus::start(scratch.store.clone()).await.unwrap();
        Node::start_on(scratch, bus, limits)
    }

    fn start_on(scratch: Scratch, bus: Bus, limits: Limits) -> Self {
        let arbiter = Arbiter::new();
        let (store, revoked) = (scratch.store.clone(), Revoked::default());
        let deps = session::Deps { store: store.clone(), revoked: revoked.clone() };
        let handles: Arc<[ArbiterHandle]> = vec![arbiter.handle()].into();
        let sessions = Directory::new(deps, Arc::clone(&handles), Default::default());
        let carts = carts(&store, &handles);
        let deps = account::Deps {
            store: store.clone(),
            sessions: sessions.clone(),
            revoked: revoked.clone(),
        };
        let catalogue = Catalogue::watching(&store).unwrap();
        let sockets = Sockets {
            bus,
            store,
            catalogue,
            followed: Followed::default(),
            sessions,
            carts,
            writes: crate::cache::limits::Limits::off(),
            accounts: Directory::new(deps, handles, Default::default()),
            keys: Keys::new([b"secret"]).unwrap(),
            revoked,
            tickets: Tickets::memory(),
            origins: BTreeSet::new(),
            node: "n1".to_owned(),
            has_echo: false,
            limits,
            metrics: Metrics::default(),
            hubs: Hubs::default(),
            seats: Seats::default(),
            openings: Arc::new(Semaphore::new(OPENINGS_MAX)),
        };
        let (keys, revoked) = (sockets.keys.clone(), sockets.revoked.clone());
        let shared = sockets.clone();
        let app = move || {
            let (shared, keys, revoked) = (shared.clone(), keys.clone(), revoked.clone());
            let store = shared.store.clone();
            App::new()
                .configure(move |config| configure(config, &shared))
                .app_data(Data::new(keys))
                .app_data(Data::new(revoked))
                .app_data(Data::new(store))
                .route("/", web::get().to(connect))
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = listen(app, listener, Waits::default(), guard::on_connect).unwrap();
        let server = server.workers(1).disable_signals().run();
        let handle = server.handle();
        actix_rt::spawn(server);
        Node { address, sockets, server: handle, arbiter, scratch }
    }

    /// An access token of a new account, good for so many seconds.
    async fn sign_up(&self, role: Role, seconds: i64) -> (SessionId, String) {
        let (user, id) = (UserId::new(), SessionId::new());
        let (refresh, device) = (RefreshHash(id.to_string()), Default::default());
        let register = Register {
            id: user,
            email: Email::parse(&format!("{user}@example.com")).unwrap(),
            name: "Ada".to_owned(),
            password_hash: String::new(),
            role,
            session: Some(OpenSession { id, user, refresh, device }),
            confirm: None,
        };
        let head = store::read!(self.scratch.store, event::head()).unwrap();
        self.scratch.store.write(register).await.unwrap();
        self.until_published(head + 1).await;
        let issued = store::now() - TimeDelta::seconds(ACCESS_SECONDS - seconds);
        (id, self.sockets.keys.access(user, id, role, issued).unwrap())
    }

    async fn open(&self, token: Option<&str>) -> Client {
        let mut request = format!("ws://{}/", self.address).into_client_request().unwrap();
        if let Some(token) = token {
            let value = format!("Bearer {token}").parse().unwrap();
            request.headers_mut().insert("authorization", value);
        }
        let (stream, _) = connect_async(request).await.unwrap();
        let mut client = Client(stream);
        assert_eq!(client.frame().await["op"], "welcome");
        client
    }

    /// A connection that has followed the feed and says and reads nothing from now on.
    async fn follow_and_stall(&self, token: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let handshake = format!(
            "GET / HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             authorization: Bearer {token}\r\n\r\n"
        );
        stream.write_all(handshake.as_bytes()).await.unwrap();
        let subscribe = br#"{"id":1,"op":"subscribe","topic":"admin:feed"}"#;
        let header = [0x81, 0x80 | u8::try_from(subscribe.len()).unwrap(), 0, 0, 0, 0];
        stream.write_all(&[&header[..], subscribe].concat()).await.unwrap();
        let mut seen = Vec::new();
        while !String::from_utf8_lossy(&seen).contains("snapshot") {
            assert_ne!(stream.read_buf(&mut seen).await.unwrap(), 0);
        }
        stream
    }

    /// Has `count` events of a kilobyte each pushed to all who follow the feed and know `head`.
    async fn flood(&self, head: i64, count: i64) {
        let text = "x".repeat(1000);
        let delivery = |sequence: i64| Delivery {
            channel: Channel::Feed,
            sequence,
            kind: Kind::StockChanged,
            frame: json!({ "sequence": sequence, "text": text }).to_string().into(),
            left_out: None,
        };
        let batch = (head + 1..=head + count).map(delivery).collect();
        self.hub().send(Signal::Deliver(batch)).await.unwrap();
    }

    fn hub(&self) -> Addr<Hub> {
        self.sockets.hubs.0.lock().unwrap()[0].clone()
    }

    /// Waits until the feed has an event of this sequence.
    async fn until_published(&self, sequence: i64) {
        let head = async || store::read!(self.scratch.store, event::head()).unwrap();
        let published = async { while head().await < sequence {} };
        timeout(SOON, published).await.unwrap();
    }

    /// Waits until `count` connections are there.
    async fn until_open(&self, count: usize) {
        let counted = async { while self.hub().send(Count).await.unwrap() != count {} };
        timeout(SOON, counted).await.unwrap();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.server.stop(false));
        self.arbiter.stop();
    }
}

struct Client(Stream);

impl Client {
    async fn message(&mut self) -> Message {
        timeout(SOON, self.0.next()).await.unwrap().unwrap().unwrap()
    }

    async fn frame(&mut self) -> Value {
        loop {
            match self.message().await {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?} is no text"),
            }
        }
    }

    async fn say(&mut self, frame: Value) {
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    async fn ask(&mut self, frame: Value) -> Value {
        self.say(frame).await;
        self.frame().await
    }

    /// The code and the reason of the close, whatever comes before.
    async fn closed(&mut self) -> (u16, String) {
        loop {
            if let Message::Close(frame) = self.message().await {
                let frame = frame.unwrap();
                return (frame.code.into(), frame.reason.to_string());
            }
        }
    }
}

fn quick() -> Limits {
    Limits { look_every: Duration::from_millis(10), ..Limits::default() }
}

fn subscribe(topic: &str) -> Value {
    json!({ "id": 1, "op": "subscribe", "topic": topic })
}
