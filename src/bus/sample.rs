//! Which events admins are told when more happen than anybody can watch.
//!
//! A node decides that once for all who follow the feed, before an event is encoded for them: it tells
//! `BURST` events at once and `PER_WINDOW` in each `WINDOW` after that, and of each type
//! `OF_KIND` more, so that what is rare is seen in the flood. What is left out is told of as a run: from
//! which place to which, and how many of which type. The places that are told and the runs leave no gap,
//! so a client always knows what it did not get. Orders' and users' own topics are told all.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};

use crate::domain::event::{Kind, Published};

/// How many events are told at once: more than come of anything but a flood.
const BURST: u32 = 1_000;
const WINDOW: Duration = Duration::from_millis(200);
/// How many events more each window lets through: 500 in a second.
const PER_WINDOW: u32 = 100;
/// How many events of each type each window lets through at least: ten in a second.
const OF_KIND: u32 = 2;

/// Lets events through, or leaves them out.
pub struct Sampler {
    /// How many may still be told.
    left: u32,
    /// When the present window began; none before the first event.
    began: Option<Instant>,
    of_kind: HashMap<Kind, u32>,
    run: Option<Run>,
    /// The last place that was looked at: one that is read once more is not counted again.
    last: i64,
    left_out: u64,
}

/// Places of the feed, one after the other, whose events were left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub from: i64,
    pub to: i64,
    /// When the last of them happened.
    pub at: DateTime<Utc>,
    /// How many of each type, and the place of the last of them.
    pub of_kind: Vec<(Kind, u64, i64)>,
}

/// What becomes of an event.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is told, after the run that ends before it.
    Told(Option<Run>),
    LeftOut,
}

impl Default for Sampler {
    fn default() -> Self {
        let (left, of_kind) = (BURST, HashMap::new());
        Sampler { left, began: None, of_kind, run: None, last: 0, left_out: 0 }
    }
}

impl Sampler {
    /// Decides about the next event of the feed.
    pub fn take(&mut self, published: &Published, now: Instant) -> Taken {
        self.go_on(now);
        if published.sequence <= self.last {
            return Taken::Told(None);
        }
        self.last = published.sequence;
        let kind = published.event.kind;
        let of_kind = self.of_kind.entry(kind).or_insert(0);
        *of_kind = of_kind.saturating_add(1);
        if self.left == 0 && *of_kind > OF_KIND {
            self.left_out = self.left_out.saturating_add(1);
            self.leave_out(published);
            return Taken::LeftOut;
        }
        self.left = self.left.saturating_sub(1);
        Taken::Told(self.run.take())
    }

    /// The run that is to be told now, since its window is over: nothing may come after it for long.
    pub fn over(&mut self, now: Instant) -> Option<Run> {
        self.due().filter(|due| *due <= now).and_then(|_| self.run.take())
    }

    /// When the run is to be told that has begun.
    pub fn due(&self) -> Option<Instant> {
        self.run.as_ref().and(self.began).and_then(|began| began.checked_add(WINDOW))
    }

    /// How many events were left out since the start.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Begins another window where one is over.
    fn go_on(&mut self, now: Instant) {
        let Some(began) = self.began else {
            self.began = Some(now);
            return;
        };
        let passed = now.saturating_duration_since(began);
        let windows = passed.as_millis().checked_div(WINDOW.as_millis()).unwrap_or(0);
        let windows = u32::try_from(windows).unwrap_or(u32::MAX);
        if windows > 0 {
            self.began = began.checked_add(WINDOW.saturating_mul(windows)).or(Some(now));
            self.left = self.left.saturating_add(windows.saturating_mul(PER_WINDOW)).min(BURST);
            self.of_kind.clear();
        }
    }

    fn leave_out(&mut self, Published { sequence, event, .. }: &Published) {
        let run = self.run.get_or_insert_with(|| Run {
            from: *sequence,
            to: *sequence,
            at: event.at,
            of_kind: Vec::new(),
        });
        (run.to, run.at) = (*sequence, event.at);
        match run.of_kind.iter_mut().find(|(kind, ..)| *kind == event.kind) {
            Some((_, count, last)) => (*count, *last) = (count.saturating_add(1), *sequence),
            None => run.of_kind.push((event.kind, 1, *sequence)),
        }
    }
}

impl Run {
    /// How many of them are of one of `kinds`, and the place of the last.
    pub fn of(&self, kinds: &[Kind]) -> Option<(u64, i64)> {
        let those = self.of_kind.iter().filter(|(kind, ..)| kinds.contains(kind));
        those
            .map(|(_, count, last)| (*count, *last))
            .reduce(|one, other| (one.0.saturating_add(other.0), one.1.max(other.1)))
    }

    /// How many they are.
    pub fn count(&self) -> u64 {
        self.of_kind.iter().map(|(_, count, _)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A feed that goes through a sampler, and what came out of it.
    #[derive(Default)]
    struct Feed {
        sampler: Sampler,
        head: i64,
        told: Vec<i64>,
        runs: Vec<Run>,
    }

    impl Feed {
        fn happen(&mut self, kind: Kind, count: usize, now: Instant) {
            for _ in 0..count {
                self.head += 1;
                match self.sampler.take(&Published::bare(self.head, kind), now) {
                    Taken::Told(run) => {
                        self.runs.extend(run);
                        self.told.push(self.head);
                    }
                    Taken::LeftOut => {}
                }
            }
        }

        /// Every place was told, or is in a run, once and in order.
        fn is_whole(&self) -> bool {
            let told = self.told.iter().map(|it| (*it, *it));
            let mut parts: Vec<(i64, i64)> =
                self.runs.iter().map(|run| (run.from, run.to)).chain(told).collect();
            parts.sort_unstable();
            let mut next = 1;
            parts.iter().all(|(from, to)| std::mem::replace(&mut next, to + 1) == *from)
        }
    }

    #[test]
    fn what_people_can_watch_is_told_whole() {
        let (mut feed, start) = (Feed::default(), Instant::now());
        feed.happen(Kind::OrderPlaced, 1_000, start);
        for window in 1..=50 {
            feed.happen(Kind::OrderPlaced, 100, start + WINDOW * window);
        }
        assert_eq!((feed.told.len(), feed.runs.len()), (6_000, 0));
        assert_eq!(feed.sampler.left_out(), 0);
    }

    #[test]
    fn of_five_thousand_a_second_five_hundred_are_told_and_the_rest_is_counted() {
        let (mut feed, start) = (Feed::default(), Instant::now());
        for step in 0..10_000 {
            feed.happen(Kind::OrderPlaced, 5, start + Duration::from_millis(step));
            feed.runs.extend(feed.sampler.over(start + Duration::from_millis(step)));
        }
        feed.runs.extend(feed.sampler.over(start + Duration::from_secs(11)));

        // The burst, and then ten seconds of 500.
        assert!((5_900..=6_100).contains(&feed.told.len()), "{}", feed.told.len());
        assert!(feed.runs.len() <= 51, "{} runs in 50 windows", feed.runs.len());
        let left_out: u64 = feed.runs.iter().map(Run::count).sum();
        assert_eq!(left_out, 50_000 - u64::try_from(feed.told.len()).unwrap());
        assert_eq!(feed.sampler.left_out(), left_out);
        assert!(feed.is_whole());
    }

    #[test]
    fn what_is_rare_is_told_in_the_flood() {
        let (mut feed, start) = (Feed::default(), Instant::now());
        feed.happen(Kind::OrderPlaced, 3_000, start);
        feed.happen(Kind::PaymentFailed, 3, start);
        feed.happen(Kind::OrderPlaced, 10, start);

        assert_eq!(feed.told.len(), 1_000 + 2);
        assert_eq!(feed.told.last(), Some(&3_002));
        feed.runs.extend(feed.sampler.over(start + WINDOW));
        assert_eq!(feed.runs[1].of(&[Kind::PaymentFailed]), Some((1, 3_003)));
        assert_eq!(feed.runs[1].of(&[Kind::PaymentFailed, Kind::OrderPlaced]), Some((11, 3_013)));
        assert_eq!(feed.runs[1].of(&[Kind::OrderPaid]), None);
        assert!(feed.is_whole());
    }

    #[test]
    fn a_run_after_which_nothing_comes_is_told_when_its_window_is_over() {
        let (mut feed, start) = (Feed::default(), Instant::now());
        feed.happen(Kind::OrderPlaced, 1_005, start);
        assert_eq!(feed.sampler.due(), Some(start + WINDOW));
        assert_eq!(feed.sampler.over(start + WINDOW - Duration::from_millis(1)), None);

        let run = feed.sampler.over(start + WINDOW).unwrap();

        assert_eq!((run.from, run.to, run.count()), (1_001, 1_005, 5));
        assert_eq!((feed.sampler.due(), feed.sampler.over(start + WINDOW)), (None, None));
    }

    #[test]
    fn what_is_read_once_more_is_not_counted_again() {
        let (mut feed, start) = (Feed::default(), Instant::now());
        feed.happen(Kind::OrderPlaced, 1_005, start);
        feed.head = 1_000;
        feed.happen(Kind::OrderPlaced, 5, start);
        assert_eq!(feed.sampler.over(start + WINDOW).map(|run| run.count()), Some(5));
    }
}
