//! `rialto bench fanout`: thousands of sockets that are told of one thing, and of many.
//!
//! *Single*: something is said once, and all sockets have it before it is said again. *Burst*: so much is
//! said at once. Beside the server stand a bare loop, which does nothing but write as many bytes to as
//! many sockets (the floor), and nats-server; all three take turns in each pass, are asked by one thread
//! of this program, and have the machine's other cores to themselves. The rate is counted from the first
//! delivery of a round to the last; the times are since it was said, and so hold the command and its
//! commit for the server. *Orders*: each socket follows orders of its own, which are paid at a given
//! rate; the times are from the moment that an event says it happened at, before its commit. The floor
//! and nats-server pay nothing: they tell one socket after the other, at the same rate.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::Args;

use super::{
    super::{Failure, base, say},
    followed::{Broadcast, Shop},
    herd::{Counted, Herd, Speech},
    shop::Measured,
    table::{a_second, kibibytes, millis, percentile, ratio},
    usage::Usage,
};

pub mod floor;
mod orders;
mod peer;

use self::{floor::Floor, peer::Peer};

#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    measured: Measured,
    /// The program nats-server; left out, it is not measured
    #[arg(long, value_name = "PATH")]
    nats: Option<PathBuf>,
    /// How many sockets follow one topic
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "1000,5000,10000")]
    sockets: Vec<usize>,
    /// How often the three take turns
    #[arg(long, value_name = "N", default_value_t = 3)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100))]
    passes: u32,
    /// How often something is said once in each turn
    #[arg(long, value_name = "N", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// How much is said at once in a burst; there are five of them in each turn
    #[arg(long, value_name = "N", default_value_t = 20)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100))]
    burst: u32,
    /// How many orders are paid in a second
    #[arg(long, value_name = "N", default_value_t = 500)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    orders: u32,
    /// How many sockets follow orders of their own
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "1000,5000")]
    order_sockets: Vec<usize>,
    /// How many orders are paid in all
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    paid: usize,
}

const BURSTS: u32 = 5;
/// How often something is said before anything is measured: what a socket needs for its first frame is
/// there then, and what was left of the turn before is gone.
const WARM_UP: u32 = 20;

/// What is measured.
enum Target<'a> {
    Floor(&'a mut Floor),
    Shop(&'a Shop, &'a mut Broadcast),
    Peer(&'a mut Peer),
}

/// What came of all turns of one target.
#[derive(Default)]
struct Figures {
    single: Measure,
    burst: Measure,
    /// Memory for each idle socket, in bytes; one for each turn.
    idle: Vec<u64>,
}

#[derive(Default)]
struct Measure {
    deliveries: u64,
    lasted: Duration,
    spent: Duration,
    took: Vec<Duration>,
}

pub async fn run(options: &Options) -> Result<(), Failure> {
    let shop = Shop::open(&base::checked(&options.measured.url)?, &options.measured.email).await?;
    let mut broadcast = shop.broadcast().await?;
    let bytes = length(&shop, &mut broadcast).await?;
    let mut peer = match &options.nats {
        Some(program) => Some(Peer::start(program, bytes).await?),
        None => None,
    };
    say(format!(
        "{}: {} passes of {} rounds and {BURSTS} bursts of {}; a push has {bytes} bytes\n",
        options.measured.url, options.passes, options.rounds, options.burst
    ))?;
    say(header())?;
    for &sockets in &options.sockets {
        let mut figures = [Figures::default(), Figures::default(), Figures::default()];
        for _ in 0..options.passes {
            let [of_floor, of_shop, of_peer] = &mut figures;
            // Anew for each turn: it does not see that sockets have gone which it does not write to.
            let mut floor = Floor::start(bytes)?;
            turn(Target::Floor(&mut floor), sockets, options, of_floor).await?;
            drop(floor);
            turn(Target::Shop(&shop, &mut broadcast), sockets, options, of_shop).await?;
            let Some(other) = &mut peer else { continue };
            if let Err(err) = turn(Target::Peer(other), sockets, options, of_peer).await {
                say(format!("nats-server is left out from here on: {err}"))?;
                (peer, *of_peer) = (None, Figures::default());
            }
        }
        let [of_floor, of_shop, of_peer] = figures;
        let (single, burst) = (of_floor.single.rate(), of_floor.burst.rate());
        let named = [("floor", of_floor), ("rialto", of_shop), ("nats-server", of_peer)];
        for (name, figures) in named.into_iter().filter(|(_, it)| !it.idle.is_empty()) {
            say(figures.row(sockets, name, single, burst))?;
        }
    }
    if !options.order_sockets.is_empty() {
        say(orders::header(options))?;
    }
    for &sockets in &options.order_sockets {
        let mut floor = Floor::start(bytes)?;
        orders::turn("floor", Target::Floor(&mut floor), sockets, options).await?;
        drop(floor);
        orders::turn("rialto", Target::Shop(&shop, &mut broadcast), sockets, options).await?;
        if let Some(peer) = &mut peer {
            orders::turn("nats-server", Target::Peer(peer), sockets, options).await?;
        }
    }
    Ok(())
}

/// The length of a push.
async fn length(shop: &Shop, broadcast: &mut Broadcast) -> Result<usize, Failure> {
    let speech = shop.speech(Counted::Bytes(1));
    let hello = vec![vec![broadcast.hello()]];
    let herd = Herd::open(shop.address, &speech, hello).await?;
    herd.expect(1);
    shop.ready(broadcast, 1).await?;
    broadcast.fire().await?;
    Ok(herd.all().await?.took.len())
}

impl Target<'_> {
    fn speech(&self) -> Speech {
        match self {
            Target::Floor(_) => Speech {
                path: "/".to_owned(),
                subprotocol: None,
                headers: String::new(),
                ready: None,
                counted: Counted::Frames,
            },
            Target::Shop(shop, _) => shop.speech(Counted::Frames),
            Target::Peer(peer) => peer.speech(),
        }
    }

    fn address(&self) -> SocketAddr {
        match self {
            Target::Floor(floor) => floor.address,
            Target::Shop(shop, _) => shop.address,
            Target::Peer(peer) => peer.address,
        }
    }

    fn hello(&self) -> String {
        match self {
            Target::Floor(_) => String::new(),
            Target::Shop(_, broadcast) => broadcast.hello(),
            Target::Peer(_) => peer::HELLO.to_owned(),
        }
    }

    async fn usage(&self) -> Result<Usage, Failure> {
        match self {
            Target::Floor(floor) => floor.process().usage(),
            Target::Shop(shop, _) => shop.usage().await,
            Target::Peer(peer) => peer.process().usage(),
        }
    }

    async fn ready(&mut self, often: u32) -> Result<(), Failure> {
        match self {
            Target::Shop(shop, broadcast) => shop.ready(broadcast, often).await,
            Target::Floor(_) | Target::Peer(_) => Ok(()),
        }
    }

    async fn fire(&mut self, often: u32) -> Result<(), Failure> {
        match self {
            Target::Floor(floor) => floor.fire(often),
            Target::Shop(_, broadcast) => broadcast.fire().await,
            Target::Peer(peer) => peer.fire(often).await,
        }
    }
}

/// One target's turn: sockets are opened, told, and closed.
async fn turn(
    mut target: Target<'_>,
    sockets: usize,
    options: &Options,
    figures: &mut Figures,
) -> Result<(), Failure> {
    let before = target.usage().await?;
    let hellos = vec![vec![target.hello()]; sockets];
    let herd = Herd::open(target.address(), &target.speech(), hellos).await?;
    let with = target.usage().await?;
    figures.idle.push(grown(before, with, sockets));
    tell(&mut target, &herd, sockets, (WARM_UP, 1), &mut Measure::default()).await?;
    tell(&mut target, &herd, sockets, (options.rounds, 1), &mut figures.single).await?;
    tell(&mut target, &herd, sockets, (BURSTS, options.burst), &mut figures.burst).await
}

/// How much more memory there is for each socket, in bytes.
fn grown(before: Usage, with: Usage, sockets: usize) -> u64 {
    let all = with.resident.saturating_sub(before.resident);
    all.checked_div(u64::try_from(sockets).unwrap_or(u64::MAX)).unwrap_or(0)
}

async fn tell(
    target: &mut Target<'_>,
    herd: &Herd,
    sockets: usize,
    (rounds, often): (u32, u32),
    measure: &mut Measure,
) -> Result<(), Failure> {
    let wanted = u64::try_from(sockets).unwrap_or(u64::MAX).saturating_mul(often.into());
    let before = target.usage().await?;
    for _ in 0..rounds {
        target.ready(often).await?;
        herd.expect(wanted);
        let (fired, wave) = futures_util::join!(target.fire(often), herd.all());
        fired?;
        let mut wave = wave?;
        measure.deliveries = measure.deliveries.saturating_add(wanted);
        measure.lasted = measure.lasted.saturating_add(wave.lasted);
        measure.took.append(&mut wave.took);
    }
    let spent = target.usage().await?.spent.saturating_sub(before.spent);
    measure.spent = measure.spent.saturating_add(spent);
    Ok(())
}

impl Measure {
    fn rate(&self) -> u128 {
        a_second(self.deliveries, self.lasted)
    }

    /// Processor time for each delivery, as people read it.
    fn cost(&self) -> String {
        let nanos = self.spent.as_nanos().checked_div(self.deliveries.into()).unwrap_or(0);
        format!("{}.{:02} µs", nanos / 1_000, nanos % 1_000 / 10)
    }
}

fn header() -> String {
    format!(
        "{:<9}{:<13}{:>10}{:>10}{:>7}{:>11}{:>12}{:>10}{:>11}{:>7}{:>10}",
        "sockets",
        "",
        "idle each",
        "single/s",
        "ratio",
        "p50",
        "p99",
        "cpu each",
        "burst/s",
        "ratio",
        "cpu each"
    )
}

impl Figures {
    fn row(mut self, sockets: usize, name: &str, single: u128, burst: u128) -> String {
        self.single.took.sort_unstable();
        self.idle.sort_unstable();
        // Memory that one turn gave back is there for the next: the first says what it takes.
        let idle = self.idle.last().copied().unwrap_or(0);
        format!(
            "{sockets:<9}{name:<13}{:>10}{:>10}{:>7}{:>11}{:>12}{:>10}{:>11}{:>7}{:>10}",
            kibibytes(idle),
            self.single.rate(),
            ratio(self.single.rate(), single),
            millis(percentile(&self.single.took, 50)),
            millis(percentile(&self.single.took, 99)),
            self.single.cost(),
            self.burst.rate(),
            ratio(self.burst.rate(), burst),
            self.burst.cost()
        )
    }
}
