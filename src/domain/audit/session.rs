//! What is left of login sessions.

use serde_json::json;

use super::{Action, Audited, Entry};
use crate::domain::session::{OpenSession, Refresh, Refreshed, Revoke};

impl Audited for OpenSession {
    type Outcome = ();

    fn audit(&self, (): &()) -> Option<Entry> {
        let entry = Entry::new(Action::SessionOpened, self.id).proven(self.user, self.id);
        Some(entry.after(json!({ "user_id": self.user })))
    }
}

impl Audited for Refresh {
    type Outcome = Refreshed;

    fn audit(&self, refreshed: &Refreshed) -> Option<Entry> {
        match refreshed {
            Refreshed::Renewed { session, user } => {
                let entry = Entry::new(Action::SessionRenewed, *session);
                Some(entry.proven(user.id, *session).after(json!({ "user_id": user.id })))
            }
            // Whoever sent the copy has proved nothing.
            Refreshed::Reused { session } => {
                let entry = Entry::new(Action::SessionRevoked, *session);
                Some(entry.after(json!({ "reason": "refresh_token_reused" })))
            }
            Refreshed::Unknown => None,
        }
    }
}

impl Audited for Revoke {
    type Outcome = bool;

    fn audit(&self, ended: &bool) -> Option<Entry> {
        ended.then(|| Entry::new(Action::SessionRevoked, self.session))
    }
}
