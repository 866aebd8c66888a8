//! Somebody who talks to the shop over HTTP, as any program would.

use std::{cell::RefCell, rc::Rc, time::Duration};

use awc::{
    Connector,
    http::{Method, header::HeaderMap},
};
use serde_json::Value;

use super::{PATIENCE, socket::Socket};

/// What every path is below of, unless it begins with it.
const API: &str = "/api/v1";
/// More than any test opens at once.
const CONNECTIONS_MAX: usize = 512;
/// Shorter than the server's, so that no request is sent on a connection that is being closed.
const KEEP_ALIVE: Duration = Duration::from_secs(2);
const ANSWER_BYTES_MAX: usize = 16 << 20;

pub fn http() -> awc::Client {
    let connector = Connector::new().limit(CONNECTIONS_MAX).conn_keep_alive(KEEP_ALIVE);
    awc::Client::builder().connector(connector).timeout(PATIENCE).disable_redirects().finish()
}

#[derive(Clone)]
pub struct Client {
    http: awc::Client,
    address: Rc<RefCell<String>>,
    headers: Vec<(&'static str, String)>,
    /// What a log-in answered; null where there was none.
    pub session: Value,
}

impl Client {
    pub fn new(http: awc::Client, address: Rc<RefCell<String>>) -> Self {
        Client { http, address, headers: Vec::new(), session: Value::Null }
    }

    /// The same, with the tokens of a session.
    pub fn signed_in(mut self, session: Value) -> Self {
        let token = format!("Bearer {}", session["access_token"].as_str().unwrap());
        self.session = session;
        self.with("Authorization", &token)
    }

    /// The same, with a header on each request.
    pub fn with(&self, name: &'static str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.retain(|(known, _)| *known != name);
        other.headers.push((name, value.to_owned()));
        other
    }

    /// The same, with an idempotency key.
    pub fn once(&self, key: &str) -> Self {
        self.with("Idempotency-Key", key)
    }

    /// The same person on a connection of their own, as on another device.
    pub fn on_another_device(&self) -> Self {
        Client { http: http(), ..self.clone() }
    }

    /// The same person at another node.
    pub fn at(&self, address: &str) -> Self {
        Client { address: Rc::new(RefCell::new(address.to_owned())), ..self.clone() }
    }

    pub fn user_id(&self) -> &str {
        self.session["user"]["id"].as_str().expect("somebody with an account")
    }

    pub fn access_token(&self) -> &str {
        self.session["access_token"].as_str().expect("somebody with an account")
    }

    pub fn cart_token(&self) -> &str {
        let held = self.headers.iter().find(|(name, _)| *name == "X-Cart-Token");
        &held.expect("a guest with a cart").1
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// A `body` of null is none.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let body = body.filter(|body| !body.is_null()).map(|body| body.to_string());
        let body = body.as_ref().map(|body| ("application/json", body.as_bytes()));
        let answer = self.attempt(method.clone(), path, body).await;
        answer.unwrap_or_else(|err| panic!("{method} {path}: {err}"))
    }

    /// Sends bytes that need not be JSON; an error where no answer came.
    pub async fn attempt(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, &[u8])>,
    ) -> Result<Answer, String> {
        let base = if path.starts_with(API) || !is_of_the_api(path) { "" } else { API };
        let url = format!("http://{}{base}{path}", self.address.borrow());
        let mut request = self.http.request(method, url);
        for (name, value) in &self.headers {
            request = request.insert_header((*name, value.as_str()));
        }
        let sent = match body {
            Some((kind, bytes)) => request.content_type(kind).send_body(bytes.to_vec()).await,
            None => request.send().await,
        };
        let mut answer = sent.map_err(|err| err.to_string())?;
        let bytes = answer.body().limit(ANSWER_BYTES_MAX).await.map_err(|err| err.to_string())?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            bytes: bytes.to_vec(),
            body: serde_json::from_str(&text).unwrap_or(Value::Null), // Not all of it is JSON.
            text,
        })
    }

    /// A socket that is opened with the headers of this client.
    pub async fn socket(&self) -> Socket {
        self.socket_at("").await.expect("a socket")
    }

    /// The same with a query, such as `?ticket=…`; an error is the status that was answered.
    pub async fn socket_at(&self, query: &str) -> Result<Socket, u16> {
        let address = self.address.borrow().clone();
        Socket::open(&address, query, &self.headers).await
    }

    /// The same where the server may be gone: then there is none.
    pub async fn try_socket(&self) -> Option<Socket> {
        let address = self.address.borrow().clone();
        Socket::attempt(&address, "", &self.headers).await.ok()
    }

    /// A socket that follows `topic` from its first event on.
    pub async fn follow(&self, topic: &str) -> Socket {
        let mut socket = self.socket().await;
        socket.follow(topic).await;
        socket
    }
}

/// Operations and pages live at the root.
fn is_of_the_api(path: &str) -> bool {
    let at_the_root = ["/api/", "/healthz", "/readyz", "/metrics"];
    let pages = ["/confirm", "/reset", "/link.", "/p/", "/o/", "/storefront/", "/admin/files/"];
    !["/", "/admin"].contains(&path)
        && !at_the_root.iter().chain(&pages).any(|root| path.starts_with(root))
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// The body as it came.
    pub bytes: Vec<u8>,
    /// The same as text.
    pub text: String,
    /// The same as JSON; null where it is none.
    pub body: Value,
}

impl Answer {
    /// The body of an answer that must have this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.body
    }

    /// The problem document of an answer that must be one, with this status and code.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> &Value {
        let said = (self.status, self.body["code"].as_str());
        assert_eq!(said, (status, Some(code)), "{}", self.text);
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(self.body["status"], status);
        assert_eq!(self.header("x-request-id"), self.body["request_id"].as_str());
        &self.body
    }

    /// The same for input that breaks a rule, where exactly these fields must be named.
    #[track_caller]
    pub fn invalid(&self, fields: &[&str]) {
        let errors = self.refused(400, "invalid")["errors"].as_array().unwrap();
        let named: Vec<&str> = errors.iter().map(|it| it["field"].as_str().unwrap()).collect();
        assert_eq!(named, fields, "{}", self.text);
        assert!(errors.iter().all(|it| it["code"].is_string() && it["message"].is_string()));
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn is_replayed(&self) -> bool {
        self.header("idempotent-replayed") == Some("true")
    }
}
