//! `rialto bench feed`: whole purchases, in turns alone and with admins who watch all that happens.
//!
//! The feed has some thousand events a second then, of which the admins are told some. Some of them read
//! what they are told; of the others half read nothing and half a byte a second, and come anew with each
//! turn.

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use clap::Args;
use futures_util::future::{Either, select};
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

use super::{
    super::{Failure, base, say},
    checkout::buyer::Shop,
    crowd::bad::{Crowd, Plan},
    followed,
    herd::{Counted, Herd, Speech},
    raw::Client,
    shop::{Measured, admin},
    table::{Figures, Timed, a_second, mebibytes, millis, ratio},
    usage::{figure, of_metrics},
};

/// How often it is looked what memory the server takes.
const MEMORY_EVERY: Duration = Duration::from_millis(250);

#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    measured: Measured,
    /// How many buy at once
    #[arg(long, value_name = "N", default_value_t = 256)]
    clients: usize,
    /// How many admins read all that they are told
    #[arg(long, value_name = "N", default_value_t = 20)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=30))]
    readers: u64,
    /// How many read nothing, and as many that read a byte a second
    #[arg(long, value_name = "N", default_value_t = 10)]
    #[arg(value_parser = clap::value_parser!(u64).range(0..=15))]
    stalled: u64,
    /// Rounds of each, in turns
    #[arg(long, value_name = "N", default_value_t = 3)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// How long each round takes, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 5_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(100..=60_000))]
    round: u64,
}

/// What came of the rounds of a kind.
#[derive(Default)]
struct Turns {
    bought: Timed,
    events: u64,
    left_out: u64,
    /// Frames that each admin who reads was sent: events, and how many were left out.
    told: u64,
    /// The most memory that the server had, in bytes.
    memory: u64,
}

/// The server, as those who buy and those who watch see it.
struct Scene<'a> {
    shop: Shop,
    watched: followed::Shop,
    /// The header of the admin who watches.
    admin: String,
    options: &'a Options,
}

pub async fn run(options: &Options) -> Result<(), Failure> {
    let (base, email) = (base::checked(&options.measured.url)?, &options.measured.email);
    let mut shop = Shop::open(&base, email).await?;
    shop.admit(options.clients).await?;
    let watched = followed::Shop::open(&base, email).await?;
    let admin = admin(&mut Client::connect(&base).await?, email).await?;
    let mut scene = Scene { shop, watched, admin, options };
    say(options.introduction(&base))?;
    say(header())?;
    let (mut alone, mut beside) = (Turns::default(), Turns::default());
    scene.shop.round(options.clients, Duration::from_millis(options.round / 4)).await?;
    for _ in 0..options.rounds {
        scene.turn(&mut alone).await?;
        scene.turn_watched(&mut beside).await?;
    }
    let (alone, beside) = (alone.row("alone")?, beside.row("watched")?);
    Ok(say(format!(
        "{:<10}{:>13}{:>24}",
        "ratio",
        ratio(beside.a_second, alone.a_second),
        ratio(beside.p99, alone.p99)
    ))?)
}

impl Options {
    fn introduction(&self, base: &str) -> String {
        let Options { clients, readers, stalled, rounds, round, .. } = self;
        format!(
            "{base}: {rounds} rounds of {round} ms in which {clients} buy, alone and watched by {readers} \
             admins who read, {stalled} who do not, and {stalled} who read a byte a second, in turns\n"
        )
    }
}

impl Scene<'_> {
    /// A round in which admins watch; it fails where one of those who read has lost its socket.
    async fn turn_watched(&mut self, turns: &mut Turns) -> Result<(), Failure> {
        let Options { readers, stalled, .. } = *self.options;
        let (readers, stalled) = (count(readers), count(stalled));
        let hello = json!({ "id": 1, "op": "subscribe", "topic": "admin:feed" }).to_string();
        let (address, speech) = (self.watched.address, self.speech());
        let herd = Herd::open(address, &speech, vec![vec![hello.clone()]; readers]).await?;
        let plan = Plan { stalled, vanished: 0, wrong: 0 };
        let mut crowd = Crowd::gather(address, speech, hello, readers, plan).await?;
        crowd.begin();
        herd.expect(u64::MAX);
        self.turn(turns).await?;
        let told = herd.seen()?.checked_div(self.options.readers).unwrap_or(0);
        turns.told = turns.told.saturating_add(told);
        crowd.leave().await;
        Ok(())
    }

    fn speech(&self) -> Speech {
        Speech { headers: self.admin.clone(), ..self.watched.speech(Counted::Frames) }
    }

    /// A round, after which the server comes to rest.
    async fn turn(&mut self, turns: &mut Turns) -> Result<(), Failure> {
        let each = Duration::from_millis(self.options.round);
        let (before, began) = (self.watched.metrics().await?, Instant::now());
        let mut tick = interval(MEMORY_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Both go on at once: whoever buys does not wait while it is looked.
        let looking = async {
            loop {
                tick.tick().await;
                turns.look(&self.watched.metrics().await?);
            }
        };
        let round = self.shop.round(self.options.clients, each);
        let took = match select(pin!(round), pin!(looking)).await {
            Either::Left((took, _)) => took?,
            Either::Right((failed, _)) => return failed,
        };
        turns.bought.add(Timed { took, lasted: began.elapsed() });
        let after = self.watched.metrics().await?;
        turns.look(&after);
        let more = |name: &str| figure(&after, name).saturating_sub(figure(&before, name));
        turns.events = turns.events.saturating_add(more("rialto_feed_events_total"));
        turns.left_out = turns.left_out.saturating_add(more("rialto_feed_events_left_out_total"));
        self.shop.rest().await
    }
}

fn count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl Turns {
    fn look(&mut self, metrics: &str) {
        let resident = of_metrics(metrics).map_or(0, |it| it.resident);
        self.memory = self.memory.max(resident);
    }

    /// Says it.
    fn row(self, name: &str) -> Result<Figures, Failure> {
        let rate = |count: u64| a_second(count, self.bought.lasted);
        let (events, left_out, told) = (rate(self.events), rate(self.left_out), rate(self.told));
        let bought = self.bought.figures();
        say(format!(
            "{name:<10}{:>13}{:>12}{:>12}{events:>12}{left_out:>12}{told:>12}{:>13}",
            bought.a_second,
            millis(bought.p50),
            millis(bought.p99),
            mebibytes(self.memory)
        ))?;
        Ok(bought)
    }
}

fn header() -> String {
    format!(
        "{:<10}{:>13}{:>12}{:>12}{:>12}{:>12}{:>12}{:>13}",
        "", "purchases/s", "p50", "p99", "events/s", "left out/s", "told/s", "memory"
    )
}
