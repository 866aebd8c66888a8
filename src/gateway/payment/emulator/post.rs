//! The emulator's webhooks: sent by HTTP to the shop itself, off the path of any request.
//!
//! They are hints, and may be lost: what nobody tells of is looked up. So the queue is bounded, and
//! what doesn't fit is dropped.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, stream::FuturesUnordered};
use serde_json::json;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{Charge, SIGNATURE_HEADER, State, signature};

/// How many wait to be taken up, and how many more for their time, a connection or another try.
const QUEUE_MAX: usize = 4096;
const OPEN_MAX: usize = 8192;
/// How many are on their way at once.
const CONNECTIONS_MAX: usize = 16;
/// How long one may take.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// How long to wait before each further try.
const AGAIN_AFTER: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_millis(2500)];

/// A message to the shop.
#[derive(Debug)]
pub struct Letter {
    body: String,
    /// Not before.
    at: Option<Instant>,
}

impl Letter {
    /// Tells that `charge` stands, or will stand `at` a time, like that.
    pub fn of(charge: &Charge, state: &State, at: Option<Instant>) -> Self {
        let kind = match state {
            State::Pending { .. } => "charge.pending",
            State::Authorized { .. } => "charge.authorized",
            State::Captured { .. } => "charge.captured",
            State::Voided { .. } => "charge.voided",
            State::Declined { .. } => "charge.declined",
        };
        let id = format!("evt_{}", Uuid::now_v7().simple());
        let (payment, charge) = (charge.payment, &charge.key);
        let body = json!({ "id": id, "type": kind, "payment_id": payment, "charge": charge });
        Letter { body: body.to_string(), at }
    }
}

/// Where the emulator leaves its letters.
#[derive(Debug, Clone)]
pub struct Outbox(mpsc::Sender<Letter>);

/// The other end of an [`Outbox`].
#[derive(Debug)]
pub struct Letters(mpsc::Receiver<Letter>);

pub fn outbox() -> (Outbox, Letters) {
    let (sender, receiver) = mpsc::channel(QUEUE_MAX);
    (Outbox(sender), Letters(receiver))
}

impl Outbox {
    /// Leaves a letter, or drops it where there are too many.
    pub fn send(&self, letter: Letter) {
        if self.0.try_send(letter).is_err() {
            tracing::debug!("a webhook of the payment emulator was dropped");
        }
    }
}

/// Where the letters go, and how they are signed.
pub struct Address {
    pub url: String,
    pub secret: String,
    pub clock: fn() -> DateTime<Utc>,
}

/// Delivers letters until nobody can write any more. It keeps its connections.
pub async fn deliver(Letters(mut letters): Letters, address: Address) {
    let connector = awc::Connector::new().limit(CONNECTIONS_MAX);
    let client = awc::Client::builder().connector(connector).timeout(ANSWER_MAX).finish();
    let mut open = FuturesUnordered::new();
    loop {
        tokio::select! {
            Some(letter) = letters.recv(), if open.len() < OPEN_MAX => {
                open.push(send(&client, &address, letter));
            }
            Some(()) = open.next() => {}
            else => return,
        }
    }
}

async fn send(client: &awc::Client, address: &Address, letter: Letter) {
    if let Some(at) = letter.at {
        tokio::time::sleep_until(at.into()).await;
    }
    let mut waits = AGAIN_AFTER.iter();
    while !is_taken(client, address, &letter.body).await {
        let Some(wait) = waits.next() else {
            tracing::debug!("a webhook of the payment emulator was not taken");
            return;
        };
        tokio::time::sleep(*wait).await;
    }
}

async fn is_taken(client: &awc::Client, address: &Address, body: &str) -> bool {
    let now = (address.clock)();
    let signature = signature::sign(address.secret.as_bytes(), body.as_bytes(), now);
    let request = client
        .post(&address.url)
        .insert_header((SIGNATURE_HEADER, signature))
        .content_type("application/json");
    let Ok(mut answer) = request.send_body(body.to_owned()).await else { return false };
    // One that is left unread takes its connection with it.
    answer.body().await.is_ok() && answer.status().is_success()
}
