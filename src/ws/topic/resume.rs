//! Whether a client can be given exactly what it missed.

use crate::domain::topic::Since;

/// What a topic holds at the moment of the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept<'a> {
    /// The life of the store that sequences are counted in.
    pub epoch: &'a str,
    /// The first sequence of which, and of all after it, everything is kept.
    pub from: i64,
    /// The last sequence there is.
    pub head: i64,
}

/// How a subscription begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resume {
    /// With every event after this sequence.
    After(i64),
    /// With the state as it is now.
    Snapshot,
}

/// Never a part: either all that came after `since`, or the present state. A sequence without an
/// epoch may be of another life, so it proves nothing; 0 without one asks for all that is kept.
pub fn decide(since: &Since, kept: Kept<'_>) -> Resume {
    let oldest = kept.from.saturating_sub(1);
    match &since.epoch {
        None if since.sequence == 0 => Resume::After(oldest),
        Some(epoch) if epoch == kept.epoch && (oldest..=kept.head).contains(&since.sequence) => {
            Resume::After(since.sequence)
        }
        _ => Resume::Snapshot,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How a client begins that says `since` where 11 to 21 are kept.
    fn begin(epoch: Option<&str>, sequence: i64) -> Resume {
        let since = Since { epoch: epoch.map(str::to_owned), sequence };
        decide(&since, Kept { epoch: "k3", from: 11, head: 21 })
    }

    #[test]
    fn what_is_kept_whole_is_sent_again() {
        for sequence in [10, 17, 20, 21] {
            assert_eq!(begin(Some("k3"), sequence), Resume::After(sequence), "{sequence}");
        }
    }

    #[test]
    fn what_is_older_than_kept_or_in_the_future_or_of_another_life_is_not() {
        for (epoch, sequence) in [
            (Some("k3"), 9),
            (Some("k3"), 0),
            (Some("k3"), 22),
            (Some("k2"), 17),
            (Some(""), 0),
            (None, 17),
            (Some("k3"), i64::MAX),
        ] {
            assert_eq!(begin(epoch, sequence), Resume::Snapshot, "{epoch:?} {sequence}");
        }
    }

    #[test]
    fn nothing_known_and_no_epoch_asks_for_all_that_is_kept() {
        assert_eq!(begin(None, 0), Resume::After(10));
    }

    #[test]
    fn of_an_empty_topic_everything_is_kept() {
        let since = Since { epoch: Some("k3".to_owned()), sequence: 0 };
        assert_eq!(decide(&since, Kept { epoch: "k3", from: 1, head: 0 }), Resume::After(0));
    }
}
