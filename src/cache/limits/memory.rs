//! The counters of one node.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{Counted, Key, Refused};
use crate::domain::limit::Tally;

/// How many counters there are at the most: some 6 MB.
pub const KEYS_MAX: usize = 100_000;
/// How much room is made at once when there is none: looking at all of them pays off then.
const FREED: usize = KEYS_MAX / 8;

/// Counters in memory.
#[derive(Debug, Default)]
pub struct Memory(Mutex<HashMap<Key, Tally>>);

impl Memory {
    /// Counts one more at all of `counted`, or at none where one has to wait.
    pub fn enter(&self, counted: &[Counted], now: u64) -> Result<(), Refused> {
        let mut tallies = self.lock();
        let waits = counted.iter().map(|it| {
            let wait = tallies.get(&it.key).map(|tally| tally.wait(now)).unwrap_or_default();
            Refused { rule: it.rule, wait }
        });
        if let Some(refused) = waits.max_by_key(|it| it.wait).filter(|it| !it.wait.is_zero()) {
            return Err(refused);
        }
        for it in counted {
            if !tallies.contains_key(&it.key) {
                make_room(&mut tallies, now);
            }
            let tally = tallies.entry(it.key).or_default();
            *tally = tally.and_one(it.rule.bound(), now);
        }
        Ok(())
    }

    pub fn forget(&self, key: &Key) {
        self.lock().remove(key);
    }

    pub fn take_back(&self, counted: &Counted) {
        let mut tallies = self.lock();
        if let Some(tally) = tallies.get_mut(&counted.key) {
            *tally = tally.less_one(counted.rule.bound());
            if tally.count == 0 {
                tallies.remove(&counted.key);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Tally>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where there is no room, those go that have nothing to tell any more. If these are too few, those
/// go that have counted least, and of them the oldest: whoever fills the memory with new counters
/// drives out their own, and not those that hold somebody back.
fn make_room(tallies: &mut HashMap<Key, Tally>, now: u64) {
    if tallies.len() < KEYS_MAX {
        return;
    }
    tallies.retain(|_, tally| tally.forgotten_at > now);
    let Some(excess) = (tallies.len() + FREED).checked_sub(KEYS_MAX).filter(|it| *it > 0) else {
        return;
    };
    let weight = |key: &Key, tally: &Tally| (tally.count, tally.forgotten_at, *key);
    let mut weights: Vec<_> = tallies.iter().map(|(key, tally)| weight(key, tally)).collect();
    let (_, heaviest, _) = weights.select_nth_unstable(excess - 1);
    let heaviest = *heaviest;
    tallies.retain(|key, tally| weight(key, tally) > heaviest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::limit::{Rule, millis};

    fn counted(rule: Rule, number: usize) -> Counted {
        Counted { rule, key: u128::try_from(number).unwrap().to_be_bytes() }
    }

    fn login(number: usize) -> [Counted; 1] {
        [counted(Rule::LoginAccount, number)]
    }

    #[test]
    fn whoever_has_to_wait_is_counted_nowhere() {
        let memory = Memory::default();
        let both = [counted(Rule::LoginAccount, 1), counted(Rule::LoginAddress, 2)];
        for _ in 0..5 {
            memory.enter(&both, 1).unwrap();
        }

        for _ in 0..100 {
            let refused = memory.enter(&both, 1).unwrap_err();
            assert_eq!((refused.rule, millis(refused.wait)), (Rule::LoginAccount, 1_000));
        }

        assert_eq!(memory.lock()[&both[1].key].count, 5);
        memory.enter(&both, 1_001).unwrap();
        assert_eq!(millis(memory.enter(&both, 1_001).unwrap_err().wait), 2_000);
        memory.enter(&login(3), 1_001).unwrap();
    }

    #[test]
    fn of_what_was_forgiven_nothing_is_kept() {
        let memory = Memory::default();
        memory.enter(&login(1), 1).unwrap();
        memory.enter(&login(2), 1).unwrap();

        memory.forget(&login(1)[0].key);
        memory.take_back(&login(2)[0]);
        memory.take_back(&login(3)[0]);

        assert!(memory.lock().is_empty());
    }

    #[test]
    fn a_flood_of_new_counters_drives_out_itself_and_not_those_that_hold_somebody_back() {
        let memory = Memory::default();
        let victim = login(usize::MAX);
        for _ in 0..5 {
            memory.enter(&victim, 1).unwrap();
        }

        for number in 0..3 * KEYS_MAX {
            memory.enter(&login(number), 2).unwrap();
            assert!(number % 1_000 > 0 || memory.lock().len() <= KEYS_MAX);
        }

        assert!(memory.enter(&victim, 2).is_err());
        assert!(memory.lock().len() > KEYS_MAX - FREED);
    }

    #[test]
    fn what_is_forgotten_goes_first() {
        let memory = Memory::default();
        for number in 0..KEYS_MAX {
            memory.enter(&login(number), 1).unwrap();
        }
        let later = 1 + millis(Rule::LoginAccount.bound().kept);

        memory.enter(&login(KEYS_MAX), later).unwrap();

        assert_eq!(memory.lock().len(), 1);
    }
}
