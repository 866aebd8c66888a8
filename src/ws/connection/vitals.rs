//! Whether a connection goes on: all that ends it by the passing of time.
//!
//! The hub looks at it, not the connection's own actor: that one stands still while its client
//! does not read.

use std::time::{Duration, Instant};

use crate::{
    cache::revoked::Revoked,
    domain::id::SessionId,
    ws::{Limits, protocol::close::Close},
};

/// The times of one connection.
#[derive(Debug)]
pub struct Vitals {
    opened: Instant,
    /// When the client last said anything.
    heard: Instant,
    pinged: Option<Instant>,
    /// Whether it has authenticated or followed something.
    is_admitted: bool,
    /// Whether it has asked to follow something and was not answered yet: then it is we who are late.
    is_waiting: bool,
    /// The login session, and when the token that named it expires.
    session: Option<(SessionId, Instant)>,
    /// When the last word was said to it.
    closed: Option<Instant>,
}

/// What is to be done about a connection now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    Nothing,
    Ping,
    Close(Close),
    /// It was told to go and is still there.
    Cut,
}

impl Vitals {
    pub fn new(now: Instant) -> Self {
        Vitals {
            opened: now,
            heard: now,
            pinged: None,
            is_admitted: false,
            is_waiting: false,
            session: None,
            closed: None,
        }
    }

    pub fn heard(&mut self, now: Instant) {
        self.heard = now;
    }

    pub fn admitted(&mut self) {
        self.is_admitted = true;
    }

    pub fn waits(&mut self, is_waiting: bool) {
        self.is_waiting = is_waiting;
    }

    pub fn identified(&mut self, session: SessionId, expires: Instant) {
        self.is_admitted = true;
        self.session = Some((session, expires));
    }

    pub fn closed(&mut self, now: Instant) {
        self.closed.get_or_insert(now);
    }

    /// What is due at `now`; a ping that is due is taken for sent.
    pub fn check(&mut self, now: Instant, limits: &Limits, revoked: &Revoked) -> Due {
        let passed =
            |since: Instant, limit: Duration| now.saturating_duration_since(since) >= limit;
        if let Some(closed) = self.closed {
            return if passed(closed, limits.close_within) { Due::Cut } else { Due::Nothing };
        }
        if let Some((session, expires)) = self.session {
            if revoked.contains(session) {
                return Due::Close(Close::Revoked);
            }
            if now >= expires {
                return Due::Close(Close::Expired);
            }
        }
        let is_idle = !self.is_admitted && !self.is_waiting;
        if is_idle && passed(self.opened, limits.admit_within) {
            return Due::Close(Close::Idle);
        }
        let unanswered = self.pinged.filter(|pinged| self.heard < *pinged);
        if unanswered.is_some_and(|pinged| passed(pinged, limits.pong_within)) {
            return Due::Close(Close::NoPong);
        }
        if unanswered.is_none() && passed(self.pinged.unwrap_or(self.opened), limits.ping_every) {
            self.pinged = Some(now);
            return Due::Ping;
        }
        Due::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A connection of seconds, looked at by a hub that knows nothing of revocations.
    struct Watched(Vitals, Instant, Limits, Revoked);

    impl Watched {
        fn new() -> Self {
            let start = Instant::now();
            let second = Duration::from_secs;
            let limits = Limits {
                ping_every: second(25),
                pong_within: second(10),
                admit_within: second(10),
                close_within: second(5),
                ..Limits::default()
            };
            Watched(Vitals::new(start), start, limits, Revoked::default())
        }

        fn at(&self, seconds: u64) -> Instant {
            self.1 + Duration::from_secs(seconds)
        }

        fn due(&mut self, seconds: u64) -> Due {
            let now = self.at(seconds);
            self.0.check(now, &self.2, &self.3)
        }
    }

    #[test]
    fn who_neither_authenticates_nor_subscribes_has_ten_seconds() {
        let mut idle = Watched::new();
        assert_eq!(idle.due(9), Due::Nothing);
        assert_eq!(idle.due(10), Due::Close(Close::Idle));

        let mut waiting = Watched::new();
        waiting.0.waits(true);
        assert_eq!(waiting.due(10), Due::Nothing);
        waiting.0.waits(false);
        assert_eq!(waiting.due(11), Due::Close(Close::Idle));

        let mut admitted = Watched::new();
        admitted.0.admitted();
        assert_eq!(admitted.due(10), Due::Nothing);
    }

    #[test]
    fn a_client_is_pinged_and_has_ten_seconds_to_be_heard() {
        let mut client = Watched::new();
        client.0.admitted();
        assert_eq!((client.due(24), client.due(25)), (Due::Nothing, Due::Ping));
        assert_eq!(client.due(34), Due::Nothing);
        client.0.heard(client.at(34));
        assert_eq!((client.due(35), client.due(49)), (Due::Nothing, Due::Nothing));

        assert_eq!(client.due(50), Due::Ping);
        assert_eq!((client.due(59), client.due(60)), (Due::Nothing, Due::Close(Close::NoPong)));
    }

    #[test]
    fn a_token_expires_and_a_fresh_one_goes_on() {
        let (mut client, session) = (Watched::new(), SessionId::new());
        client.0.identified(session, client.at(15));
        assert_eq!(client.due(14), Due::Nothing);
        client.0.identified(session, client.at(20));
        assert_eq!(client.due(15), Due::Nothing);
        assert_eq!(client.due(20), Due::Close(Close::Expired));
    }

    #[test]
    fn an_ended_session_ends_its_sockets() {
        let (mut client, session) = (Watched::new(), SessionId::new());
        client.0.identified(session, client.at(900));
        assert_eq!(client.due(1), Due::Nothing);
        client.3.insert(session);
        assert_eq!(client.due(2), Due::Close(Close::Revoked));
    }

    #[test]
    fn whoever_does_not_go_is_cut() {
        let mut client = Watched::new();
        client.0.closed(client.at(30));
        client.0.closed(client.at(33));
        assert_eq!((client.due(34), client.due(35)), (Due::Nothing, Due::Cut));
    }
}
