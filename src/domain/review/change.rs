//! What can be done with a review, and what comes of it.

use chrono::{DateTime, Utc};

use super::{Draft, Review, Shown, Standing};
use crate::domain::{
    Error,
    error::Refusal,
    id::{ProductId, ReviewId, UserId},
};

/// Does a step with a review of a product. Whose or which it is, the step says; `NotFound` where
/// there is none.
#[derive(Debug, Clone)]
pub struct Change {
    pub product: ProductId,
    pub step: Step,
}

#[derive(Debug, Clone)]
pub enum Step {
    /// Says it, instead of what the user has said before, if they have. `Forbidden("not_bought")`
    /// where no parcel with the product has come to them.
    Save {
        /// Of a new review; one that is there keeps its own.
        id: ReviewId,
        user: UserId,
        draft: Draft,
    },
    /// Takes back what the user has said. `Conflict("review_hidden")` where it is hidden: without
    /// a trace of it they could say it again.
    Withdraw { user: UserId },
    /// Takes a review out of the shop and of the rating.
    Hide { review: ReviewId, reason: String },
    /// Puts it back.
    Unhide { review: ReviewId },
}

/// What came of a change.
#[derive(Debug, Clone)]
pub struct Changed {
    pub before: Option<Review>,
    /// As it is now; what was taken back, as it was.
    pub review: Review,
}

impl Step {
    /// Whether it is about this review of the product.
    pub fn is_about(&self, it: &Review) -> bool {
        match self {
            Step::Save { user, .. } | Step::Withdraw { user } => it.user_id == *user,
            Step::Hide { review, .. } | Step::Unhide { review } => it.shown.id == *review,
        }
    }

    /// Who says something, if it is that.
    pub fn author(&self) -> Option<UserId> {
        match self {
            Step::Save { user, .. } => Some(*user),
            Step::Withdraw { .. } | Step::Hide { .. } | Step::Unhide { .. } => None,
        }
    }
}

impl Change {
    /// What becomes of a review: this match is the whole life of one. `buyer` is what the user is
    /// called who says something, if a parcel with the product has come to them.
    pub fn decide(
        &self,
        before: Option<&Review>,
        buyer: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Option<Review>, Error> {
        match (&self.step, before) {
            (Step::Save { id, user, draft }, before) => {
                let author = buyer.ok_or_else(not_bought)?;
                let shown = draft.shown(*id, author, now);
                let (product_id, user_id) = (self.product, *user);
                Ok(Some(match before {
                    // One that is hidden stays so: to say it anew is no way around whoever hid it.
                    Some(said) => said.said_anew(shown),
                    None => Review { shown, product_id, user_id, standing: Standing::Published },
                }))
            }
            (Step::Withdraw { .. }, Some(said)) => match said.standing {
                Standing::Published => Ok(None),
                Standing::Hidden { .. } => Err(is_hidden()),
            },
            (Step::Hide { reason, .. }, Some(said)) => match said.standing {
                Standing::Published => {
                    let standing = Standing::Hidden { hidden_reason: reason.clone() };
                    Ok(Some(Review { standing, ..said.clone() }))
                }
                Standing::Hidden { .. } => Err(said.refuse("be hidden")),
            },
            (Step::Unhide { .. }, Some(said)) => match said.standing {
                Standing::Hidden { .. } => {
                    Ok(Some(Review { standing: Standing::Published, ..said.clone() }))
                }
                Standing::Published => Err(said.refuse("be shown again")),
            },
            (Step::Withdraw { .. } | Step::Hide { .. } | Step::Unhide { .. }, None) => {
                Err(Error::NotFound("review"))
            }
        }
    }
}

impl Draft {
    fn shown(&self, id: ReviewId, author: &str, now: DateTime<Utc>) -> Shown {
        Shown {
            id,
            rating: self.rating,
            title: self.title.clone(),
            body: self.body.clone(),
            author: author.to_owned(),
            verified_purchase: true,
            created_at: now,
            updated_at: now,
        }
    }
}

impl Review {
    fn said_anew(&self, shown: Shown) -> Review {
        let (id, created_at) = (self.shown.id, self.shown.created_at);
        Review { shown: Shown { id, created_at, ..shown }, ..self.clone() }
    }

    fn refuse(&self, step: &str) -> Error {
        Refusal::transition("review", self.standing.status(), step).into()
    }
}

fn not_bought() -> Error {
    let message = "only those can review it to whom it was delivered";
    Error::Forbidden(Refusal::new("not_bought", message))
}

fn is_hidden() -> Error {
    Error::conflict("review_hidden", "a hidden review stays; it can be said anew")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalogue::rating::Stars;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn change(step: Step) -> Change {
        Change { product: ProductId::new(), step }
    }

    fn save(user: UserId, rating: Stars) -> Step {
        let draft = Draft::new(rating, Some("Fine"), None).unwrap();
        Step::Save { id: ReviewId::new(), user, draft }
    }

    fn published(user: UserId) -> Review {
        let said = change(save(user, Stars::Two)).decide(None, Some("Ada B."), NOW);
        said.unwrap().expect("it was said")
    }

    fn hidden(user: UserId) -> Review {
        let standing = Standing::Hidden { hidden_reason: "spam".to_owned() };
        Review { standing, ..published(user) }
    }

    #[test]
    fn each_step_from_each_state() {
        let user = UserId::new();
        let steps = |review: &Review| {
            let review = review.shown.id;
            let hide = Step::Hide { review, reason: "spam".to_owned() };
            [save(user, Stars::Five), Step::Withdraw { user }, hide, Step::Unhide { review }]
        };
        let come_to = |before: Option<&Review>, step: Step| {
            let after = change(step).decide(before, Some("Ada B."), NOW);
            match after {
                Ok(Some(review)) => review.standing.status().as_str().to_owned(),
                Ok(None) => "gone".to_owned(),
                Err(err) => err.code().to_owned(),
            }
        };
        let (shown, hidden) = (published(user), hidden(user));
        let none = steps(&shown).map(|it| come_to(None, it));
        let of_shown = steps(&shown).map(|it| come_to(Some(&shown), it));
        let of_hidden = steps(&hidden).map(|it| come_to(Some(&hidden), it));

        assert_eq!(none, ["published", "not_found", "not_found", "not_found"]);
        assert_eq!(of_shown, ["published", "gone", "hidden", "invalid_transition"]);
        assert_eq!(of_hidden, ["hidden", "review_hidden", "invalid_transition", "published"]);
    }

    #[test]
    fn what_is_said_anew_keeps_its_place() {
        let (user, later) = (UserId::new(), NOW + chrono::TimeDelta::days(1));
        let before = published(user);

        let after = change(save(user, Stars::Five)).decide(Some(&before), Some("Ada L."), later);

        let after = after.unwrap().expect("it was said").shown;
        assert_eq!((after.id, after.created_at), (before.shown.id, NOW));
        assert_eq!((after.rating, after.updated_at), (Stars::Five, later));
        assert_eq!(after.author, "Ada L.");
    }

    #[test]
    fn only_whoever_has_it_says_something() {
        let user = UserId::new();
        for before in [None, Some(&published(user)), Some(&hidden(user))] {
            let refused = change(save(user, Stars::One)).decide(before, None, NOW).unwrap_err();
            assert!(matches!(&refused, Error::Forbidden(it) if it.code == "not_bought"));
        }
    }
}
