//! The server of connections: what `actix_web::HttpServer` is for others, over a stream of our own.
//!
//! `HttpServer` hands its streams to nobody, so whoever wants to end a connection from outside needs
//! a second descriptor of it, for every connection that there is. Here a [`Stream`] can be handed out:
//! a socket costs one descriptor, and a process that may have 20,000 holds nearly as many sockets.
//! Besides, this is what `HttpServer::listen` does.

use std::{
    fmt::Debug,
    io,
    net::{Shutdown, TcpListener},
    pin::Pin,
    rc::Rc,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll},
    time::Duration,
};

use actix_http::{HttpService, KeepAlive, Protocol, Request, Response};
use actix_server::{Server, ServerBuilder};
use actix_service::{
    IntoServiceFactory, ServiceFactory, ServiceFactoryExt, fn_service, map_config,
};
use actix_web::{
    Error,
    body::MessageBody,
    dev::{AppConfig, Extensions},
    rt::net::TcpStream,
};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

mod upgrade;

use self::upgrade::{Application, Made, carry};
use super::Waits;

/// How long a client may take to close after the last response on its connection; as `HttpServer`.
const DISCONNECT_WITHIN: Duration = Duration::from_secs(1);

/// A connection, or a clone of it. The server reads and writes it; others may end it by its [`End`].
#[derive(Debug, Clone)]
pub struct Stream(Arc<Mutex<TcpStream>>);

/// Ends a connection from outside. It costs no descriptor and keeps nothing open.
#[derive(Debug, Clone)]
pub struct End(Weak<Mutex<TcpStream>>);

impl Stream {
    pub fn of(stream: TcpStream) -> Self {
        Stream(Arc::new(Mutex::new(stream)))
    }

    /// What ends it.
    pub fn end(&self) -> End {
        End(Arc::downgrade(&self.0))
    }

    /// Does something to the socket itself.
    pub fn with<T>(&self, act: impl FnOnce(SockRef<'_>) -> T) -> T {
        act(SockRef::from(&*lock(&self.0)))
    }
}

impl End {
    /// Shuts the connection down; one that is closed already is left alone.
    ///
    /// # Errors
    /// What the operating system says, but for a peer that was faster.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        match self.with(|socket| socket.shutdown(how)) {
            Err(err) if err.kind() != io::ErrorKind::NotConnected => Err(err),
            _ => Ok(()),
        }
    }

    /// Sends as much of `bytes` as the operating system takes at once, past whoever serves the
    /// connection: they must not be in the middle of sending something.
    ///
    /// # Errors
    /// What the operating system says; `WouldBlock` where it takes nothing now, `NotConnected` where the
    /// connection is closed already.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        let stream = self.0.upgrade().ok_or(io::ErrorKind::NotConnected)?;
        lock(&stream).try_write(bytes)
    }

    /// Does something to the socket itself, unless it is closed already.
    ///
    /// # Errors
    /// That of what is done.
    pub fn with(&self, act: impl FnOnce(SockRef<'_>) -> io::Result<()>) -> io::Result<()> {
        match self.0.upgrade() {
            Some(stream) => act(SockRef::from(&*lock(&stream))),
            None => Ok(()),
        }
    }
}

// It is held for one call that does not block, by the thread of the connection nearly always.
fn lock(stream: &Mutex<TcpStream>) -> MutexGuard<'_, TcpStream> {
    stream.lock().unwrap_or_else(PoisonError::into_inner)
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *lock(&self.0)).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *lock(&self.0)).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *lock(&self.0)).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *lock(&self.0)).poll_shutdown(cx)
    }
}

/// Serves an application on a listener: to be given its number of workers and the like, and run.
/// `on_connect` sees each connection before its first request.
///
/// # Errors
/// The listener's.
pub fn listen<F, I, S, B>(
    application: F,
    listener: TcpListener,
    waits: Waits,
    on_connect: fn(&Stream, &mut Extensions),
) -> io::Result<ServerBuilder>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>> + 'static,
    B: MessageBody + 'static,
{
    let address = listener.local_addr()?;
    let builder = Server::build();
    let stopping = builder.graceful_shutdown_signal();
    builder.listen("http", listener, move || {
        let stopping = stopping.clone();
        let application = application().into_factory().map_err(|err| {
            let err: Error = err.into();
            err.error_response()
        });
        // The host by which the framework makes links; ours come from the settings.
        let application = map_config(application, |()| AppConfig::default());
        let made = Made::default();
        let application = Application::new(application, Rc::clone(&made));
        let http = HttpService::build()
            // Hidden, but what `HttpServer` calls: connections that wait for a request end at once.
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(KeepAlive::Timeout(waits.idle))
            .client_request_timeout(waits.head)
            .client_disconnect_timeout(DISCONNECT_WITHIN)
            .local_addr(address)
            .on_connect_ext(on_connect)
            .upgrade(fn_service(move |(request, framed)| carry(&made, request, framed)))
            .finish(application);
        fn_service(|stream: TcpStream| async move {
            let peer = stream.peer_addr().ok();
            Ok((Stream::of(stream), Protocol::Http1, peer))
        })
        .and_then(http)
    })
}
