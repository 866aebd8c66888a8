//! `rialto bench logins`: what a flood of logins costs those who look at products.
//!
//! Readers ask one request after another; the flood comes at its own pace, whether or not it is
//! answered. Rounds with and without it take turns, so that a machine that grows slower or faster
//! meanwhile does so in both.

use std::{
    collections::BTreeMap,
    rc::Rc,
    time::{Duration, Instant},
};

use clap::Args;
use futures_util::future::{join, join_all, try_join_all};
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};

use super::{
    super::{Failure, base, say, seed::DEMO_SHOPPER},
    table::{Timed, report},
};

/// What the readers ask for.
const PRODUCTS: &str = "/api/v1/products?limit=20";
const LOGIN: &str = "/api/v1/auth/login";
/// So many logins have the wrong password for each one that has the right one: a flood is of
/// people who guess.
const WRONG_FOR_EACH_RIGHT: u64 = 9;
/// Connections of the flood; a login that finds all of them busy waits for one.
const FLOOD_CONNECTIONS_MAX: usize = 1_000;
/// Shorter than the server's, so that no request is sent on a connection that is being closed.
const KEEP_ALIVE: Duration = Duration::from_secs(2);
/// How long an answer may take before it counts as none.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections are made, and caches filled, before anything is measured.
const WARM_UP: Duration = Duration::from_millis(500);
/// The largest answer that is read.
const BODY_BYTES_MAX: usize = 16 << 20;

#[derive(Debug, Args)]
pub struct Options {
    /// The server to measure; one that runs with `RIALTO_RATE_LIMITS=off`, or most logins are 429
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Logins a second, sent whether or not the ones before were answered
    #[arg(long, value_name = "N", default_value_t = 500)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=5_000))]
    rate: u32,
    /// Connections that list products, each one request after another
    #[arg(long, value_name = "N", default_value_t = 8)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=256))]
    readers: u32,
    /// Rounds with the flood, and as many without
    #[arg(long, value_name = "N", default_value_t = 5)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// How long each round takes, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 4_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(100..=60_000))]
    round: u64,
    /// Who logs in with the right password, one login in ten; it is `BENCH_PASSWORD` of the
    /// environment, or the demo shop's
    #[arg(long, value_name = "EMAIL", default_value = DEMO_SHOPPER.email)]
    email: String,
}

/// How often each status was answered; 0 stands for no answer.
pub type Answers = BTreeMap<u16, u64>;

pub async fn run(options: &Options) -> Result<(), Failure> {
    let target = Target::new(options)?;
    let each = Duration::from_millis(options.round);
    target.list(WARM_UP).await?;
    say(format!(
        "{}: {} connections list products; {} rounds of {} ms with {} logins a second, and as \
         many without, in turns\n",
        target.base, options.readers, options.rounds, options.round, options.rate
    ))?;
    let (mut calm, mut flooded) = (Timed::default(), Timed::default());
    let mut answers = Answers::new();
    for _ in 0..options.rounds {
        calm.add(target.list(each).await?);
        let (listed, answered) = join(target.list(each), target.flood(each)).await;
        flooded.add(listed?);
        for status in answered {
            let count = answers.entry(status).or_default();
            *count = count.saturating_add(1);
        }
    }
    Ok(say(report(calm, flooded, &answers))?)
}

/// The server, and who asks it for what.
struct Target {
    base: String,
    readers: u32,
    rate: u32,
    right: Value,
    /// Those who look have connections of their own: the flood's are not waited for.
    reading: awc::Client,
    flooding: Rc<awc::Client>,
}

impl Target {
    fn new(options: &Options) -> Result<Self, Failure> {
        let password =
            std::env::var("BENCH_PASSWORD").unwrap_or_else(|_| DEMO_SHOPPER.password.to_owned());
        let client = |connections| {
            let connector = awc::Connector::new().limit(connections).conn_keep_alive(KEEP_ALIVE);
            awc::Client::builder().connector(connector).timeout(PATIENCE).finish()
        };
        Ok(Target {
            base: base::checked(&options.url)?,
            readers: options.readers,
            rate: options.rate,
            right: json!({ "email": options.email, "password": password }),
            reading: client(usize::try_from(options.readers).unwrap_or(usize::MAX)),
            flooding: Rc::new(client(FLOOD_CONNECTIONS_MAX)),
        })
    }

    /// Lists products for so long, on all connections.
    async fn list(&self, lasting: Duration) -> Result<Timed, Failure> {
        let began = Instant::now();
        let readers = (0..self.readers).map(|_| self.read(began, lasting));
        let took = try_join_all(readers).await?.concat();
        Ok(Timed { took, lasted: began.elapsed() })
    }

    async fn read(&self, began: Instant, lasting: Duration) -> Result<Vec<Duration>, Failure> {
        let (url, mut took) = (format!("{}{PRODUCTS}", self.base), Vec::new());
        let lost = |err: &dyn std::fmt::Display| {
            Failure::new(format!("GET {PRODUCTS} got no answer: {err}"))
        };
        while began.elapsed() < lasting {
            let asked = Instant::now();
            let mut answer = self.reading.get(&url).send().await.map_err(|err| lost(&err))?;
            answer.body().limit(BODY_BYTES_MAX).await.map_err(|err| lost(&err))?;
            took.push(asked.elapsed());
            if !answer.status().is_success() {
                let message = format!("GET {PRODUCTS} was answered by {}", answer.status());
                return Err(Failure::new(message));
            }
        }
        Ok(took)
    }

    /// Sends logins for so long, each when it is its turn, and waits for what is answered.
    async fn flood(&self, lasting: Duration) -> Vec<u16> {
        let pace = Duration::from_secs(1).checked_div(self.rate).unwrap_or(Duration::from_secs(1));
        let mut tick = interval(pace);
        // What could not be sent in its turn is sent at once: the flood does not wait.
        tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let (began, mut sent) = (Instant::now(), Vec::new());
        for number in 0_u64.. {
            tick.tick().await;
            if began.elapsed() >= lasting {
                break;
            }
            let url = format!("{}{LOGIN}", self.base);
            let body = self.login(number);
            sent.push(actix_web::rt::spawn(answered(Rc::clone(&self.flooding), url, body)));
        }
        join_all(sent).await.into_iter().map(|status| status.unwrap_or_default()).collect()
    }

    fn login(&self, number: u64) -> Value {
        if number.is_multiple_of(WRONG_FOR_EACH_RIGHT + 1) {
            return self.right.clone();
        }
        let email = format!("nobody-{number}@example.com");
        json!({ "email": email, "password": "a guess at random" })
    }
}

/// The status of an answer, or 0 where there was none.
async fn answered(client: Rc<awc::Client>, url: String, body: Value) -> u16 {
    let Ok(mut answer) = client.post(url).send_json(&body).await else { return 0 };
    // Read to its end, or the connection is closed instead of used again.
    answer.body().limit(BODY_BYTES_MAX).await.map_or(0, |_| answer.status().as_u16())
}
