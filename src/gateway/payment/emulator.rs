//! A payment provider that obeys the token it is given. It keeps its charges in memory: one that
//! it forgot in a restart is made again under the same key, with the same outcome.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{Charge, GivenBack, NoAnswer, Provider, Reply, State};
use crate::domain::{id::RefundId, money::Money};

/// How many charges it remembers; the oldest is forgotten first.
const CHARGES_MAX: usize = 100_000;
/// How long the delayed tokens take at least.
const DELAYED_MIN: Duration = Duration::from_secs(2);

/// What each token does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Card {
    Good,
    Declined(&'static str),
    /// The charge goes through, but nobody hears of it.
    Silent,
    /// Decided later, one way or the other.
    Delayed {
        good: bool,
    },
}

fn card(token: &str) -> Option<Card> {
    match token {
        "tok_success" => Some(Card::Good),
        "tok_declined" => Some(Card::Declined("card_declined")),
        "tok_insufficient_funds" => Some(Card::Declined("insufficient_funds")),
        "tok_expired_card" => Some(Card::Declined("expired_card")),
        "tok_provider_error" => Some(Card::Declined("provider_error")),
        "tok_timeout" => Some(Card::Silent),
        "tok_delayed_success" => Some(Card::Delayed { good: true }),
        "tok_delayed_failure" => Some(Card::Delayed { good: false }),
        _ => None,
    }
}

#[derive(Debug)]
pub struct Emulator {
    /// How long each answer takes.
    delay: Duration,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    charges: HashMap<String, Entry>,
    oldest: VecDeque<String>,
}

#[derive(Debug, Clone)]
struct Entry {
    state: State,
    /// What a pending charge turns into, and when.
    then: Option<(Instant, State)>,
}

impl Emulator {
    pub fn new(delay: Duration) -> Self {
        Emulator { delay, book: Mutex::default() }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes its time, if it was told to.
    async fn think(&self) {
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
    }

    fn enter(&self, charge: &Charge, card: Card) -> State {
        let mut book = self.book();
        if let Some(state) = book.state(&charge.key) {
            return state;
        }
        let authorized = State::Authorized { reference: format!("emu_{}", charge.key) };
        let (state, then) = match card {
            Card::Good | Card::Silent => (authorized, None),
            Card::Declined(code) => (State::Declined { code: code.to_owned() }, None),
            Card::Delayed { good } => {
                let declined = State::Declined { code: "card_declined".to_owned() };
                let at = Instant::now() + self.delay.max(DELAYED_MIN);
                (State::Pending, Some((at, if good { authorized } else { declined })))
            }
        };
        book.insert(charge.key.clone(), Entry { state: state.clone(), then });
        state
    }
}

impl Book {
    fn insert(&mut self, key: String, entry: Entry) {
        self.oldest.push_back(key.clone());
        self.charges.insert(key, entry);
        if self.oldest.len() > CHARGES_MAX
            && let Some(oldest) = self.oldest.pop_front()
        {
            self.charges.remove(&oldest);
        }
    }

    /// How a charge stands by now.
    fn state(&mut self, key: &str) -> Option<State> {
        let entry = self.charges.get_mut(key)?;
        if let Some((at, _)) = entry.then
            && at <= Instant::now()
            && let Some((_, state)) = entry.then.take()
        {
            entry.state = state;
        }
        Some(entry.state.clone())
    }

    /// Moves a charge on, if it stands where `from` says.
    fn turn(&mut self, key: &str, from: impl FnOnce(State) -> State) -> Option<State> {
        let state = from(self.state(key)?);
        self.charges.get_mut(key)?.state = state.clone();
        Some(state)
    }
}

impl Provider for Emulator {
    fn accepts(&self, token: &str) -> bool {
        card(token).is_some()
    }

    fn authorize<'a>(&'a self, charge: &'a Charge) -> Reply<'a, State> {
        Box::pin(async move {
            self.think().await;
            let card = card(&charge.token).ok_or(NoAnswer)?;
            let state = self.enter(charge, card);
            if card == Card::Silent { std::future::pending().await } else { Ok(state) }
        })
    }

    fn capture<'a>(&'a self, key: &'a str) -> Reply<'a, State> {
        Box::pin(async move {
            self.think().await;
            let captured = |state| match state {
                State::Authorized { reference } => State::Captured { reference },
                State::Pending | State::Captured { .. } | State::Declined { .. } => state,
            };
            self.book().turn(key, captured).ok_or(NoAnswer)
        })
    }

    fn refund<'a>(&'a self, _: &'a str, _: RefundId, _: Money) -> Reply<'a, GivenBack> {
        Box::pin(async move {
            self.think().await;
            Ok(GivenBack::Done)
        })
    }

    fn look_up<'a>(&'a self, key: &'a str) -> Reply<'a, Option<State>> {
        Box::pin(async move {
            self.think().await;
            Ok(self.book().state(key))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charge(token: &str) -> Charge {
        Charge { key: "p:1".to_owned(), token: token.to_owned(), amount: Money::euros(100) }
    }

    #[actix_rt::test]
    async fn a_repeated_charge_is_the_same_charge() {
        let emulator = Emulator::new(Duration::ZERO);
        let first = emulator.authorize(&charge("tok_success")).await.unwrap();
        let captured = emulator.capture("p:1").await.unwrap();

        let again = emulator.authorize(&charge("tok_success")).await.unwrap();

        assert!(matches!(first, State::Authorized { .. }));
        assert_eq!(again, captured);
    }

    #[actix_rt::test]
    async fn a_silent_charge_is_found_by_looking_it_up() {
        let emulator = Emulator::new(Duration::ZERO);
        let charge = charge("tok_timeout");

        let answer = futures_util::poll!(emulator.authorize(&charge));

        assert!(answer.is_pending());
        assert!(matches!(emulator.look_up("p:1").await, Ok(Some(State::Authorized { .. }))));
    }

    #[actix_rt::test]
    async fn a_charge_that_was_never_made_is_unknown() {
        assert_eq!(Emulator::new(Duration::ZERO).look_up("p:9").await, Ok(None));
    }

    #[test]
    fn no_other_token_is_accepted() {
        let emulator = Emulator::new(Duration::ZERO);
        assert!(emulator.accepts("tok_success"));
        for wrong in ["", "tok_", "4242424242424242", "tok_success "] {
            assert!(!emulator.accepts(wrong), "{wrong}");
        }
    }
}
