//! Whether the purchase was told whole, in order and truly.

use serde_json::Value;

use super::{
    super::{Failure, say},
    Tour,
    http::{Request, text},
    journal::Push,
    look::{Who, arrows},
    purchase::{self, Choice, FEED, Order},
};

/// An event as it is compared: its sequence and its kind.
type Told = (i64, String);

/// Reads the order, its timeline and the stock, prints them and compares them with what the
/// sockets told. What does not agree is the failure.
pub async fn give(tour: &Tour, token: &str, order: &Order, choice: &Choice) -> Result<(), Failure> {
    let status = status(tour, token, order).await?;
    let timeline = purchase::timeline(tour, token, order).await?;
    let left = purchase::left(tour, choice).await?;
    let numbered = timeline.iter().map(|(sequence, kind)| format!("{sequence} {kind}"));
    say(format!("\n{}", arrows(&numbered.collect::<Vec<_>>())))?;
    let (shopper, feed) = tour.journal.look(|seen| {
        let of_topic = |topic: &str| -> Vec<Told> {
            let pushes = seen.pushes.iter().filter(|push| push.topic == topic);
            pushes.map(|Push { sequence, kind, .. }| (*sequence, kind.clone())).collect()
        };
        (of_topic(&order.topic()), of_topic(FEED))
    });
    let sold = choice.available.saturating_sub(left);

    let mut checks = Checks::default();
    let count = timeline.len();
    let from_one = timeline.first().is_some_and(|(sequence, _)| *sequence == 1);
    checks.add(is_gapless(&timeline) && from_one, format!("the timeline is gapless: 1 to {count}"));
    checks.add(shopper == timeline, "the shopper's socket told exactly the timeline".to_owned());
    checks.add(is_gapless(&feed), format!("the admin's feed is gapless: {}", span(&feed)));
    let right = if tour.alone { sold == choice.units } else { sold >= choice.units };
    checks.add(right, format!("stock went from {} to {left}", choice.available));
    checks.add(status == "delivered", format!("order {} is {status}", order.number));
    checks.end()
}

async fn status(tour: &Tour, token: &str, order: &Order) -> Result<String, Failure> {
    let path = format!("/orders/{}", order.id);
    let note = |order: &Value| {
        let status = order.get("status").and_then(Value::as_str).unwrap_or_default();
        status.to_owned()
    };
    let answer = tour.http.send(Request::get(Who::Shopper, &path).by(token), note).await?;
    Ok(text(&answer, "/status")?.to_owned())
}

/// Whether each sequence is the one before it and one more.
fn is_gapless(told: &[Told]) -> bool {
    let next = told.iter().skip(1);
    told.iter().zip(next).all(|((one, _), (other, _))| one.checked_add(1) == Some(*other))
}

fn span(told: &[Told]) -> String {
    match (told.first(), told.last()) {
        (Some((first, _)), Some((last, _))) => format!("{first} to {last}"),
        _ => "empty".to_owned(),
    }
}

/// What was checked, and whether it holds.
#[derive(Default)]
struct Checks(Vec<(bool, String)>);

impl Checks {
    fn add(&mut self, holds: bool, what: String) {
        self.0.push((holds, what));
    }

    /// Prints all of them; the first that does not hold is the failure.
    fn end(self) -> Result<(), Failure> {
        say("")?;
        for (holds, what) in &self.0 {
            say(format!("    {} {what}", if *holds { '✓' } else { '✗' }))?;
        }
        match self.0.into_iter().find(|(holds, _)| !holds) {
            Some((_, what)) => Err(Failure::new(format!("this does not hold: {what}"))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(sequences: &[i64]) -> Vec<Told> {
        sequences.iter().map(|sequence| (*sequence, "order.paid".to_owned())).collect()
    }

    #[test]
    fn a_gap_or_a_repeat_is_seen() {
        assert!(is_gapless(&told(&[])) && is_gapless(&told(&[7, 8, 9])));
        assert!(!is_gapless(&told(&[1, 3])) && !is_gapless(&told(&[1, 1])));
    }

    #[test]
    fn one_check_that_does_not_hold_fails_all() {
        let mut checks = Checks::default();
        checks.add(true, "this".to_owned());
        checks.add(false, "that".to_owned());
        assert!(checks.end().unwrap_err().to_string().ends_with("that"));
    }
}
