//! `rialto bench crowd`: sockets that read, in turns without and with a crowd that does what it should
//! not.
//!
//! The good ones follow an order, and are told of it once in each round. Their times are since it was
//! said, and so hold the command and its commit. Of the crowd many follow the same order, and then never
//! read, or read a byte a second, or are gone without a word; others send half a request; others say what
//! they should not, and begin anew each time that they are sent away.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use clap::Args;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::{
    super::{Failure, base, say},
    followed::{Broadcast, Shop},
    herd::{Counted, Herd},
    shop::Measured,
    table::{mebibytes, millis, percentile, ratio},
    usage::figure,
};

pub mod bad;

use self::bad::{Crowd, Plan};

/// How often it is looked whether all of the crowd is there, or gone, and for how long.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const LOOKS_MAX: u32 = 600;
/// How often it is looked what memory the server takes.
const MEMORY_EVERY: Duration = Duration::from_millis(500);

#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    measured: Measured,
    /// How many sockets read what they are told
    #[arg(long, value_name = "N", default_value_t = 500)]
    good: usize,
    /// How many never read, and as many that read a byte a second
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    stalled: usize,
    /// How many are gone without a word, and as many that send half a request
    #[arg(long, value_name = "N", default_value_t = 100)]
    vanished: usize,
    /// How many there are each of those that send too much, too often, no text, bytes or what nobody
    /// knows
    #[arg(long, value_name = "N", default_value_t = 20)]
    wrong: usize,
    /// How often it is measured without and with the crowd
    #[arg(long, value_name = "N", default_value_t = 3)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100))]
    passes: u32,
    /// How often something is said in each turn
    #[arg(long, value_name = "N", default_value_t = 400)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rounds: u32,
    /// How long after one another, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 50)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=10_000))]
    every: u64,
}

/// What came of a pass, or of all of them.
#[derive(Default)]
struct Pass {
    without: Vec<Duration>,
    with: Vec<Duration>,
    memory: Memory,
    /// How often somebody of the crowd did what it should not and began anew.
    visits: u64,
}

/// What the server has of memory, in bytes: before the crowd comes, at the most, and once it has gone.
#[derive(Debug, Clone, Copy, Default)]
struct Memory {
    before: u64,
    highest: u64,
    after: u64,
}

/// The good ones, and what they are told.
struct Scene<'a> {
    shop: &'a Shop,
    broadcast: Broadcast,
    good: Herd,
    options: &'a Options,
}

pub async fn run(options: &Options) -> Result<(), Failure> {
    let shop = Shop::open(&base::checked(&options.measured.url)?, &options.measured.email).await?;
    let broadcast = shop.broadcast().await?;
    let speech = shop.speech(Counted::Frames);
    let hellos = vec![vec![broadcast.hello()]; options.good];
    let good = Herd::open(shop.address, &speech, hellos).await?;
    let mut scene = Scene { shop: &shop, broadcast, good, options };
    say(options.introduction())?;
    say(header())?;
    let (before, mut all) = (shop.metrics().await?, Pass::default());
    for number in 1..=options.passes {
        let mut pass = scene.pass().await?;
        say(pass.row(&number.to_string()))?;
        all.add(pass);
    }
    say(all.row("all"))?;
    let after = shop.metrics().await?;
    Ok(say(ended(&before, &after, all.visits))?)
}

impl Options {
    fn plan(&self) -> Plan {
        let Options { stalled, vanished, wrong, .. } = *self;
        Plan { stalled, vanished, wrong }
    }

    fn introduction(&self) -> String {
        let Options { measured, good, stalled, vanished, wrong, passes, rounds, every } = self;
        let url = &measured.url;
        format!(
            "{url}: {good} sockets that read; {passes} passes of {rounds} rounds each, every {every} ms\n\
             the crowd: {stalled} that never read, {stalled} that read a byte a second, {vanished} that \
             are gone without a word, {vanished} that send half a request, and {wrong} each that send \
             64 KiB and a byte, no UTF-8, bytes, 10,000 subscriptions, and operations that nobody knows\n"
        )
    }
}

impl Scene<'_> {
    /// A turn without the crowd, and one with it.
    async fn pass(&mut self) -> Result<Pass, Failure> {
        let before = self.shop.usage().await?.resident;
        let mut memory = Memory { before, highest: before, after: before };
        let without = self.turn(&mut memory).await?;
        memory.before = self.shop.usage().await?.resident;
        memory.highest = memory.before;
        let figures = self.shop.metrics().await?;
        let (open, follow) = (figure(&figures, OPEN), figure(&figures, FOLLOWED));
        let mut crowd = self.gather().await?;
        let following = u64::try_from(self.options.plan().following()).unwrap_or(u64::MAX);
        self.until(FOLLOWED, follow.saturating_add(following)).await?;
        crowd.begin();
        let with = self.turn(&mut memory).await?;
        let visits = crowd.leave().await;
        self.until(OPEN, open).await?;
        memory.after = self.shop.usage().await?.resident;
        Ok(Pass { without, with, memory, visits })
    }

    async fn gather(&self) -> Result<Crowd, Failure> {
        let Scene { shop, broadcast, options, .. } = self;
        let speech = shop.speech(Counted::Frames);
        Crowd::gather(shop.address, speech, broadcast.hello(), options.good, options.plan()).await
    }

    /// The rounds, and how long each delivery took.
    async fn turn(&mut self, memory: &mut Memory) -> Result<Vec<Duration>, Failure> {
        let wanted = u64::try_from(self.options.good).unwrap_or(u64::MAX);
        let mut tick = interval(Duration::from_millis(self.options.every));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut took, mut looked) = (Vec::new(), None::<Instant>);
        for _ in 0..self.options.rounds {
            self.shop.ready(&mut self.broadcast, 1).await?;
            tick.tick().await;
            self.good.expect(wanted);
            let (fired, wave) = futures_util::join!(self.broadcast.fire(), self.good.all());
            fired?;
            took.append(&mut wave?.took);
            if looked.is_none_or(|it| it.elapsed() >= MEMORY_EVERY) {
                memory.highest = memory.highest.max(self.shop.usage().await?.resident);
                looked = Some(Instant::now());
            }
        }
        Ok(took)
    }

    /// Waits until a figure of the server's is what it should be.
    async fn until(&self, name: &str, wanted: u64) -> Result<(), Failure> {
        let mut last = 0;
        for _ in 0..LOOKS_MAX {
            last = figure(&self.shop.metrics().await?, name);
            if last == wanted {
                return Ok(());
            }
            sleep(LOOK_EVERY).await;
        }
        Err(Failure::new(format!("{name} is {last}, and should have become {wanted}")))
    }
}

const OPEN: &str = "rialto_sockets_open";
const FOLLOWED: &str = "rialto_socket_subscriptions";
const CUT: &str = "rialto_sockets_cut_total";
const CLOSED: &str = "rialto_sockets_closed_total{code=\"";

/// How many sockets were closed with each code.
fn closed(metrics: &str) -> BTreeMap<&str, u64> {
    let codes = metrics.lines().filter_map(|line| line.strip_prefix(CLOSED)?.split_once("\"} "));
    codes.filter_map(|(code, count)| Some((code, count.trim().parse().ok()?))).collect()
}

/// How the sockets of the crowd ended between two looks at the metrics.
fn ended(before: &str, after: &str, visits: u64) -> String {
    let (was, mut text) =
        (closed(before), format!("\n{visits} that began anew; sockets closed by"));
    for (code, count) in closed(after) {
        let count = count.saturating_sub(was.get(code).copied().unwrap_or(0));
        if count > 0 {
            let code = if code == "none" { "no code" } else { code };
            text += &format!(" {code}: {count} ·");
        }
    }
    let cut = figure(after, CUT).saturating_sub(figure(before, CUT));
    text + &format!(" of them cut: {cut}")
}

fn header() -> String {
    let wide = |name: &str| format!("{name:<26}");
    let over =
        format!("{:<6}{}{}{:>8}{:>15}", "", wide("without"), wide("with"), "ratio", "memory");
    let names = ["p50", "p99", "p50", "p99"].map(|name| format!("{name:>13}")).concat();
    format!(
        "{over}\n{:<6}{names}{:>8}{:>12}{:>12}{:>12}",
        "pass", "p99", "before", "highest", "after"
    )
}

impl Pass {
    fn add(&mut self, mut other: Pass) {
        self.without.append(&mut other.without);
        self.with.append(&mut other.with);
        self.visits = self.visits.saturating_add(other.visits);
        let first = if self.memory.before == 0 { other.memory.before } else { self.memory.before };
        self.memory = Memory {
            before: first,
            highest: self.memory.highest.max(other.memory.highest),
            after: other.memory.after,
        };
    }

    fn row(&mut self, name: &str) -> String {
        self.without.sort_unstable();
        self.with.sort_unstable();
        let of = |took: &[Duration]| (percentile(took, 50), percentile(took, 99));
        let ((calm, calm_p99), (beside, beside_p99)) = (of(&self.without), of(&self.with));
        let times = [calm, calm_p99, beside, beside_p99].map(|it| format!("{:>13}", millis(it)));
        let Memory { before, highest, after } = self.memory;
        let memory = [before, highest, after].map(|it| format!("{:>12}", mebibytes(it)));
        let ratio = ratio(beside_p99, calm_p99);
        format!("{name:<6}{}{ratio:>8}{}", times.concat(), memory.concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_is_counted_by_code_from_where_it_stood() {
        let before = "rialto_sockets_closed_total{code=\"3501\"} 2\n";
        let after = "rialto_sockets_closed_total{code=\"3008\"} 7\n\
                     rialto_sockets_closed_total{code=\"3501\"} 5\n\
                     rialto_sockets_closed_total{code=\"none\"} 1\n\
                     rialto_sockets_cut_total 6\n";
        assert_eq!(
            ended(before, after, 4),
            "\n4 that began anew; sockets closed by 3008: 7 · 3501: 3 · no code: 1 · of them cut: 6"
        );
        assert_eq!(figure(after, "rialto_sockets_open"), 0);
    }

    #[test]
    fn of_all_passes_the_memory_is_that_of_the_first_the_fullest_and_the_last() {
        let pass = |before, highest, after| Pass {
            without: vec![Duration::from_millis(2); 100],
            with: vec![Duration::from_millis(3); 100],
            memory: Memory { before, highest, after },
            visits: 1,
        };
        let mut all = Pass::default();
        all.add(pass(10 << 20, 30 << 20, 20 << 20));
        all.add(pass(20 << 20, 25 << 20, 15 << 20));

        let row = all.row("all");

        let words: Vec<&str> = row.split_whitespace().filter(|it| !it.ends_with('s')).collect();
        assert_eq!(
            words,
            [
                "all", "2.00", "2.00", "3.00", "3.00", "1.50", "10.0", "MiB", "30.0", "MiB",
                "15.0", "MiB"
            ]
        );
        assert_eq!(all.visits, 2);
    }
}
