//! What is left of reviews: stars and standing, nothing of what they say.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Action, Audited, Entry};
use crate::domain::{
    catalogue::rating::Stars,
    id::ProductId,
    review::{
        Review, Standing,
        change::{Change, Changed, Step},
    },
};

impl Audited for Change {
    type Outcome = Changed;

    fn audit(&self, Changed { before, review }: &Changed) -> Option<Entry> {
        let (action, after) = match &self.step {
            Step::Save { .. } => (Action::ReviewSaved, Some(review)),
            Step::Withdraw { .. } => (Action::ReviewDeleted, None),
            Step::Hide { .. } => (Action::ReviewHidden, Some(review)),
            Step::Unhide { .. } => (Action::ReviewUnhidden, Some(review)),
        };
        let (before, after) = (before.as_ref().map(left), after.map(left));
        Some(Entry { before, after, ..Entry::new(action, review.shown.id) })
    }
}

#[derive(Serialize)]
struct Left<'r> {
    product_id: ProductId,
    rating: Stars,
    #[serde(flatten)]
    standing: &'r Standing,
}

fn left(review: &Review) -> Value {
    let Review { shown, product_id, standing, .. } = review;
    json!(Left { product_id: *product_id, rating: shown.rating, standing })
}
