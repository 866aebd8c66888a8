//! How the tour looks: its columns, and values in a few letters.

use std::{fmt, time::Duration};

use serde_json::Value;

/// Who does or sees something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    Shopper,
    Admin,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Who::Shopper => "shopper",
            Who::Admin => "admin",
        })
    }
}

/// Which way it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the server.
    Out,
    /// From it.
    In,
}

/// A line of the tour.
pub struct Row<'a> {
    pub who: Who,
    pub way: Way,
    /// A request, or a topic and the kind of its event.
    pub what: &'a str,
    /// A status, or a sequence.
    pub mark: &'a str,
    pub took: Option<Duration>,
    pub note: &'a str,
}

/// The width of `what`, the widest column, in characters.
const WHAT: usize = 37;
const NOTE: usize = 40;
/// The width of text that runs on.
const LINE: usize = 96;

impl Row<'_> {
    /// The line as it is printed `elapsed` after the beginning.
    pub fn at(&self, elapsed: Duration) -> String {
        let Row { who, mark, .. } = self;
        let arrow = if self.way == Way::Out { '▸' } else { '◂' };
        let took = self.took.map(|took| format!("{} ms", took.as_millis())).unwrap_or_default();
        let (what, note) = (cut(self.what, WHAT), cut(self.note, NOTE));
        let elapsed = seconds(elapsed);
        let line =
            format!("{elapsed:>6}  {who:<7} {arrow} {what:<WHAT$} {mark:>5} {took:>7}  {note}");
        line.trim_end().to_owned()
    }
}

/// With two digits after the point.
pub fn seconds(time: Duration) -> String {
    format!("{}.{:02}", time.as_secs(), time.subsec_millis() / 10)
}

/// The first `width` characters of `text`; where some are left out the last one says so.
pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// A path, with the ends alone of the ids in it: their beginnings, the time, are all alike.
pub fn path(path: &str) -> String {
    let segments = path.split('/').map(|segment| match uuid::Uuid::try_parse(segment) {
        Ok(_) => short_id(segment),
        Err(_) => segment.to_owned(),
    });
    segments.collect::<Vec<_>>().join("/")
}

/// A topic, with the end alone of the id in it.
pub fn topic(topic: &str) -> String {
    match topic.split_once(':') {
        Some(("order", id)) => format!("order:{}", short_id(id)),
        Some(_) | None => topic.to_owned(),
    }
}

/// The last six letters of an id.
fn short_id(id: &str) -> String {
    let from = id.char_indices().rev().nth(5).map_or(0, |(at, _)| at);
    format!("…{}", id.get(from..).unwrap_or(id))
}

/// A time without its seconds, as `2026-11-23 10:00`.
pub fn minute(time: &str) -> String {
    time.chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

/// The words with arrows between them, on as many lines as they need.
pub fn arrows(words: &[String]) -> String {
    let mut lines = String::new();
    let mut line = String::from("   ");
    for (at, word) in words.iter().enumerate() {
        let arrow = if at == 0 { "" } else { " →" };
        if line.chars().count() + word.chars().count() + 4 > LINE {
            lines.push_str(&format!("{line}{arrow}\n"));
            line = format!("    {word}");
        } else {
            line.push_str(&format!("{arrow} {word}"));
        }
    }
    lines + &line
}

/// Money as people write it, for currencies with cents.
pub fn money(money: &Value) -> String {
    let amount = money.get("amount").and_then(Value::as_i64).unwrap_or_default();
    let currency = money.get("currency").and_then(Value::as_str).unwrap_or_default();
    let sign = if amount < 0 { "-" } else { "" };
    let cents = amount.unsigned_abs();
    format!("{sign}{}.{:02} {currency}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_keep_to_their_columns() {
        let row = |what, note| {
            let took = Some(Duration::from_millis(7));
            Row { who: Who::Admin, way: Way::In, what, mark: "200", took, note }
        };
        let elapsed = Duration::from_millis(1234);
        let short = row("GET  /categories", "eight").at(elapsed);
        let long = row("GET  /products/a-slug-that-does-not-end-before-the-column", "eight");
        let long = long.at(elapsed);
        let note = |line: &str| line.chars().position(|c| c == '2');

        assert!(short.starts_with("  1.23  admin   ◂ GET  /categories"), "{short}");
        assert_eq!(short.chars().count(), long.chars().count());
        assert_eq!(note(&short), note(&long));
        assert!(long.contains('…'), "{long}");
    }

    #[test]
    fn values_are_short() {
        let id = "019ab1c2-7d3e-7f00-8000-5a1b2c3d4e5f";
        assert_eq!(path(&format!("/payments/{id}/confirm")), "/payments/…3d4e5f/confirm");
        assert_eq!(money(&json!({ "amount": 5470, "currency": "EUR" })), "54.70 EUR");
        assert_eq!(money(&json!({ "amount": -5, "currency": "EUR" })), "-0.05 EUR");
        assert_eq!(seconds(Duration::from_millis(65_009)), "65.00");
        assert_eq!(minute("2026-11-23T10:00:59Z"), "2026-11-23 10:00");
        assert_eq!(cut("four", 4), "four");
        assert_eq!(cut("fives", 4), "fiv…");
    }

    #[test]
    fn words_run_on_over_as_many_lines_as_they_need() {
        let words: Vec<String> = (1..=12).map(|at| format!("{at} delivery.in_transit")).collect();

        let text = arrows(&words);

        assert!(text.lines().all(|line| line.chars().count() <= LINE), "{text}");
        assert!(text.starts_with("    1 delivery.in_transit → 2 "), "{text}");
        assert_eq!(text.matches('→').count(), 11);
        assert!(!arrows(&[]).contains('→'));
    }
}
