//! Pages of a list: how many, and after what.

use serde::Serialize;

use super::Error;

/// How many items a page holds if the client does not say.
pub const LIMIT_DEFAULT: i64 = 20;
/// The most that a page may hold.
pub const LIMIT_MAX: i64 = 100;

/// What a client asks of a list; `after` is the key of the last item of the page before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<K> {
    pub limit: i64,
    pub after: Option<K>,
}

impl<K> Page<K> {
    pub fn new(limit: Option<i64>, after: Option<K>) -> Result<Self, Error> {
        let limit = limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Error::invalid("limit", "out_of_range", "a limit is 1 to 100"));
        }
        Ok(Page { limit, after })
    }
}

/// One page of a list, and the key to ask the next one with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listed<T, K> {
    pub items: Vec<T>,
    pub next: Option<K>,
}

impl<T, K> Listed<T, K> {
    /// Cuts `items`, of which one more than the limit was read, to a page.
    pub fn cut(mut items: Vec<T>, limit: i64, key: impl FnOnce(&T) -> K) -> Self {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(key) } else { None };
        Listed { items, next }
    }
}
