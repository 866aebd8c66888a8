//! Why a request was not served; each edge maps it once to its own wire.

use std::{borrow::Cow, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Any failure of a lower layer, kept for the log.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a request was not served.
///
/// A variant exists because some caller acts differently on it: before adding one, name that caller.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input breaks a rule; the client mends the fields named.
    #[error("the request is invalid")]
    Invalid(Vec<FieldError>),
    /// The request as a whole cannot be served as it was sent.
    #[error("{message}")]
    Rejected { code: &'static str, message: String },
    /// Nobody, or nobody any more, is signed in; `code` says why.
    #[error("sign in first")]
    Unauthenticated { code: &'static str },
    /// It is known who asks, and they may not.
    #[error("{0}")]
    Forbidden(Refusal),
    /// Not there, or not the caller's: the two are told apart nowhere.
    #[error("no such {0}")]
    NotFound(&'static str),
    #[error("{0}")]
    Conflict(Refusal),
    /// What was decided on is no longer what is stored: whoever decided reads again.
    #[error("it has just been changed")]
    Stale,
    /// The client has decided on a version that is no longer the one stored: it reads again.
    #[error("it has been changed since: it is at version {version} now")]
    Outdated { version: i64 },
    #[error("this idempotency key was used for another request")]
    KeyReused,
    /// A limit of this caller's: the client waits that long before it tries again.
    #[error("too many attempts, try again later")]
    TooMany { retry_after: Duration },
    /// Overload or a drain: the same request may be sent again after a second.
    #[error("busy, try again")]
    Busy,
    /// A fault of ours: logged with its source, shown to nobody.
    #[error("internal error while {doing}")]
    Internal { doing: &'static str, source: Cause },
}

/// One field that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// The path of the field in the body, or the name of the parameter.
    pub field: Cow<'static, str>,
    /// A stable word for programs.
    pub code: &'static str,
    /// A sentence for people.
    pub message: Cow<'static, str>,
}

/// A request that is understood and not done. Where the present state forbids it, it is an outcome:
/// kept under its idempotency key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    /// A stable word for programs.
    pub code: Cow<'static, str>,
    /// A sentence for people.
    pub message: String,
    /// What else the client needs to go on, as members of the problem document.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub details: Map<String, Value>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl Refusal {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Refusal { code: Cow::Borrowed(code), message: message.into(), details: Map::new() }
    }

    /// The refusal with one more member for the client.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// What is not allowed in the state that it is in, which is named.
    pub fn transition(what: &str, state: impl std::fmt::Display, step: &str) -> Self {
        let message = format!("this {what} is {state} and cannot {step}");
        Refusal::new("invalid_transition", message).with("state", state.to_string())
    }
}

impl Error {
    /// One field that breaks a rule.
    pub fn invalid(
        field: impl Into<Cow<'static, str>>,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Error::Invalid(vec![FieldError { field: field.into(), code, message: message.into() }])
    }

    /// What somebody's role does not let them do.
    pub fn forbidden() -> Self {
        Error::Forbidden(Refusal::new("forbidden", "this is not yours to do"))
    }

    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Error::Conflict(Refusal::new(code, message))
    }

    /// Wraps a fault of ours; used as `.map_err(Error::internal("reading an order"))`.
    pub fn internal<E: Into<Cause>>(doing: &'static str) -> impl FnOnce(E) -> Error {
        move |source| Error::Internal { doing, source: source.into() }
    }

    /// The stable word that a client program may branch on.
    pub fn code(&self) -> &str {
        match self {
            Error::Invalid(_) => "invalid",
            Error::Rejected { code, .. } | Error::Unauthenticated { code } => code,
            Error::NotFound(_) => "not_found",
            Error::Forbidden(refusal) | Error::Conflict(refusal) => &refusal.code,
            Error::Stale => "stale",
            Error::Outdated { .. } => "stale_version",
            Error::KeyReused => "idempotency_key_reused",
            Error::TooMany { .. } => "too_many_requests",
            Error::Busy => "busy",
            Error::Internal { .. } => "internal",
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Error::Conflict(refusal)
    }
}
