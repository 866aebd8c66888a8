//! Links in letters: whoever opens one has shown that they read the mail of an address.
//!
//! A link's row holds no secret: the token is derived from its id (`proof.rs`).

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Error,
    account::Email,
    id::{LinkId, UserId},
    proof::invalid_link,
    words::words,
};

/// How many links that nobody has opened one account may have for one purpose.
pub const LINKS_MAX: i64 = 10;
/// How long after its end a link is kept, so that whoever opens it late is told the same.
pub const KEPT_HOURS: i64 = 24;

words! {
    /// What a link is for.
    Purpose {
        ConfirmEmail = "confirm_email",
        ResetPassword = "reset_password",
        ChangeEmail = "change_email",
    }
}

impl Purpose {
    /// How long a link is good for: what opens an account the shortest.
    pub fn good_for(self) -> TimeDelta {
        match self {
            Purpose::ConfirmEmail => TimeDelta::days(3),
            Purpose::ResetPassword => TimeDelta::minutes(30),
            Purpose::ChangeEmail => TimeDelta::days(1),
        }
    }
}

/// A link that was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    pub id: LinkId,
    pub purpose: Purpose,
    pub user: UserId,
    /// Where the letter went.
    pub email: Email,
    pub expires_at: DateTime<Utc>,
    pub used_at: Option<DateTime<Utc>>,
}

impl Link {
    /// Whether it can be opened at `now` for one of `purposes`. One that is used, too old or for
    /// something else is refused like one that never was.
    pub fn opens(&self, purposes: &[Purpose], now: DateTime<Utc>) -> Result<(), Error> {
        let is_good = self.used_at.is_none() && now < self.expires_at;
        if is_good && purposes.contains(&self.purpose) { Ok(()) } else { Err(invalid_link()) }
    }
}

/// Notes that somebody asks for a new password at an address. What is done is the same whether it
/// has an account or not: that is looked at afterwards, when nobody waits any more ([`Send`]).
#[derive(Debug, Clone)]
pub struct Ask {
    pub link: LinkId,
    pub email: Email,
}

/// Sends what was asked for by [`Ask`] if the address has an account, or forgets it.
#[derive(Debug, Clone)]
pub struct Send {
    pub link: LinkId,
}

/// Forgets links that ended more than [`KEPT_HOURS`] ago.
#[derive(Debug, Clone, Copy)]
pub struct Prune;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_for_what_it_is_and_once_and_in_time() {
        let now = DateTime::UNIX_EPOCH;
        let link = Link {
            id: LinkId::new(),
            purpose: Purpose::ResetPassword,
            user: UserId::new(),
            email: Email::parse("ada@example.com").unwrap(),
            expires_at: now + Purpose::ResetPassword.good_for(),
            used_at: None,
        };
        let used = Link { used_at: Some(now), ..link.clone() };
        let reset = &[Purpose::ResetPassword];

        assert!(link.opens(reset, now).is_ok());
        assert!(link.opens(reset, link.expires_at - TimeDelta::milliseconds(1)).is_ok());
        assert!(link.opens(reset, link.expires_at).is_err());
        assert!(link.opens(&[Purpose::ConfirmEmail, Purpose::ChangeEmail], now).is_err());
        assert_eq!(used.opens(reset, now).unwrap_err().code(), "invalid_link");
    }
}
