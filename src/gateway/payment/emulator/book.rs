//! What the emulator remembers: charges by their keys, and what was taken and given back of each.

use std::{
    collections::{HashMap, VecDeque},
    time::Instant,
};

use super::{GivenBack, State};
use crate::domain::id::RefundId;

/// How many charges it remembers; the oldest is forgotten first.
const CHARGES_MAX: usize = 100_000;

#[derive(Debug, Default)]
pub struct Book {
    charges: HashMap<String, Entry>,
    oldest: VecDeque<String>,
}

impl Book {
    pub fn insert(&mut self, key: String, entry: Entry) {
        self.oldest.push_back(key.clone());
        self.charges.insert(key, entry);
        if self.oldest.len() > CHARGES_MAX
            && let Some(oldest) = self.oldest.pop_front()
        {
            self.charges.remove(&oldest);
        }
    }

    /// The charge as it stands by now.
    pub fn find(&mut self, key: &str) -> Option<&mut Entry> {
        let entry = self.charges.get_mut(key)?;
        entry.catch_up();
        Some(entry)
    }
}

/// A charge. Amounts are in minor units of its currency.
#[derive(Debug)]
pub struct Entry {
    amount: i64,
    state: State,
    /// What a pending charge turns into, and when.
    then: Option<(Instant, State)>,
    captured: i64,
    refunds: Vec<(RefundId, i64)>,
    no_return: NoReturn,
}

/// Which refund of a charge fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NoReturn {
    None,
    /// The first one that comes.
    First,
    Of(RefundId),
}

impl Entry {
    /// A charge that is decided.
    pub fn now(amount: i64, state: State) -> Self {
        let (refunds, no_return) = (Vec::new(), NoReturn::None);
        Entry { amount, state, then: None, captured: 0, refunds, no_return }
    }

    /// The same, of which the first refund will fail.
    pub fn without_return(self) -> Self {
        Entry { no_return: NoReturn::First, ..self }
    }

    /// A charge that will be decided.
    pub fn later(amount: i64, at: Instant, state: State) -> Self {
        Entry { then: Some((at, state)), ..Entry::now(amount, State::Pending { reference: None }) }
    }

    /// A charge that was taken whole.
    pub fn captured(amount: i64, state: State) -> Self {
        Entry { captured: amount, ..Entry::now(amount, state) }
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// What it is, or will be.
    pub fn outlook(&self) -> &State {
        self.then.as_ref().map_or(&self.state, |(_, state)| state)
    }

    /// When it will be decided; none where it is.
    pub fn decided_at(&self) -> Option<Instant> {
        self.then.as_ref().map(|(at, _)| *at)
    }

    fn catch_up(&mut self) {
        if let Some((at, _)) = self.then
            && at <= Instant::now()
            && let Some((_, state)) = self.then.take()
        {
            if let State::Captured { .. } = state {
                self.captured = self.amount;
            }
            self.state = state;
        }
    }

    /// Takes a part of what is set aside, or all; nothing where that is not to be had.
    pub fn capture(&mut self, amount: i64) -> &State {
        if let State::Authorized { reference } = &self.state
            && (1..=self.amount).contains(&amount)
        {
            self.captured = amount;
            self.state = State::Captured { reference: reference.clone() };
        }
        &self.state
    }

    /// Lets go what is set aside.
    pub fn void(&mut self) -> &State {
        if let State::Authorized { reference } = &self.state {
            self.state = State::Voided { reference: reference.clone() };
        }
        &self.state
    }

    /// Gives back a part of what was taken, or all.
    pub fn refund(&mut self, id: RefundId, amount: i64) -> GivenBack {
        match &self.state {
            // The shop gives back what it has: another node has taken it.
            State::Pending { .. } | State::Authorized { .. } => self.captured = self.amount,
            State::Captured { .. } | State::Voided { .. } | State::Declined { .. } => {}
        }
        let refused = |code: &str| GivenBack::Refused { code: code.to_owned() };
        match self.refunds.iter().find(|(known, _)| *known == id) {
            Some((_, known)) if *known == amount => return GivenBack::Done,
            Some(_) => return refused("refund_reused"),
            None => {}
        }
        let given: i64 = self.refunds.iter().map(|(_, amount)| amount).sum();
        if amount < 1 || amount > self.captured.saturating_sub(given) {
            return refused("refund_too_large");
        }
        if self.no_return == NoReturn::First {
            self.no_return = NoReturn::Of(id);
        }
        if self.no_return == NoReturn::Of(id) {
            return GivenBack::Failed { code: "expired_or_canceled_card".to_owned() };
        }
        self.refunds.push((id, amount));
        GivenBack::Done
    }
}
