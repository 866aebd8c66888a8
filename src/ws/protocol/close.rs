//! Why the server ends a connection: 3000 to 3499 mean reconnect, 3500 to 3999 mean do not.

use std::borrow::Cow;

use actix_web::web::Bytes;

use super::wire;

/// Why the server ends a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// The process stops; come back after so many milliseconds, another number for each client.
    ShuttingDown { reconnect_in_ms: u64 },
    /// The access token has expired: come back with a fresh one.
    Expired,
    /// More was waiting for the client than may: come back and resume with `since`.
    Slow,
    /// Nothing came from the client, not even an answer to a ping.
    NoPong,
    /// Too many frames in a second, or too many subscriptions.
    TooMany,
    /// A token that is none, or of another user.
    InvalidToken,
    /// What came was no frame of this protocol, or larger than 64 KiB.
    BadFrame,
    /// Neither authenticated nor subscribed in time.
    Idle,
    /// The login session has ended.
    Revoked,
    /// What was followed may not be followed any more.
    NotAllowed,
}

impl Close {
    pub fn code(self) -> u16 {
        match self {
            Close::ShuttingDown { .. } => 3001,
            Close::Expired => 3005,
            Close::Slow => 3008,
            Close::NoPong => 3012,
            Close::TooMany => 3013,
            Close::InvalidToken => 3500,
            Close::BadFrame => 3501,
            Close::Idle => 3502,
            Close::Revoked => 3503,
            Close::NotAllowed => 3507,
        }
    }

    /// For people, but for the first, which is JSON.
    pub fn reason(self) -> Cow<'static, str> {
        match self {
            Close::ShuttingDown { reconnect_in_ms } => {
                Cow::Owned(format!(r#"{{"reconnect_in_ms":{reconnect_in_ms}}}"#))
            }
            Close::Expired => "token expired".into(),
            Close::Slow => "slow".into(),
            Close::NoPong => "no pong".into(),
            Close::TooMany => "too many frames or subscriptions".into(),
            Close::InvalidToken => "invalid token".into(),
            Close::BadFrame => "bad frame".into(),
            Close::Idle => "neither authenticated nor subscribed".into(),
            Close::Revoked => "session revoked".into(),
            Close::NotAllowed => "not allowed".into(),
        }
    }

    pub fn frame(self) -> Bytes {
        wire::close(self.code(), &self.reason())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Close {
        /// One of each.
        pub fn all() -> [Close; 10] {
            [
                Close::ShuttingDown { reconnect_in_ms: 1234 },
                Close::Expired,
                Close::Slow,
                Close::NoPong,
                Close::TooMany,
                Close::InvalidToken,
                Close::BadFrame,
                Close::Idle,
                Close::Revoked,
                Close::NotAllowed,
            ]
        }
    }

    #[test]
    fn the_codes_are_those_of_the_contract() {
        let all = Close::all();
        let codes = all.map(Close::code);
        assert_eq!(codes, [3001, 3005, 3008, 3012, 3013, 3500, 3501, 3502, 3503, 3507]);
        assert!(all.iter().all(|close| close.frame().len() > 4 + 3), "no reason was left out");
    }

    #[test]
    fn a_shutdown_says_when_to_come_back() {
        let reason = Close::ShuttingDown { reconnect_in_ms: 812 }.reason();
        assert_eq!(reason, r#"{"reconnect_in_ms":812}"#);
    }
}
