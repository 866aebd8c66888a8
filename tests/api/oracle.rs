//! What nobody learns from how long an answer takes: whether an address has an account.
//!
//! Requests of each kind are sent in random order over one connection, so that whatever else the
//! machine does hits all kinds alike, and whole distributions are compared. Noise makes two alike
//! distributions no more different: it can hide a difference, so each test also shows that it
//! tells apart, here and now, what is not alike.

use std::time::{Duration, Instant};

use rand::seq::SliceRandom;
use serde_json::{Value, json};

use crate::support::{TestShop, client::Client};

/// How many requests of each kind are compared.
const ROUNDS: usize = 150;
/// Rounds before them, in which the server and the connection get warm.
const WARM_UP: usize = 10;
/// The part by which no quantile may differ: a hash less or a commit more is several times as much.
const TOLERANCE: u32 = 10;
/// Two distributions that are alike are taken for different once in a million times; this is the
/// natural logarithm of that, rounded up.
const LN_MILLION: usize = 14;
/// A hash that takes longer than the rest of a request, and not so much that it hides the rest.
const HASHING: (&str, &str) = ("RIALTO_PASSWORD_HASH", "argon2id:m=4096,t=1,p=1");

#[actix_rt::test]
async fn a_login_takes_as_long_where_there_is_no_account() {
    let shop = TestShop::alone(&[HASHING]).await;
    let email = shop.sign_up().await.session["user"]["email"].clone();
    let wrong = json!("wrong horse battery");
    let kinds = [
        json!({ "email": email, "password": wrong }),
        json!({ "email": "nobody@example.com", "password": wrong }),
        json!({ "email": email, "password": "no hash" }),
    ];

    let [known, unknown, unhashed] =
        times(&shop.stranger(), "/auth/login", kinds, [401, 401, 400]).await;

    assert_eq!(difference(&known, &unknown), None);
    assert!(difference(&unknown, &unhashed).is_some(), "{unknown:?}\n{unhashed:?}");
}

#[actix_rt::test]
async fn a_forgotten_password_takes_as_long_where_there_is_no_account() {
    let shop = TestShop::alone(&[HASHING]).await;
    let email = shop.sign_up().await.session["user"]["email"].clone();
    let kinds = [
        json!({ "email": email }),
        json!({ "email": "nobody@example.com" }),
        json!({ "email": "nothing is written for this" }),
    ];

    let path = "/auth/password/forgot";
    let [known, unknown, unwritten] = times(&shop.stranger(), path, kinds, [202, 202, 400]).await;

    assert_eq!(difference(&known, &unknown), None, "{known:?}\n{unknown:?}");
    assert!(difference(&unknown, &unwritten).is_some(), "{unknown:?}\n{unwritten:?}");
}

/// How long each kind of request took, each time, sorted.
async fn times<const KINDS: usize>(
    client: &Client,
    path: &str,
    kinds: [Value; KINDS],
    answers: [u16; KINDS],
) -> [Vec<Duration>; KINDS] {
    let mut times = [const { Vec::new() }; KINDS];
    let mut order: Vec<usize> = (0..KINDS).collect();
    for round in 0..WARM_UP + ROUNDS {
        order.shuffle(&mut rand::rng());
        for kind in &order {
            let began = Instant::now();
            let answer = client.post(path, kinds[*kind].clone()).await;
            let took = began.elapsed();
            answer.is(answers[*kind]);
            if round >= WARM_UP {
                times[*kind].push(took);
            }
        }
    }
    for times in &mut times {
        times.sort_unstable();
    }
    times
}

/// How many more answers of one sample than of the other come before some moment, by more than
/// [`TOLERANCE`], if chance does not explain it: Smirnov's test. Chance makes it more than `d` of
/// `n` and `n` with a probability of exp(-d² / n) at most.
fn difference(one: &[Duration], other: &[Duration]) -> Option<usize> {
    let lead = lead(one, other).max(lead(other, one));
    (lead.pow(2) > ROUNDS * LN_MILLION).then_some(lead)
}

/// By how many the answers of `fast` until some moment outnumber those of `slow` until a little
/// later, at the most.
fn lead(fast: &[Duration], slow: &[Duration]) -> usize {
    let until = |of: &[Duration], moment: Duration| of.partition_point(|took| *took <= moment);
    let leads = fast.iter().map(|moment| {
        until(fast, *moment).saturating_sub(until(slow, *moment + *moment / TOLERANCE))
    });
    leads.max().unwrap()
}

#[test]
fn what_differs_by_more_than_the_tolerance_is_told_apart() {
    let sample = |from: u64, step: u64| -> Vec<Duration> {
        (0..).map(|at| Duration::from_micros(from + step * at)).take(ROUNDS).collect()
    };
    assert_eq!(difference(&sample(1000, 2), &sample(1000, 2)), None);
    assert_eq!(difference(&sample(1000, 2), &sample(1050, 2)), None);
    assert!(difference(&sample(1000, 2), &sample(1400, 2)).is_some());
    assert!(difference(&sample(1400, 2), &sample(1000, 2)).is_some());
    // The medians are alike, and yet a third of one is much sooner.
    let mut early = sample(1000, 2);
    early[..ROUNDS / 3].fill(Duration::from_micros(500));
    assert!(difference(&early, &sample(1000, 2)).is_some());
}
