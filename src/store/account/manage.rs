//! Accounts as those see and change them who run the shop.

use diesel::{expression_methods::EscapeExpressionMethods, prelude::*};
use serde_json::json;

use super::{
    super::{Backend, Conn, ESCAPE, Tx, event, folded, literal, session},
    UserRow, active, credentials_of, leaving, locked,
};
use crate::{
    domain::{
        Error,
        account::{
            Credentials, UserStatus,
            change::Ended,
            manage::{Account, Filter, Key, Manage, Managed, Standing, Step},
        },
        event::Kind,
        id::UserId,
        page::{Listed, Page},
        session::Which,
    },
    store::{self, at::At, schema::users},
};

/// The account, or `NotFound`.
pub fn account(conn: &mut Conn, id: UserId) -> Result<Account, Error> {
    let found = credentials_of(conn, id)?;
    let standing = Standing::of(&found, store::now());
    Ok(Account::of(found, standing))
}

/// The accounts that `filter` lets through, the newest first.
pub fn page(
    conn: &mut Conn,
    filter: Filter,
    page: Page<Key>,
) -> Result<Listed<Account, Key>, Error> {
    let now = store::now();
    let mut query = users::table
        .order(users::id.desc())
        .limit(page.limit.saturating_add(1))
        .select(UserRow::as_select())
        .into_boxed::<Backend>();
    if let Some(part) = filter.query {
        let pattern = format!("%{}%", literal(&part));
        let named = folded(users::name).like(folded(pattern.clone())).escape(ESCAPE);
        query = query.filter(users::email.like(folded(pattern)).escape(ESCAPE).or(named));
    }
    if let Some(role) = filter.role {
        query = query.filter(users::role.eq(role.as_str()));
    }
    query = match filter.status {
        None => query,
        Some(UserStatus::Active) => query.filter(active(At(now))),
        Some(status @ (UserStatus::Suspended | UserStatus::Deleted)) => {
            let ahead = users::suspended_until.gt(At(now)).assume_not_null();
            let lasts = users::suspended_until.is_null().or(ahead);
            query.filter(users::status.eq(status.as_str())).filter(lasts)
        }
    };
    if let Some(Key { id }) = page.after {
        query = query.filter(users::id.lt(id.to_string()));
    }
    let rows: Vec<UserRow> = query.load(conn)?;
    let accounts = rows.into_iter().map(|row| {
        let found = Credentials::try_from(row)?;
        let standing = Standing::of(&found, now);
        Ok(Account::of(found, standing))
    });
    let accounts = accounts.collect::<Result<Vec<Account>, Error>>()?;
    Ok(Listed::cut(accounts, page.limit, |it| Key { id: it.user.id }))
}

pub fn manage(tx: &mut Tx<'_>, command: &Manage) -> Result<Managed, Error> {
    let takes_an_admin = command.step.may_take_an_admin();
    let lock = if takes_an_admin { leaving } else { locked };
    let found = lock(tx, command.user)?;
    let before = Standing::of(&found, tx.now);
    let after = before.after(command.step)?;
    let mut ended = Ended::default();
    if after != before {
        stand(tx, command.user, after)?;
        tell(tx, command, after);
        if let Some(reason) = command.step.ends_sessions() {
            ended = session::end(tx, command.user, Which::All, reason)?;
        }
    }
    Ok(Managed { before, account: Account::of(found, after), ended })
}

/// Tells those who run the shop what one of them has done.
fn tell(tx: &mut Tx<'_>, Manage { user, step, .. }: &Manage, after: Standing) {
    let (kind, data) = match step {
        Step::GiveRole(_) => {
            (Kind::UserRoleChanged, json!({ "user_id": user, "role": after.role }))
        }
        Step::Suspend(until) => {
            (Kind::UserSuspended, json!({ "user_id": user, "suspended_until": until }))
        }
        Step::Unsuspend => (Kind::UserUnsuspended, json!({ "user_id": user })),
    };
    event::tell(tx, kind, Some(*user), data);
}

/// Writes how an account stands.
pub fn stand(tx: &mut Tx<'_>, user: UserId, standing: Standing) -> Result<(), Error> {
    diesel::update(users::table.find(user.to_string()))
        .set((
            users::role.eq(standing.role.as_str()),
            users::status.eq(standing.status.as_str()),
            users::suspended_until.eq(standing.suspended_until.map(At)),
            users::updated_at.eq(At(tx.now)),
        ))
        .execute(tx.conn)?;
    Ok(())
}
