//! The query files, compiled once for each database: `super` is one of `sqlite` and `postgres`,
//! and says which connection and dialect. They use ordinary Diesel on a concrete connection, so a
//! wrong query does not compile; what the dialects do not share stands beside the connection type.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{Backend, Conn, among, folded, ledger_total, lock_heads, snapshot};
use crate::{
    domain::{
        Error,
        audit::{Audited, Entry, Origin},
        catalogue::stock::Level,
        event::{Event, Published},
        id::{CartId, ProductId, VariantId},
    },
    store::{
        commands::{Lane, Lanes, Outcomes},
        error::{Failure, failure},
        writer::Done,
    },
};

pub mod account;
pub mod address;
pub mod alert;
pub mod audit;
pub mod cart;
pub mod catalogue;
pub mod courier;
pub mod delivery;
pub mod dispatch;
pub mod event;
pub mod idempotency;
pub mod image;
pub mod link;
pub mod mail;
pub mod notification;
pub mod order;
pub mod payment;
pub mod presence;
pub mod pricing;
pub mod push;
pub mod review;
pub mod session;
pub mod settings;
pub mod stats;
pub mod stock;
pub mod tariff;
pub mod webhook;

/// Stands before what would be a wildcard of `LIKE`.
const ESCAPE: char = '\\';

/// The text as a part of a pattern of `LIKE` that matches it alone.
fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for it in text.chars() {
        if matches!(it, '%' | '_' | ESCAPE) {
            pattern.push(ESCAPE);
        }
        pattern.push(it);
    }
    pattern
}

/// An open transaction; only the writer opens one, so only commands write.
pub struct Tx<'a> {
    pub conn: &'a mut Conn,
    /// The one moment at which everything in this transaction happens.
    pub now: DateTime<Utc>,
    effects: Effects,
}

/// What a transaction did that somebody outside the store waits for.
#[derive(Default)]
struct Effects {
    /// What happened, in order.
    events: Vec<Event>,
    /// Whether mails, or messages to devices, were queued.
    mailed: bool,
    /// Variants whose stock was changed.
    levels: BTreeMap<VariantId, Level>,
    /// Products that were changed, or how they are rated.
    products: BTreeSet<ProductId>,
    /// Whether a category was changed.
    tree: bool,
    /// Carts that were edited or emptied.
    carts: Vec<CartId>,
}

impl Effects {
    /// Adds what a command did in its savepoint; what is later stands.
    fn absorb(&mut self, later: Effects) {
        self.events.extend(later.events);
        self.mailed |= later.mailed;
        self.levels.extend(later.levels);
        self.products.extend(later.products);
        self.tree |= later.tree;
        self.carts.extend(later.carts);
    }
}

impl Tx<'_> {
    /// Has whoever shows the catalogue told of a product that was changed, or its rating.
    pub fn touch(&mut self, product: ProductId) {
        self.effects.products.insert(product);
    }

    /// Has them told of a category that was changed.
    pub fn touch_tree(&mut self) {
        self.effects.tree = true;
    }
}

/// Runs the commands, each kind by its function.
macro_rules! run {
    ($($lane:ident: $mode:ident $module:ident::$function:ident($command:ty) -> $outcome:ty;)*) => {
        pub fn run(conn: &mut Conn, lanes: &Lanes, now: DateTime<Utc>) -> Result<Done, Error> {
            let mut tx = Tx { conn, now, effects: Effects::default() };
            let (mut outcomes, mut left) = (Outcomes::default(), Vec::new());
            $(if !lanes.$lane.commands.is_empty() {
                outcomes.$lane = run!(@$mode &mut tx, &lanes.$lane.commands, $module::$function)?;
                left.extend(entries(&lanes.$lane, &outcomes.$lane));
            })*
            let changes = catalogue::changes(&mut tx)?;
            let Tx { conn, effects: Effects { events, mailed, carts, .. }, .. } = tx;
            let published = log(conn, now, events, &left)?;
            Ok(Done { outcomes, published, mailed, changes, carts })
        }
    };
    (@batch $tx:expr, $commands:expr, $function:path) => { $function($tx, $commands) };
    (@each $tx:expr, $commands:expr, $function:path) => { each($tx, $commands, $function) };
    (@bare $tx:expr, $commands:expr, $function:path) => { bare($tx, $commands, $function) };
}
with_commands!(run);

/// Writes what happened in a transaction and what is left of it, as its last statements, and says where
/// in the feed what happened stands.
fn log(
    conn: &mut Conn,
    now: DateTime<Utc>,
    events: Vec<Event>,
    left: &[(Origin, Entry)],
) -> Result<Vec<Published>, Error> {
    if events.is_empty() && left.is_empty() {
        return Ok(Vec::new());
    }
    let mut heads = lock_heads(conn, event::told(&events))?;
    let published = event::publish(conn, events, &mut heads)?;
    audit::append(conn, now, left, heads.audit)?;
    Ok(published)
}

/// What the commands of a kind leave in the audit log: those that failed left nothing behind.
fn entries<C: Audited>(
    lane: &Lane<C>,
    outcomes: &[Result<C::Outcome, Error>],
) -> impl Iterator<Item = (Origin, Entry)> {
    let Lane { commands, origins } = lane;
    commands.iter().zip(origins).zip(outcomes).filter_map(|((command, origin), outcome)| {
        let entry = command.audit(outcome.as_ref().ok()?)?; // What failed leaves nothing.
        Some((origin.clone(), entry))
    })
}

/// Runs each command in a savepoint of its own, so that one that fails undoes nothing else.
fn each<C, T>(
    tx: &mut Tx<'_>,
    commands: &[C],
    run: impl Fn(&mut Tx<'_>, &C) -> Result<T, Error>,
) -> Result<Vec<Result<T, Error>>, Error> {
    use diesel::Connection;

    let mut outcomes = Vec::with_capacity(commands.len());
    for command in commands {
        let (now, mut effects) = (tx.now, Effects::default());
        let outcome = tx.conn.transaction(|conn| {
            let mut tx = Tx { conn, now, effects: Effects::default() };
            let outcome = run(&mut tx, command)?;
            effects = tx.effects;
            Ok(outcome)
        });
        if outcome.is_ok() {
            tx.effects.absorb(effects);
        }
        outcomes.push(unless_lost(outcome)?);
    }
    Ok(outcomes)
}

/// Runs each command without a savepoint. It refuses before it writes, or leaves an effect: what it had
/// written would be committed with the others. With an internal error the whole transaction fails.
fn bare<C, T>(
    tx: &mut Tx<'_>,
    commands: &[C],
    run: impl Fn(&mut Tx<'_>, &C) -> Result<T, Error>,
) -> Result<Vec<Result<T, Error>>, Error> {
    commands.iter().map(|command| unless_lost(run(tx, command))).collect()
}

/// What came of a command, or the error where the whole transaction is lost.
fn unless_lost<T>(outcome: Result<T, Error>) -> Result<Result<T, Error>, Error> {
    match outcome {
        // The whole transaction is lost, or must be tried again.
        Err(err) if failure(&err) != Failure::Lasting => Err(err),
        // A database that is full may have undone more than a savepoint (`SQLITE_FULL`): by itself the
        // command does no harm to others.
        Err(err @ Error::Internal { .. }) => Err(err),
        Ok(_) | Err(_) => Ok(outcome),
    }
}
