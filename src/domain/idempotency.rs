//! Commands that can be sent again: the key, what it was first used for, and the answer kept.

use serde::{Deserialize, Serialize};

use super::{Error, error::Refusal};

/// The longest key a client may send, in bytes.
pub const KEY_BYTES_MAX: usize = 255;
/// How long an answer is kept.
pub const KEPT_HOURS: i64 = 24;

/// What a command brings to be answered once: both are SHA-256 in hex, made at the edge.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Claim {
    /// Of the caller, the route and the client's key together: the scope of the key.
    pub key: String,
    /// Of the body.
    pub request: String,
}

/// What the command came to; kept in the transaction of its work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done; the JSON that answers it, to the byte.
    Done(String),
    /// The state forbade it, and will be said to have forbidden it on every repeat.
    Refused(Refusal),
}

/// An outcome, and whether it is of an earlier try.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub outcome: Outcome,
    pub replayed: bool,
}

/// A claim that was found, as it was first made.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    pub claim: Claim,
    pub outcome: Outcome,
}

impl Kept {
    /// The answer to a repeat, or `KeyReused` where the request is another one.
    pub fn answer(&self, claim: &Claim) -> Result<Answer, Error> {
        if self.claim.request != claim.request {
            return Err(Error::KeyReused);
        }
        Ok(Answer { outcome: self.outcome.clone(), replayed: true })
    }
}

impl Answer {
    pub fn fresh(outcome: Outcome) -> Self {
        Answer { outcome, replayed: false }
    }
}

/// Keeps the outcome of a command that changed nothing else; the outcome is what stands under the
/// key from now on: this one, or one that was there before.
#[derive(Debug, Clone)]
pub struct Keep {
    pub claim: Claim,
    pub outcome: Outcome,
}

/// Forgets answers that are older than [`KEPT_HOURS`]; the outcome is how many.
#[derive(Debug, Clone, Copy)]
pub struct Prune;
