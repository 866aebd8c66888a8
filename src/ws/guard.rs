//! What ends a connection whose client has stopped reading.
//!
//! The framework polls a socket's actor as the body of its response, and stops when the client
//! takes no more: timers, heartbeats and a stop of the actor itself all wait for the client then.
//! So two things stand outside: the kernel gives up on a peer that acknowledges nothing, and the
//! hub can shut the socket down through a descriptor of its own.

use std::{any::Any, io, net::Shutdown, sync::Arc, time::Duration};

use actix_web::{dev::Extensions, rt::net::TcpStream};
use socket2::{SockRef, Socket};

/// How long sent bytes may go unacknowledged, or wait for room at the peer, before the kernel gives
/// the connection up.
const UNREAD_MAX: Duration = Duration::from_secs(20);

/// How much may wait in the kernel for a client, in bytes; Linux takes twice as much. Left alone it
/// grows to megabytes for a client that does not read, counted in no budget, and the client is found
/// to be slow that much later.
const UNSENT_MAX: usize = 32 * 1024;

/// A second handle on a connection's socket. It costs a descriptor for as long as the connection
/// lives. Every connection has one: what it will ask for isn't known when it opens, and later the
/// framework shows nobody its stream.
#[derive(Debug, Clone)]
pub struct Switch(Arc<Socket>);

impl Switch {
    /// For a connection that has become a socket: bounds what waits in the kernel (downloads over
    /// long ways need more), and leaves it to the hub for `at_most` to find out that the client is
    /// not there, since the kernel says to nobody why it gave up.
    pub fn becomes_socket(&self, at_most: Duration) {
        let bounded = self.0.set_send_buffer_size(UNSENT_MAX);
        #[cfg(any(target_os = "android", target_os = "linux"))]
        let bounded = bounded.and_then(|()| self.0.set_tcp_user_timeout(Some(at_most)));
        #[cfg(not(any(target_os = "android", target_os = "linux")))]
        let _: Duration = at_most;
        if let Err(err) = bounded {
            tracing::warn!(error = %err, "a socket goes without its bounds");
        }
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
        // Not connected means that the peer was faster.
        if let Err(err) = self.0.shutdown(how)
            && err.kind() != io::ErrorKind::NotConnected
        {
            tracing::warn!(error = %err, "a socket could not be shut down");
        }
    }
}

/// What `HttpServer::on_connect` has to do for each connection.
pub fn on_connect(connection: &dyn Any, data: &mut Extensions) {
    let Some(stream) = connection.downcast_ref::<TcpStream>() else { return };
    match prepare(SockRef::from(stream)) {
        Ok(switch) => drop(data.insert(switch)),
        Err(err) => tracing::warn!(error = %err, "a connection goes without its guards"),
    }
}

fn prepare(socket: SockRef<'_>) -> io::Result<Switch> {
    // A push is small and must not wait for the acknowledgement of the one before it.
    socket.set_tcp_nodelay(true)?;
    #[cfg(any(target_os = "android", target_os = "linux"))]
    socket.set_tcp_user_timeout(Some(UNREAD_MAX))?;
    #[cfg(not(any(target_os = "android", target_os = "linux")))]
    let _: Duration = UNREAD_MAX; // Only the hub's own look at the connection ends it there.
    Ok(Switch(Arc::new(socket.try_clone()?)))
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read, Write};

    use super::*;

    /// A connection over loopback: the server's end, its switch, and the client's end.
    fn connected() -> (std::net::TcpStream, Switch, std::net::TcpStream) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        let switch = prepare(SockRef::from(&server)).unwrap();
        (server, switch, client)
    }

    #[test]
    fn a_connection_that_was_cut_is_over_on_both_ends() {
        let (mut server, switch, mut client) = connected();

        switch.cut();

        assert_eq!(client.read(&mut [0]).unwrap(), 0);
        assert_eq!(server.read(&mut [0]).unwrap(), 0);
        assert_eq!(server.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
        switch.cut();
    }

    #[test]
    fn what_was_sent_before_the_end_arrives() {
        let (mut server, switch, mut client) = connected();
        server.write_all(b"bye").unwrap();

        switch.finish();

        let mut text = String::new();
        client.read_to_string(&mut text).unwrap();
        assert_eq!(text, "bye");
    }

    #[test]
    fn a_socket_keeps_little_for_a_client_that_does_not_read() {
        let (mut server, switch, client) = connected();
        switch.becomes_socket(Duration::from_secs(45));
        SockRef::from(&server).set_nonblocking(true).unwrap();

        let mut taken = 0;
        while let Ok(bytes) = server.write(&[0; 4096]) {
            taken += bytes;
        }

        #[cfg(target_os = "linux")]
        assert_eq!(
            SockRef::from(&server).tcp_user_timeout().unwrap(),
            Some(Duration::from_secs(45))
        );
        // And what the client's side takes unread.
        let received = SockRef::from(&client).recv_buffer_size().unwrap();
        assert!(taken <= 2 * UNSENT_MAX + received, "{taken} beside {received}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_kernel_is_told_when_to_give_up() {
        let (server, ..) = connected();
        assert_eq!(SockRef::from(&server).tcp_user_timeout().unwrap(), Some(UNREAD_MAX));
    }
}
