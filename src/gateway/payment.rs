//! The payment provider: the seam for a real one, and the emulator that ships.

use std::{fmt::Debug, time::Duration};

use futures_util::future::LocalBoxFuture;

use crate::domain::{id::RefundId, money::Money};

pub mod emulator;

/// How long the provider may take for one answer; after it the answer is unknown. Two of them
/// fit into the time that a client waits for its confirmation.
pub const ANSWER_MAX: Duration = Duration::from_secs(2);

/// What is charged, under the key that makes a repeat the same charge.
#[derive(Debug, Clone)]
pub struct Charge {
    /// The same for each repeat; another one is another charge.
    pub key: String,
    /// What stands for the card.
    pub token: String,
    pub amount: Money,
}

/// How a charge stands at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The provider has not decided yet.
    Pending,
    /// The money is set aside.
    Authorized {
        reference: String,
    },
    /// The money is ours.
    Captured {
        reference: String,
    },
    Declined {
        code: String,
    },
}

/// What came of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenBack {
    /// The buyer has it, or will without anybody doing more for it.
    Done,
    /// The provider has yet to decide: it is to be asked again.
    Pending,
}

/// No answer came: whether the request was carried out is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the payment provider did not answer")]
pub struct NoAnswer;

pub type Reply<'a, T> = LocalBoxFuture<'a, Result<T, NoAnswer>>;

/// Somebody who moves money. Each request can be repeated: the key makes it the same one.
pub trait Provider: Debug + Send + Sync {
    /// Whether this can be a token of the provider's; asked before anything is begun.
    fn accepts(&self, token: &str) -> bool;

    /// Sets the money aside.
    fn authorize<'a>(&'a self, charge: &'a Charge) -> Reply<'a, State>;

    /// Takes the money that was set aside under `key`.
    fn capture<'a>(&'a self, key: &'a str) -> Reply<'a, State>;

    /// Gives back `amount` of what was taken under `key`; the same `refund` again is the same one.
    fn refund<'a>(&'a self, key: &'a str, refund: RefundId, amount: Money) -> Reply<'a, GivenBack>;

    /// How the charge stands; empty where the provider never heard of it.
    fn look_up<'a>(&'a self, key: &'a str) -> Reply<'a, Option<State>>;
}
