//! How far everything has come that is counted without a gap over the whole store.

use std::collections::HashMap;

use diesel::sql_types::{BigInt, Nullable, Text};

use super::error::corrupt;
use crate::domain::{Error, id::UserId};

/// The last number of each count, which nobody else goes on with until the end of the transaction.
#[derive(Debug, Default)]
pub struct Heads {
    /// The number and the hash of the last entry of the audit log.
    pub audit: Option<(i64, String)>,
    /// The last place in the feed, 0 before the first event.
    pub feed: i64,
    /// The last place in the topics of those users who were asked for.
    users: HashMap<UserId, i64>,
}

/// A head as it is read: one has the log and the feed, and one each the topics that were asked for.
/// These are the topic's user, its place or the feed's, and the number and the hash of the log.
pub type Head = (Option<String>, Option<i64>, Option<i64>, Option<String>);
pub type Columns = (Nullable<Text>, Nullable<BigInt>, Nullable<BigInt>, Nullable<Text>);

impl Heads {
    /// The next place in the topic of `user`.
    pub fn next_of(&mut self, user: UserId) -> i64 {
        let head = self.users.entry(user).or_insert(0);
        *head = head.saturating_add(1);
        *head
    }
}

impl TryFrom<Vec<Head>> for Heads {
    type Error = Error;

    fn try_from(rows: Vec<Head>) -> Result<Self, Error> {
        let mut heads = Heads::default();
        for (topic, place, sequence, hash) in rows {
            let place = place.unwrap_or(0);
            match topic {
                Some(user) => drop(heads.users.insert(user.parse().map_err(corrupt)?, place)),
                None => {
                    heads.feed = place;
                    heads.audit = sequence.zip(hash);
                }
            }
        }
        Ok(heads)
    }
}
