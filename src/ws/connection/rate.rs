//! How many frames a client may send.

use std::time::{Duration, Instant};

/// A bucket that holds as many frames as may come at once, and fills up at the steady rate.
#[derive(Debug)]
pub struct Rate {
    each: Duration,
    burst: Duration,
    /// When the bucket will be full again.
    full_at: Instant,
}

impl Rate {
    pub fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        let each = Duration::from_secs(1).checked_div(per_second).unwrap_or(Duration::MAX);
        Rate { each, burst: each.saturating_mul(burst), full_at: now }
    }

    /// Whether one more frame may come at `now`.
    pub fn allows(&mut self, now: Instant) -> bool {
        let full_at = self.full_at.max(now).checked_add(self.each);
        match full_at.filter(|it| it.saturating_duration_since(now) <= self.burst) {
            Some(full_at) => {
                self.full_at = full_at;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_let_through_and_then_the_steady_rate() {
        let start = Instant::now();
        let mut rate = Rate::new(50, 100, start);
        let at_once = (0..1_000).take_while(|_| rate.allows(start)).count();
        assert_eq!(at_once, 100);

        let later = start + Duration::from_secs(1);
        let after_a_second = (0..1_000).take_while(|_| rate.allows(later)).count();
        assert_eq!(after_a_second, 50);
    }

    #[test]
    fn a_client_at_the_steady_rate_is_never_refused() {
        let start = Instant::now();
        let mut rate = Rate::new(50, 1, start);
        assert!((0..10_000).all(|count| rate.allows(start + Duration::from_millis(20) * count)));
    }
}
