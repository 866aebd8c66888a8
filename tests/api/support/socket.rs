//! A socket as a client's program holds it.

use std::collections::VecDeque;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        self, Message,
        client::IntoClientRequest,
        http::{HeaderName, HeaderValue},
    },
};

use super::soon;

pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The first frame that came.
    pub welcome: Value,
    /// What came while an answer was waited for.
    waiting: VecDeque<Value>,
    asked: u64,
}

impl Socket {
    /// Opens a socket; an error is the status that was answered instead.
    pub async fn open(
        address: &str,
        query: &str,
        headers: &[(&'static str, String)],
    ) -> Result<Self, u16> {
        let opened = Socket::attempt(address, query, headers).await;
        opened.map_err(|status| status.expect("nobody answers"))
    }

    /// The same where the server may be gone: then the error is none.
    pub async fn attempt(
        address: &str,
        query: &str,
        headers: &[(&'static str, String)],
    ) -> Result<Self, Option<u16>> {
        let url = format!("ws://{address}/api/v1/ws{query}");
        let mut request = url.into_client_request().unwrap();
        let protocol = ("Sec-WebSocket-Protocol", "rialto.v1".to_owned());
        for (name, value) in headers.iter().chain([&protocol]) {
            let name = HeaderName::try_from(*name).unwrap();
            request.headers_mut().insert(name, HeaderValue::try_from(value).unwrap());
        }
        let stream = match soon("a socket", connect_async(request)).await {
            Ok((stream, answer)) => {
                assert_eq!(answer.headers()["sec-websocket-protocol"], "rialto.v1");
                stream
            }
            Err(tungstenite::Error::Http(answer)) => return Err(Some(answer.status().as_u16())),
            Err(_) => return Err(None),
        };
        let (welcome, waiting) = (Value::Null, VecDeque::new());
        let mut socket = Socket { stream, welcome, waiting, asked: 0 };
        socket.welcome = socket.frame().await.map_err(|_| None)?;
        assert_eq!(socket.welcome["op"], "welcome");
        Ok(socket)
    }

    /// Asks, and waits for the answer; pushes that come before it are kept for [`Self::next`].
    pub async fn ask(&mut self, op: &str, request: Value) -> Value {
        self.try_ask(op, request).await.expect("an answer")
    }

    /// The same where the server may be gone: then there is none.
    pub async fn try_ask(&mut self, op: &str, mut request: Value) -> Option<Value> {
        self.asked += 1;
        request["id"] = json!(self.asked);
        request["op"] = json!(op);
        self.stream.send(Message::text(request.to_string())).await.ok()?;
        loop {
            let frame = self.frame().await.ok()?;
            if frame["id"] == self.asked && frame["ok"].is_boolean() {
                return Some(frame);
            }
            self.waiting.push_back(frame);
        }
    }

    /// The code of the refusal of what is asked; the socket stays open.
    pub async fn refused(&mut self, op: &str, request: Value) -> String {
        let answer = self.ask(op, request).await;
        assert_eq!(answer["ok"], false, "{answer}");
        assert!(answer["error"]["message"].is_string() && answer["error"]["retry"].is_boolean());
        answer["error"]["code"].as_str().unwrap().to_owned()
    }

    /// Follows `topic` from its first event on.
    pub async fn follow(&mut self, topic: &str) -> Value {
        let since = json!({ "topic": topic, "since": { "sequence": 0 } });
        let answer = self.ask("subscribe", since).await;
        assert_eq!((&answer["ok"], &answer["recovered"]), (&json!(true), &json!(true)), "{answer}");
        answer
    }

    /// Sends a text as it is.
    pub async fn send(&mut self, text: &str) {
        self.stream.send(Message::text(text)).await.unwrap();
    }

    /// The next push.
    pub async fn next(&mut self) -> Value {
        self.heard().await.expect("a push")
    }

    /// The next push, or none where the server is gone.
    pub async fn heard(&mut self) -> Option<Value> {
        match self.waiting.pop_front() {
            Some(frame) => Some(frame),
            None => self.frame().await.ok(),
        }
    }

    /// All pushes up to the first of this type, and that one.
    pub async fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut seen = Vec::new();
        while seen.last().is_none_or(|push: &Value| push["type"] != kind) {
            seen.push(self.next().await);
        }
        seen
    }

    /// The next `count` pushes.
    pub async fn take(&mut self, count: usize) -> Vec<Value> {
        let mut seen = Vec::new();
        while seen.len() < count {
            seen.push(self.next().await);
        }
        seen
    }

    /// Whether nothing came beside what was asked for.
    pub fn is_silent(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The code and the reason with which the server closes the socket.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            if let Err(closed) = self.frame().await {
                // The server waits for our goodbye.
                while soon("the end", self.stream.next()).await.is_some() {}
                return closed;
            }
        }
    }

    /// Waits for a ping; what else comes before it is dropped.
    pub async fn is_pinged(&mut self) {
        let stream = &mut self.stream;
        soon("a ping", async {
            while !matches!(stream.next().await, Some(Ok(Message::Ping(_)))) {}
        })
        .await;
    }

    /// Closes it from this side.
    pub async fn close(mut self) {
        self.stream.close(None).await.unwrap();
        soon("the end of a socket", async { while self.stream.next().await.is_some() {} }).await;
    }

    /// The next frame, or why there is none. The server's pings are no reason to wait longer.
    async fn frame(&mut self) -> Result<Value, (u16, String)> {
        let stream = &mut self.stream;
        let frame = async {
            loop {
                match stream.next().await {
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    other => return other,
                }
            }
        };
        match soon("a frame", frame).await {
            Some(Ok(Message::Text(text))) => Ok(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Close(Some(close)))) => {
                Err((close.code.into(), close.reason.to_string()))
            }
            other => Err((0, format!("the socket ended without a reason: {other:?}"))),
        }
    }
}
