//! A payment provider that obeys the token it is given, and moves no money.
//!
//! It keeps its charges in memory, each node its own: one that it doesn't know, because it forgot it
//! in a restart or another node was asked, is made again from what it is told, with the same outcome.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use serde::Deserialize;

mod book;
pub mod post;

use self::{
    book::{Book, Entry},
    post::{Letter, Outbox},
};
use super::{
    Charge, GivenBack, Hint, Message, NoAnswer, Provider, Reply, State, Unsigned, signature,
};
use crate::domain::{
    id::{PaymentId, RefundId},
    money::Money,
    payment::ProviderName,
};

/// The header that its messages are signed in.
pub const SIGNATURE_HEADER: &str = "Emulator-Signature";
/// How long the delayed tokens take at least.
const DELAYED_MIN: Duration = Duration::from_secs(2);
/// How long after its order expired a late charge goes through.
const LATE_BY: TimeDelta = TimeDelta::seconds(1);

/// What each token does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Card {
    Good {
        /// How often the shop is told of it.
        told: u8,
    },
    Declined(&'static str),
    /// The charge goes through, but nobody hears of it.
    Silent,
    /// Decided later, one way or the other.
    Delayed {
        good: bool,
    },
    /// The money is taken, but when the order is off already.
    Late,
    /// The first refund of it fails.
    NoReturn,
}

fn card(token: &str) -> Option<Card> {
    match token {
        "tok_success" => Some(Card::Good { told: 1 }),
        "tok_duplicate_webhook" => Some(Card::Good { told: 2 }),
        "tok_declined" => Some(Card::Declined("card_declined")),
        "tok_insufficient_funds" => Some(Card::Declined("insufficient_funds")),
        "tok_expired_card" => Some(Card::Declined("expired_card")),
        "tok_provider_error" => Some(Card::Declined("provider_error")),
        "tok_timeout" => Some(Card::Silent),
        "tok_delayed_success" => Some(Card::Delayed { good: true }),
        "tok_delayed_failure" => Some(Card::Delayed { good: false }),
        "tok_late_success" => Some(Card::Late),
        "tok_refund_failure" => Some(Card::NoReturn),
        _ => None,
    }
}

#[derive(Debug)]
pub struct Emulator {
    /// How long each answer takes; what is asked for is done at once.
    delay: Duration,
    /// By which its messages are signed; all are believed.
    secrets: Vec<String>,
    outbox: Outbox,
    book: Mutex<Book>,
    /// Whether it takes no payments, and only gives back what it took.
    is_closed: bool,
}

impl Emulator {
    pub fn new(delay: Duration, secrets: Vec<String>, outbox: Outbox) -> Self {
        Emulator { delay, secrets, outbox, book: Mutex::default(), is_closed: false }
    }

    /// One that takes no payments any more.
    pub fn closed(self) -> Self {
        Emulator { is_closed: true, ..self }
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

    /// How the charge stands; one that isn't known is made.
    fn enter(&self, charge: &Charge, card: Card) -> State {
        let mut book = self.book();
        if let Some(entry) = book.find(&charge.key) {
            return entry.state().clone();
        }
        let (entry, told) = self.decide(charge, card);
        let (state, at) = (entry.outlook().clone(), entry.decided_at());
        book.insert(charge.key.clone(), entry);
        let now = book.find(&charge.key).map_or(state.clone(), |it| it.state().clone());
        drop(book);
        for _ in 0..told {
            self.outbox.send(Letter::of(charge, &state, at));
        }
        now
    }

    /// What becomes of a charge, and how often the shop is told.
    fn decide(&self, charge: &Charge, card: Card) -> (Entry, u8) {
        let (amount, reference) = (charge.amount.amount, reference(&charge.key));
        let authorized = State::Authorized { reference: reference.clone() };
        let declined = |code: &str| State::Declined { code: code.to_owned() };
        let later = |after, state| (Entry::later(amount, Instant::now() + after, state), 1);
        match card {
            Card::Good { told } => (Entry::now(amount, authorized), told),
            Card::NoReturn => (Entry::now(amount, authorized).without_return(), 1),
            Card::Silent => (Entry::now(amount, authorized), 0),
            Card::Declined(code) => (Entry::now(amount, declined(code)), 1),
            Card::Delayed { good } => {
                let state = if good { authorized } else { declined("card_declined") };
                later(self.delay.max(DELAYED_MIN), state)
            }
            Card::Late => {
                // It has been time for long where the wait is below zero.
                let after = (charge.open_for + LATE_BY).to_std().unwrap_or_default();
                later(after, State::Captured { reference })
            }
        }
    }
}

fn reference(key: &str) -> String {
    format!("emu_{key}")
}

impl Provider for Emulator {
    fn name(&self) -> ProviderName {
        ProviderName::Emulator
    }

    fn accepts(&self, token: &str) -> bool {
        !self.is_closed && card(token).is_some()
    }

    fn authorize<'a>(&'a self, charge: &'a Charge) -> Reply<'a, State> {
        Box::pin(async move {
            let card = card(&charge.token).ok_or(NoAnswer)?;
            let state = self.enter(charge, card);
            self.think().await;
            if card == Card::Silent { std::future::pending().await } else { Ok(state) }
        })
    }

    fn capture<'a>(&'a self, charge: &'a Charge, amount: Money) -> Reply<'a, State> {
        Box::pin(async move {
            let state = self.book().find(&charge.key).map(|it| it.capture(amount.amount).clone());
            self.think().await;
            state.ok_or(NoAnswer)
        })
    }

    fn void<'a>(&'a self, charge: &'a Charge) -> Reply<'a, State> {
        Box::pin(async move {
            let state = self.book().find(&charge.key).map(|it| it.void().clone());
            self.think().await;
            state.ok_or(NoAnswer)
        })
    }

    fn refund<'a>(
        &'a self,
        charge: &'a Charge,
        refund: RefundId,
        amount: Money,
    ) -> Reply<'a, GivenBack> {
        Box::pin(async move {
            let given_back = {
                let mut book = self.book();
                if book.find(&charge.key).is_none() {
                    let captured = State::Captured { reference: reference(&charge.key) };
                    let whole = charge.amount.amount;
                    book.insert(charge.key.clone(), Entry::captured(whole, captured));
                }
                book.find(&charge.key).map(|it| it.refund(refund, amount.amount))
            };
            self.think().await;
            given_back.ok_or(NoAnswer)
        })
    }

    fn look_up<'a>(&'a self, charge: &'a Charge) -> Reply<'a, State> {
        Box::pin(async move {
            let card = card(&charge.token).ok_or(NoAnswer)?;
            Ok(self.enter(charge, card))
        })
    }

    fn signature_header(&self) -> &'static str {
        SIGNATURE_HEADER
    }

    fn hear(&self, message: Message<'_>) -> Result<Option<Hint>, Unsigned> {
        #[derive(Deserialize)]
        struct Told {
            payment_id: PaymentId,
            charge: String,
        }
        signature::verify(&self.secrets, message.signature, message.body, message.now)?;
        // Whatever else it says by our own key is of no interest.
        let told: Option<Told> = serde_json::from_slice(message.body).ok();
        Ok(told.map(|Told { payment_id, charge }| {
            let reference = reference(&charge);
            Hint { payment: payment_id, charge: Some((charge, reference)) }
        }))
    }
}

#[cfg(test)]
mod tests;
