//! `rialto bench catalogue`: what it costs to look at products, beside a route of the same server
//! that sends as many bytes and does nothing else.
//!
//! Rounds of the one and the other take turns, so that a machine that grows slower or faster
//! meanwhile does so in both. What is asked for differs from request to request.

use std::{
    fmt::Write,
    time::{Duration, Instant},
};

use actix_web::rt::time::sleep;
use clap::Args;
use futures_util::future::try_join_all;

use super::{
    super::{Failure, base, say},
    paths::{self, Kind, Paths},
    raw::{Answer, Client},
    table::{self, millis, ratio},
    usage,
};

/// The route that only sends bytes.
const STATIC: &str = "/api/v1/filler";
/// Before anything is measured each path is asked for once, or as many as there is time for.
const WARM_UP: Duration = Duration::from_secs(2);
/// A pause between rounds, in which the server comes to rest.
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Debug, Args)]
pub struct Options {
    /// The server to measure
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Another server, with fewer products: its listings are measured in turns with the first one's
    #[arg(long, value_name = "URL")]
    beside: Option<String>,
    /// Connections, each one request after another
    #[arg(long, value_name = "N", default_value_t = 8)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=256))]
    connections: u32,
    /// Rounds of each kind, and as many of the route that only sends bytes
    #[arg(long, value_name = "N", default_value_t = 5)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// How long each round takes, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 2_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(100..=60_000))]
    round: u64,
}

pub async fn run(options: &Options) -> Result<(), Failure> {
    let url = base::checked(&options.url)?;
    let each = Duration::from_millis(options.round);
    let paths = paths::of(&mut Client::connect(&url).await?).await?;
    let bench = Bench { url: url.clone(), connections: options.connections, each };
    say(format!(
        "{url}: {} products; {} connections; {} rounds of {} ms of each kind, and as many of the \
         route that only sends as many bytes, in turns\n",
        paths.products, options.connections, options.rounds, options.round
    ))?;
    say(head())?;
    for kind in Kind::ALL {
        let of = paths.of(kind);
        let bytes = bench.warm_up(of).await?;
        let filler = vec![format!("{STATIC}/{bytes}")];
        let (mut looked, mut sent) = (Taken::default(), Taken::default());
        for _ in 0..options.rounds {
            looked.add(bench.round(of).await?);
            sent.add(bench.round(&filler).await?);
        }
        say(row(kind.name(), bytes, &mut looked, &mut sent))?;
    }
    if let Some(other) = &options.beside {
        beside(options, &bench, &paths, other).await?;
    }
    Ok(())
}

/// The listings of two servers in turns.
async fn beside(
    options: &Options,
    bench: &Bench,
    paths: &Paths,
    other: &str,
) -> Result<(), Failure> {
    let url = base::checked(other)?;
    let others = paths::of(&mut Client::connect(&url).await?).await?;
    let small = Bench { url: url.clone(), ..*bench };
    small.warm_up(others.of(Kind::Listing)).await?;
    let (mut large_took, mut small_took) = (Taken::default(), Taken::default());
    for _ in 0..options.rounds {
        large_took.add(bench.round(paths.of(Kind::Listing)).await?);
        small_took.add(small.round(others.of(Kind::Listing)).await?);
    }
    let (of_large, of_small) = (large_took.percentile(99), small_took.percentile(99));
    say(format!(
        "\np99 of a listing: {} with {} products, {} with {} at {url}: {} times",
        millis(of_large),
        paths.products,
        millis(of_small),
        others.products,
        ratio(of_large, of_small)
    ))?;
    Ok(())
}

struct Bench {
    url: String,
    connections: u32,
    each: Duration,
}

impl Bench {
    /// Asks for each path once, and says how many bytes an answer has on average.
    async fn warm_up(&self, paths: &[String]) -> Result<usize, Failure> {
        let (mut client, began) = (Client::connect(&self.url).await?, Instant::now());
        let (mut bytes, mut count) = (0_usize, 0_usize);
        for path in paths.iter().take_while(|_| began.elapsed() < WARM_UP) {
            bytes = bytes.saturating_add(ok(path, client.get(path).await?)?.bytes);
            count = count.saturating_add(1);
        }
        Ok(bytes.checked_div(count).unwrap_or(0))
    }

    /// Asks for one path after another on all connections, for so long.
    async fn round(&self, paths: &[String]) -> Result<Taken, Failure> {
        let mut probe = Client::connect(&self.url).await?;
        sleep(PAUSE).await;
        let (cpu, began) = (cpu(&mut probe).await?, Instant::now());
        let connections = (0..self.connections).map(|number| self.ask(number, paths, began));
        let took = try_join_all(connections).await?.concat();
        let lasted = began.elapsed();
        let cpu = self::cpu(&mut probe).await?.saturating_sub(cpu);
        Ok(Taken { took, lasted, cpu })
    }

    async fn ask(
        &self,
        number: u32,
        paths: &[String],
        began: Instant,
    ) -> Result<Vec<Duration>, Failure> {
        let mut client = Client::connect(&self.url).await?;
        // Each connection begins somewhere else.
        let count = u64::try_from(paths.len().max(1)).unwrap_or(1);
        let skipped = u64::from(number).saturating_mul(count) / u64::from(self.connections);
        let from = usize::try_from(skipped).unwrap_or(0);
        let mut took = Vec::new();
        for path in paths.iter().cycle().skip(from) {
            if began.elapsed() >= self.each {
                break;
            }
            took.push(ok(path, client.get(path).await?)?.took);
        }
        Ok(took)
    }
}

fn ok(path: &str, answer: Answer) -> Result<Answer, Failure> {
    match answer.status {
        200 => Ok(answer),
        status => Err(Failure::new(format!("GET {path} was answered by {status}"))),
    }
}

/// The processor time that the server has used so far.
async fn cpu(client: &mut Client) -> Result<Duration, Failure> {
    let metrics = client.text("/metrics").await?;
    usage::spent(&metrics).ok_or_else(|| Failure::new("the server does not tell its time"))
}

/// How long each answer of some rounds took, how long the rounds did, and what the server spent.
#[derive(Default)]
struct Taken {
    took: Vec<Duration>,
    lasted: Duration,
    cpu: Duration,
}

impl Taken {
    fn add(&mut self, mut round: Taken) {
        self.took.append(&mut round.took);
        self.lasted = self.lasted.saturating_add(round.lasted);
        self.cpu = self.cpu.saturating_add(round.cpu);
    }

    fn count(&self) -> u128 {
        u128::try_from(self.took.len()).unwrap_or(u128::MAX)
    }

    fn a_second(&self) -> u128 {
        table::a_second(u64::try_from(self.took.len()).unwrap_or(u64::MAX), self.lasted)
    }

    /// Of the server, for one answer, in tenths of a microsecond.
    fn cpu_tenths(&self) -> u128 {
        self.cpu.as_nanos().checked_div(self.count().max(1)).unwrap_or(0) / 100
    }

    /// The time that so many of a hundred do not exceed, in microseconds.
    fn percentile(&mut self, of_hundred: usize) -> u128 {
        self.took.sort_unstable();
        table::percentile(&self.took, of_hundred)
    }
}

fn head() -> String {
    format!(
        "{:<10}{:>8}{:>11}{:>11}{:>7}{:>11}{:>11}{:>13}{:>7}",
        "", "bytes", "a second", "filler", "ratio", "p50", "p99", "CPU", "ratio"
    )
}

fn row(name: &str, bytes: usize, looked: &mut Taken, sent: &mut Taken) -> String {
    let (cpu, least) = (looked.cpu_tenths(), sent.cpu_tenths());
    let mut row = format!("{name:<10}{bytes:>8}");
    let figures = [
        (11, looked.a_second().to_string()),
        (11, sent.a_second().to_string()),
        (7, ratio(looked.a_second(), sent.a_second())),
        (11, millis(looked.percentile(50))),
        (11, millis(looked.percentile(99))),
        (13, format!("{}.{} µs", cpu / 10, cpu % 10)),
        (7, ratio(least, cpu)),
    ];
    for (width, figure) in figures {
        write!(row, "{figure:>width$}").ok(); // Writing to a text cannot fail.
    }
    row
}
