//! One socket's place in one stored topic: each event once, in order, none left out.
//!
//! What happens is delivered live; what was missed is read from the store. A subscription is
//! *catching up* until the two have met: live deliveries are kept meanwhile, a few of them, for
//! what can't be kept will be read. When a live delivery does not go on where the last one stood,
//! it catches up again. Where a node leaves events of the feed out (`bus/sample.rs`) a delivery tells of
//! a run of them, which is then the step from what was before it to what comes after it.

use std::collections::BTreeMap;

use crate::{bus::Delivery, ws::protocol::Filter};

/// How many live deliveries are kept while the store is read: more than come in that time.
const RECENT_MAX: usize = 256;
/// How often in a row the store may have nothing to fill a gap with before that is hopeless.
const STALLS_MAX: u8 = 3;

/// One socket's place in one stored topic.
#[derive(Debug)]
pub struct Subscription {
    filter: Option<Filter>,
    /// Everything up to this sequence is known to the client.
    position: i64,
    /// The last sequence up to it that the filter let through.
    previous: i64,
    state: State,
}

#[derive(Debug)]
enum State {
    Live,
    CatchingUp {
        recent: BTreeMap<i64, Delivery>,
        stalls: u8,
        /// What was read up to now proves nothing: it has to be read once more.
        again: bool,
    },
}

/// What becomes of a live delivery.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// It is pushed; on a filtered feed with the sequence of the match before it.
    Push(Option<i64>),
    /// This is pushed in its place.
    Instead(Push),
    /// It is known already, not wanted, or kept.
    Nothing,
    /// Something before it is missing: what follows this sequence is to be read.
    Gap(i64),
}

/// What is pushed, and on a filtered feed the sequence of the match before it.
pub type Push = (Delivery, Option<i64>);

/// What comes after a page of what was missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Everything is known: deliveries go on live.
    Live,
    /// What follows this sequence is to be read.
    Read(i64),
    /// What is missing is not kept any more.
    Lost,
}

impl Subscription {
    /// One that keeps what comes until it is told where the client stands.
    pub fn new(filter: Option<Filter>) -> Self {
        let state = State::catching_up(BTreeMap::new());
        Subscription { filter, position: i64::MAX, previous: 0, state }
    }

    /// The client stands at `position`; of what its filter lets through it knows `previous`.
    pub fn begin(&mut self, position: i64, previous: i64) {
        (self.position, self.previous) = (position, previous);
    }

    /// Something has happened.
    pub fn live(&mut self, delivery: &Delivery) -> Step {
        match &mut self.state {
            State::CatchingUp { recent, .. } => {
                recent.insert(delivery.sequence, delivery.clone());
                if recent.len() > RECENT_MAX {
                    recent.pop_first();
                }
                Step::Nothing
            }
            State::Live if delivery.sequence <= self.position => Step::Nothing,
            State::Live if delivery.first() == self.position.saturating_add(1) => {
                self.accept(delivery)
            }
            State::Live => {
                let recent = BTreeMap::from([(delivery.sequence, delivery.clone())]);
                self.state = State::catching_up(recent);
                Step::Gap(self.position)
            }
        }
    }

    /// Takes what the store had after the position, in order. `is_all` if there was no more when it
    /// was read; what is to be pushed is added to `pushes`.
    pub fn fill(&mut self, page: &[Delivery], is_all: bool, pushes: &mut Vec<Push>) -> Next {
        for delivery in page {
            if delivery.sequence <= self.position {
                continue;
            }
            if delivery.sequence != self.position.saturating_add(1) {
                return Next::Lost;
            }
            pushes.extend(self.accept(delivery).push(delivery));
        }
        if !is_all {
            return Next::Read(self.position);
        }
        self.meet(page.is_empty(), pushes)
    }

    /// Something may have been missed: says where to read on, if that is not going on already.
    pub fn resync(&mut self) -> Option<i64> {
        match &mut self.state {
            State::CatchingUp { again, .. } => {
                *again = true;
                None
            }
            State::Live => {
                self.state = State::catching_up(BTreeMap::new());
                Some(self.position)
            }
        }
    }

    /// Goes live if what was kept goes on where the store ended.
    fn meet(&mut self, was_empty: bool, pushes: &mut Vec<Push>) -> Next {
        let State::CatchingUp { recent, stalls, again } = &mut self.state else {
            return Next::Live;
        };
        if std::mem::take(again) {
            return Next::Read(self.position);
        }
        let stalls = if was_empty { stalls.saturating_add(1) } else { 0 };
        let mut recent = std::mem::take(recent);
        while let Some((sequence, delivery)) = recent.pop_first() {
            if sequence <= self.position {
                continue;
            }
            // Of a run that begins earlier the rest is read: how many of each type it has isn't known.
            if delivery.first() != self.position.saturating_add(1) {
                recent.insert(sequence, delivery);
                break;
            }
            pushes.extend(self.accept(&delivery).push(&delivery));
        }
        if recent.is_empty() {
            self.state = State::Live;
            return Next::Live;
        }
        self.state = State::CatchingUp { recent, stalls, again: false };
        if stalls > STALLS_MAX { Next::Lost } else { Next::Read(self.position) }
    }

    /// Moves on by one event, or a run of those that were left out.
    fn accept(&mut self, delivery: &Delivery) -> Step {
        self.position = delivery.sequence;
        match (&self.filter, &delivery.left_out) {
            (None, _) => Step::Push(None),
            (Some(filter), None) if filter.types.contains(&delivery.kind) => {
                Step::Push(Some(std::mem::replace(&mut self.previous, delivery.sequence)))
            }
            (Some(_), None) => Step::Nothing,
            (Some(filter), Some(left_out)) => match delivery.of_kinds(left_out, &filter.types) {
                Some((told, last)) => {
                    Step::Instead((told, Some(std::mem::replace(&mut self.previous, last))))
                }
                None => Step::Nothing,
            },
        }
    }
}

impl Step {
    /// What is pushed of `delivery`.
    fn push(self, delivery: &Delivery) -> Option<Push> {
        match self {
            Step::Push(previous) => Some((delivery.clone(), previous)),
            Step::Instead(push) => Some(push),
            Step::Nothing | Step::Gap(_) => None,
        }
    }
}

impl State {
    fn catching_up(recent: BTreeMap<i64, Delivery>) -> Self {
        State::CatchingUp { recent, stalls: 0, again: false }
    }
}

#[cfg(test)]
mod tests;
