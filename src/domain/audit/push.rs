//! What is left of push subscriptions. Where they lead and their keys are secrets.

use super::{Action, Audited, Entry};
use crate::domain::push::{Subscribe, Subscribed, Unsubscribe};

impl Audited for Subscribe {
    type Outcome = Subscribed;

    fn audit(&self, subscribed: &Subscribed) -> Option<Entry> {
        Some(Entry::new(Action::PushSubscribed, subscribed.id))
    }
}

impl Audited for Unsubscribe {
    type Outcome = ();

    fn audit(&self, (): &()) -> Option<Entry> {
        Some(Entry::new(Action::PushUnsubscribed, self.id))
    }
}
