//! What the other nodes say, and whether they still live.

use std::{collections::HashMap, time::Instant};

use super::{DEAD_AFTER, Note};
use crate::domain::presence::Looking;

/// The notes of the other nodes.
#[derive(Default)]
pub struct Others(HashMap<String, Known>);

struct Known {
    text: String,
    looking: Looking,
    /// When it was first seen as it is.
    since: Instant,
}

impl Others {
    /// These notes are there at `now`, and no others. Says whose nodes are dead.
    pub fn saw(&mut self, notes: Vec<(String, String)>, now: Instant) -> Vec<String> {
        let mut known = std::mem::take(&mut self.0);
        for (node, text) in notes {
            let same = known.remove(&node).filter(|it| it.text == text);
            self.0.insert(node, same.unwrap_or_else(|| Known::of(text, now)));
        }
        let dead = self.0.iter().filter(|(_, it)| !it.is_alive(now));
        dead.map(|(node, _)| node.clone()).collect()
    }

    /// What those see that live.
    pub fn alive(&self, now: Instant) -> Vec<Looking> {
        let alive = self.0.values().filter(|it| it.is_alive(now));
        alive.map(|it| it.looking.clone()).collect()
    }
}

impl Known {
    /// What another version has written and this one can't read says nothing.
    fn of(text: String, since: Instant) -> Self {
        let looking = serde_json::from_str(&text).map(|note: Note| note.looking);
        Known { looking: looking.unwrap_or_default(), text, since }
    }

    fn is_alive(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) < DEAD_AFTER
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{id::UserId, presence::Look};

    fn note(beat: u64, user: UserId) -> (String, String) {
        let looking = Looking([(user, Look::default())].into());
        ("n2".to_owned(), serde_json::to_string(&Note { beat, looking }).unwrap())
    }

    #[test]
    fn a_node_whose_note_stays_the_same_is_dead_and_one_that_writes_again_lives() {
        let (mut others, ada, start) = (Others::default(), UserId::new(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);

        assert!(others.saw(vec![note(1, ada)], start).is_empty());
        assert!(others.saw(vec![note(1, ada)], after(6)).is_empty());
        assert_eq!((others.alive(after(6)).len(), others.alive(after(7)).len()), (1, 0));
        assert_eq!(others.saw(vec![note(1, ada)], after(7)), ["n2"]);
        assert!(others.saw(vec![note(2, ada)], after(8)).is_empty());
        assert_eq!(others.alive(after(14)).len(), 1);
        assert!(others.saw(Vec::new(), after(9)).is_empty());
        assert!(others.alive(after(9)).is_empty());
    }

    #[test]
    fn what_cannot_be_read_says_nothing() {
        let mut others = Others::default();
        others.saw(vec![("n2".to_owned(), "nonsense".to_owned())], Instant::now());
        assert_eq!(others.alive(Instant::now()), [Looking::default()]);
    }
}
