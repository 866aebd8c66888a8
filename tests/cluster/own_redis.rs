//! A Redis of a test's own, which it may stop.

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::time::{Instant, interval};

use super::support::PATIENCE;

/// How often it is looked whether it is there.
const LOOK_EVERY: Duration = Duration::from_millis(10);

pub struct Redis {
    child: Child,
    port: u16,
}

impl Redis {
    /// Starts one on a free port, and waits until it is there.
    pub async fn start() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", ""]);
        command.stdout(Stdio::null()).stdin(Stdio::null());
        let child = command.spawn().expect("redis-server does not start: run ./test");
        let redis = Redis { child, port };
        let (mut look, deadline) = (interval(LOOK_EVERY), Instant::now() + PATIENCE);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "Redis is not there");
            look.tick().await;
        }
        redis
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// As a power cut would.
    pub fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}
