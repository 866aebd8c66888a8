//! The table `push_subscriptions`.

use std::collections::HashMap;

use diesel::{prelude::*, upsert::excluded};

use super::{Conn, Tx, account};
use crate::{
    domain::{
        Error,
        id::{SubscriptionId, UserId},
        push::{
            Endpoint, KeepKey, Key, SUBSCRIPTIONS_MAX, Subscribe, Subscribed, Subscription,
            Unsubscribe,
        },
    },
    store::{
        at::At,
        error::corrupt,
        schema::{push_keys, push_subscriptions},
    },
};

#[derive(Insertable)]
#[diesel(table_name = push_subscriptions)]
struct Row<'r> {
    id: String,
    user_id: String,
    endpoint: &'r str,
    p256dh: &'r str,
    auth: &'r str,
    created_at: At,
}

pub fn subscribe(tx: &mut Tx<'_>, command: &Subscribe) -> Result<Subscribed, Error> {
    account::hold(tx, command.user)?;
    let (user, given) = (command.user.to_string(), &command.subscription);
    let of_user = || push_subscriptions::table.filter(push_subscriptions::user_id.eq(&user));
    let same = of_user().filter(push_subscriptions::endpoint.eq(given.endpoint.as_str()));
    let same: Option<String> = same.select(push_subscriptions::id).first(tx.conn).optional()?;
    if let Some(id) = same {
        diesel::update(push_subscriptions::table.find(&id))
            .set((
                push_subscriptions::p256dh.eq(given.p256dh.as_str()),
                push_subscriptions::auth.eq(given.auth.as_str()),
            ))
            .execute(tx.conn)?;
        return Ok(Subscribed { id: id.parse().map_err(corrupt)?, is_new: false });
    }
    let held: i64 = of_user().count().get_result(tx.conn)?;
    if held >= SUBSCRIPTIONS_MAX {
        let message = format!("at most {SUBSCRIPTIONS_MAX} browsers are told: delete one first");
        return Err(Error::conflict("too_many_subscriptions", message));
    }
    take(tx, command)?;
    Ok(Subscribed { id: command.id, is_new: true })
}

/// Keeps what is new, and takes it from whoever used the browser before.
fn take(tx: &mut Tx<'_>, Subscribe { id, user, subscription }: &Subscribe) -> Result<(), Error> {
    let row = Row {
        id: id.to_string(),
        user_id: user.to_string(),
        endpoint: subscription.endpoint.as_str(),
        p256dh: subscription.p256dh.as_str(),
        auth: subscription.auth.as_str(),
        created_at: At(tx.now),
    };
    diesel::insert_into(push_subscriptions::table)
        .values(&row)
        .on_conflict(push_subscriptions::endpoint)
        .do_update()
        .set((
            push_subscriptions::id.eq(excluded(push_subscriptions::id)),
            push_subscriptions::user_id.eq(excluded(push_subscriptions::user_id)),
            push_subscriptions::p256dh.eq(excluded(push_subscriptions::p256dh)),
            push_subscriptions::auth.eq(excluded(push_subscriptions::auth)),
            push_subscriptions::created_at.eq(excluded(push_subscriptions::created_at)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

pub fn unsubscribe(tx: &mut Tx<'_>, command: &Unsubscribe) -> Result<(), Error> {
    let of_user = push_subscriptions::table
        .filter(push_subscriptions::id.eq(command.id.to_string()))
        .filter(push_subscriptions::user_id.eq(command.user.to_string()));
    match diesel::delete(of_user).execute(tx.conn)? {
        0 => Err(Error::NotFound("push subscription")),
        _ => Ok(()),
    }
}

/// A browser of a user; none where it is gone, or has another user by now.
pub fn find(
    conn: &mut Conn,
    user: UserId,
    id: SubscriptionId,
) -> Result<Option<Subscription>, Error> {
    let found: Option<(String, String, String)> = push_subscriptions::table
        .find(id.to_string())
        .filter(push_subscriptions::user_id.eq(user.to_string()))
        .select((
            push_subscriptions::endpoint,
            push_subscriptions::p256dh,
            push_subscriptions::auth,
        ))
        .first(conn)
        .optional()?;
    Ok(found.map(|(endpoint, p256dh, auth)| Subscription {
        endpoint: Endpoint::kept(endpoint),
        p256dh: Key::kept(p256dh),
        auth: Key::kept(auth),
    }))
}

/// The browsers of some users.
pub fn of_users(
    conn: &mut Conn,
    users: impl IntoIterator<Item = UserId>,
) -> Result<HashMap<UserId, Vec<SubscriptionId>>, Error> {
    let users = users.into_iter().map(|it| it.to_string());
    let rows: Vec<(String, String)> = push_subscriptions::table
        .filter(push_subscriptions::user_id.eq_any(users))
        .order(push_subscriptions::id)
        .select((push_subscriptions::user_id, push_subscriptions::id))
        .load(conn)?;
    let mut all: HashMap<UserId, Vec<SubscriptionId>> = HashMap::new();
    for (user, id) in rows {
        let user = user.parse().map_err(corrupt)?;
        all.entry(user).or_default().push(id.parse().map_err(corrupt)?);
    }
    Ok(all)
}

/// Forgets a browser of which its push service says that it is gone.
pub fn drop_browser(tx: &mut Tx<'_>, id: &str) -> Result<(), Error> {
    diesel::delete(push_subscriptions::table.find(id)).execute(tx.conn)?;
    Ok(())
}

pub fn keep_key(tx: &mut Tx<'_>, KeepKey { key }: &KeepKey) -> Result<String, Error> {
    let new =
        (push_keys::id.eq(1), push_keys::private_key.eq(key), push_keys::created_at.eq(At(tx.now)));
    diesel::insert_into(push_keys::table).values(new).on_conflict_do_nothing().execute(tx.conn)?;
    Ok(push_keys::table.find(1).select(push_keys::private_key).first(tx.conn)?)
}

/// Forgets the browsers of a user, in the transaction that ends the account.
pub fn forget(tx: &mut Tx<'_>, user: UserId) -> Result<(), Error> {
    let all = push_subscriptions::table.filter(push_subscriptions::user_id.eq(user.to_string()));
    diesel::delete(all).execute(tx.conn)?;
    Ok(())
}
