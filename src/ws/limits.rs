//! How much a connection may do and hold, and how long it may take.

use std::time::Duration;

/// What a connection may do and how long it may take; all of it per connection, but where it says.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How often the server pings.
    pub ping_every: Duration,
    /// How long after a ping something must have been heard.
    pub pong_within: Duration,
    /// How long a client may take to authenticate or to subscribe.
    pub admit_within: Duration,
    /// How long a client may take to leave after it was told to, before its socket is shut down.
    pub close_within: Duration,
    /// How many bytes a message of the client may have, in one frame or in several.
    pub message_bytes_max: usize,
    /// How many bytes may wait for the client.
    pub queue_bytes_max: usize,
    /// How many bytes may wait for all clients of a node together.
    pub queues_bytes_max: usize,
    /// How many frames it may send in a second.
    pub frames_per_second: u32,
    /// How many frames it may send at once.
    pub frames_burst: u32,
    /// How many topics it may follow.
    pub subscriptions_max: usize,
    /// How many sockets an address may have on a node: an office behind one address has fewer, and
    /// one client alone can't take them all. The loopback isn't counted.
    pub per_address_max: usize,
    /// Over how long a time clients come back that were sent away by a shutdown.
    pub reconnect_over: Duration,
    /// How often a hub looks at its connections.
    pub look_every: Duration,
}

impl Limits {
    /// How long it takes at most until a client that is not there any more was asked whether it is,
    /// told to leave, and cut.
    pub fn silence_max(&self) -> Duration {
        let looks = self.look_every.saturating_mul(3);
        [self.ping_every, self.pong_within, self.close_within]
            .into_iter()
            .fold(looks, Duration::saturating_add)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            ping_every: Duration::from_secs(25),
            pong_within: Duration::from_secs(10),
            admit_within: Duration::from_secs(10),
            close_within: Duration::from_secs(5),
            message_bytes_max: 64 * 1024,
            queue_bytes_max: 1024 * 1024,
            queues_bytes_max: 256 * 1024 * 1024,
            frames_per_second: 50,
            frames_burst: 100,
            subscriptions_max: 64,
            per_address_max: 1_000,
            reconnect_over: Duration::from_secs(5),
            look_every: Duration::from_millis(500),
        }
    }
}
