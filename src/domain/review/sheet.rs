//! The rating of a product beside the reviews that some changes are about, as a transaction has them
//! locked: so the one never goes without the other.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::{
    Review,
    change::{Change, Changed},
};
use crate::domain::{Error, catalogue::rating::Rating, id::ReviewId};

/// The rating of one product, and reviews of it.
#[derive(Debug, Default)]
pub struct Sheet {
    rating: Rating,
    reviews: Vec<Review>,
    written: BTreeSet<ReviewId>,
    removed: BTreeSet<ReviewId>,
}

impl Sheet {
    /// Of the product's reviews, `reviews` are those that the changes to come are about.
    pub fn new(rating: Rating, reviews: Vec<Review>) -> Self {
        Sheet { rating, reviews, ..Sheet::default() }
    }

    /// Does `change`, or changes nothing. `buyer` is as in [`Change::decide`].
    pub fn apply(
        &mut self,
        change: &Change,
        buyer: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Changed, Error> {
        let at = self.reviews.iter().position(|it| change.step.is_about(it));
        let after = change.decide(at.and_then(|at| self.reviews.get(at)), buyer, now)?;
        let before = at.map(|at| self.reviews.swap_remove(at));
        let counted = |it: &Option<Review>| it.as_ref().and_then(Review::counted);
        self.rating = self.rating.moved(counted(&before), counted(&after));
        if let Some(review) = after {
            self.written.insert(review.shown.id);
            self.reviews.push(review.clone());
            return Ok(Changed { before, review });
        }
        let review = before.clone().ok_or(Error::NotFound("review"))?;
        self.written.remove(&review.shown.id);
        self.removed.insert(review.shown.id);
        Ok(Changed { before, review })
    }

    pub fn rating(&self) -> Rating {
        self.rating
    }

    /// The reviews that were changed, or are new.
    pub fn written(&self) -> impl Iterator<Item = &Review> {
        self.reviews.iter().filter(|it| self.written.contains(&it.shown.id))
    }

    /// The reviews that were taken back.
    pub fn removed(&self) -> impl Iterator<Item = ReviewId> {
        self.removed.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::{
        catalogue::rating::Stars,
        id::{ProductId, UserId},
        review::{Draft, change::Step},
    };

    /// The generator `splitmix64`: the same numbers for the same seed, and enough of them.
    struct Random(u64);

    impl Random {
        fn below(&mut self, bound: usize) -> usize {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            let bound = u64::try_from(bound).unwrap();
            usize::try_from((mixed ^ (mixed >> 31)) % bound).unwrap()
        }

        fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
            all.get(self.below(all.len().max(1)))
        }
    }

    fn recount<'r>(all: impl IntoIterator<Item = &'r Review>) -> Rating {
        let counted = all.into_iter().filter_map(Review::counted);
        counted.fold(Rating::default(), |rating, stars| rating.moved(None, Some(stars)))
    }

    /// Some step of some user, or with some review that there is or was.
    fn step(random: &mut Random, users: &[UserId], seen: &[ReviewId]) -> Step {
        let user = *random.one_of(users).unwrap();
        let review = random.one_of(seen).copied().unwrap_or_else(ReviewId::new);
        match random.below(10) {
            0..=4 => {
                let rating = Stars::try_from(i32::try_from(random.below(5)).unwrap() + 1).unwrap();
                let draft = Draft::new(rating, None, Some("said")).unwrap();
                Step::Save { id: ReviewId::new(), user, draft }
            }
            5 | 6 => Step::Withdraw { user },
            7 | 8 => Step::Hide { review, reason: "spam".to_owned() },
            _ => Step::Unhide { review },
        }
    }

    /// Batches of random steps, each batch on a sheet that was read from what the last ones wrote.
    fn live(seed: u64) -> (u32, u32) {
        let mut random = Random(seed);
        let users: Vec<UserId> = (0..5).map(|_| UserId::new()).collect();
        let (product, now) = (ProductId::new(), DateTime::UNIX_EPOCH);
        let (mut table, mut rating) = (BTreeMap::<ReviewId, Review>::new(), Rating::default());
        let (mut seen, mut done, mut refused) = (Vec::new(), 0, 0);
        for _ in 0..40 {
            let steps: Vec<Step> =
                (0..=random.below(7)).map(|_| step(&mut random, &users, &seen)).collect();
            let about = |it: &&Review| steps.iter().any(|step| step.is_about(it));
            let mut sheet = Sheet::new(rating, table.values().filter(about).cloned().collect());
            for step in &steps {
                let change = Change { product, step: step.clone() };
                let buyer = (random.below(10) > 0).then_some("Ada B.");
                match sheet.apply(&change, buyer, now) {
                    Ok(changed) => {
                        seen.push(changed.review.shown.id);
                        done += 1;
                    }
                    Err(_) => refused += 1,
                }
            }
            table.retain(|id, _| !sheet.removed().any(|it| it == *id));
            table.extend(sheet.written().map(|it| (it.shown.id, it.clone())));
            rating = sheet.rating();

            assert_eq!(rating, recount(table.values()), "seed {seed}");
            let authors: BTreeSet<UserId> = table.values().map(|it| it.user_id).collect();
            assert_eq!(authors.len(), table.len(), "seed {seed}: somebody counts twice");
        }
        (done, refused)
    }

    #[test]
    fn whatever_is_done_in_whatever_order_the_rating_is_what_a_recount_comes_to() {
        let (mut done, mut refused) = (0, 0);
        for seed in 0..200 {
            let (some, others) = live(seed);
            done += some;
            refused += others;
        }
        assert!(done > 10_000 && refused > 5_000, "{done} {refused}");
    }
}
