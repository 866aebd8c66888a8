//! A node: the real directories and actors on a store of its own, whose queues the simulation
//! serves.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use actix::ArbiterHandle;
use chrono::TimeDelta;

use super::{provider::Company, shop::Shop};
use crate::{
    actors::{
        directory::{Directory, Limits},
        inventory::InventoryActor,
        sweeper::Owners,
    },
    app::start::{Selling, start_selling},
    gateway::payment::Providers,
    store::{
        Store,
        sqlite::tests::simulated::{Base, Waiting},
    },
};

pub struct Node {
    /// For the trace: how many were started before it.
    pub number: usize,
    pub store: Store,
    pub waiting: Waiting,
    pub selling: Selling,
    pub inventory: Directory<InventoryActor>,
    pub owners: Owners,
    /// How far its clock is ahead of the others'.
    pub ahead: TimeDelta,
    is_up: Arc<AtomicBool>,
}

impl Node {
    pub fn start(number: usize, base: &Base, shop: &Shop, company: &Company, shared: bool) -> Self {
        let (store, waiting) = base.node(shared);
        let arbiters: Arc<[ArbiterHandle]> = Arc::new([actix::Arbiter::current()]);
        let (line, is_up) = company.line();
        let (limits, providers) = (Limits::default(), Providers::new(Box::new(line), Vec::new()));
        let selling = start_selling(&shop.config, &store, &providers, &arbiters, &limits);
        let inventory = Directory::new(store.clone(), Arc::clone(&arbiters), limits.clone());
        let owners = Owners {
            links: Directory::new(store.clone(), arbiters, limits),
            orders: selling.orders.clone(),
            carts: selling.carts.clone(),
            payments: selling.payments.clone(),
            deliveries: selling.deliveries.clone(),
        };
        let ahead = TimeDelta::zero();
        Node { number, store, waiting, selling, inventory, owners, ahead, is_up }
    }

    /// Nothing of it reaches anybody from now on. What waits in it must be kept as long as its
    /// actors may be polled: to drop it would tell them something.
    pub fn crash(self) -> Waiting {
        self.is_up.store(false, Ordering::Relaxed);
        self.waiting
    }
}
