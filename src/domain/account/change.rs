//! What changes an account, as commands; those who end sessions say which.

use crate::domain::{
    account::Email,
    id::{LinkId, SessionId, UserId},
    phone::Phone,
    settings::Locale,
};

/// The sessions that a command has ended: their tokens are refused from then on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended(pub Vec<SessionId>);

/// What the link has shown, by which somebody confirmed an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    /// That the address of the account is theirs.
    Present,
    /// What was known: nothing changes.
    Already,
    /// That a new one is, which the account has from then on.
    New,
}

/// Changes what a user says of themselves; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    pub name: Option<String>,
    /// `Some(None)` forgets it.
    pub phone: Option<Option<Phone>>,
    pub locale: Option<Locale>,
}

#[derive(Debug, Clone)]
pub struct ChangeProfile {
    pub user: UserId,
    pub profile: Profile,
}

/// Takes a new password from somebody who has shown the present one, and ends all their other
/// sessions; `Stale` where the password is no longer the one that was shown.
#[derive(Clone)]
pub struct ChangePassword {
    pub user: UserId,
    /// The hash of the password that was shown.
    pub shown: String,
    pub password_hash: String,
    /// The session that goes on.
    pub keep: SessionId,
}

/// Takes a new password from whoever opened the link, and ends all sessions; refused by a link
/// that does not open.
#[derive(Clone)]
pub struct ResetPassword {
    pub user: UserId,
    pub link: LinkId,
    pub password_hash: String,
}

/// Sends a link to the address once more; nothing where it is confirmed.
#[derive(Debug, Clone)]
pub struct ResendConfirmation {
    pub user: UserId,
    pub link: LinkId,
}

/// Sends a link to the address that is to be the new one, and word to the present one; `Stale`
/// where the password is no longer the one that was shown.
#[derive(Clone)]
pub struct AskEmail {
    pub user: UserId,
    /// The hash of the password that was shown.
    pub shown: String,
    pub email: Email,
    pub link: LinkId,
}

/// Confirms the address to which the link went; where it is a new one, the account has it from
/// then on. `Conflict("email_taken")` where another account has it by now.
#[derive(Debug, Clone)]
pub struct ConfirmEmail {
    pub user: UserId,
    pub link: LinkId,
}

/// Forgets who the user is: the account can't be used any more. Its orders stay, with the address
/// that each went to. `Conflict("last_admin")` where nobody would be left to run the shop.
#[derive(Debug, Clone)]
pub struct DeleteAccount {
    pub user: UserId,
}
