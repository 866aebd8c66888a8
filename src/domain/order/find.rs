//! Finding orders among all of them: what is asked for, and where a page of them ends.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Status;
use crate::domain::{
    Error,
    account::Email,
    id::{OrderId, UserId},
    payment,
};

/// Which orders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    pub status: Option<Status>,
    pub payment_status: Option<payment::Status>,
    pub user: Option<UserId>,
    pub asked: Option<Asked>,
    /// Placed from this moment on.
    pub from: Option<DateTime<Utc>>,
    /// Placed before this moment.
    pub to: Option<DateTime<Utc>>,
}

/// What somebody on the telephone says of their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Number(String),
    /// A guest's address, or that of an account.
    Email(Email),
}

impl Asked {
    /// What has an `@` is an address; a number may be written small, and without its `R-`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.contains('@') {
            let email = Email::parse(text);
            return email.map(Asked::Email).map_err(|_| {
                Error::invalid("q", "invalid_value", "this is neither a number nor an address")
            });
        }
        Ok(Asked::number(text))
    }

    pub fn number(text: &str) -> Self {
        let text = text.trim().to_ascii_uppercase();
        let is_whole = text.starts_with("R-");
        Asked::Number(if is_whole { text } else { format!("R-{text}") })
    }
}

/// Where a page ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    pub placed_at: DateTime<Utc>,
    pub id: OrderId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_or_an_address_is_asked_for() {
        let number = Asked::Number("R-0A1B2-C3D4E".to_owned());
        for text in ["R-0A1B2-C3D4E", " r-0a1b2-c3d4e ", "0A1B2-C3D4E"] {
            assert_eq!(Asked::parse(text).unwrap(), number, "{text}");
        }
        let email = Asked::Email(Email::parse("ada@example.com").unwrap());
        assert_eq!(Asked::parse(" Ada@Example.com").unwrap(), email);
        assert!(Asked::parse("ada@").is_err());
    }
}
