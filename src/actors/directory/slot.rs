//! What is known of one id: its incarnation if it has one, and the messages that wait for it.

use std::{
    collections::VecDeque,
    sync::Arc,
    task::Waker,
    time::{Duration, Instant},
};

use tokio::sync::Semaphore;

use super::{Entity, Limits, life::Ending, mail::Letter};

pub(super) struct Slot<A: Entity> {
    pub phase: Phase,
    /// Messages, also those that wait for room, and holds. Without any, the queue is empty.
    pub in_flight: usize,
    pub queue: VecDeque<Box<dyn Letter<A>>>,
    /// The places of the mailbox.
    pub room: Arc<Semaphore>,
    /// Wakes the mail of the incarnation, which found nothing to do.
    pub mail: Option<Waker>,
    /// The incarnation has taken a message.
    pub begun: bool,
    pub used: Instant,
    /// The faults within the window.
    faults: Vec<Instant>,
}

/// Whether an id has an incarnation, or may have one.
pub(super) enum Phase {
    Absent,
    Loading,
    Live,
    /// Passivated: it is to leave, or is being dropped.
    Leaving,
    Quarantined {
        since: Instant,
    },
}

impl<A: Entity> Slot<A> {
    pub fn new(now: Instant) -> Self {
        Slot {
            phase: Phase::Absent,
            in_flight: 0,
            queue: VecDeque::new(),
            room: Arc::new(Semaphore::new(A::MAILBOX)),
            mail: None,
            begun: false,
            used: now,
            faults: Vec::new(),
        }
    }

    pub fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live)
    }

    pub fn is_quarantined(&self) -> bool {
        matches!(self.phase, Phase::Quarantined { .. })
    }

    /// In memory, and not on its way out.
    pub fn stays(&self) -> bool {
        matches!(self.phase, Phase::Loading | Phase::Live)
    }

    /// In memory with nothing to do.
    pub fn is_unused(&self) -> bool {
        self.is_live() && self.in_flight == 0
    }

    pub fn is_idle(&self, now: Instant, limits: &Limits) -> bool {
        self.is_unused() && since(now, self.used) >= limits.idle
    }

    /// Nothing is lost when it is removed.
    pub fn is_spent(&self) -> bool {
        matches!(self.phase, Phase::Absent) && self.in_flight == 0 && self.faults.is_empty()
    }

    /// Whether an incarnation that ends like this was at fault. One that stops itself before it
    /// has taken a message that waits is, or it would be loaded for that message for ever.
    pub fn is_fault(&self, ending: &Ending) -> bool {
        match ending {
            Ending::Panicked => true,
            Ending::NotLoaded { panicked, .. } => *panicked,
            Ending::Left => self.is_live() && !self.begun && !self.queue.is_empty(),
            Ending::Cut => false,
        }
    }

    /// Notes a fault; true if it was one too many, from when on it is in quarantine.
    pub fn fault(&mut self, now: Instant, limits: &Limits) -> bool {
        self.forget(now, limits);
        self.faults.push(now);
        let too_many = u32::try_from(self.faults.len()).unwrap_or(u32::MAX) >= limits.panics_max;
        if too_many {
            self.faults.clear();
            self.phase = Phase::Quarantined { since: now };
        }
        too_many
    }

    /// Forgets the faults before the window.
    pub fn forget(&mut self, now: Instant, limits: &Limits) {
        self.faults.retain(|fault| since(now, *fault) < limits.panic_window);
    }

    /// Ends a quarantine that was long enough; true if there was one.
    pub fn release(&mut self, now: Instant, limits: &Limits) -> bool {
        let over = match self.phase {
            Phase::Quarantined { since: start } => since(now, start) >= limits.quarantine,
            _ => false,
        };
        if over {
            self.phase = Phase::Absent;
        }
        over
    }
}

fn since(now: Instant, then: Instant) -> Duration {
    now.saturating_duration_since(then)
}
