//! What those who run the shop do with the accounts of others.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{Credentials, Role, User, UserStatus, change::Ended};
use crate::domain::{Error, error::Refusal, id::UserId, session::Reason};

/// The longest text that accounts are searched for: no address has more characters.
pub const QUERY_CHARS_MAX: usize = super::EMAIL_BYTES_MAX;
/// The longest suspension that ends by itself; a longer one is better given no end.
pub const SUSPENDED_DAYS_MAX: i64 = 3_660;
pub const REASON_CHARS_MAX: usize = 200;

/// An account as those see it who run the shop.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Account {
    #[serde(flatten)]
    pub user: User,
    /// When a suspension ends by itself; null where nobody is suspended, or for good.
    pub suspended_until: Option<DateTime<Utc>>,
}

impl Account {
    /// The account as it stands, which its row may not say yet.
    pub fn of(found: Credentials, standing: Standing) -> Self {
        let Standing { role, status, suspended_until } = standing;
        Account { user: User { role, status, ..found.user }, suspended_until }
    }
}

/// What those who run the shop decide of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Standing {
    pub role: Role,
    pub status: UserStatus,
    pub suspended_until: Option<DateTime<Utc>>,
}

/// What can be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nobody may use the account, until somebody lifts that or the moment has come.
    Suspend(Option<DateTime<Utc>>),
    Unsuspend,
    GiveRole(Role),
}

impl Standing {
    /// How an account stands whose row says this.
    pub fn of(found: &Credentials, now: DateTime<Utc>) -> Self {
        let Credentials { user, suspended_until, .. } = found;
        match user.status.at(*suspended_until, now) {
            status @ UserStatus::Suspended => {
                Standing { role: user.role, status, suspended_until: *suspended_until }
            }
            status => Standing { role: user.role, status, suspended_until: None },
        }
    }

    /// How it stands after `step`; to do what is done already changes nothing.
    pub fn after(self, step: Step) -> Result<Standing, Error> {
        match (self.status, step) {
            (UserStatus::Active | UserStatus::Suspended, Step::Suspend(until)) => {
                Ok(Standing { status: UserStatus::Suspended, suspended_until: until, ..self })
            }
            (UserStatus::Active | UserStatus::Suspended, Step::Unsuspend) => {
                Ok(Standing { status: UserStatus::Active, suspended_until: None, ..self })
            }
            (UserStatus::Active | UserStatus::Suspended, Step::GiveRole(role)) => {
                Ok(Standing { role, ..self })
            }
            (UserStatus::Deleted, step) => {
                Err(Refusal::transition("account", self.status, step.verb()).into())
            }
        }
    }
}

impl Step {
    /// A suspension, until a moment that is ahead or for good.
    pub fn suspend(until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<Step, Error> {
        // As finely as the store keeps it, so that the same moment is the same.
        let until = until.map(|it| it.trunc_subsecs(3));
        let longest = now + TimeDelta::days(SUSPENDED_DAYS_MAX);
        if until.is_none_or(|it| now < it && it <= longest) {
            return Ok(Step::Suspend(until));
        }
        let message = "this is a moment of the next ten years; without one it has no end";
        Err(Error::invalid("until", "out_of_range", message))
    }

    /// Whether the shop may have an admin less after it.
    pub fn may_take_an_admin(self) -> bool {
        match self {
            Step::Suspend(_) => true,
            Step::GiveRole(role) => role != Role::Admin,
            Step::Unsuspend => false,
        }
    }

    /// Why it ends all sessions of the user, if it does: what they may is in their tokens.
    pub fn ends_sessions(self) -> Option<Reason> {
        match self {
            Step::Suspend(_) => Some(Reason::Suspended),
            Step::GiveRole(_) => Some(Reason::RoleChanged),
            Step::Unsuspend => None,
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Step::Suspend(_) => "be suspended",
            Step::Unsuspend => "be used again",
            Step::GiveRole(_) => "have another role",
        }
    }
}

/// Does a step with an account; `Conflict("last_admin")` where nobody would be left to run the
/// shop.
#[derive(Debug, Clone)]
pub struct Manage {
    pub user: UserId,
    pub step: Step,
    /// For the audit log.
    pub reason: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Managed {
    pub before: Standing,
    pub account: Account,
    pub ended: Ended,
}

impl Managed {
    pub fn after(&self) -> Standing {
        let Account { user, suspended_until } = &self.account;
        Standing { role: user.role, status: user.status, suspended_until: *suspended_until }
    }
}

/// Which accounts are wanted; what is empty lets all through.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// A part of the address or the name, in any letter case.
    pub query: Option<String>,
    pub role: Option<Role>,
    pub status: Option<UserStatus>,
}

/// Where a page ended: ids sort by age.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    pub id: UserId,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(status: UserStatus, suspended_until: Option<DateTime<Utc>>) -> Standing {
        Standing { role: Role::Customer, status, suspended_until }
    }

    #[test]
    fn each_step_from_each_status() {
        let (soon, later) = (Some(DateTime::UNIX_EPOCH), Some(DateTime::<Utc>::MAX_UTC));
        let active = standing(UserStatus::Active, None);
        let for_good = standing(UserStatus::Suspended, None);
        let for_now = standing(UserStatus::Suspended, soon);
        let courier = |it: Standing| Standing { role: Role::Courier, ..it };
        let table = [
            (active, Step::Suspend(None), for_good),
            (active, Step::Suspend(soon), for_now),
            (active, Step::Unsuspend, active),
            (active, Step::GiveRole(Role::Customer), active),
            (active, Step::GiveRole(Role::Courier), courier(active)),
            (for_now, Step::Suspend(None), for_good),
            (for_now, Step::Suspend(soon), for_now),
            (for_now, Step::Suspend(later), standing(UserStatus::Suspended, later)),
            (for_now, Step::Unsuspend, active),
            (for_now, Step::GiveRole(Role::Courier), courier(for_now)),
            (for_good, Step::Unsuspend, active),
        ];
        for (before, step, after) in table {
            assert_eq!(before.after(step).unwrap(), after, "{before:?} {step:?}");
        }
        let deleted = standing(UserStatus::Deleted, None);
        for step in [Step::Suspend(None), Step::Unsuspend, Step::GiveRole(Role::Customer)] {
            let refused = deleted.after(step).unwrap_err();
            assert_eq!(refused.code(), "invalid_transition", "{step:?}");
        }
    }

    #[test]
    fn a_suspension_ends_in_the_next_ten_years_or_never() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let after =
            |days, millis| Some(now + TimeDelta::days(days) + TimeDelta::milliseconds(millis));

        assert_eq!(Step::suspend(None, now).unwrap(), Step::Suspend(None));
        for until in [after(0, 1), after(SUSPENDED_DAYS_MAX, 0)] {
            assert_eq!(Step::suspend(until, now).unwrap(), Step::Suspend(until));
        }
        let wrong = [after(0, 0), after(-1, 0), after(SUSPENDED_DAYS_MAX, 1)];
        for until in wrong.into_iter().chain([Some(DateTime::<Utc>::MAX_UTC)]) {
            assert!(Step::suspend(until, now).is_err(), "{until:?}");
        }
    }

    #[test]
    fn a_suspension_is_over_at_its_very_end() {
        let until = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        let before = until - TimeDelta::milliseconds(1);
        assert_eq!(UserStatus::Suspended.at(Some(until), before), UserStatus::Suspended);
        assert_eq!(UserStatus::Suspended.at(Some(until), until), UserStatus::Active);
        assert_eq!(UserStatus::Suspended.at(None, until), UserStatus::Suspended);
        assert_eq!(UserStatus::Deleted.at(Some(until), until), UserStatus::Deleted);
    }
}
