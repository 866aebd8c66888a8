//! Which of the carts that sockets of this node follow have to be read again, and which first.
//!
//! A cart is put down whoever may have changed it, and is taken off the list before it is read: what
//! comes while it is read puts it down again. A product finds the carts that hold it by what was
//! read of them last; if a product was changed while a cart was read, nobody can say whether what was
//! read has it, so that cart is put down too.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::{
    domain::{
        cart::live::{Live, version},
        id::{CartId, ProductId},
    },
    ws::topic::followed::Followers,
};

/// The carts that are followed here; clones share them.
#[derive(Clone, Default)]
pub struct Carts(Arc<Shared>);

#[derive(Default)]
struct Shared {
    list: Mutex<List>,
    is_due: Notify,
}

#[derive(Default)]
struct List {
    followed: Followers<CartId, Known>,
    by_product: HashMap<ProductId, HashSet<CartId>>,
    /// At most each cart that is followed, once.
    due: BTreeMap<Turn, CartId>,
    /// Numbers the turns.
    next: u64,
    /// How often products were said to have changed.
    changes: u64,
}

/// What is known of a cart.
#[derive(Default)]
struct Known {
    /// Of what was read of it last; none before that.
    sequence: Option<i64>,
    products: BTreeSet<ProductId>,
    due: Option<Turn>,
}

/// When a cart is read: first its place, and then how many were put down before it.
type Turn = (u64, u64);

/// Why a cart is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// Somebody waits for what they did on another device.
    Edited,
    /// A product has changed, which may be in many carts, or it could not be read before.
    Stale,
}

impl Why {
    /// How many places behind those that have come it is put: whoever comes later may be read
    /// before it, but no more of them than that.
    fn places_back(self) -> u64 {
        match self {
            Why::Edited => 0,
            Why::Stale => 10_000,
        }
    }
}

/// How often products had changed before a cart was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(u64);

impl Carts {
    pub fn add(&self, id: CartId) {
        self.lock().followed.add(id);
    }

    pub fn leave(&self, id: CartId) {
        self.lock().leave(id);
    }

    /// To be asked before a cart is read, for [`Carts::seen`].
    pub fn now(&self) -> Moment {
        Moment(self.lock().changes)
    }

    /// What was read of a cart, no earlier than at `from`.
    pub fn seen(&self, cart: &Live, from: Moment) {
        let mut list = self.lock();
        list.seen(cart);
        if list.changes != from.0 {
            list.put(cart.view.id, Why::Stale);
            self.0.is_due.notify_one();
        }
    }

    /// These carts were edited; those that nobody follows don't matter.
    pub fn edited(&self, ids: &[CartId]) {
        self.put(ids.iter().copied(), Why::Edited);
    }

    /// These could not be read.
    pub fn failed(&self, ids: &[CartId]) {
        self.put(ids.iter().copied(), Why::Stale);
    }

    /// These products look otherwise.
    pub fn touched(&self, products: &HashSet<ProductId>) {
        self.lock().change();
        for product in products {
            // Not all under one lock: whoever edits a cart waits for it.
            self.lock().touched(*product);
        }
        self.0.is_due.notify_one();
    }

    /// These are the versions of carts in the store: whoever made them, here or elsewhere.
    pub fn found(&self, versions: &[(CartId, i64)]) {
        let mut list = self.lock();
        for (id, found) in versions {
            let known = list.followed.get_mut(*id).and_then(|it| it.sequence);
            // One that is read at this moment is compared the next time.
            if known.is_some_and(|known| version(known) < *found) {
                list.put(*id, Why::Edited);
            }
        }
        drop(list);
        self.0.is_due.notify_one();
    }

    /// All that are followed.
    pub fn ids(&self) -> Vec<CartId> {
        self.lock().followed.keys().collect()
    }

    /// Waits until carts are due, and takes at most `max` of them off the list.
    pub async fn due(&self, max: usize) -> Vec<CartId> {
        loop {
            let due = self.lock().take(max);
            if !due.is_empty() {
                return due;
            }
            self.0.is_due.notified().await;
        }
    }

    fn put(&self, ids: impl Iterator<Item = CartId>, why: Why) {
        let mut list = self.lock();
        for id in ids {
            list.put(id, why);
        }
        drop(list);
        self.0.is_due.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.0.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl List {
    fn leave(&mut self, id: CartId) {
        let Some(known) = self.followed.leave(id) else { return };
        if let Some(turn) = known.due {
            self.due.remove(&turn);
        }
        for product in known.products {
            self.take_out(product, id);
        }
    }

    /// What was read before what is known tells nothing.
    fn seen(&mut self, cart: &Live) {
        let id = cart.view.id;
        let Some(known) = self.followed.get_mut(id) else { return };
        if known.sequence.is_some_and(|known| known > cart.sequence) {
            return;
        }
        known.sequence = Some(cart.sequence);
        let products = cart.products();
        if known.products == products {
            return;
        }
        let old = std::mem::replace(&mut known.products, products.clone());
        for product in old.difference(&products) {
            self.take_out(*product, id);
        }
        for product in products.difference(&old) {
            self.by_product.entry(*product).or_default().insert(id);
        }
    }

    fn take_out(&mut self, product: ProductId, id: CartId) {
        if let Some(carts) = self.by_product.get_mut(&product) {
            carts.remove(&id);
            if carts.is_empty() {
                self.by_product.remove(&product);
            }
        }
    }

    fn change(&mut self) {
        self.changes = self.changes.wrapping_add(1);
    }

    fn touched(&mut self, product: ProductId) {
        let those: Vec<CartId> =
            self.by_product.get(&product).into_iter().flatten().copied().collect();
        for id in those {
            self.put(id, Why::Stale);
        }
    }

    /// Puts a cart down, if it is followed; one that is due already keeps the earlier turn.
    fn put(&mut self, id: CartId, why: Why) {
        let turn = (self.next.saturating_add(why.places_back()), self.next);
        let Some(known) = self.followed.get_mut(id) else { return };
        if known.due.is_some_and(|earlier| earlier <= turn) {
            return;
        }
        if let Some(later) = known.due.replace(turn) {
            self.due.remove(&later);
        }
        self.due.insert(turn, id);
        self.next = self.next.wrapping_add(1);
    }

    fn take(&mut self, max: usize) -> Vec<CartId> {
        let mut taken = Vec::new();
        while taken.len() < max
            && let Some((_, id)) = self.due.pop_first()
        {
            if let Some(known) = self.followed.get_mut(id) {
                known.due = None;
            }
            taken.push(id);
        }
        taken
    }
}

#[cfg(test)]
mod tests;
