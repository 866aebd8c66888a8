//! `admin:feed`: everything that happens, to admins.

use serde_json::{json, value::to_raw_value};

use super::topic::{Ask, Opening};
use crate::{
    domain::{Error, event::FEED_KEPT},
    store::read,
};

/// The feed has no state but its head; the last [`FEED_KEPT`] events can be asked for again.
pub async fn open(ask: &Ask<'_>) -> Result<Opening, Error> {
    let head = read!(ask.store, event::head())?;
    let oldest = head.saturating_sub(FEED_KEPT).max(0).saturating_add(1);
    let snapshot = to_raw_value(&json!({})).map_err(Error::internal("writing a snapshot"))?;
    let mut opening = ask.opening(oldest, head, snapshot);
    if let Some(filter) = &ask.follow.filter {
        let (types, position) = (filter.types.clone(), opening.position);
        opening.previous = read!(ask.store, event::last_of(types, position))?;
    }
    Ok(opening)
}
