//! The chain that the audit log is: where it ends, and what can be found wrong with it.

use std::{fmt, str::FromStr};

use crate::domain::Error;

/// The number and the hash of a row, as `17:` and 64 hex digits. Whoever keeps the last one of a
/// log elsewhere can later prove that nothing up to it was changed, and nothing cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub sequence: i64,
    pub hash: String,
}

impl Head {
    /// What the first row follows.
    pub const START: Head = Head { sequence: 0, hash: String::new() };
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.sequence, self.hash)
    }
}

impl FromStr for Head {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parsed = text.split_once(':').and_then(|(sequence, hash)| {
            let sequence = sequence.parse().ok().filter(|it| *it > 0)?; // what is no number is no head
            let is_hash = hash.len() == 64 && hash.bytes().all(|it| it.is_ascii_hexdigit());
            is_hash.then(|| Head { sequence, hash: hash.to_ascii_lowercase() })
        });
        let message = "a head is the number of a row, a colon, and its hash of 64 hex digits";
        parsed.ok_or_else(|| Error::invalid("head", "invalid_value", message))
    }
}

/// How far a walk along the chain came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walked {
    /// The last row that is proven.
    pub head: Head,
    /// Whether there is none after it.
    pub is_last: bool,
    /// What stopped the walk.
    pub fault: Option<Fault>,
}

impl Walked {
    pub fn stopped(self, fault: Fault) -> Self {
        Walked { fault: Some(fault), ..self }
    }
}

/// What is wrong with a log, with the number of the first row that it shows in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Its hash is not that of what it holds after the row before it: one of the two was changed,
    /// put in, or stands in another's place.
    #[error("row {0} is not what was written there")]
    Changed(i64),
    #[error("row {0} is missing")]
    Missing(i64),
    /// A number below 1, or a second row of one number.
    #[error("row {0} does not belong there")]
    Foreign(i64),
    /// The index of the log, by which its entries are found, has it otherwise or not at all, or has one that
    /// the log has not.
    #[error("row {0} is not what the index of the log says")]
    Misindexed(i64),
    /// The log is whole up to its end, which is before a head that was kept.
    #[error("row {0} is missing, and all after it: the end of the log was cut off")]
    Cut(i64),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_reads_back() {
        let head = Head { sequence: 17, hash: "0f".repeat(32) };

        assert_eq!(head.to_string().parse::<Head>().unwrap(), head);
        assert_eq!(head.to_string().to_uppercase().parse::<Head>().unwrap(), head);
        let short = format!("17:{}", "0f".repeat(31));
        let nowhere = format!("0:{}", "0f".repeat(32));
        for wrong in ["", "17", ":", "17:", "x:y", short.as_str(), nowhere.as_str()] {
            assert!(wrong.parse::<Head>().is_err(), "{wrong:?}");
        }
    }
}
