//! Writing what was decided about orders, a batch at once. Decisions come with the version that
//! they were made on; here it is compared on the locked row.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::{prelude::*, upsert::excluded};

use super::super::{Tx, account, among, event, idempotency, pricing::Redeemed, stock::Shelf};
use super::{
    deliveries as parcels, refunds, returns,
    rows::{LineRow, OrderRow, PaymentRow},
};
use crate::{
    domain::{
        Error,
        account::User,
        courier::may_bring,
        id::{EventId, OrderId, PromotionId, UserId},
        idempotency::Kept,
        order::{
            Line, Order, Stage, Status,
            change::{Advance, Advanced, Change, Claimed, StockEffect, Touched},
        },
        payment::Entry,
    },
    store::{
        at::At,
        error::corrupt,
        insert::insert,
        schema::{order_lines, orders, payment_ledger, payments},
    },
};

/// Writes changes of orders. The lock order is: couriers, promotions, stock, orders.
pub fn advance(
    tx: &mut Tx<'_>,
    commands: &[Advance],
) -> Result<Vec<Result<Advanced, Error>>, Error> {
    let claims = commands.iter().filter_map(|it| it.claim.claim());
    let mut kept = idempotency::find_all(tx.conn, claims)?;
    let given_to = commands.iter().filter_map(|it| it.change.given_to).collect();
    let couriers = account::hold_all(tx, &given_to)?;
    let redeemed = Redeemed::lock(tx, commands.iter().flat_map(|it| given_back(&it.change)))?;
    let mut shelf = Shelf::lock(tx, commands.iter().flat_map(|it| touched(&it.change)))?;
    let mut versions = lock_versions(tx, commands)?;
    let (mut changes, mut fresh) = (Vec::new(), Vec::new());
    let mut outcomes = Vec::with_capacity(commands.len());
    for Advance { change, claim } in commands {
        let found = claim.claim().and_then(|claim| Some((claim, kept.get(&claim.key)?)));
        let is_over = matches!(claim, Claimed::Unanswered(_)) && found.is_some();
        if !is_over && versions.get(&change.order.id) == Some(&change.expected) {
            if let Err(refused) = can_be_given(change, &couriers) {
                outcomes.push(Err(refused));
                continue;
            }
            let told = found.map(|(claim, found)| found.answer(claim));
            move_stock(tx, &mut shelf, change)?;
            versions.insert(change.order.id, change.order.version);
            changes.push(change);
            if let (Claimed::Answered(claim, answer), None) = (claim, &told) {
                let answer = Kept { claim: claim.clone(), outcome: answer.outcome.clone() };
                kept.insert(claim.key.clone(), answer.clone());
                fresh.push(answer);
            }
            outcomes.push(Ok(match told {
                None => Advanced::Done,
                Some(Ok(answer)) => Advanced::Told(answer),
                // What happened is written all the same, and so it is no error here.
                Some(Err(_)) => Advanced::Clashed,
            }));
        } else if let Some((claim, found)) = found {
            outcomes.push(found.answer(claim).map(Advanced::Replayed));
        } else {
            outcomes.push(Err(Error::Stale));
        }
    }
    let without: Vec<OrderId> =
        changes.iter().filter(|it| given_back(it).next().is_some()).map(|it| it.order.id).collect();
    redeemed.give_back(tx, &without)?;
    let restocked = returns::restocked(tx, &shelf, &changes);
    shelf.put_back(tx)?;
    write(tx, &changes)?;
    event::record(tx, restocked);
    idempotency::keep(tx, &fresh)?;
    Ok(outcomes)
}

/// Whether a parcel can be given to whom it is.
fn can_be_given(change: &Change, couriers: &HashMap<UserId, User>) -> Result<(), Error> {
    let Some(courier) = change.given_to else { return Ok(()) };
    may_bring(couriers.get(&courier).ok_or(Error::NotFound("user"))?)
}

/// The promotions that an order has no more once it is called off.
fn given_back(change: &Change) -> impl Iterator<Item = PromotionId> {
    let is_off = change.order.stage == Stage::Cancelled && change.was.status != Status::Cancelled;
    change.order.promotions.iter().filter(move |_| is_off).filter_map(|it| it.id)
}

/// The variants whose stock a change moves.
fn touched(change: &Change) -> Vec<crate::domain::id::VariantId> {
    let all = change.order.items.iter();
    match &change.stock {
        StockEffect::None => Vec::new(),
        StockEffect::Commit | StockEffect::Release | StockEffect::Return => {
            all.map(|line| line.variant_id).collect()
        }
        StockEffect::TakeBack(received) => {
            let come = |line: &&Line| received.iter().any(|it| it.id == line.id);
            all.filter(come).map(|line| line.variant_id).collect()
        }
    }
}

fn lock_versions(tx: &mut Tx<'_>, commands: &[Advance]) -> Result<HashMap<OrderId, i64>, Error> {
    let ids: HashSet<String> = commands.iter().map(|it| it.change.order.id.to_string()).collect();
    let query = orders::table
        .filter(among(orders::id, ids))
        .order(orders::id)
        .select((orders::id, orders::version));
    let rows: Vec<(String, i64)> = locked!(query).load(tx.conn)?;
    rows.into_iter().map(|(id, version)| Ok((id.parse().map_err(corrupt)?, version))).collect()
}

fn move_stock(tx: &Tx<'_>, shelf: &mut Shelf, change: &Change) -> Result<(), Error> {
    if let StockEffect::TakeBack(received) = &change.stock {
        return returns::take_back(tx, shelf, &change.order, received);
    }
    for line in &change.order.items {
        let (units, order) = (line.quantity.get(), Some(change.order.id));
        let gone = units.saturating_neg();
        match &change.stock {
            StockEffect::None | StockEffect::TakeBack(_) => {}
            StockEffect::Commit => {
                shelf.shift(line.variant_id, gone, gone)?;
                shelf.count_sold(line.variant_id, units)?;
                shelf.note(tx, line.variant_id, gone, "sold", order);
            }
            StockEffect::Release => shelf.shift(line.variant_id, 0, gone)?,
            StockEffect::Return => {
                shelf.shift(line.variant_id, units, 0)?;
                shelf.count_sold(line.variant_id, gone)?;
                shelf.note(tx, line.variant_id, units, "cancelled", order);
            }
        }
    }
    Ok(())
}

/// One statement a table. An order that changed twice in a batch is written as it was last: the
/// later change was decided on the earlier one.
fn write(tx: &mut Tx<'_>, changes: &[&Change]) -> Result<(), Error> {
    if changes.is_empty() {
        return Ok(());
    }
    let last: HashMap<OrderId, &Order> =
        changes.iter().map(|change| (change.order.id, &change.order)).collect();
    write_orders(tx, last.values().map(|&order| order.into()).collect())?;
    let those = |touched: fn(&Touched) -> bool| -> Vec<&Order> {
        let ids = changes.iter().filter(|it| touched(&it.touched)).map(|it| it.order.id);
        let ids: HashSet<OrderId> = ids.collect();
        ids.iter().filter_map(|id| last.get(id).copied()).collect()
    };
    write_payments(tx, those(|it| it.payment).iter().map(|it| (&it.payment).into()).collect())?;
    parcels::write(tx, &those(|it| it.deliveries))?;
    parcels::write_contents(tx, &those(|it| it.contents))?;
    write_lines(tx, those(|it| it.lines).into_iter().flat_map(LineRow::all).collect())?;
    refunds::write(tx, &those(|it| it.refunds))?;
    returns::write(tx, &those(|it| it.returns))?;
    write_ledger(tx, changes)?;
    event::record(tx, changes.iter().flat_map(|change| change.events.iter().cloned()));
    Ok(())
}

fn write_orders(tx: &mut Tx<'_>, rows: Vec<OrderRow>) -> Result<(), Error> {
    insert(orders::table, &rows)
        .on_conflict(orders::id)
        .set((
            orders::status.eq(excluded(orders::status)),
            orders::stage.eq(excluded(orders::stage)),
            orders::version.eq(excluded(orders::version)),
            orders::sequence.eq(excluded(orders::sequence)),
            orders::updated_at.eq(excluded(orders::updated_at)),
        ))
        .run(tx.conn)
}

/// What was bought stays as it is: only what has left and what has come back of it changes.
fn write_lines(tx: &mut Tx<'_>, rows: Vec<LineRow>) -> Result<(), Error> {
    insert(order_lines::table, &rows)
        .on_conflict(order_lines::id)
        .set((
            order_lines::refunded.eq(excluded(order_lines::refunded)),
            order_lines::returned.eq(excluded(order_lines::returned)),
            order_lines::shipped.eq(excluded(order_lines::shipped)),
        ))
        .run(tx.conn)
}

fn write_payments(tx: &mut Tx<'_>, rows: Vec<PaymentRow>) -> Result<(), Error> {
    insert(payments::table, &rows)
        .on_conflict(payments::id)
        .set((
            payments::status.eq(excluded(payments::status)),
            payments::refunded.eq(excluded(payments::refunded)),
            payments::failure_code.eq(excluded(payments::failure_code)),
            payments::attempt.eq(excluded(payments::attempt)),
            payments::token.eq(excluded(payments::token)),
            payments::reference.eq(excluded(payments::reference)),
            payments::confirm_key.eq(excluded(payments::confirm_key)),
            payments::confirm_request.eq(excluded(payments::confirm_request)),
            payments::due_task.eq(excluded(payments::due_task)),
            payments::due_at.eq(excluded(payments::due_at)),
            payments::tries.eq(excluded(payments::tries)),
        ))
        .run(tx.conn)
}

fn write_ledger(tx: &mut Tx<'_>, changes: &[&Change]) -> Result<(), Error> {
    let entries = changes.iter().flat_map(|change| &change.ledger);
    let rows: Vec<LedgerRow> = entries.map(|entry| LedgerRow::of(entry, tx.now)).collect();
    insert(payment_ledger::table, &rows).run(tx.conn)
}

#[derive(Insertable)]
#[diesel(table_name = payment_ledger, treat_none_as_default_value = false)]
struct LedgerRow {
    id: String,
    payment_id: String,
    kind: &'static str,
    amount: i64,
    currency: String,
    at: At,
}

impl LedgerRow {
    fn of(entry: &Entry, now: DateTime<Utc>) -> Self {
        LedgerRow {
            id: EventId::new().to_string(),
            payment_id: entry.payment.to_string(),
            kind: entry.kind.as_str(),
            amount: entry.amount.amount,
            currency: entry.amount.currency.into(),
            at: At(now),
        }
    }
}
