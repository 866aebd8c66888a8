//! Placing orders, a batch at once: everything is loaded and locked, decided in memory in the
//! order of the queue, and written with one statement a table.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;
use serde_json::json;

use super::super::{
    Tx, cart, catalogue, event, idempotency,
    pricing::{self, Known, Redemption},
    stock::Shelf,
};
use super::rows::{LineRow, OrderRow, PaymentRow};
use crate::{
    domain::{
        Error,
        cart::Offer,
        error::Refusal,
        event::{Event, Kind},
        id::{CartId, EventId, VariantId},
        idempotency::{Answer, Kept, Outcome},
        order::{
            Order,
            change::Change,
            place::{Available, Place, Placed},
        },
        payment::Payment,
    },
    store::{
        insert::insert,
        schema::{order_lines, orders, payments},
    },
};

/// Places orders. The lock order is: carts, promotions, stock, and last the new rows.
pub fn place(tx: &mut Tx<'_>, commands: &[Place]) -> Result<Vec<Result<Placed, Error>>, Error> {
    let kept = idempotency::find_all(tx.conn, commands.iter().map(|it| &it.claim))?;
    let versions = cart::lock_versions(tx, commands.iter().map(|it| it.buyer.cart()))?;
    let mut terms = pricing::known(tx.conn, commands.iter().flat_map(|it| &it.codes))?;
    pricing::lock(tx, &mut terms)?;
    terms.count(tx.conn, commands.iter().map(|it| it.customer.as_str()))?;
    let variants: HashSet<VariantId> =
        commands.iter().flat_map(|it| it.items.iter().map(|item| item.variant)).collect();
    let shelf = Shelf::lock(tx, variants.iter().copied())?;
    let offers = catalogue::offers(tx.conn, variants)?;
    let mut batch = Batch {
        kept,
        versions,
        terms,
        redemptions: Vec::new(),
        shelf,
        offers,
        changes: Vec::new(),
        refusals: Vec::new(),
        fresh: Vec::new(),
    };
    let outcomes = commands.iter().map(|command| batch.decide(tx, command)).collect();
    batch.write(tx)?;
    Ok(outcomes)
}

/// What a checkout is answered.
#[derive(Serialize)]
struct PlacedView<'o> {
    order: &'o Order,
    payment: &'o Payment,
}

struct Batch {
    /// Answers by key: those found, and those of this batch.
    kept: HashMap<String, Kept>,
    /// The version of each cart; one that was checked out in this batch is one further.
    versions: HashMap<CartId, i64>,
    /// The terms, with what the orders of this batch have redeemed.
    terms: Known,
    redemptions: Vec<Redemption>,
    shelf: Shelf,
    /// Variants that are for sale.
    offers: BTreeMap<VariantId, Offer>,
    changes: Vec<Change>,
    /// The shop's people want to know what could not be sold.
    refusals: Vec<Event>,
    fresh: Vec<Kept>,
}

impl Batch {
    fn decide(&mut self, tx: &Tx<'_>, command: &Place) -> Result<Placed, Error> {
        if let Some(kept) = self.kept.get(&command.claim.key) {
            return Ok(Placed { answer: kept.answer(&command.claim)?, order: None });
        }
        let cart = command.buyer.cart();
        if self.versions.get(&cart).copied().unwrap_or(0) != command.cart_version {
            return Err(Error::Stale);
        }
        let (available, customer) = (self.available(command), Some(command.customer.as_str()));
        let decided = self
            .terms
            .on(&command.codes, customer, tx.now, |terms| command.decide(&available, terms));
        match decided {
            Ok(change) => self.accept(tx, command, change),
            Err(Error::Conflict(refusal)) => Ok(self.refuse(tx, command, refusal)),
            Err(err) => Err(err),
        }
    }

    fn available(&self, command: &Place) -> BTreeMap<VariantId, Available<'_>> {
        let mut all = BTreeMap::new();
        for item in &command.items {
            let offer = self.offers.get(&item.variant);
            if let (Some(offer), Some(units)) = (offer, self.shelf.units(item.variant)) {
                let units = units.available().saturating_add(item.held);
                all.insert(item.variant, Available { offer, units });
            }
        }
        all
    }

    fn accept(&mut self, tx: &Tx<'_>, command: &Place, change: Change) -> Result<Placed, Error> {
        let order = change.order.clone();
        for item in &command.items {
            // What the cart held is the order's from now on.
            let more = item.quantity.get().saturating_sub(item.held);
            self.shelf.shift(item.variant, 0, more)?;
        }
        let customer = &command.customer;
        for promotion in order.promotions.iter().filter_map(|it| it.id) {
            self.terms.redeemed(customer, promotion);
            self.redemptions.push(Redemption::new(tx, promotion, order.id, customer));
        }
        self.versions.insert(command.buyer.cart(), command.cart_version.saturating_add(1));
        let answer = PlacedView { order: &order, payment: &order.payment };
        let body = serde_json::to_string(&answer).map_err(Error::internal("writing an order"))?;
        self.changes.push(change);
        let answer = self.keep(command, Outcome::Done(body));
        Ok(Placed { answer, order: Some(order) })
    }

    fn refuse(&mut self, tx: &Tx<'_>, command: &Place, refusal: Refusal) -> Placed {
        // An empty cart is no lost sale, and costs nobody anything to check out.
        if !command.items.is_empty() {
            self.refusals.push(refused(tx, command, &refusal));
        }
        Placed { answer: self.keep(command, Outcome::Refused(refusal)), order: None }
    }

    fn keep(&mut self, command: &Place, outcome: Outcome) -> Answer {
        let kept = Kept { claim: command.claim.clone(), outcome: outcome.clone() };
        self.kept.insert(command.claim.key.clone(), kept.clone());
        self.fresh.push(kept);
        Answer::fresh(outcome)
    }

    fn write(self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let orders: Vec<_> = self.changes.iter().map(|change| &change.order).collect();
        if !orders.is_empty() {
            pricing::redeem(tx, &self.terms, &self.redemptions)?;
            self.shelf.put_back(tx)?;
            cart::empty(tx, orders.iter().map(|order| order.buyer.cart()))?;
            let rows: Vec<OrderRow> = orders.iter().map(|&order| order.into()).collect();
            insert(orders::table, &rows).run(tx.conn)?;
            let lines: Vec<LineRow> =
                orders.iter().flat_map(|&order| LineRow::all(order)).collect();
            insert(order_lines::table, &lines).run(tx.conn)?;
            let rows: Vec<PaymentRow> =
                orders.iter().map(|order| (&order.payment).into()).collect();
            insert(payments::table, &rows).run(tx.conn)?;
        }
        let events = self.changes.into_iter().flat_map(|change| change.events);
        event::record(tx, events.chain(self.refusals));
        idempotency::keep(tx, &self.fresh)
    }
}

fn refused(tx: &Tx<'_>, command: &Place, refusal: &Refusal) -> Event {
    Event {
        id: EventId::new(),
        order: None,
        user: command.buyer.user(),
        kind: Kind::CheckoutRefused,
        at: tx.now,
        data: json!({ "code": refusal.code, "details": refusal.details }).into(),
    }
}
