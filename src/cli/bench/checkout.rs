//! `rialto bench checkout`: whole purchases over HTTP, beside the plain way to write the same rows.
//!
//! A purchase is a line put into the cart, the checkout, and the confirmed payment; each buyer is
//! registered once and has one connection. The plain way writes the rows of the same three steps by a
//! pool of eight connections, a transaction a step, into a database of its own, without HTTP. With the
//! confirmation it writes, in one go, the notices and letters that tell the buyer of both, which nobody
//! sends; what the audit log's entries are looked up by it writes for as many at once as the server
//! does. Rounds of the two take turns, so that a machine that grows slower or faster meanwhile does so
//! in both; between them the server comes to rest, so that the letters that it still writes do not slow
//! down the plain way.

use std::time::{Duration, Instant};

use clap::Args;

use super::{
    super::{Failure, base, say},
    shop::Measured,
    table::{Timed, millis, percentile, ratio},
};

pub mod buyer;
mod plain;

use self::{buyer::Shop, plain::Plain};

/// The lines of the carts that are compared.
const FEW: usize = 2;
const MANY: usize = 20;

#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    measured: Measured,
    /// The empty database of the plain way; left out, it is a SQLite file that is deleted at the end
    #[arg(long, value_name = "URL")]
    plain: Option<String>,
    /// How many buy at once
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "1,8,32,128")]
    clients: Vec<usize>,
    /// Rounds of each, in turns
    #[arg(long, value_name = "N", default_value_t = 3)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// How long each round takes, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 3_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(100..=60_000))]
    round: u64,
}

pub async fn run(options: &Options) -> Result<(), Failure> {
    let url = base::checked(&options.measured.url)?;
    let each = Duration::from_millis(options.round);
    let mut shop = Shop::open(&url, &options.measured.email).await?;
    let accounts = options.clients.iter().copied().max().unwrap_or_default();
    let plain = Plain::open(options.plain.as_deref(), accounts).await?;
    say(format!(
        "{url}: {} rounds of {} ms with each number of clients, and as many of the plain way on {}, \
         in turns\n",
        options.rounds,
        options.round,
        plain.kind()
    ))?;
    say(format!(
        "{:<9}{:>12}{:>12}{:>12}{:>12}{:>12}{:>12}{:>8}",
        "clients", "purchases/s", "p50", "p99", "plain/s", "p50", "p99", "ratio"
    ))?;
    for &clients in &options.clients {
        shop.admit(clients).await?;
        let (mut bought, mut plainly) = (Timed::default(), Timed::default());
        shop.round(clients, each / 4).await?;
        for _ in 0..options.rounds {
            let began = Instant::now();
            let took = shop.round(clients, each).await?;
            bought.add(Timed { took, lasted: began.elapsed() });
            shop.rest().await?;
            let began = Instant::now();
            let took = plain.round(clients, each)?;
            plainly.add(Timed { took, lasted: began.elapsed() });
        }
        let (own, other) = (bought.figures(), plainly.figures());
        say(format!(
            "{clients:<9}{:>12}{:>12}{:>12}{:>12}{:>12}{:>12}{:>8}",
            own.a_second,
            millis(own.p50),
            millis(own.p99),
            other.a_second,
            millis(other.p50),
            millis(other.p99),
            ratio(own.a_second, other.a_second)
        ))?;
    }
    of_lines(&mut shop, each).await
}

/// What the lines of an order cost: checkout and payment alone, by one client, in turns.
async fn of_lines(shop: &mut Shop, each: Duration) -> Result<(), Failure> {
    shop.admit(1).await?;
    let (mut few, mut many) = (Vec::new(), Vec::new());
    let began = Instant::now();
    while began.elapsed() < each {
        few.push(shop.purchase(FEW).await?);
        many.push(shop.purchase(MANY).await?);
    }
    few.sort_unstable();
    many.sort_unstable();
    let (few, many) = (percentile(&few, 50), percentile(&many, 50));
    Ok(say(format!(
        "\ncheckout and payment of {MANY} lines: {}, of {FEW}: {}: {} times",
        millis(many),
        millis(few),
        ratio(many, few)
    ))?)
}
