//! How far everything has come that is counted without a gap over the whole store.

use std::collections::HashMap;

use diesel::{
    QueryableByName,
    sql_types::{BigInt, Nullable, Text},
};

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

/// One row has the log and the feed, and one each the users that were asked for.
#[derive(QueryableByName)]
pub struct HeadRow {
    #[diesel(sql_type = Nullable<Text>)]
    user_id: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    place: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    sequence: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    hash: Option<String>,
}

impl Heads {
    /// The next place in the topic of `user`.
    pub fn next_of(&mut self, user: UserId) -> i64 {
        let head = self.users.entry(user).or_insert(0);
        *head = head.saturating_add(1);
        *head
    }
}

impl TryFrom<Vec<HeadRow>> for Heads {
    type Error = Error;

    fn try_from(rows: Vec<HeadRow>) -> Result<Self, Error> {
        let mut heads = Heads::default();
        for HeadRow { user_id, place, sequence, hash } in rows {
            let place = place.unwrap_or(0);
            match user_id {
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
