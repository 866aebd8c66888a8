//! What is left of accounts.

use serde_json::json;

use super::{Action, Audited, Entry};
use crate::domain::account::{Register, User};

impl Audited for Register {
    type Outcome = User;

    fn audit(&self, user: &User) -> Option<Entry> {
        let session = self.session.as_ref().map(|session| session.id);
        let entry = Entry::new(Action::AccountRegistered, self.id)
            .after(json!({ "role": user.role, "status": user.status, "session_id": session }));
        Some(match session {
            Some(session) => entry.proven(self.id, session),
            None => entry,
        })
    }
}
