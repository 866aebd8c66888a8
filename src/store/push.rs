//! The table `push_subscriptions`.

use chrono::NaiveDateTime;
use diesel::{prelude::*, upsert::excluded};

use super::{Tx, account};
use crate::{
    domain::{
        Error,
        id::UserId,
        push::{SUBSCRIPTIONS_MAX, Subscribe, Subscribed, Unsubscribe},
    },
    store::{error::corrupt, schema::push_subscriptions},
};

#[derive(Insertable)]
#[diesel(table_name = push_subscriptions)]
struct Row<'r> {
    id: String,
    user_id: String,
    endpoint: &'r str,
    p256dh: &'r str,
    auth: &'r str,
    created_at: NaiveDateTime,
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
        created_at: tx.now.naive_utc(),
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

/// Forgets the browsers of a user, in the transaction that ends the account.
pub fn forget(tx: &mut Tx<'_>, user: UserId) -> Result<(), Error> {
    let all = push_subscriptions::table.filter(push_subscriptions::user_id.eq(user.to_string()));
    diesel::delete(all).execute(tx.conn)?;
    Ok(())
}
