//! Sockets with orders of their own, each of which is told when its own is paid.
//!
//! The floor and nats-server pay nothing: they only tell one socket after the other, at the same rate.

use std::time::Duration;

use chrono::SecondsFormat;
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

use super::{
    super::{
        super::{Failure, say},
        followed,
        herd::{Counted, Herd, Speech},
        shop::Placed,
        table::{a_second, kibibytes, millis, percentile},
    },
    Measure, Options, Target, grown, peer,
};
use crate::store;

/// The most topics that one socket may follow is 64.
const TOPICS_MAX: usize = 60;
/// The type of the event that is waited for.
const PAID: &str = "order.paid";

/// What is said of one order by those who have none, in so many bytes.
pub fn told(bytes: usize) -> String {
    let at = store::now().to_rfc3339_opts(SecondsFormat::Micros, true);
    let said = json!({ "type": PAID, "at": at }).to_string();
    format!("{said:<bytes$}")
}

/// So many sockets are opened, and each is told of its orders.
pub async fn turn(
    name: &str,
    mut target: Target<'_>,
    sockets: usize,
    options: &Options,
) -> Result<(), Failure> {
    let orders = number(sockets, options);
    let placed = match &target {
        Target::Shop(shop, _) => shop.place(orders).await?,
        Target::Floor(_) | Target::Peer(_) => Vec::new(),
    };
    let before = target.usage().await?;
    let hellos = target.hellos(&placed, sockets);
    let herd = Herd::open(target.address(), &target.of_orders(), hellos).await?;
    let with = target.usage().await?;
    let deliveries = u64::try_from(orders).unwrap_or(u64::MAX);
    herd.expect(deliveries);
    let telling = target.tell(&placed, (orders, sockets), options.orders);
    let (told, wave) = futures_util::join!(telling, herd.all());
    told?;
    let mut wave = wave?;
    wave.took.sort_unstable();
    let (p50, p99) = (percentile(&wave.took, 50), percentile(&wave.took, 99));
    let spent = target.usage().await?.spent.saturating_sub(with.spent);
    let measure = Measure { deliveries, lasted: wave.lasted, spent, took: wave.took };
    Ok(say(format!(
        "{sockets:<9}{name:<13}{:>10}{:>10}{:>12}{:>12}{:>12}",
        kibibytes(grown(before, with, sockets)),
        a_second(deliveries, measure.lasted),
        millis(p50),
        millis(p99),
        measure.cost()
    ))?)
}

/// How many orders there are for so many sockets.
fn number(sockets: usize, options: &Options) -> usize {
    options.paid.clamp(sockets, sockets.saturating_mul(TOPICS_MAX))
}

pub fn header(options: &Options) -> String {
    format!(
        "\nsockets with orders of their own, {} in all or one each, of which {} are told of in a second\n\
         {:<9}{:<13}{:>10}{:>10}{:>12}{:>12}{:>12}",
        options.paid,
        options.orders,
        "sockets",
        "",
        "idle each",
        "told/s",
        "p50",
        "p99",
        "cpu each"
    )
}

impl Target<'_> {
    fn of_orders(&self) -> Speech {
        Speech { counted: Counted::Stamped(PAID), ..self.speech() }
    }

    /// What each of so many sockets says.
    fn hellos(&self, placed: &[Placed], sockets: usize) -> Vec<Vec<String>> {
        match self {
            Target::Floor(_) => vec![Vec::new(); sockets],
            Target::Shop(..) => {
                let of_socket = |at: usize| placed.iter().skip(at).step_by(sockets.max(1));
                (0..sockets).map(|at| of_socket(at).map(followed::hello).collect()).collect()
            }
            Target::Peer(_) => (0..sockets).map(|at| vec![peer::hello(at)]).collect(),
        }
    }

    /// Tells of one order after the other, at a rate.
    async fn tell(
        &mut self,
        placed: &[Placed],
        (orders, sockets): (usize, usize),
        a_second: u32,
    ) -> Result<(), Failure> {
        let pace = Duration::from_secs(1).checked_div(a_second).unwrap_or_default();
        let mut tick = interval(pace.max(Duration::from_micros(1)));
        tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
        for number in 0..orders {
            match self {
                Target::Shop(shop, _) => return shop.pay(placed, a_second).await,
                Target::Floor(floor) => {
                    tick.tick().await;
                    floor.tell_next()?;
                }
                Target::Peer(peer) => {
                    tick.tick().await;
                    peer.tell(number.checked_rem(sockets).unwrap_or(0)).await?;
                }
            }
        }
        Ok(())
    }
}
