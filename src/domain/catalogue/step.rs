//! The life of a product: in the shop or out of it.

use super::Status;
use crate::domain::{Error, error::Refusal};

/// What is done to a product as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Into the shop.
    Publish,
    /// Back to a draft.
    Unpublish,
    /// Out of the shop for good: only old orders know it. It can come back.
    Archive,
}

impl Step {
    pub fn to(status: Status) -> Self {
        match status {
            Status::Draft => Step::Unpublish,
            Status::Published => Step::Publish,
            Status::Archived => Step::Archive,
        }
    }
}

impl Status {
    /// The status after a step, or `Conflict` where the step leads nowhere.
    pub fn after(self, step: Step) -> Result<Status, Error> {
        match (self, step) {
            (Status::Draft | Status::Archived, Step::Publish) => Ok(Status::Published),
            (Status::Published | Status::Archived, Step::Unpublish) => Ok(Status::Draft),
            (Status::Draft | Status::Published, Step::Archive) => Ok(Status::Archived),
            (Status::Published, Step::Publish) => {
                Err(Refusal::transition("product", self, "be published").into())
            }
            (Status::Draft, Step::Unpublish) => {
                Err(Refusal::transition("product", self, "be unpublished").into())
            }
            (Status::Archived, Step::Archive) => {
                Err(Refusal::transition("product", self, "be archived").into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_leads_from_each_status_to_one_or_is_refused() {
        use Status::{Archived, Draft, Published};
        for (from, step, to) in [
            (Draft, Step::Publish, Some(Published)),
            (Draft, Step::Unpublish, None),
            (Draft, Step::Archive, Some(Archived)),
            (Published, Step::Publish, None),
            (Published, Step::Unpublish, Some(Draft)),
            (Published, Step::Archive, Some(Archived)),
            (Archived, Step::Publish, Some(Published)),
            (Archived, Step::Unpublish, Some(Draft)),
            (Archived, Step::Archive, None),
        ] {
            match (from.after(step), to) {
                (Ok(after), Some(to)) => assert_eq!((after, Step::to(to)), (to, step)),
                (Err(error), None) => assert_eq!(error.code(), "invalid_transition"),
                (outcome, _) => panic!("{from} {step:?}: {outcome:?}"),
            }
        }
    }
}
