//! What is left of accounts.

use serde_json::json;

use super::{Action, Audited, Entry};
use crate::domain::account::{
    Register, User, UserStatus,
    change::{
        AskEmail, ChangePassword, ChangeProfile, ConfirmEmail, Confirmed, DeleteAccount, Ended,
        ResendConfirmation, ResetPassword,
    },
    manage::{Manage, Managed, Standing, Step},
};

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

impl Audited for ChangeProfile {
    type Outcome = User;

    fn audit(&self, _: &User) -> Option<Entry> {
        let (name, phone, locale) =
            (self.profile.name.is_some(), self.profile.phone.is_some(), self.profile.locale);
        let changed = json!({ "name_changed": name, "phone_changed": phone, "locale": locale });
        Some(Entry::new(Action::AccountChanged, self.user).after(changed))
    }
}

impl Audited for ChangePassword {
    type Outcome = Ended;

    fn audit(&self, Ended(ended): &Ended) -> Option<Entry> {
        let after = json!({ "sessions_ended": ended });
        Some(Entry::new(Action::PasswordChanged, self.user).after(after))
    }
}

impl Audited for ResetPassword {
    type Outcome = Ended;

    fn audit(&self, Ended(ended): &Ended) -> Option<Entry> {
        let after = json!({ "link_id": self.link, "sessions_ended": ended });
        Some(Entry::new(Action::PasswordReset, self.user).after(after))
    }
}

impl Audited for ResendConfirmation {
    type Outcome = bool;

    fn audit(&self, sent: &bool) -> Option<Entry> {
        let after = json!({ "link_id": self.link });
        sent.then(|| Entry::new(Action::ConfirmationSent, self.user).after(after))
    }
}

impl Audited for AskEmail {
    type Outcome = ();

    fn audit(&self, (): &()) -> Option<Entry> {
        let after = json!({ "link_id": self.link });
        Some(Entry::new(Action::EmailChangeAsked, self.user).after(after))
    }
}

impl Audited for ConfirmEmail {
    type Outcome = Confirmed;

    fn audit(&self, confirmed: &Confirmed) -> Option<Entry> {
        let action = match confirmed {
            Confirmed::Present => Action::EmailConfirmed,
            Confirmed::New => Action::EmailChanged,
            Confirmed::Already => return None,
        };
        Some(Entry::new(action, self.user).after(json!({ "link_id": self.link })))
    }
}

impl Audited for DeleteAccount {
    type Outcome = Ended;

    fn audit(&self, Ended(ended): &Ended) -> Option<Entry> {
        let after = json!({ "status": UserStatus::Deleted, "sessions_ended": ended });
        Some(Entry::new(Action::AccountDeleted, self.user).after(after))
    }
}

impl Audited for Manage {
    type Outcome = Managed;

    fn audit(&self, managed: &Managed) -> Option<Entry> {
        let (before, after) = (managed.before, managed.after());
        if before == after {
            return None;
        }
        let action = match self.step {
            Step::Suspend(_) => Action::AccountSuspended,
            Step::Unsuspend => Action::AccountUnsuspended,
            Step::GiveRole(_) => Action::RoleChanged,
        };
        let Standing { role, status, suspended_until } = after;
        let after = json!({
            "role": role, "status": status, "suspended_until": suspended_until,
            "reason": self.reason, "sessions_ended": managed.ended.0,
        });
        Some(Entry::new(action, self.user).before(json!(before)).after(after))
    }
}
