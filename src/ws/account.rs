//! `me`: what concerns one user.

use serde_json::{json, value::to_raw_value};

use super::topic::{Ask, Opening};
use crate::{
    domain::{Error, id::UserId},
    store::read,
};

/// The user as they are now, and where their topic stood at that moment.
pub async fn open(ask: &Ask<'_>, user: UserId) -> Result<Opening, Error> {
    let (user, unread, head) = read!(ask.store, account::me(user))?;
    let snapshot = to_raw_value(&json!({ "user": user, "unread_count": unread }));
    // All of what concerns a user is kept.
    Ok(ask.opening(1, head, snapshot.map_err(Error::internal("writing a user"))?))
}
