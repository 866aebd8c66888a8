//! Login sessions: opened by a password, kept alive by refresh tokens, ended by whoever may.

use chrono::{DateTime, Utc};

use super::{
    account::{Role, User},
    id::{SessionId, UserId},
};

/// How long a session lives without a refresh.
pub const SESSION_DAYS: i64 = 30;
/// How long after a refresh token was spent a second, parallel refresh is still served.
pub const REFRESH_GRACE_SECONDS: i64 = 10;

/// Where a session was opened from, as far as the client told.
#[derive(Debug, Clone, Default)]
pub struct Device {
    pub user_agent: Option<String>,
    pub address: Option<String>,
}

/// A login session. It stands as long as `revoked_at` is empty and `expires_at` ahead.
#[derive(Debug, Clone)]
pub struct Session {
    pub id: SessionId,
    pub user: UserId,
    pub role: Role,
    pub expires_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// SHA-256 of a refresh token, in hex: all that the store knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshHash(pub String);

/// Opens a session for somebody who has shown a password.
#[derive(Debug, Clone)]
pub struct OpenSession {
    pub id: SessionId,
    pub user: UserId,
    pub refresh: RefreshHash,
    pub device: Device,
}

/// Spends a refresh token for a new one.
#[derive(Debug, Clone)]
pub struct Refresh {
    pub spent: RefreshHash,
    pub fresh: RefreshHash,
}

/// What came of a [`Refresh`].
#[derive(Debug, Clone)]
pub enum Refreshed {
    /// The session goes on, with its user as they are now.
    Renewed { session: SessionId, user: User },
    /// A token spent long ago came back: somebody has copied it, so the session has ended.
    Reused { session: SessionId },
    /// No such token, or its session has ended.
    Unknown,
}

/// Ends a session; ending it twice is no error.
#[derive(Debug, Clone)]
pub struct Revoke {
    pub session: SessionId,
}
