//! Limits: what has been tried lately, counted before it is done.
//!
//! Counters are in Redis where there is one, so that nodes count together. When it is away each
//! node counts in memory: limits become those of a node, and nobody is kept out or let in for it.
//! What stands there of a person or an address is a keyed hash.

use std::{
    fmt,
    hash::Hash,
    sync::Arc,
    time::{Duration, Instant},
};

use hmac::{Hmac, KeyInit, Mac};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};
use redis::aio::ConnectionManager;
use sha2::Sha256;

use self::{
    memory::Memory,
    shared::{Away, Shared},
    writes::Writes,
};
use crate::domain::{
    Error,
    limit::{Forgiven, Rule, millis},
};

mod memory;
mod shared;
mod writes;

/// The name of a counter: 128 bits of a keyed hash, so nobody can choose it or read it back.
type Key = [u8; 16];

/// The limits of this node; clones share them.
#[derive(Clone)]
pub struct Limits(Option<Arc<Inner>>);

struct Inner {
    secret: Hmac<Sha256>,
    memory: Memory,
    shared: Option<Shared>,
    writes: Writes,
    /// The times of the counters in memory are counted from here.
    started: Instant,
    refused: Family<Label, Counter>,
    alone: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Label {
    rule: &'static str,
}

/// One counter, and by which rule it counts.
#[derive(Debug, Clone, Copy)]
struct Counted {
    rule: Rule,
    key: Key,
}

/// Somebody has to wait.
#[derive(Debug)]
struct Refused {
    rule: Rule,
    wait: Duration,
}

/// Something was let through and counted as if it had failed already. Dropped, it stays counted.
#[must_use = "what succeeds is forgiven"]
pub struct Pass(Option<Held>);

struct Held {
    limits: Arc<Inner>,
    counted: Vec<Counted>,
    /// Whether it was counted in Redis.
    is_shared: bool,
}

impl Limits {
    /// No limits at all: for load runs.
    pub fn off() -> Self {
        Limits(None)
    }

    /// Limits whose counters `secret` names, in Redis if there is one. All nodes have one secret.
    ///
    /// # Errors
    /// `Internal` if there is no secret.
    pub fn new(
        secret: &[u8],
        redis: Option<ConnectionManager>,
        registry: &mut Registry,
    ) -> Result<Self, Error> {
        let secret = Hmac::<Sha256>::new_from_slice(secret);
        let secret = secret.map_err(|err| Error::internal("naming counters")(err.to_string()))?;
        let (refused, alone) = (Family::default(), Counter::default());
        registry.register("limits_refused", "What was refused, by rule", refused.clone());
        let help = "Attempts that this node counted by itself while Redis was away";
        registry.register("limits_alone", help, alone.clone());
        Ok(Limits(Some(Arc::new(Inner {
            secret: secret.chain_update("limit:"),
            memory: Memory::default(),
            shared: redis.map(Shared::new),
            writes: Writes::new(Rule::Write.bound()),
            started: Instant::now(),
            refused,
            alone,
        }))))
    }

    /// Lets through what is tried, counted at once at each rule and whom it counts; or at none, and
    /// then it is `TooMany`.
    pub async fn enter(&self, tried: &[(Rule, String)]) -> Result<Pass, Error> {
        let Some(limits) = &self.0 else { return Ok(Pass(None)) };
        limits.enter(limits.counters(tried)).await
    }

    /// What was let through and counted earlier, as it turns out only now how it went.
    pub fn earlier(&self, tried: &[(Rule, String)]) -> Pass {
        let Some(limits) = &self.0 else { return Pass(None) };
        let (counted, is_shared) = (limits.counters(tried), limits.shared.is_some());
        Pass(Some(Held { limits: Arc::clone(limits), counted, is_shared }))
    }

    /// Counts one more change of `caller`, or refuses it with `TooMany`. This node's alone, and
    /// without waiting for anybody.
    pub fn write(&self, caller: impl Hash) -> Result<(), Error> {
        let Some(limits) = &self.0 else { return Ok(()) };
        let wait = limits.writes.enter(caller, limits.started.elapsed());
        wait.map_err(|wait| limits.refuse(&Refused { rule: Rule::Write, wait }))
    }
}

impl Inner {
    fn counters(&self, tried: &[(Rule, String)]) -> Vec<Counted> {
        tried.iter().map(|(rule, whose)| self.counter(*rule, whose)).collect()
    }

    fn counter(&self, rule: Rule, whose: &str) -> Counted {
        let name = self.secret.clone().chain_update(rule.as_str()).chain_update(":");
        let hash = name.chain_update(whose).finalize().into_bytes();
        let mut key = Key::default();
        key.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        Counted { rule, key }
    }

    async fn enter(self: &Arc<Self>, counted: Vec<Counted>) -> Result<Pass, Error> {
        let now = self.now();
        let shared = match &self.shared {
            Some(shared) => shared.enter(&counted, now).await.ok(), // It said so in the log.
            None => None,
        };
        let is_shared = shared.is_some();
        if self.shared.is_some() && !is_shared {
            self.alone.inc();
        }
        let entered = shared.unwrap_or_else(|| self.memory.enter(&counted, now));
        entered.map_err(|refused| self.refuse(&refused))?;
        Ok(Pass(Some(Held { limits: Arc::clone(self), counted, is_shared })))
    }

    fn refuse(&self, refused: &Refused) -> Error {
        self.refused.get_or_create(&Label { rule: refused.rule.as_str() }).inc();
        Error::TooMany { retry_after: refused.wait }
    }

    fn now(&self) -> u64 {
        millis(self.started.elapsed())
    }
}

impl Pass {
    /// It succeeded: each rule says what that does to its counter.
    pub async fn forgive(self) {
        let Some(held) = self.0 else { return };
        for it in &held.counted {
            match it.rule.forgiven() {
                Forgiven::All => held.forget(it).await,
                Forgiven::One => held.take_back(it).await,
                Forgiven::None => {}
            }
        }
    }

    /// It came to nothing, by no fault of whoever tried: as if it had never been.
    pub async fn take_back(self) {
        let Some(held) = self.0 else { return };
        for it in &held.counted {
            held.take_back(it).await;
        }
    }
}

impl Held {
    async fn forget(&self, it: &Counted) {
        let Held { limits, is_shared, .. } = self;
        match limits.shared.as_ref().filter(|_| *is_shared) {
            Some(shared) => it_is_late(shared.forget(&it.key, limits.now()).await),
            None => limits.memory.forget(&it.key),
        }
    }

    async fn take_back(&self, it: &Counted) {
        let Held { limits, is_shared, .. } = self;
        match limits.shared.as_ref().filter(|_| *is_shared) {
            Some(shared) => it_is_late(shared.take_back(it, limits.now()).await),
            None => limits.memory.take_back(it),
        }
    }
}

/// A counter in a Redis that went away meanwhile ends by itself: one attempt more stands in it.
fn it_is_late(done: Result<(), Away>) {
    done.unwrap_or(());
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Limits(on)" } else { "Limits(off)" })
    }
}

#[cfg(test)]
mod tests;
