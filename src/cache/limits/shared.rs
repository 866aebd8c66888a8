//! The counters that all nodes have in common, in Redis.
//!
//! Each step is one script, so that nothing comes between looking and counting. They do what
//! `domain::limit::Tally` does, by the clock of Redis; a test holds the two together.

use std::{
    future::Future,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use redis::{Cmd, RedisResult, aio::ConnectionManager};
use tokio::time::timeout;

use super::{Counted, Key, Refused};
use crate::domain::limit::{Then, millis};

/// How long Redis may take for an answer: a login waits for it.
const ANSWER_MAX: Duration = Duration::from_millis(150);
/// How long Redis isn't asked after it had no answer.
const LEFT_ALONE: u64 = 1_000;

/// KEYS are the counters; ARGV has free, kept, first and longest of each, where first is 0 if
/// nothing follows those that are free. Answers which one has to wait, from 1 on, and how long.
const ENTER: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local who, wait = 0, 0
for i, key in ipairs(KEYS) do
    local left = tonumber(redis.call('HGET', key, 'until') or '0') - now
    if left > wait then who, wait = i, left end
end
if who > 0 then return {who, wait} end
for i, key in ipairs(KEYS) do
    local free, kept = tonumber(ARGV[4 * i - 3]), tonumber(ARGV[4 * i - 2])
    local first, longest = tonumber(ARGV[4 * i - 1]), tonumber(ARGV[4 * i])
    local count = redis.call('HINCRBY', key, 'count', 1)
    if first > 0 or count == 1 then redis.call('PEXPIRE', key, kept) end
    if count >= free then
        local left = redis.call('PTTL', key)
        if first > 0 then left = math.min(longest, first * 2 ^ (count - free)) end
        redis.call('HSET', key, 'until', string.format('%.0f', now + left))
    end
end
return {0, 0}
";

/// Takes one back of the first key, of which as many are free as the first argument says.
const TAKE_BACK: &str = r"
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local count = redis.call('HINCRBY', KEYS[1], 'count', -1)
if count <= 0 then return redis.call('DEL', KEYS[1]) end
if count < tonumber(ARGV[1]) then redis.call('HDEL', KEYS[1], 'until') end
return 0
";

/// Counters in Redis.
pub struct Shared {
    connection: ConnectionManager,
    /// Until when it is left alone, in the milliseconds of whoever asks.
    left_alone: AtomicU64,
}

/// Redis had no answer: whoever asked counts by themselves.
#[derive(Debug)]
pub struct Away;

impl Shared {
    pub fn new(connection: ConnectionManager) -> Self {
        Shared { connection, left_alone: AtomicU64::new(0) }
    }

    /// Counts one more at all of `counted`, or at none where one has to wait. At `now` of this node.
    pub async fn enter(&self, counted: &[Counted], now: u64) -> Result<Result<(), Refused>, Away> {
        let mut script = redis::cmd("EVAL");
        script.arg(ENTER).arg(counted.len());
        for it in counted {
            script.arg(name(&it.key));
        }
        for bound in counted.iter().map(|it| it.rule.bound()) {
            let (first, longest) = match bound.then {
                Then::Nothing => (0, 0),
                Then::Wait { first, longest } => (millis(first), millis(longest)),
            };
            script.arg(bound.free).arg(millis(bound.kept)).arg(first).arg(longest);
        }
        let (who, wait): (usize, u64) = self.ask(&script, now).await?;
        let refused = who.checked_sub(1).and_then(|at| counted.get(at));
        Ok(refused
            .map_or(Ok(()), |it| Err(Refused { rule: it.rule, wait: Duration::from_millis(wait) })))
    }

    pub async fn forget(&self, key: &Key, now: u64) -> Result<(), Away> {
        self.ask(redis::cmd("DEL").arg(name(key)), now).await
    }

    pub async fn take_back(&self, counted: &Counted, now: u64) -> Result<(), Away> {
        let mut script = redis::cmd("EVAL");
        script.arg(TAKE_BACK).arg(1).arg(name(&counted.key)).arg(counted.rule.bound().free);
        self.ask(&script, now).await
    }

    async fn ask<T: redis::FromRedisValue>(&self, command: &Cmd, now: u64) -> Result<T, Away> {
        if now < self.left_alone.load(Ordering::Relaxed) {
            return Err(Away);
        }
        let mut connection = self.connection.clone();
        match in_time(command.query_async(&mut connection)).await {
            Ok(answer) => Ok(answer),
            Err(cause) => {
                let before =
                    self.left_alone.swap(now.saturating_add(LEFT_ALONE), Ordering::Relaxed);
                if before <= now {
                    tracing::warn!(cause, "Redis counts no attempts, so this node does");
                }
                Err(Away)
            }
        }
    }
}

async fn in_time<T>(answer: impl Future<Output = RedisResult<T>>) -> Result<T, String> {
    match timeout(ANSWER_MAX, answer).await {
        Ok(answer) => answer.map_err(|err| err.to_string()),
        Err(_) => Err(format!("no answer within {ANSWER_MAX:?}")),
    }
}

pub fn name(key: &Key) -> String {
    format!("rialto:limit:{}", URL_SAFE_NO_PAD.encode(key))
}
