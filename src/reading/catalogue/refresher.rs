//! Keeps the catalogue of this node true to what other nodes commit: an event says what has to be
//! read again, and what is read is taken where it is later than what is here.
//!
//! It reads what this node has committed too, which cannot be told apart and does no harm. Many
//! events make one reading.

use std::{collections::HashSet, mem::take, str::FromStr, time::Duration};

use actix::prelude::*;
use serde_json::Value;

use super::Catalogue;
use crate::{
    bus::Heard,
    domain::{
        Error,
        catalogue::change::Changes,
        event::{Event, Kind},
        id::{OrderId, ProductId, VariantId},
    },
    store::{Store, read},
};

/// How long to leave a store alone that has failed.
const RETRY_AFTER: Duration = Duration::from_millis(500);
/// Signals that may wait: the follower waits for each.
const MAILBOX: usize = 16;

/// Reads again what other nodes may have changed.
pub struct Refresher {
    catalogue: Catalogue,
    store: Store,
    due: Due,
    is_busy: bool,
}

/// What has to be read again.
#[derive(Debug, Default)]
struct Due {
    /// The stock of what was ordered.
    orders: HashSet<OrderId>,
    stock: HashSet<VariantId>,
    products: HashSet<ProductId>,
    tree: bool,
    all: bool,
}

impl Refresher {
    pub fn new(catalogue: Catalogue, store: Store) -> Self {
        Refresher { catalogue, store, due: Due::default(), is_busy: false }
    }

    fn go_on(&mut self, ctx: &mut Context<Self>) {
        if self.is_busy || self.due.is_empty() {
            return;
        }
        self.is_busy = true;
        let due = take(&mut self.due);
        let (catalogue, store) = (self.catalogue.clone(), self.store.clone());
        let work = async move {
            let outcome = refresh(&catalogue, &store, &due).await;
            (due, outcome)
        };
        ctx.spawn(work.into_actor(self).map(|(due, outcome), refresher, ctx| {
            refresher.is_busy = false;
            match outcome {
                Ok(()) => refresher.go_on(ctx),
                Err(err) => {
                    tracing::warn!(error = ?err, "the catalogue could not be read again");
                    refresher.due.add(due);
                    ctx.run_later(RETRY_AFTER, Self::go_on);
                }
            }
        }));
    }
}

impl Actor for Refresher {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(MAILBOX);
    }
}

impl Handler<Heard> for Refresher {
    type Result = ();

    fn handle(&mut self, heard: Heard, ctx: &mut Context<Self>) {
        match heard {
            Heard::Events(events) => events.iter().for_each(|it| self.due.note(&it.event)),
            Heard::Resync => self.due.all = true,
        }
        self.go_on(ctx);
    }
}

async fn refresh(catalogue: &Catalogue, store: &Store, due: &Due) -> Result<(), Error> {
    if due.all {
        return catalogue.load(store).await;
    }
    let mut changes = Changes::default();
    if due.tree {
        changes.tree = Some(read!(store, catalogue::tree())?);
    }
    if !due.products.is_empty() {
        let products = due.products.iter().copied().collect();
        changes.products = read!(store, catalogue::revisions(products))?;
    }
    if !due.orders.is_empty() {
        let orders = due.orders.iter().copied().collect();
        changes.levels = read!(store, stock::levels_of(orders))?;
    }
    if !due.stock.is_empty() {
        let variants = due.stock.iter().copied().collect();
        changes.levels.append(&mut read!(store, stock::levels(variants))?);
    }
    catalogue.apply(changes);
    Ok(())
}

impl Due {
    fn is_empty(&self) -> bool {
        let Due { orders, stock, products, tree, all } = self;
        orders.is_empty() && stock.is_empty() && products.is_empty() && !tree && !all
    }

    fn add(&mut self, other: Due) {
        self.orders.extend(other.orders);
        self.stock.extend(other.stock);
        self.products.extend(other.products);
        self.tree |= other.tree;
        self.all |= other.all;
    }

    fn note(&mut self, event: &Event) {
        match event.kind {
            Kind::OrderPlaced | Kind::OrderPaid | Kind::OrderCancelled | Kind::OrderExpired => {
                self.orders.extend(event.order.map(|(order, _)| order));
            }
            Kind::StockChanged => {
                self.stock.extend(event.data.get("variant_id").and_then(id::<VariantId>))
            }
            Kind::CatalogueChanged => {
                let products = event.data.get("products").and_then(Value::as_array);
                self.products.extend(products.into_iter().flatten().filter_map(id::<ProductId>));
                self.tree |= event.data.get("categories").is_some();
            }
            Kind::OrderProcessing
            | Kind::OrderShipped
            | Kind::OrderDelivered
            | Kind::PaymentAuthorized
            | Kind::PaymentCaptured
            | Kind::PaymentFailed
            | Kind::PaymentCancelled
            | Kind::PaymentRefunded
            | Kind::DeliveryCreated
            | Kind::DeliveryPacked
            | Kind::DeliveryInTransit
            | Kind::DeliveryOutForDelivery
            | Kind::DeliveryDelivered
            | Kind::DeliveryFailed
            | Kind::CheckoutRefused
            | Kind::UserRegistered
            | Kind::SessionRevoked
            | Kind::NotificationCreated
            | Kind::NotificationRead
            | Kind::ReviewSaved
            | Kind::ReviewDeleted
            | Kind::ReviewHidden
            | Kind::ReviewUnhidden => {}
        }
    }
}

/// An id that an event names; one of ours always reads back.
fn id<T: FromStr>(value: &Value) -> Option<T> {
    value.as_str()?.parse().ok() // An event of another version may name something else.
}
