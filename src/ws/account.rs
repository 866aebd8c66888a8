//! `me`: what concerns one user.

use serde_json::{json, value::to_raw_value};

use super::topic::{Ask, Opening};
use crate::{
    domain::{Error, id::UserId},
    store::read,
};

/// The user as they are now. The head is read first: what happens in between is told again, and
/// nothing is left out.
pub async fn open(ask: &Ask<'_>, user: UserId) -> Result<Opening, Error> {
    let head = read!(ask.store, event::user_head(user))?;
    let unread = read!(ask.store, notification::unread(user))?;
    let user = read!(ask.store, account::user(user))?;
    let snapshot = to_raw_value(&json!({ "user": user, "unread_count": unread }));
    // All of what concerns a user is kept.
    Ok(ask.opening(1, head, snapshot.map_err(Error::internal("writing a user"))?))
}
