//! What is left of orders, their payments and their deliveries.

use serde_json::{Value, json};

use super::{Action, Audited, Entry};
use crate::domain::order::{
    Order,
    change::{Advance, Advanced, State},
    place::{Place, Placed},
};

impl Audited for Place {
    type Outcome = Placed;

    fn audit(&self, placed: &Placed) -> Option<Entry> {
        // Without an order it was refused, or had been placed before.
        let order = placed.order.as_ref()?;
        let mut after = standing(order);
        if let Some(after) = after.as_object_mut() {
            after.insert("total".to_owned(), json!(order.total));
            after.insert("cart_id".to_owned(), json!(self.buyer.cart()));
        }
        Some(Entry::new(Action::OrderPlaced, order.id).after(after))
    }
}

impl Audited for Advance {
    type Outcome = Advanced;

    fn audit(&self, advanced: &Advanced) -> Option<Entry> {
        match advanced {
            Advanced::Done | Advanced::Told(_) | Advanced::Clashed => {
                let change = &self.change;
                let entry = Entry::new(change.action, change.order.id);
                Some(entry.before(json!(change.was)).after(standing(&change.order)))
            }
            Advanced::Replayed(_) => None,
        }
    }
}

fn standing(order: &Order) -> Value {
    json!(State::of(order))
}
