//! The end of the feed in memory: what was committed here a moment ago, for whoever follows the feed on
//! this node and would have to read what the writer has just had in its hands.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use crate::domain::event::Published;

/// More than are left there by a follower that keeps up.
const ROOM: usize = 2_048;

/// Events whose places have no gap between them.
#[derive(Default)]
pub struct Tail(Mutex<VecDeque<Published>>);

impl Tail {
    /// Adds what a transaction published. Where others have published in between, or nobody takes
    /// what is here, it is all that is kept; what is told late, after what comes behind it, is not.
    pub fn add(&self, published: Vec<Published>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(last), Some(next)) = (kept.back(), published.first()) {
            if next.sequence <= last.sequence {
                return;
            }
            if last.sequence.checked_add(1) != Some(next.sequence) || kept.len() >= ROOM {
                kept.clear();
            }
        }
        kept.extend(published);
    }

    /// Takes at most `limit` of those that follow `sequence`; none where the next one is not here:
    /// then the store has to be read.
    pub fn take(&self, sequence: i64, limit: usize) -> Vec<Published> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.partition_point(|it| it.sequence <= sequence);
        kept.drain(..known);
        let follows = kept.front().is_some_and(|it| it.sequence.checked_sub(1) == Some(sequence));
        let taken = if follows { kept.len().min(limit) } else { 0 };
        kept.drain(..taken).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Kind;

    fn published(sequences: impl IntoIterator<Item = i64>) -> Vec<Published> {
        sequences.into_iter().map(|it| Published::bare(it, Kind::StockChanged)).collect()
    }

    fn take(tail: &Tail, sequence: i64, limit: usize) -> Vec<i64> {
        tail.take(sequence, limit).iter().map(|it| it.sequence).collect()
    }

    #[test]
    fn a_follower_gets_each_event_once_and_in_order() {
        let tail = Tail::default();
        tail.add(published([5, 6]));
        tail.add(published([7, 8, 9]));

        assert_eq!(take(&tail, 4, 3), [5, 6, 7]);
        assert_eq!(take(&tail, 7, 3), [8, 9]);
        assert_eq!(take(&tail, 9, 3), [0; 0]);
    }

    #[test]
    fn whoever_is_behind_what_is_here_has_to_read_and_loses_nothing_of_it() {
        let tail = Tail::default();
        tail.add(published([5, 6]));

        assert_eq!(take(&tail, 3, 9), [0; 0]);
        assert_eq!(take(&tail, 4, 9), [5, 6]);
    }

    #[test]
    fn what_others_have_published_in_between_is_no_gap_in_what_a_follower_gets() {
        let tail = Tail::default();
        tail.add(published([1, 2]));
        tail.add(published([5, 6]));
        tail.add(published([7]));
        assert_eq!(take(&tail, 0, 9), [0; 0]);
        assert_eq!(take(&tail, 5, 9), [6, 7]);

        tail.add(published([8]));
        assert_eq!(take(&tail, 7, 9), [8]);
    }

    #[test]
    fn what_another_writer_tells_late_takes_nothing_away() {
        let tail = Tail::default();
        tail.add(published([7, 8]));
        tail.add(published([5, 6]));

        assert_eq!(take(&tail, 4, 9), [0; 0]);
        assert_eq!(take(&tail, 6, 9), [7, 8]);
    }

    #[test]
    fn where_nobody_follows_little_is_kept() {
        let tail = Tail::default();
        for place in 1..=10_000 {
            tail.add(published([place]));
        }

        let kept = tail.0.into_inner().unwrap();
        assert!(kept.len() <= ROOM, "{}", kept.len());
        assert_eq!(kept.back().unwrap().sequence, 10_000);
    }
}
