//! A socket of the tour: what comes on it is printed and kept as it comes.

use std::{rc::Rc, time::Instant};

use actix_web::rt::spawn;
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        self, Message,
        client::IntoClientRequest,
        http::{HeaderValue, header},
        protocol::CloseFrame,
    },
};

use super::{
    super::Failure,
    Tour,
    http::API,
    journal::{Journal, Push, Seen},
    look::{self, Row, Way, Who},
};

/// The version of the protocol that is spoken.
const PROTOCOL: &str = "rialto.v1";

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub struct Socket {
    who: Who,
    sink: SplitSink<Stream, Message>,
    journal: Rc<Journal>,
    /// The number of the last question.
    asked: u64,
}

impl Socket {
    /// Opens a socket as whoever has `token`.
    pub async fn open(tour: &Tour, who: Who, token: &str) -> Result<Self, Failure> {
        let url = format!("{}{API}/ws", tour.base.replacen("http", "ws", 1));
        let failed = |err: &dyn std::fmt::Display| Failure::new(format!("WS /ws: {err}"));
        let mut request = url.into_client_request().map_err(|err| failed(&err))?;
        let bearer =
            HeaderValue::try_from(format!("Bearer {token}")).map_err(|err| failed(&err))?;
        request.headers_mut().insert(header::AUTHORIZATION, bearer);
        let protocol = HeaderValue::from_static(PROTOCOL);
        request.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
        let began = Instant::now();
        let (stream, answer) = connect_async(request).await.map_err(|err| failed(&err))?;
        tour.journal.row(&Row {
            who,
            way: Way::Out,
            what: "GET  /ws",
            mark: answer.status().as_str(),
            took: Some(began.elapsed()),
            note: &format!("a socket that speaks {PROTOCOL}"),
        })?;
        let (sink, stream) = stream.split();
        spawn(listen(who, stream, Rc::clone(&tour.journal)));
        Ok(Socket { who, sink, journal: Rc::clone(&tour.journal), asked: 0 })
    }

    /// Follows `topic`, from its first event where `from_start`, and waits until the server
    /// agrees.
    pub async fn subscribe(
        &mut self,
        tour: &Tour,
        topic: &str,
        from_start: bool,
    ) -> Result<(), Failure> {
        self.asked = self.asked.saturating_add(1);
        let (who, id) = (self.who, self.asked);
        let mut question = json!({ "id": id, "op": "subscribe", "topic": topic });
        if from_start && let Some(question) = question.as_object_mut() {
            question.insert("since".to_owned(), json!({ "sequence": 0 }));
        }
        let what = format!("subscribe {}", look::topic(topic));
        self.journal.row(&Row {
            who,
            way: Way::Out,
            what: &what,
            mark: "",
            took: None,
            note: "",
        })?;
        let sent = self.sink.send(Message::text(question.to_string())).await;
        sent.map_err(|err| Failure::new(format!("{what}: {err}")))?;
        let find = |seen: &Seen| seen.answers.get(&(who, id)).cloned();
        let wanted = format!("the answer to {what}");
        let answer = self.journal.until(&wanted, tour.patience, find).await?;
        if is_yes(&answer) {
            Ok(())
        } else {
            Err(Failure::new(format!("{what} was refused: {}", describe(&answer))))
        }
    }

    /// Says good-bye; whether it is heard no longer matters.
    pub async fn close(mut self) {
        self.sink.close().await.ok();
    }
}

fn is_yes(answer: &Value) -> bool {
    answer.get("ok").and_then(Value::as_bool) == Some(true)
}

/// What the server says of a subscription.
fn describe(answer: &Value) -> String {
    let sequence = answer.get("sequence").and_then(Value::as_i64).unwrap_or_default();
    if let Some(error) = answer.get("error") {
        let text = |name| error.get(name).and_then(Value::as_str).unwrap_or_default();
        return format!("{} {}", text("code"), text("message"));
    }
    match answer.get("recovered").and_then(Value::as_bool) {
        Some(true) => format!("all of it, up to #{sequence}"),
        Some(false) | None => format!("from #{sequence} on"),
    }
}

/// Prints and keeps all that comes, until the socket ends.
async fn listen(who: Who, mut stream: SplitStream<Stream>, journal: Rc<Journal>) {
    let why = loop {
        match stream.next().await {
            Some(Ok(Message::Text(text))) => match serde_json::from_str(text.as_str()) {
                Ok(frame) => {
                    if let Err(err) = take(who, frame, &journal) {
                        break err.to_string();
                    }
                }
                Err(err) => break format!("a frame is no JSON: {err}"),
            },
            Some(Ok(Message::Close(frame))) => break reason(frame.as_ref()),
            Some(Ok(_)) => {} // Pings are answered below us.
            Some(Err(tungstenite::Error::ConnectionClosed)) | None => break "it ended".to_owned(),
            Some(Err(err)) => break err.to_string(),
        }
    };
    journal.closed(who, &why);
}

fn reason(frame: Option<&CloseFrame>) -> String {
    match frame {
        Some(CloseFrame { code, reason }) => format!("{} {reason}", u16::from(*code)),
        None => "without a reason".to_owned(),
    }
}

fn take(who: Who, frame: Value, journal: &Journal) -> std::io::Result<()> {
    if let Some(push) = Push::read(who, &frame).filter(|_| frame.get("ok").is_none()) {
        return journal.push(push);
    }
    if let Some(id) = frame.get("id").and_then(Value::as_u64) {
        let mark = if is_yes(&frame) { "yes" } else { "no" };
        let note = describe(&frame);
        let what =
            frame.get("topic").and_then(Value::as_str).map_or("the answer".into(), look::topic);
        journal.row(&Row { who, way: Way::In, what: &what, mark, took: None, note: &note })?;
        journal.answer(who, id, frame);
        return Ok(());
    }
    let op = frame.get("op").or_else(|| frame.get("type")).and_then(Value::as_str);
    let node = frame.get("node").and_then(Value::as_str).unwrap_or_default();
    let note = if node.is_empty() { String::new() } else { format!("from node {node}") };
    let what = op.unwrap_or("a frame");
    journal.row(&Row { who, way: Way::In, what, mark: "", took: None, note: &note })
}
