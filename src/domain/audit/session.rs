//! What is left of login sessions.

use serde_json::json;

use super::{Action, Audited, Entry};
use crate::domain::{
    account::change::Ended,
    session::{EndSessions, LogIn, LoggedIn, Prune, Reason, Refresh, Refreshed, Revoke},
};

impl Audited for LogIn {
    type Outcome = LoggedIn;

    fn audit(
        &self,
        LoggedIn { user, ended: Ended(ended), was_suspended }: &LoggedIn,
    ) -> Option<Entry> {
        let id = self.session.id;
        let entry = Entry::new(Action::SessionOpened, id).proven(user.id, id);
        Some(entry.after(json!({
            "user_id": user.id, "rehashed": self.rehashed.is_some(), "sessions_ended": ended,
            "suspension_ended": was_suspended,
        })))
    }
}

impl Audited for EndSessions {
    type Outcome = Ended;

    fn audit(&self, Ended(ended): &Ended) -> Option<Entry> {
        let after = json!({ "sessions_ended": ended, "reason": self.reason });
        let entry = Entry::new(Action::SessionsEnded, self.user).after(after);
        Some(entry).filter(|_| !ended.is_empty())
    }
}

impl Audited for Prune {
    type Outcome = i64;

    fn audit(&self, _forgotten: &i64) -> Option<Entry> {
        None
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
                Some(entry.after(json!({ "reason": Reason::Reused })))
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
