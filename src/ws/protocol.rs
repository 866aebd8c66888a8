//! The frames of the socket, one JSON object each. `docs/ws-protocol.md` is this file in prose.
//!
//! Every request carries an `id` of the client's choosing and has exactly one answer, with the same
//! `id`. Pushes come unasked, for each topic that was subscribed to: `bus/frame.rs` spells them.

use std::{borrow::Cow, fmt};

use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, value::RawValue};

use crate::{
    domain::{
        Error,
        event::Kind,
        id::{CartId, ConnectionId, NotificationId, SessionId, UserId},
        topic::{Since, Topic},
    },
    http::{cart::change::Change, error::why, idempotency::IdempotencyKey},
};

mod cart;
pub mod close;
pub mod wire;

/// The subprotocol that a client may offer.
pub const SUBPROTOCOL: &str = "rialto.v1";
/// The longest text that a client may choose as an id.
const ID_BYTES_MAX: usize = 64;
/// The longest token of an order, and name of an epoch; ours are shorter.
const PROOF_BYTES_MAX: usize = 64;

/// What a client asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub id: RequestId,
    pub op: Op,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    Subscribe(Follow),
    Unsubscribe(Topic),
    Ping,
    Auth(Proof),
    ReadNotification(NotificationId),
    ChangeCart(Change, Option<IdempotencyKey>),
}

/// A topic to be followed.
#[derive(Debug, Clone, PartialEq)]
pub struct Follow {
    pub topic: Topic,
    /// Where the client stands already.
    pub since: Option<Since>,
    /// By which a guest holds the order.
    pub order_token: Option<String>,
    pub filter: Option<Filter>,
}

/// By what a client says who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    Access(String),
    Cart(String),
}

/// Which events of the admins' feed are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    pub types: Vec<Kind>,
}

/// What a client calls its request: a number or a short text; `null` where it said none.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct RequestId(Value);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A frame that is no request.
#[derive(Debug)]
pub enum Unread {
    /// It is not of this protocol: the socket closes.
    NoObject,
    /// It is answered, and the socket stays open.
    Refused(RequestId, Error),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubscribeBody {
    topic: String,
    since: Option<SinceBody>,
    order_token: Option<String>,
    filter: Option<Filter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SinceBody {
    epoch: Option<String>,
    sequence: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnsubscribeBody {
    topic: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PingBody {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadBody {
    notification_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthBody {
    token: Option<String>,
    cart_token: Option<String>,
}

/// Reads a frame.
pub fn parse(text: &str) -> Result<Request, Unread> {
    let mut frame: Map<String, Value> = serde_json::from_str(text).map_err(|_| Unread::NoObject)?;
    let id = RequestId::parse(frame.remove("id").unwrap_or(Value::Null));
    let id = id.map_err(|err| Unread::Refused(RequestId(Value::Null), err))?;
    match op(frame) {
        Ok(op) => Ok(Request { id, op }),
        Err(err) => Err(Unread::Refused(id, err)),
    }
}

fn op(mut frame: Map<String, Value>) -> Result<Op, Error> {
    let Some(Value::String(op)) = frame.remove("op") else {
        return Err(invalid("`op` must be there, and a text"));
    };
    match op.as_str() {
        "subscribe" => body::<SubscribeBody>(frame)?.follow().map(Op::Subscribe),
        "unsubscribe" => Ok(Op::Unsubscribe(body::<UnsubscribeBody>(frame)?.topic.parse()?)),
        "ping" => body::<PingBody>(frame).map(|_| Op::Ping),
        "auth" => body::<AuthBody>(frame)?.proof().map(Op::Auth),
        "notification.read" => {
            Ok(Op::ReadNotification(body::<ReadBody>(frame)?.notification_id.parse()?))
        }
        "cart.add" => body::<cart::Add>(frame)?.op(),
        "cart.update" => body::<cart::Update>(frame)?.op(),
        "cart.remove" => body::<cart::Remove>(frame)?.op(),
        _ => Err(Error::Rejected { code: "unknown_op", message: "there is no such `op`".into() }),
    }
}

fn body<'de, T: Deserialize<'de>>(frame: Map<String, Value>) -> Result<T, Error> {
    T::deserialize(Value::Object(frame)).map_err(|err| invalid(err.to_string()))
}

fn invalid(message: impl Into<String>) -> Error {
    Error::Rejected { code: "invalid", message: message.into() }
}

impl RequestId {
    fn parse(id: Value) -> Result<Self, Error> {
        match &id {
            Value::Null | Value::Number(_) => Ok(RequestId(id)),
            Value::String(text) if text.len() <= ID_BYTES_MAX => Ok(RequestId(id)),
            _ => Err(invalid("`id` must be a number, or a text of at most 64 bytes")),
        }
    }
}

impl SubscribeBody {
    fn follow(self) -> Result<Follow, Error> {
        let topic: Topic = self.topic.parse()?;
        if self.order_token.is_some() && !matches!(topic, Topic::Order(_) | Topic::Delivery(_)) {
            return Err(invalid("`order_token` goes with the topic of an order or a delivery"));
        }
        if self.filter.is_some() && topic != Topic::AdminFeed {
            return Err(invalid("`filter` goes with `admin:feed`"));
        }
        if self.since.as_ref().is_some_and(|since| since.sequence < 0) {
            return Err(invalid("a `sequence` is not negative"));
        }
        let epoch = self.since.as_ref().and_then(|since| since.epoch.as_ref());
        let mut proofs = self.order_token.iter().chain(epoch);
        if proofs.any(|text| text.len() > PROOF_BYTES_MAX) {
            return Err(invalid("`order_token` and `epoch` have at most 64 bytes"));
        }
        let since = self.since.map(|it| Since { epoch: it.epoch, sequence: it.sequence });
        Ok(Follow { topic, since, order_token: self.order_token, filter: self.filter })
    }
}

impl AuthBody {
    fn proof(self) -> Result<Proof, Error> {
        match (self.token, self.cart_token) {
            (Some(token), None) => Ok(Proof::Access(token)),
            (None, Some(token)) => Ok(Proof::Cart(token)),
            _ => Err(invalid("`auth` takes one of `token` and `cart_token`")),
        }
    }
}

/// What the server says, but for pushes.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Frame<'a> {
    Welcome {
        op: &'static str,
        connection_id: ConnectionId,
        node: &'a str,
        ping_interval_ms: u64,
        #[serde(flatten)]
        standing: Standing,
    },
    Done {
        id: &'a RequestId,
        ok: bool,
    },
    /// A notification is read; how many are not yet.
    Read {
        id: &'a RequestId,
        ok: bool,
        unread_count: i64,
    },
    /// A cart was changed; the version that it has since.
    Edited {
        id: &'a RequestId,
        ok: bool,
        version: i64,
    },
    Identified {
        id: &'a RequestId,
        ok: bool,
        #[serde(flatten)]
        standing: Standing,
    },
    Following {
        id: &'a RequestId,
        ok: bool,
        topic: String,
        epoch: &'a str,
        /// Whether what was missed follows; absent where nothing was asked for.
        #[serde(skip_serializing_if = "Option::is_none")]
        recovered: Option<bool>,
        /// The last event that had happened.
        sequence: i64,
        #[serde(skip_serializing_if = "Option::is_none")]
        snapshot: Option<&'a RawValue>,
    },
    Refused {
        id: &'a RequestId,
        ok: bool,
        error: Fault<'a>,
    },
    /// Word that is not stored, so it has no sequence.
    Notice {
        topic: String,
        r#type: Kind,
        at: DateTime<Utc>,
        data: Value,
    },
}

/// Whom the server takes the client for, and for how many seconds yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Standing {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cart_id: Option<CartId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<i64>,
}

/// Why a request was not served.
#[derive(Debug, Serialize)]
pub struct Fault<'a> {
    code: &'a str,
    message: Cow<'static, str>,
    /// Whether the same request may be served later.
    retry: bool,
}

impl<'a> Frame<'a> {
    pub fn done(id: &'a RequestId) -> Self {
        Frame::Done { id, ok: true }
    }

    pub fn refused(id: &'a RequestId, err: &'a Error) -> Self {
        Frame::Refused { id, ok: false, error: Fault::of(err) }
    }

    pub fn revoked(session: SessionId, at: DateTime<Utc>) -> Self {
        let data = serde_json::json!({ "session_id": session });
        Frame::Notice { topic: Topic::Me.to_string(), r#type: Kind::SessionRevoked, at, data }
    }

    /// The frame as it goes over the wire.
    pub fn wire(&self) -> Bytes {
        match serde_json::to_string(self) {
            Ok(json) => wire::text(&json),
            Err(err) => {
                tracing::error!(error = %err, "a frame could not be written");
                close::Close::ShuttingDown { reconnect_in_ms: 0 }.frame()
            }
        }
    }
}

impl<'a> Fault<'a> {
    /// The one place where an error of the shop becomes one of the socket.
    fn of(err: &'a Error) -> Self {
        let (retry, message) = match err {
            Error::Stale | Error::Busy | Error::TooMany { .. } => (true, err.to_string().into()),
            Error::Internal { .. } => (true, "something went wrong here".into()),
            Error::Unauthenticated { code } => (false, why(code).into()),
            Error::Invalid(_)
            | Error::Rejected { .. }
            | Error::Forbidden(_)
            | Error::NotFound(_)
            | Error::Conflict(_)
            | Error::Outdated { .. }
            | Error::KeyReused => (false, err.to_string().into()),
        };
        Fault { code: err.code(), message, retry }
    }
}

#[cfg(test)]
mod examples;
#[cfg(test)]
mod tests;
