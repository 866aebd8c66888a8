//! Login sessions: opened by a password, kept alive by refresh tokens, ended by whoever may.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    account::{Role, User, change::Ended},
    id::{SessionId, UserId},
    words::words,
};

mod device;

pub use self::device::Device;

/// How long a session lives without a refresh.
pub const SESSION_DAYS: i64 = 30;
/// How many sessions a user may have at once, which is more than anybody has devices. One more ends
/// the one that has not been seen for longest.
pub const SESSIONS_MAX: i64 = 50;
/// How long an ended session is kept: from where somebody came before, so that a new device is
/// told from an old one.
pub const KEPT_DAYS: i64 = 90;
/// How long after a refresh token was spent a second, parallel refresh is still served.
pub const REFRESH_GRACE_SECONDS: i64 = 10;

/// A login session. It stands as long as `revoked_at` is empty and `expires_at` ahead.
#[derive(Debug, Clone)]
pub struct Session {
    pub id: SessionId,
    pub user: UserId,
    pub role: Role,
    pub expires_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A session that stands, as its user sees it in the list of them.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = OpenSession)]
pub struct Listed {
    pub id: SessionId,
    /// What it was opened with, such as `Firefox on Linux`.
    pub device: String,
    /// From where, as far as that is known.
    pub address: Option<String>,
    pub created_at: DateTime<Utc>,
    /// When its tokens were last refreshed.
    pub last_seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// Whether it is the session that asks.
    pub current: bool,
}

words! {
    /// Why a session ended before its time.
    #[schema(as = SessionEnd)]
    Reason {
        LoggedOut = "logged_out",
        /// Its user ended it from another session.
        Revoked = "revoked",
        /// A refresh token came back that was spent long ago.
        Reused = "reused",
        PasswordChanged = "password_changed",
        PasswordReset = "password_reset",
        Suspended = "suspended",
        RoleChanged = "role_changed",
        AccountDeleted = "account_deleted",
        /// By somebody who runs the shop.
        Admin = "admin",
        /// There were more than [`SESSIONS_MAX`].
        Crowded = "crowded",
    }
}

/// Which of a user's sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    One(SessionId),
    AllBut(SessionId),
    All,
}

/// SHA-256 of a refresh token, in hex: all that the store knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshHash(pub String);

/// A session to be opened.
#[derive(Debug, Clone)]
pub struct OpenSession {
    pub id: SessionId,
    pub user: UserId,
    pub refresh: RefreshHash,
    pub device: Device,
}

/// What came of a [`LogIn`].
#[derive(Debug, Clone)]
pub struct LoggedIn {
    pub user: User,
    /// The sessions that were too many.
    pub ended: Ended,
    /// Whether a suspension had just run out.
    pub was_suspended: bool,
}

/// Opens a session for somebody who has shown a password.
///
/// `Stale` where the hash is no longer the one that was shown to be right, `Unauthenticated` where
/// the account is deleted, and `Forbidden` with `account_suspended` where it is suspended.
#[derive(Clone)]
pub struct LogIn {
    pub session: OpenSession,
    /// The hash of the password that was shown.
    pub shown: String,
    /// The same password hashed as new ones are, where `shown` is weaker.
    pub rehashed: Option<String>,
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
    Renewed { session: SessionId, user: Box<User> },
    /// A token spent long ago came back: somebody has copied it, so the session has ended.
    Reused { session: SessionId },
    /// No such token, or its session has ended.
    Unknown,
}

/// Ends a session: a log-out. Ending it twice is no error.
#[derive(Debug, Clone)]
pub struct Revoke {
    pub session: SessionId,
}

/// Ends sessions of a user; to end what has ended is no error.
#[derive(Debug, Clone)]
pub struct EndSessions {
    pub user: UserId,
    pub which: Which,
    pub reason: Reason,
}

/// Forgets sessions that ended more than [`KEPT_DAYS`] ago and spent tokens that nobody can be
/// fooled with any more, some at a time; what comes of it is how many rows.
#[derive(Debug, Clone, Copy)]
pub struct Prune;
