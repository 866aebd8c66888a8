//! Limits in memory and, where the tests run with servers beside them, in Redis: alike.

use futures_util::future::join_all;
use prometheus_client::encoding::text;

use super::*;
use crate::domain::limit::Then;

/// Limits that share a new secret, so that no other test counts with them.
struct Kind {
    one: Limits,
    other: Limits,
    redis: Option<ConnectionManager>,
}

async fn kinds() -> Vec<Kind> {
    let made = |redis: Option<&ConnectionManager>, secret: &[u8]| {
        Limits::new(secret, redis.cloned(), &mut Registry::default()).unwrap()
    };
    let secret: [u8; 32] = rand::random();
    let one = made(None, &secret);
    let mut kinds = vec![Kind { other: one.clone(), one, redis: None }];
    if std::env::var("RIALTO_TEST_STORE").as_deref() == Ok("postgres") {
        let url = std::env::var("TEST_REDIS_URL").expect("no TEST_REDIS_URL: run ./test");
        let redis = crate::cache::connect(&url).await.unwrap();
        let (one, other) = (made(Some(&redis), &secret), made(Some(&redis), &secret));
        kinds.push(Kind { one, other, redis: Some(redis) });
    }
    kinds
}

impl Limits {
    fn counter(&self, rule: Rule, whose: &str) -> Key {
        self.0.as_ref().unwrap().counter(rule, whose).key
    }
}

fn of(rule: Rule, whose: &str) -> Vec<(Rule, String)> {
    vec![(rule, whose.to_owned())]
}

/// How long `whose` next one has to wait; `None` where it needn't.
async fn wait(limits: &Limits, tried: &[(Rule, String)]) -> Option<Duration> {
    match limits.enter(tried).await {
        Ok(_) => None,
        Err(Error::TooMany { retry_after }) => Some(retry_after),
        Err(error) => panic!("{error:?}"),
    }
}

#[actix_rt::test]
async fn each_rule_lets_through_what_is_free_and_then_names_the_wait() {
    for kind in kinds().await {
        for rule in Rule::ALL.iter().filter(|it| **it != Rule::Write) {
            let (bound, tried) = (rule.bound(), of(*rule, "ada"));
            let longest = match bound.then {
                Then::Nothing => bound.kept,
                Then::Wait { first, .. } => first,
            };

            for _ in 0..bound.free {
                assert_eq!(wait(&kind.one, &tried).await, None, "{rule}");
            }

            let told = wait(&kind.other, &tried).await.expect("one too many");
            assert!(told <= longest && told > longest.mul_f32(0.5), "{rule}: {told:?}");
            assert_eq!(wait(&kind.other, &of(*rule, "eve")).await, None, "{rule}");
        }
    }
}

#[actix_rt::test]
async fn of_many_at_once_no_more_get_through_than_may() {
    for kind in kinds().await {
        let tried = of(Rule::LoginAccount, "ada");
        let all =
            join_all((0..50).map(|at| {
                if at % 2 == 0 { kind.one.enter(&tried) } else { kind.other.enter(&tried) }
            }))
            .await;
        assert_eq!(all.iter().filter(|it| it.is_ok()).count(), 5);
    }
}

#[actix_rt::test]
async fn who_has_to_wait_at_one_rule_is_counted_at_none() {
    for kind in kinds().await {
        let both = [(Rule::LoginAccount, "ada".to_owned()), (Rule::LoginAddress, "x".to_owned())];
        for _ in 0..30 {
            drop(kind.one.enter(&both).await);
        }
        let of_address = of(Rule::LoginAddress, "x");
        for _ in 0..15 {
            assert_eq!(wait(&kind.one, &of_address).await, None);
        }
        assert!(wait(&kind.one, &of_address).await.is_some());
    }
}

#[actix_rt::test]
async fn a_success_clears_the_account_and_takes_itself_back_from_the_address() {
    for kind in kinds().await {
        let both = [(Rule::LoginAccount, "ada".to_owned()), (Rule::LoginAddress, "x".to_owned())];
        for _ in 0..4 {
            drop(kind.one.enter(&both).await.unwrap());
        }
        kind.one.enter(&both).await.unwrap().forgive().await;

        // Nothing is left of the account, and four of the address.
        let account = of(Rule::LoginAccount, "ada");
        for _ in 0..5 {
            assert_eq!(wait(&kind.other, &account).await, None);
        }
        assert!(wait(&kind.other, &account).await.is_some());
        let address = of(Rule::LoginAddress, "x");
        for _ in 0..15 {
            assert_eq!(wait(&kind.other, &address).await, None);
        }
        let last = kind.other.enter(&address).await.unwrap();
        assert!(wait(&kind.other, &address).await.is_some());
        last.take_back().await;
        assert_eq!(wait(&kind.other, &address).await, None);
    }
}

#[actix_rt::test]
async fn in_redis_the_wait_doubles_as_it_does_in_memory() {
    for Kind { one, redis, .. } in kinds().await {
        let Some(mut redis) = redis else { continue };
        for rule in [Rule::LoginAccount, Rule::LoginAddress, Rule::Resend] {
            let (bound, tried) = (rule.bound(), of(rule, "ada"));
            let mut tally = crate::domain::limit::Tally::default();
            for count in 1..bound.free + 12 {
                assert_eq!(wait(&one, &tried).await, None, "{rule} {count}");
                tally = tally.and_one(bound, 0);
                if count >= bound.free {
                    let told = wait(&one, &tried).await.unwrap();
                    // The clock of Redis goes on between the two.
                    let late = tally.wait(0).checked_sub(told).unwrap();
                    assert!(late < Duration::from_millis(500), "{rule} {count}: {told:?}");
                    let mut over = redis::cmd("HDEL");
                    over.arg(shared::name(&one.counter(rule, "ada"))).arg("until");
                    let (): () = over.query_async(&mut redis).await.unwrap();
                }
            }
        }
    }
}

#[actix_rt::test]
async fn counters_are_named_by_hashes_that_only_nodes_of_one_secret_share() {
    let named = |secret: &[u8], rule, whose: &str| {
        let limits = Limits::new(secret, None, &mut Registry::default()).unwrap();
        limits.counter(rule, whose)
    };
    let name = named(b"secret", Rule::LoginAccount, "ada@example.com");

    assert_eq!(named(b"secret", Rule::LoginAccount, "ada@example.com"), name);
    assert_ne!(named(b"another", Rule::LoginAccount, "ada@example.com"), name);
    assert_ne!(named(b"secret", Rule::ForgotAccount, "ada@example.com"), name);
    assert_ne!(named(b"secret", Rule::LoginAccount, "eve@example.com"), name);
}

#[actix_rt::test]
async fn what_is_refused_is_counted_by_rule() {
    let mut registry = Registry::with_prefix("rialto");
    let limits = Limits::new(b"secret", None, &mut registry).unwrap();
    for _ in 0..7 {
        drop(limits.enter(&of(Rule::LoginAccount, "ada")).await);
    }

    let mut read = String::new();
    text::encode(&mut read, &registry).unwrap();

    let line = "rialto_limits_refused_total{rule=\"login_account\"} 2";
    assert!(read.lines().any(|it| it == line), "{read}");
}

#[actix_rt::test]
async fn without_limits_everything_is_let_through() {
    let limits = Limits::off();
    for _ in 0..1_000 {
        limits.enter(&of(Rule::Register, "x")).await.unwrap().forgive().await;
        limits.write(1).unwrap();
    }
}
