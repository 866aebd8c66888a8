//! What ends a connection whose client has stopped reading.
//!
//! The framework polls a socket's actor as the body of its response, and stops when the client
//! takes no more: timers, heartbeats and a stop of the actor itself all wait for the client then.
//! So two things stand outside: the kernel gives up on a peer that acknowledges nothing, and the
//! hub can shut the socket down.

use std::{io, net::Shutdown, time::Duration};

use actix_web::dev::Extensions;
use socket2::SockRef;

use crate::http::server::{End, Stream};

/// How long sent bytes may go unacknowledged, or wait for room at the peer, before the kernel gives
/// the connection up.
const UNREAD_MAX: Duration = Duration::from_secs(20);

/// How much may wait in the kernel for a client, in bytes; Linux takes twice as much. Left alone it
/// grows to megabytes for a client that does not read, counted in no budget, and the client is found
/// to be slow that much later.
const UNSENT_MAX: usize = 32 * 1024;

/// What the hub has of a connection's socket. Every connection has one: what it will ask for isn't
/// known when it opens, and later the framework shows nobody its stream.
#[derive(Debug, Clone)]
pub struct Switch(End);

impl Switch {
    /// For a connection that has become a socket: bounds what waits in the kernel (downloads over
    /// long ways need more), and leaves it to the hub for `at_most` to find out that the client is
    /// not there, since the kernel says to nobody why it gave up.
    pub fn becomes_socket(&self, at_most: Duration) {
        let bounded = self.0.with(|socket| {
            socket.set_send_buffer_size(UNSENT_MAX)?;
            give_up_after(&socket, at_most)
        });
        if let Err(err) = bounded {
            tracing::warn!(error = %err, "a socket goes without its bounds");
        }
    }

    /// Sends as much of `bytes` as goes at once, while the response waits for something to send.
    ///
    /// # Errors
    /// Those of [`End::try_write`]; the response will see the same.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    /// Ends the connection at once, both ways, whatever is still on its way.
    pub fn cut(&self) {
        self.shutdown(Shutdown::Both);
    }

    /// Says that nothing more will be sent; what is on its way arrives.
    pub fn finish(&self) {
        self.shutdown(Shutdown::Write);
    }

    fn shutdown(&self, how: Shutdown) {
        if let Err(err) = self.0.shutdown(how) {
            tracing::warn!(error = %err, "a socket could not be shut down");
        }
    }
}

/// What is to be done for each connection.
pub fn on_connect(connection: &Stream, data: &mut Extensions) {
    if let Err(err) = connection.with(prepare) {
        tracing::warn!(error = %err, "a connection goes without its guards");
    }
    data.insert(Switch(connection.end()));
}

fn prepare(socket: SockRef<'_>) -> io::Result<()> {
    // A push is small and must not wait for the acknowledgement of the one before it.
    socket.set_tcp_nodelay(true)?;
    give_up_after(&socket, UNREAD_MAX)
}

#[cfg(any(target_os = "android", target_os = "linux"))]
fn give_up_after(socket: &SockRef<'_>, unread: Duration) -> io::Result<()> {
    socket.set_tcp_user_timeout(Some(unread))
}

/// Elsewhere only the hub's own look at the connection ends it.
#[cfg(not(any(target_os = "android", target_os = "linux")))]
fn give_up_after(_: &SockRef<'_>, _: Duration) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub mod tests {
    use std::io::{ErrorKind, Read};

    use futures_util::FutureExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// A connection over loopback: the server's end, its switch, and the client's end.
    pub fn connected() -> (Stream, Switch, std::net::TcpStream) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        server.set_nonblocking(true).unwrap();
        let server = Stream::of(server.try_into().unwrap());
        server.with(prepare).unwrap();
        let switch = Switch(server.end());
        (server, switch, client)
    }

    #[actix_rt::test]
    async fn a_connection_that_was_cut_is_over_on_both_ends() {
        let (mut server, switch, mut client) = connected();

        switch.cut();

        assert_eq!(client.read(&mut [0]).unwrap(), 0);
        assert_eq!(server.read(&mut [0]).await.unwrap(), 0);
        assert_eq!(server.write(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        switch.cut();
    }

    #[actix_rt::test]
    async fn what_was_sent_before_the_end_arrives() {
        let (mut server, switch, mut client) = connected();
        server.write_all(b"bye").await.unwrap();

        switch.finish();

        let mut text = String::new();
        client.read_to_string(&mut text).unwrap();
        assert_eq!(text, "bye");
    }

    #[actix_rt::test]
    async fn a_switch_keeps_nothing_open() {
        let (server, switch, mut client) = connected();

        drop(server);

        assert_eq!(client.read(&mut [0]).unwrap(), 0);
        switch.cut();
    }

    #[actix_rt::test]
    async fn a_socket_keeps_little_for_a_client_that_does_not_read() {
        let (mut server, switch, client) = connected();
        switch.becomes_socket(Duration::from_secs(45));

        let mut taken = 0;
        while let Some(bytes) = server.write(&[0; 4096]).now_or_never() {
            taken += bytes.unwrap();
        }

        #[cfg(target_os = "linux")]
        assert_eq!(server.with(|it| it.tcp_user_timeout()).unwrap(), Some(Duration::from_secs(45)));
        // And what the client's side takes unread.
        let received = SockRef::from(&client).recv_buffer_size().unwrap();
        assert!(taken <= 2 * UNSENT_MAX + received, "{taken} beside {received}");
    }

    #[cfg(target_os = "linux")]
    #[actix_rt::test]
    async fn the_kernel_is_told_when_to_give_up() {
        let (server, ..) = connected();
        assert_eq!(server.with(|it| it.tcp_user_timeout()).unwrap(), Some(UNREAD_MAX));
    }
}
