//! What tests of limits ask of answers: without waiting for a limit to end.

use std::{future::Future, time::Instant};

use serde_json::{Value, json};

use super::client::Answer;

/// The setting that every shop of the tests goes without.
pub const ON: (&str, &str) = ("RIALTO_RATE_LIMITS", "on");
/// More failures than any of the limits forgives within the time of a test.
const FAR_TOO_MANY: usize = 40;

pub fn login(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

/// A refusal that names a wait of as many seconds at the most.
#[track_caller]
pub fn too_many(answer: &Answer, seconds_max: u64) {
    answer.refused(429, "too_many_requests");
    let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=seconds_max).contains(&seconds), "{seconds}");
}

/// How many failed to prove who they are until one was refused.
pub async fn until_refused<F: Future<Output = Answer>>(attempt: impl FnMut() -> F) -> usize {
    until_too_many(401, attempt).await
}

/// How many were answered with `status` until one was refused.
pub async fn until_too_many<F: Future<Output = Answer>>(
    status: u16,
    mut attempt: impl FnMut() -> F,
) -> usize {
    for failed in 0..FAR_TOO_MANY {
        let answer = attempt().await;
        if answer.status != status {
            too_many(&answer, 60);
            return failed;
        }
    }
    panic!("{FAR_TOO_MANY} were let through");
}

/// How many may have been let through since `began`: those that are free, and one after each wait
/// of one second, two, four and so on. A slow machine is let through more than a quick one.
pub fn allowed(free: usize, began: Instant) -> usize {
    let (mut more, mut waited) = (0, 1);
    while began.elapsed().as_secs() >= waited {
        more += 1;
        waited += 1 << more;
    }
    free + more
}
