//! What happened on the tour: printed at once, and kept to be waited for and checked.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    io,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{sync::Notify, time::timeout};

use super::{
    super::{Failure, say},
    look::{Row, Way, Who, minute, money, seconds},
};

pub struct Journal {
    began: Instant,
    seen: RefCell<Seen>,
    changed: Notify,
}

/// All that came on the sockets.
#[derive(Default)]
pub struct Seen {
    pub pushes: Vec<Push>,
    /// By who asked and the number of the question.
    pub answers: BTreeMap<(Who, u64), Value>,
    /// Why a socket is no longer open, and whose it was.
    pub closed: Option<String>,
}

/// An event as a socket brought it.
#[derive(Debug, Clone)]
pub struct Push {
    pub who: Who,
    pub topic: String,
    pub sequence: i64,
    pub kind: String,
    pub data: Value,
}

impl Push {
    /// The event that a frame carries, if it carries one.
    pub fn read(who: Who, frame: &Value) -> Option<Self> {
        let text = |name| frame.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Push {
            who,
            topic: text("topic")?,
            sequence: frame.get("sequence").and_then(Value::as_i64)?,
            kind: text("type")?,
            data: frame.get("data").cloned().unwrap_or_default(),
        })
    }

    /// A few words of what it says.
    fn note(&self) -> String {
        let text = |name| self.data.get(name).and_then(Value::as_str).map(str::to_owned);
        let sum = self.data.get("total").or_else(|| self.data.get("amount")).map(money);
        let said = match self.kind.split_once('.') {
            Some(("order", "placed")) | Some(("payment", _)) => sum,
            Some(("delivery", "created")) => {
                text("eta").map(|eta| format!("expected {}", minute(&eta)))
            }
            Some(("delivery", _)) => text("tracking_number"),
            Some(("order", _)) => text("status"),
            Some(_) | None => None,
        };
        // Of many orders at once, the feed must say of which.
        let of = if self.topic == "admin:feed" { text("number") } else { None };
        [of, said].into_iter().flatten().collect::<Vec<_>>().join("  ")
    }
}

impl Journal {
    pub fn start() -> Self {
        Journal { began: Instant::now(), seen: RefCell::default(), changed: Notify::new() }
    }

    /// Prints a line of its own, with an empty one before it.
    pub fn title(&self, text: &str) -> io::Result<()> {
        say(format!("\n{text}"))
    }

    pub fn row(&self, row: &Row<'_>) -> io::Result<()> {
        say(row.at(self.began.elapsed()))
    }

    /// How long the tour has been going on, in seconds.
    pub fn elapsed(&self) -> String {
        seconds(self.began.elapsed())
    }

    /// Prints and keeps an event.
    pub fn push(&self, push: Push) -> io::Result<()> {
        let label = push.topic.split(':').next_back().filter(|_| push.topic == "admin:feed");
        let label = label.or_else(|| push.topic.split(':').next()).unwrap_or_default();
        self.row(&Row {
            who: push.who,
            way: Way::In,
            what: &format!("{label:<5} {}", push.kind),
            mark: &format!("#{}", push.sequence),
            took: None,
            note: &push.note(),
        })?;
        self.keep(|seen| seen.pushes.push(push));
        Ok(())
    }

    pub fn answer(&self, who: Who, id: u64, body: Value) {
        self.keep(|seen| {
            seen.answers.insert((who, id), body);
        });
    }

    /// A socket has ended; whoever waits for something on it need not wait on.
    pub fn closed(&self, who: Who, why: &str) {
        self.keep(|seen| seen.closed = Some(format!("the {who}'s socket has closed: {why}")));
    }

    fn keep(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.seen.borrow_mut());
        self.changed.notify_waiters();
    }

    /// What `find` finds in all that came, as soon as it does, but no later than after
    /// `patience`; `what` names it for the failure.
    pub async fn until<T>(
        &self,
        what: &str,
        patience: Duration,
        find: impl Fn(&Seen) -> Option<T>,
    ) -> Result<T, Failure> {
        let late = Instant::now() + patience;
        loop {
            let changed = self.changed.notified();
            if let Some(found) = self.look(&find) {
                return Ok(found);
            }
            if let Some(why) = self.look(|seen| seen.closed.clone()) {
                return Err(Failure::new(format!("{what} did not come: {why}")));
            }
            let left = late.saturating_duration_since(Instant::now());
            if timeout(left, changed).await.is_err() {
                let waited = patience.as_secs();
                return Err(Failure::new(format!("{what} did not come within {waited} seconds")));
            }
        }
    }

    /// What `find` finds in all that came so far.
    pub fn look<T>(&self, find: impl FnOnce(&Seen) -> T) -> T {
        find(&self.seen.borrow())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[actix_web::test]
    async fn what_does_not_come_is_named() {
        let journal = Journal::start();

        let failed = journal.until("order.paid", Duration::ZERO, |_| None::<()>).await;

        assert!(failed.unwrap_err().to_string().starts_with("order.paid did not come within"));
    }

    #[actix_web::test]
    async fn a_socket_that_closes_ends_the_wait_for_it() {
        let journal = Journal::start();
        journal.closed(Who::Admin, "3001");

        let failed = journal.until("order.paid", Duration::from_secs(60), |_| None::<()>).await;

        assert!(failed.unwrap_err().to_string().contains("the admin's socket has closed: 3001"));
    }

    #[actix_web::test]
    async fn what_came_already_is_not_waited_for() {
        let journal = Journal::start();
        journal.answer(Who::Shopper, 1, json!({ "ok": true }));

        let answer = |seen: &Seen| seen.answers.get(&(Who::Shopper, 1)).cloned();

        assert!(journal.until("the answer", Duration::ZERO, answer).await.is_ok());
    }
}
