//! Cursors: where a page of a list ended, as a text that a client only hands back.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::domain::{
    Error,
    page::{Listed, Page},
};

/// The longest cursor that is read, in bytes; ours are far shorter.
const BYTES_MAX: usize = 512;

/// A page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct List<T> {
    pub items: Vec<T>,
    /// Asks for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

impl<T> List<T> {
    pub fn of<K: Serialize>(listed: Listed<T, K>) -> Result<Self, Error> {
        let next_cursor = listed.next.as_ref().map(encode).transpose()?;
        Ok(List { items: listed.items, next_cursor })
    }
}

/// Which page of a list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Paging {
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Paging {
    /// The page that is asked for, after a key of this kind.
    pub fn page<K: DeserializeOwned>(&self) -> Result<Page<K>, Error> {
        page(self.limit, self.cursor.as_deref())
    }
}

/// The page that `?limit=` and `?cursor=` ask for.
pub fn page<K: DeserializeOwned>(
    limit: Option<i64>,
    cursor: Option<&str>,
) -> Result<Page<K>, Error> {
    Page::new(limit, cursor.map(decode).transpose()?)
}

/// The cursor for the key of the last item shown: URL-safe base64 of its JSON.
pub fn encode<K: Serialize>(key: &K) -> Result<String, Error> {
    let json = serde_json::to_vec(key).map_err(Error::internal("making a cursor"))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(json))
}

/// The key that a cursor holds; `Rejected("invalid_cursor")` where it is none of ours.
pub fn decode<K: DeserializeOwned>(cursor: &str) -> Result<K, Error> {
    let short = Some(cursor).filter(|it| it.len() <= BYTES_MAX);
    short
        .and_then(|it| BASE64_URL_SAFE_NO_PAD.decode(it).ok()) // what is wrong with it helps nobody
        .and_then(|json| serde_json::from_slice(&json).ok()) // as above
        .ok_or_else(|| Error::Rejected {
            code: "invalid_cursor",
            message: "this is no cursor that a page of this list ended with".to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        catalogue::listing::{ListingKey, Sort},
        id::{OrderId, ProductId},
    };

    #[test]
    fn a_cursor_reads_back_and_needs_no_escaping_in_a_url() {
        let key = ListingKey { sort: Sort::PriceUp, key: 1999, id: ProductId::new() };
        let cursor = encode(&key).unwrap();

        assert_eq!(decode::<ListingKey>(&cursor).unwrap(), key);
        assert!(cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
    }

    #[test]
    fn what_is_no_cursor_of_the_list_is_refused() {
        let of_another_list = encode(&OrderId::new()).unwrap();
        let huge = "A".repeat(BYTES_MAX + 1);
        for wrong in ["", "?", "e30", "e30=", &of_another_list, &huge] {
            let error = decode::<ListingKey>(wrong).unwrap_err();
            assert_eq!(error.code(), "invalid_cursor", "{wrong}");
        }
    }

    #[test]
    fn a_limit_is_one_to_a_hundred() {
        assert_eq!(page::<OrderId>(None, None).unwrap().limit, 20);
        for wrong in [i64::MIN, -1, 0, 101] {
            assert!(page::<OrderId>(Some(wrong), None).is_err(), "{wrong}");
        }
    }
}
