//! What is left of links.

use serde_json::json;

use super::{Action, Audited, Entry};
use crate::domain::{
    id::UserId,
    link::{Ask, Prune, Send},
};

/// The same whether the address has an account or not.
impl Audited for Ask {
    type Outcome = ();

    fn audit(&self, (): &()) -> Option<Entry> {
        Some(Entry::new(Action::ResetAsked, self.link))
    }
}

impl Audited for Send {
    type Outcome = Option<UserId>;

    fn audit(&self, sent: &Option<UserId>) -> Option<Entry> {
        sent.map(|user| Entry::new(Action::ResetSent, user).after(json!({ "link_id": self.link })))
    }
}

impl Audited for Prune {
    type Outcome = i64;

    fn audit(&self, _forgotten: &i64) -> Option<Entry> {
        None
    }
}
