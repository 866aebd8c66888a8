//! Requests of the tour: each is printed with its answer.

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use awc::http::{Method, StatusCode};
use serde_json::Value;

use super::{
    super::Failure,
    journal::Journal,
    look::{self, Row, Way, Who},
};

/// What every path below is below of.
pub const API: &str = "/api/v1";
/// The largest answer that is read.
const BODY_BYTES_MAX: usize = 16 << 20;

pub struct Client {
    client: awc::Client,
    base: String,
    journal: Rc<Journal>,
}

/// A request as somebody with a token, or without one, makes it.
pub struct Request<'a> {
    pub who: Who,
    pub method: Method,
    /// Below [`API`].
    pub path: &'a str,
    pub token: Option<&'a str>,
    pub idempotency_key: Option<&'a str>,
    pub body: Option<Value>,
}

impl<'a> Request<'a> {
    pub fn get(who: Who, path: &'a str) -> Self {
        Request { who, method: Method::GET, path, token: None, idempotency_key: None, body: None }
    }

    pub fn post(who: Who, path: &'a str, body: Value) -> Self {
        Request { method: Method::POST, body: Some(body), ..Request::get(who, path) }
    }

    pub fn by(self, token: &'a str) -> Self {
        Request { token: Some(token), ..self }
    }

    /// With a key under which the same request may be sent again.
    pub fn once(self, key: &'a str) -> Self {
        Request { idempotency_key: Some(key), ..self }
    }
}

impl Client {
    /// A client of the server at `base`; each request may take as long as `patience`.
    pub fn new(base: &str, journal: Rc<Journal>, patience: Duration) -> Self {
        let client = awc::Client::builder().timeout(patience).disable_redirects().finish();
        Client { client, base: base.to_owned(), journal }
    }

    /// The answer, if it is a good one; `note` says in a few words what it holds.
    pub async fn send(
        &self,
        request: Request<'_>,
        note: impl FnOnce(&Value) -> String,
    ) -> Result<Value, Failure> {
        let what = format!("{:<4} {}", request.method.as_str(), look::path(request.path));
        let began = Instant::now();
        let (status, body) = self
            .exchange(&request)
            .await
            .map_err(|err| Failure::new(format!("{what} got no answer: {err}")))?;
        let said = if status.is_success() { note(&body) } else { problem(&body) };
        self.journal.row(&Row {
            who: request.who,
            way: Way::Out,
            what: &what,
            mark: status.as_str(),
            took: Some(began.elapsed()),
            note: &said,
        })?;
        if status.is_success() {
            Ok(body)
        } else {
            Err(Failure::new(format!("{what} was answered by {status}: {said}")))
        }
    }

    async fn exchange(
        &self,
        request: &Request<'_>,
    ) -> Result<(StatusCode, Value), Box<dyn std::error::Error>> {
        let url = format!("{}{API}{}", self.base, request.path);
        let mut sent = self.client.request(request.method.clone(), url);
        if let Some(token) = request.token {
            sent = sent.bearer_auth(token);
        }
        if let Some(key) = request.idempotency_key {
            sent = sent.insert_header(("Idempotency-Key", key));
        }
        let answer = match &request.body {
            Some(body) => sent.send_json(body).await,
            None => sent.send().await,
        };
        let mut answer = answer.map_err(|err| err.to_string())?;
        let bytes = answer.body().limit(BODY_BYTES_MAX).await?;
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes)? };
        Ok((answer.status(), body))
    }
}

fn problem(body: &Value) -> String {
    let text = |name| body.get(name).and_then(Value::as_str).unwrap_or_default();
    format!("{} {}", text("code"), text("detail"))
}

/// The text at a JSON pointer of an answer.
pub fn text<'a>(body: &'a Value, pointer: &str) -> Result<&'a str, Failure> {
    let found = body.pointer(pointer).and_then(Value::as_str);
    found.ok_or_else(|| Failure::new(format!("the answer has no {pointer}")))
}

/// The number at a JSON pointer of an answer.
pub fn number(body: &Value, pointer: &str) -> Result<i64, Failure> {
    let found = body.pointer(pointer).and_then(Value::as_i64);
    found.ok_or_else(|| Failure::new(format!("the answer has no {pointer}")))
}

/// The list at a JSON pointer of an answer.
pub fn list<'a>(body: &'a Value, pointer: &str) -> Result<&'a [Value], Failure> {
    let found = body.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice);
    found.ok_or_else(|| Failure::new(format!("the answer has no {pointer}")))
}
