//! People: who they are, and what opens their account.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    Error,
    id::{LinkId, UserId},
    password::commonest::is_common,
    phone::Phone,
    session::OpenSession,
    settings::{Locale, Settings},
    words::words,
};

pub mod change;
pub mod manage;

/// The longest address there can be (RFC 5321, 4.5.3.1.3, less the brackets).
pub const EMAIL_BYTES_MAX: usize = 254;
/// The longest part before the `@` (RFC 5321, 4.5.3.1.1).
const LOCAL_BYTES_MAX: usize = 64;
/// Where those are who asked to be forgotten: a domain that nobody can have (RFC 2606, 2).
const NOBODYS: &str = "deleted.invalid";
pub const NAME_CHARS_MAX: usize = 100;
pub const PASSWORD_CHARS_MIN: usize = 10;
/// A bound on what the hash must read, not on anybody's imagination.
pub const PASSWORD_BYTES_MAX: usize = 512;

/// An e-mail address in lower case: two spellings are one account.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, example = "shopper@rialto.test")]
pub struct Email(String);

impl Email {
    /// One `@` with something before it and a dotted name after it; whether anybody reads the
    /// mail, only a mail can tell.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim().to_lowercase();
        // A host has several spellings in Unicode, and is one in ASCII (RFC 5891).
        let text = match text.rsplit_once('@') {
            Some((local, host)) => match idna::domain_to_ascii(host) {
                Ok(host) => format!("{local}@{host}"),
                Err(_) => text,
            },
            None => text,
        };
        let well_formed = text.split_once('@').is_some_and(|(local, host)| {
            !local.is_empty()
                && local.len() <= LOCAL_BYTES_MAX
                && !host.contains('@')
                && host.contains('.')
                && host.split('.').all(|label| !label.is_empty())
                && host.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
                // A number there would be an address of the network, not a name.
                && host.ends_with(|c: char| c.is_ascii_alphabetic())
                && host != NOBODYS
        });
        let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
        if well_formed && plain && text.len() <= EMAIL_BYTES_MAX {
            Ok(Email(text))
        } else {
            Err(Error::invalid("email", "invalid_email", "this is not an e-mail address"))
        }
    }

    /// What stands in place of the address of somebody who is forgotten; nobody else can have it.
    pub fn of_deleted(user: UserId) -> Self {
        Email(format!("{user}@{NOBODYS}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Not the address itself: it is personal, and `Debug` ends in logs.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

/// What somebody wants to be called: 1 to [`NAME_CHARS_MAX`] characters, no control characters.
pub fn parse_name(text: &str) -> Result<String, Error> {
    let name = text.trim();
    let length = name.chars().count();
    if length == 0 || length > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(Error::invalid("name", "invalid_name", "a name is 1 to 100 characters"));
    }
    Ok(name.to_owned())
}

/// A password as it was typed; never shown, logged or stored.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// A new password, held to the rules for new ones; see [`Password::unlike`] for the last.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let password = Password::attempt(text)?;
        if is_common(text) { Err(too_common()) } else { Ok(password) }
    }

    /// A password to be compared with one that stands. No account has one of another length, so
    /// to say so tells nothing of any.
    pub fn attempt(text: &str) -> Result<Self, Error> {
        if text.chars().count() < PASSWORD_CHARS_MIN || text.len() > PASSWORD_BYTES_MAX {
            let message = "a password is 10 characters to 512 bytes long";
            return Err(Error::invalid("password", "invalid_password", message));
        }
        Ok(Password(text.to_owned()))
    }

    /// A new password for the account of `email`: neither the address nor what stands before its
    /// `@`, which guessers know.
    pub fn unlike(self, email: &Email) -> Result<Self, Error> {
        let typed = self.0.trim().to_lowercase();
        let local = email.0.split_once('@').map_or("", |(local, _)| local);
        if typed == email.0 || typed == local { Err(too_common()) } else { Ok(self) }
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

fn too_common() -> Error {
    Error::invalid("password", "common_password", "this password is among the first to be guessed")
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

words! {
    /// What somebody is to the shop. What that lets them do, [`Role::rights`] says.
    Role {
        Customer = "customer",
        Admin = "admin",
        Courier = "courier",
        Seller = "seller",
        Moderator = "moderator",
    }
}

words! {
    /// Something that not everybody with an account may do.
    Right {
        /// Count and correct what is in stock.
        Stock = "stock",
        /// Change what is for sale: categories, products, variants, prices, pictures.
        Catalogue = "catalogue",
        /// See and steer the orders and payments of others.
        Orders = "orders",
        /// Watch everything that happens.
        Feed = "feed",
        /// See the accounts of others, suspend them, give them roles.
        Users = "users",
        /// Read who has done what.
        Audit = "audit",
        /// See all reviews and hide those that break the rules.
        Reviews = "reviews",
        /// Have other programs told of what happens, and see what of it has arrived.
        Webhooks = "webhooks",
        /// See the parcels that are one's own to bring, and say what becomes of them.
        Deliveries = "deliveries",
    }
}

impl Role {
    /// All that sets a role apart. Sellers have what all users have, until there is something that is
    /// theirs to do.
    pub const fn rights(self) -> &'static [Right] {
        match self {
            Role::Admin => Right::ALL,
            Role::Moderator => &[Right::Reviews],
            Role::Courier => &[Right::Deliveries],
            Role::Customer | Role::Seller => &[],
        }
    }

    pub fn may(self, right: Right) -> bool {
        self.rights().contains(&right)
    }
}

words! {
    /// Whether an account can be used.
    UserStatus {
        Active = "active",
        Suspended = "suspended",
        Deleted = "deleted",
    }
}

impl UserStatus {
    /// What a row that says this means at `now`: a suspension is over when its end has come, though
    /// the row says so only after the next login.
    pub fn at(self, suspended_until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        match self {
            UserStatus::Suspended if suspended_until.is_some_and(|until| until <= now) => {
                UserStatus::Active
            }
            status => status,
        }
    }
}

/// Somebody with an account, as they see themselves.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct User {
    pub id: UserId,
    pub email: Email,
    pub email_confirmed: bool,
    pub name: String,
    pub phone: Option<Phone>,
    pub locale: Locale,
    pub role: Role,
    pub status: UserStatus,
    pub created_at: DateTime<Utc>,
    /// What the user chose; free of secrets.
    pub settings: Settings,
}

/// A user with what a login is checked against.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub user: User,
    /// In the PHC string format.
    pub password_hash: String,
    /// When a suspension ends by itself.
    pub suspended_until: Option<DateTime<Utc>>,
}

/// Makes an account and opens its first session; `Conflict("email_taken")` where the address has one.
#[derive(Debug, Clone)]
pub struct Register {
    pub id: UserId,
    pub email: Email,
    pub name: String,
    pub password_hash: String,
    pub role: Role,
    pub session: Option<OpenSession>,
    /// By which the address is to be confirmed; none where whoever makes the account vouches for it.
    pub confirm: Option<LinkId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_other_letter_case_is_the_same() {
        assert_eq!(Email::parse(" Ada@Example.COM ").unwrap().as_str(), "ada@example.com");
    }

    #[test]
    fn an_admin_may_do_all_that_the_others_may_not() {
        for right in Right::ALL {
            let others: &[Role] = match right {
                Right::Stock
                | Right::Catalogue
                | Right::Orders
                | Right::Feed
                | Right::Users
                | Right::Audit
                | Right::Webhooks => &[],
                Right::Reviews => &[Role::Moderator],
                Right::Deliveries => &[Role::Courier],
            };
            let may: Vec<Role> =
                Role::ALL.iter().copied().filter(|role| role.may(*right)).collect();
            assert_eq!(may, [&[Role::Admin], others].concat(), "{right}");
        }
    }

    #[test]
    fn a_host_in_another_spelling_is_the_same() {
        let ascii = Email::parse("ada@xn--mller-kva.example").unwrap();
        for spelled in ["ada@müller.example", "ada@MÜLLER.example", "ada@ｍüller.example"] {
            assert_eq!(Email::parse(spelled).unwrap(), ascii, "{spelled}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        for wrong in [
            "",
            "a",
            "@b.c",
            "a@",
            "a@b",
            "a@b..c",
            "a b@c.d",
            "a@b@c.d",
            "a@127.0.0.1",
            "a@deleted.invalid",
            &long,
        ] {
            assert!(Email::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_short_password_or_a_huge_one_is_refused() {
        assert!(Password::parse("123456789").is_err());
        assert!(Password::parse(&"x".repeat(513)).is_err());
        assert!(Password::parse("correct horse").is_ok());
    }

    #[test]
    fn what_is_guessed_first_is_no_new_password() {
        let code = |refused: Result<Password, Error>| match refused {
            Err(Error::Invalid(fields)) => fields[0].code,
            other => panic!("{other:?}"),
        };
        assert_eq!(code(Password::parse("Password123")), "common_password");
        assert_eq!(code(Password::parse("1111111111")), "common_password");
        assert!(Password::attempt("Password123").is_ok());

        let email = Email::parse("ada.lovelace@example.com").unwrap();
        for like in ["Ada.Lovelace", "ada.lovelace@EXAMPLE.com", " ada.lovelace "] {
            assert_eq!(code(Password::parse(like).unwrap().unlike(&email)), "common_password");
        }
        assert!(Password::parse("ada.lovelace!").unwrap().unlike(&email).is_ok());
    }

    #[test]
    fn debug_output_shows_neither_addresses_nor_passwords() {
        let shown =
            format!("{:?}{:?}", Email::parse("ada@example.com"), Password::parse("secret-secret"));
        assert!(!shown.contains("ada") && !shown.contains("secret-secret"), "{shown}");
    }
}
