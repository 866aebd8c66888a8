//! Keeps the catalogue of this node true to what others commit: an event says what has to be read
//! again, and what is read is taken where it is later than what is here. The others are nodes on the
//! same PostgreSQL, or a command like `rialto import` beside a node on SQLite.
//!
//! What this node has committed itself it has had from the writer, and it is read again only where
//! that may have come too early, or cannot be told apart. Many events make one reading. Nothing is
//! read before the catalogue was loaded: stock of a product that is not here yet would be passed over.

use std::{
    collections::HashSet, hash::Hash, mem::take, panic::AssertUnwindSafe, str::FromStr,
    time::Duration,
};

use actix::prelude::*;
use futures_util::FutureExt;
use serde_json::Value;

use super::{Catalogue, READ_AT_ONCE};
use crate::{
    bus::Heard,
    domain::{
        Error,
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
    /// Until the catalogue was loaded, and while something is read.
    is_busy: bool,
    /// While products are read that may not be here yet: stock that the writer tells of them meanwhile
    /// is passed over, and what is read is older.
    is_learning: bool,
    /// The end of the feed when that was done last.
    learned_at: i64,
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
        Refresher {
            catalogue,
            store,
            due: Due::default(),
            is_busy: true,
            is_learning: true,
            learned_at: 0,
        }
    }

    fn go_on(&mut self, ctx: &mut Context<Self>) {
        if self.is_busy || self.due.is_empty() {
            return;
        }
        self.is_busy = true;
        let due = self.due.take_some();
        self.is_learning = due.all || !due.products.is_empty();
        let (catalogue, store) = (self.catalogue.clone(), self.store.clone());
        let work = async move {
            let work = AssertUnwindSafe(refresh(&catalogue, &store, &due)).catch_unwind();
            let outcome = work.await.unwrap_or_else(|_| {
                Err(Error::internal("reading the catalogue again")("it panicked"))
            });
            (due, outcome)
        };
        ctx.spawn(work.into_actor(self).map(|(due, outcome), refresher, ctx| {
            (refresher.is_busy, refresher.is_learning) = (false, false);
            match outcome {
                Ok(learned_at) => {
                    refresher.learned_at = learned_at.unwrap_or(refresher.learned_at);
                    refresher.go_on(ctx);
                }
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

/// The catalogue was loaded: what was heard meanwhile is read.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Loaded;

impl Handler<Loaded> for Refresher {
    type Result = ();

    fn handle(&mut self, _: Loaded, ctx: &mut Context<Self>) {
        (self.is_busy, self.is_learning) = (false, false);
        self.go_on(ctx);
    }
}

impl Handler<Heard> for Refresher {
    type Result = ();

    fn handle(&mut self, heard: Heard, ctx: &mut Context<Self>) {
        match heard {
            Heard::Events { published, is_all_own } => {
                let is_shared = self.store.is_shared();
                // The writer has told the catalogue, which has taken it if it knew the product.
                let known_after = if self.is_learning { i64::MAX } else { self.learned_at };
                for it in published.iter().filter(|it| !is_all_own || it.sequence <= known_after) {
                    self.due.note(&it.event, is_shared);
                }
            }
            Heard::Resync => self.due.all = true,
        }
        self.go_on(ctx);
    }
}

/// Reads what is due. Where there were products among it, says where the feed ends after that.
async fn refresh(catalogue: &Catalogue, store: &Store, due: &Due) -> Result<Option<i64>, Error> {
    if due.all {
        catalogue.load(store).await?;
        return read!(store, event::head()).map(Some);
    }
    let Due { orders, stock, products, tree, all: _ } = due;
    let (orders, stock) = (Vec::from_iter(orders.clone()), Vec::from_iter(stock.clone()));
    let (products, tree) = (Vec::from_iter(products.clone()), *tree);
    let has_products = !products.is_empty();
    catalogue.apply(read!(store, catalogue::again(orders, stock, products, tree))?);
    Ok(if has_products { Some(read!(store, event::head())?) } else { None })
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

    /// Takes out what is read at once: no more than is read and shown in a moment.
    fn take_some(&mut self) -> Due {
        if take(&mut self.all) {
            *self = Due::default();
            return Due { all: true, ..Due::default() };
        }
        Due {
            orders: some(&mut self.orders),
            stock: some(&mut self.stock),
            products: some(&mut self.products),
            tree: take(&mut self.tree),
            all: false,
        }
    }

    /// Notes what an event says has changed. Where nobody else serves from the store, orders and
    /// stock are this node's own doing.
    fn note(&mut self, event: &Event, is_shared: bool) {
        match event.kind {
            Kind::OrderPlaced | Kind::OrderPaid | Kind::OrderCancelled | Kind::OrderExpired => {
                let order = event.order.map(|(order, _)| order);
                self.orders.extend(order.filter(|_| is_shared));
            }
            Kind::StockChanged => {
                let variant = event.data.get("variant_id").and_then(id::<VariantId>);
                self.stock.extend(variant.filter(|_| is_shared));
            }
            Kind::CartHeld | Kind::CartReleased => {
                let variants = event.data.get("variants").and_then(Value::as_array);
                let variants = variants.filter(|_| is_shared).into_iter().flatten();
                self.stock.extend(variants.filter_map(id::<VariantId>));
            }
            Kind::CatalogueChanged => {
                let products = event.data.get("products").and_then(Value::as_array);
                self.products.extend(products.into_iter().flatten().filter_map(id::<ProductId>));
                self.tree |= event.data.get("categories").is_some();
            }
            // It may be of anything.
            Kind::EventUnreadable => self.all |= is_shared,
            Kind::OrderProcessing
            | Kind::OrderShipped
            | Kind::OrderDelivered
            | Kind::OrderPartiallyRefunded
            | Kind::OrderRefunded
            | Kind::OrderReturnRequested
            // What came back and can be sold again is told as `stock.changed`, variant by variant.
            | Kind::OrderReturned
            | Kind::PaymentAuthorized
            | Kind::PaymentCaptured
            | Kind::PaymentFailed
            | Kind::PaymentCancelled
            | Kind::PaymentRefunded
            | Kind::PaymentRefundFailed
            | Kind::DeliveryCreated
            | Kind::DeliveryPacked
            | Kind::DeliveryInTransit
            | Kind::DeliveryOutForDelivery
            | Kind::DeliveryDelivered
            | Kind::DeliveryFailed
            | Kind::DeliveryReturned
            | Kind::DeliveryAssigned
            | Kind::CheckoutRefused
            | Kind::UserRegistered
            | Kind::UserRoleChanged
            | Kind::UserSuspended
            | Kind::UserUnsuspended
            | Kind::SessionOpened
            | Kind::SessionRevoked
            | Kind::PromotionCreated
            | Kind::PromotionChanged
            | Kind::TariffChanged
            | Kind::MailFailed
            | Kind::NotificationCreated
            | Kind::NotificationRead
            | Kind::ReviewSaved
            | Kind::ReviewDeleted
            | Kind::ReviewHidden
            | Kind::ReviewUnhidden => {}
        }
    }
}

/// Takes some of `all`.
fn some<T: Copy + Eq + Hash>(all: &mut HashSet<T>) -> HashSet<T> {
    let some: HashSet<T> = all.iter().copied().take(READ_AT_ONCE).collect();
    all.retain(|it| !some.contains(it));
    some
}

/// An id that an event names; one of ours always reads back.
fn id<T: FromStr>(value: &Value) -> Option<T> {
    value.as_str()?.parse().ok() // An event of another version may name something else.
}
