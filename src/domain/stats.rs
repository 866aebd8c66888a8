//! How the shop is doing at this moment, for those who run it.
//!
//! What is counted of a day is read once and then kept current by what happens, so that nobody counts
//! a day's orders each second.

use chrono::{DateTime, NaiveTime, Utc};
use serde::Serialize;

use super::{
    event::{Event, Kind, Published},
    money::Money,
};

/// What the topic `admin:stats` tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// From when on orders and revenue are counted: the last midnight, in UTC.
    pub since: DateTime<Utc>,
    /// Orders that were placed, whatever became of them.
    pub orders: i64,
    /// What was taken less what was given back.
    pub revenue: Money,
    /// Carts with something in them.
    pub carts: i64,
    /// Those of them whose units are held.
    pub carts_held: i64,
    /// Sockets that are open at the node that tells this.
    pub sockets: i64,
    /// Requests of the last minute in which that node was at fault.
    pub errors: u64,
    /// What that node is called.
    pub node: String,
}

/// What was counted of carts at some moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Carts {
    pub filled: i64,
    pub held: i64,
}

/// What has happened since midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Today {
    pub since: DateTime<Utc>,
    /// Everything up to this place of the feed is counted.
    pub head: i64,
    pub orders: i64,
    /// In minor units of the shop's currency.
    pub revenue: i64,
}

/// What an event adds to a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    Order,
    /// Minor units: negative where they were given back.
    Money(i64),
}

/// The midnight before `now`, in UTC.
pub fn midnight(now: DateTime<Utc>) -> DateTime<Utc> {
    now.date_naive().and_time(NaiveTime::MIN).and_utc()
}

impl Counted {
    /// What `event` adds, if anything.
    pub fn of(event: &Event) -> Option<Self> {
        let amount = || {
            let amount = event.data.get("amount")?.get("amount")?;
            amount.as_i64() // What a later version says may be something else.
        };
        if event.kind == Kind::OrderPlaced {
            Some(Counted::Order)
        } else if event.kind == Kind::PaymentCaptured {
            amount().map(Counted::Money)
        } else if event.kind == Kind::PaymentRefunded {
            amount().map(|amount| Counted::Money(amount.saturating_neg()))
        } else {
            None
        }
    }
}

impl Today {
    /// Goes on by an event of the feed; one that is counted already, or is of another day, changes
    /// nothing.
    pub fn heard(&mut self, Published { sequence, event, .. }: &Published) {
        if *sequence <= self.head {
            return;
        }
        self.head = *sequence;
        if event.at < self.since {
            return;
        }
        match Counted::of(event) {
            Some(Counted::Order) => self.orders = self.orders.saturating_add(1),
            Some(Counted::Money(amount)) => self.revenue = self.revenue.saturating_add(amount),
            None => {}
        }
    }

    /// Whether `now` is of the same day.
    pub fn is_of(&self, now: DateTime<Utc>) -> bool {
        self.since == midnight(now)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::id::EventId;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn happened(sequence: i64, kind: Kind, at: DateTime<Utc>, data: Value) -> Published {
        let event =
            Event { id: EventId::new(), order: None, user: None, kind, at, data: data.into() };
        Published { sequence, user_sequence: None, event }
    }

    fn money(amount: i64) -> Value {
        json!({ "amount": { "amount": amount, "currency": "EUR" } })
    }

    #[test]
    fn a_day_counts_what_comes_after_its_head_once() {
        let (since, noon) = (at("2026-11-21T00:00:00Z"), at("2026-11-21T12:00:00Z"));
        let mut today = Today { since, head: 7, orders: 3, revenue: 500 };
        for published in [
            happened(7, Kind::OrderPlaced, noon, json!({})),
            happened(8, Kind::OrderPlaced, noon, json!({})),
            happened(9, Kind::PaymentCaptured, noon, money(1_000)),
            happened(9, Kind::PaymentCaptured, noon, money(1_000)),
            happened(10, Kind::PaymentAuthorized, noon, money(1_000)),
            happened(11, Kind::PaymentRefunded, noon, money(300)),
            happened(12, Kind::PaymentRefunded, noon, json!({ "amount": "all" })),
            happened(13, Kind::OrderPlaced, at("2026-11-20T23:59:59Z"), json!({})),
        ] {
            today.heard(&published);
        }
        assert_eq!(today, Today { since, head: 13, orders: 4, revenue: 1_200 });
    }

    #[test]
    fn a_day_begins_at_midnight_and_is_over_at_the_next() {
        let since = midnight(at("2026-11-21T23:59:59.999Z"));
        assert_eq!(since, at("2026-11-21T00:00:00Z"));
        let today = Today { since, head: 0, orders: 0, revenue: 0 };
        assert!(today.is_of(since) && !today.is_of(at("2026-11-22T00:00:00Z")));
    }
}
