//! What was measured, as a table for people.

use std::time::Duration;

use super::logins::Answers;

/// How long each answer or purchase of some rounds took, and how long the rounds did.
#[derive(Debug, Default)]
pub struct Timed {
    pub took: Vec<Duration>,
    pub lasted: Duration,
}

impl Timed {
    pub fn add(&mut self, mut round: Timed) {
        self.took.append(&mut round.took);
        self.lasted = self.lasted.saturating_add(round.lasted);
    }

    pub fn figures(mut self) -> Figures {
        self.took.sort_unstable();
        let count = u64::try_from(self.took.len()).unwrap_or(u64::MAX);
        Figures {
            a_second: a_second(count, self.lasted),
            p50: percentile(&self.took, 50),
            p99: percentile(&self.took, 99),
        }
    }
}

/// How many there were in a second, and the percentiles of their times in microseconds.
pub struct Figures {
    pub a_second: u128,
    pub p50: u128,
    pub p99: u128,
}

/// The number that so many of a hundred do not exceed, in microseconds.
pub fn percentile(sorted: &[Duration], of_hundred: usize) -> u128 {
    let rank = sorted.len().saturating_mul(of_hundred).div_ceil(100).max(1);
    sorted.get(rank.saturating_sub(1)).map_or(0, Duration::as_micros)
}

/// How many there were in a second.
pub fn a_second(count: u64, lasted: Duration) -> u128 {
    let micros = lasted.as_micros().max(1);
    u128::from(count).saturating_mul(1_000_000).checked_div(micros).unwrap_or(0)
}

/// Bytes, as people read them.
pub fn kibibytes(bytes: u64) -> String {
    format!("{}.{} KiB", bytes / 1024, bytes % 1024 * 10 / 1024)
}

/// Many bytes, as people read them.
pub fn mebibytes(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) >> 20;
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

/// The two kinds of rounds below each other, how they compare, and what the logins were answered.
pub fn report(calm: Timed, flooded: Timed, answers: &Answers) -> String {
    let (calm, flooded) = (calm.figures(), flooded.figures());
    let row = |name: &str, a_second: String, p50: String, p99: String| {
        format!("{name:<14}{a_second:>12}{p50:>12}{p99:>12}\n")
    };
    let figures = |name: &str, of: &Figures| {
        row(name, of.a_second.to_string(), millis(of.p50), millis(of.p99))
    };
    let mut text = row("", "listings/s".into(), "p50".into(), "p99".into());
    text += &figures("calm", &calm);
    text += &figures("logins beside", &flooded);
    text += &row(
        "ratio",
        ratio(flooded.a_second, calm.a_second),
        ratio(flooded.p50, calm.p50),
        ratio(flooded.p99, calm.p99),
    );
    let sent: u64 = answers.values().sum();
    text += &format!("\n{sent} logins");
    for (status, count) in answers {
        let status = if *status == 0 { "no answer".to_owned() } else { status.to_string() };
        text += &format!(" · {status}: {count}");
    }
    text
}

/// So many microseconds, as people read them.
pub fn millis(micros: u128) -> String {
    let hundredths = micros.saturating_add(5) / 10;
    format!("{}.{:02} ms", hundredths / 100, hundredths % 100)
}

/// How often the other goes into the one, with two decimals.
pub fn ratio(one: u128, other: u128) -> String {
    match one.saturating_mul(100).checked_div(other) {
        Some(hundredths) => format!("{}.{:02}", hundredths / 100, hundredths % 100),
        None => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(micros: &[u64], lasted: u64) -> Timed {
        let took = micros.iter().map(|it| Duration::from_micros(*it)).collect();
        Timed { took, lasted: Duration::from_secs(lasted) }
    }

    #[test]
    fn the_table_compares_the_two_and_counts_the_logins() {
        let mut calm = listed(&[1_000; 50], 1);
        calm.add(listed(&[2_000; 50], 1));
        let answers = Answers::from([(401, 30), (503, 5), (0, 1)]);

        let table = report(calm, listed(&[2_500; 40], 2), &answers);

        let lines: Vec<Vec<&str>> =
            table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1], ["calm", "50", "1.00", "ms", "2.00", "ms"]);
        assert_eq!(lines[2], ["logins", "beside", "20", "2.50", "ms", "2.50", "ms"]);
        assert_eq!(lines[3], ["ratio", "0.40", "2.50", "1.25"]);
        assert_eq!(lines[5].join(" "), "36 logins · no answer: 1 · 401: 30 · 503: 5");
    }

    #[test]
    fn nothing_measured_is_no_ratio() {
        let table = report(Timed::default(), Timed::default(), &Answers::new());
        assert!(table.contains("ratio                    -"), "{table}");
    }
}
