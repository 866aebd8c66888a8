//! The table `users`.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::{prelude::*, result::DatabaseErrorKind};
use serde_json::json;

use super::{Conn, Tx, among, event, notification, session, settings, snapshot};
use crate::{
    domain::{
        Error,
        account::{Credentials, Email, Register, Role, User, UserStatus},
        error::Refusal,
        event::Kind,
        id::UserId,
        phone::Phone,
        settings::Locale,
    },
    store::{at::At, error::corrupt, schema::users},
};

mod change;
mod manage;

pub use change::*;
pub use manage::*;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
struct UserRow {
    id: String,
    email: String,
    email_confirmed_at: Option<At>,
    password_hash: String,
    name: String,
    phone: Option<String>,
    locale: String,
    role: String,
    status: String,
    settings: String,
    created_at: At,
    updated_at: At,
    suspended_until: Option<At>,
}

/// The account of an address, with what its password is checked against.
pub fn credentials(conn: &mut Conn, email: Email) -> Result<Option<Credentials>, Error> {
    let row = users::table
        .filter(users::email.eq(email.as_str()))
        .select(UserRow::as_select())
        .first(conn)
        .optional()?;
    row.map(Credentials::try_from).transpose()
}

/// The account with what its password is checked against, or `NotFound`.
pub fn credentials_of(conn: &mut Conn, id: UserId) -> Result<Credentials, Error> {
    let row = users::table.find(id.to_string()).select(UserRow::as_select()).first(conn);
    row.optional()?.ok_or(Error::NotFound("user"))?.try_into()
}

/// The same, locked: whoever changes an account decides on this. A suspension whose end has come is
/// none.
pub fn locked(tx: &mut Tx<'_>, id: UserId) -> Result<Credentials, Error> {
    let query = users::table.find(id.to_string()).select(UserRow::as_select());
    let row = locked!(query).first::<UserRow>(tx.conn);
    let mut found: Credentials = row.optional()?.ok_or(Error::NotFound("user"))?.try_into()?;
    found.user.status = found.user.status.at(found.suspended_until, tx.now);
    Ok(found)
}

/// Those who can use their account at `now`.
#[diesel::dsl::auto_type(no_type_alias)]
fn active(now: At) -> _ {
    let suspended = users::status.eq::<&'static str>(UserStatus::Suspended.as_str());
    let is_over = users::suspended_until.le::<At>(now).assume_not_null();
    users::status.eq::<&'static str>(UserStatus::Active.as_str()).or(suspended.and(is_over))
}

/// Holds the row of the user until the end of the transaction; nothing is kept for an account
/// that has ended.
pub fn hold(tx: &mut Tx<'_>, id: UserId) -> Result<(), Error> {
    let query = users::table
        .find(id.to_string())
        .filter(users::status.ne(UserStatus::Deleted.as_str()))
        .select(users::id);
    let found: Option<String> = locked!(query).get_result(tx.conn).optional()?;
    found.map(drop).ok_or(Error::NotFound("user"))
}

/// The same for several users: those whose account has not ended, and can be read.
pub fn hold_all(tx: &mut Tx<'_>, ids: &BTreeSet<UserId>) -> Result<HashMap<UserId, User>, Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let query = users::table
        .filter(among(users::id, ids))
        .filter(users::status.ne(UserStatus::Deleted.as_str()))
        .order(users::id)
        .select(UserRow::as_select());
    let rows: Vec<UserRow> = locked!(query).load(tx.conn)?;
    let read = |row: UserRow| {
        let id = row.id.clone();
        let user = User::try_from(row);
        user.inspect_err(|error| tracing::error!(user = id, ?error, "a user cannot be read")).ok()
    };
    Ok(rows.into_iter().filter_map(read).map(|user| (user.id, user)).collect())
}

/// The user, or `NotFound`.
pub fn user(conn: &mut Conn, id: UserId) -> Result<User, Error> {
    let row = users::table.find(id.to_string()).select(UserRow::as_select()).first(conn);
    row.optional()?.ok_or(Error::NotFound("user"))?.try_into()
}

/// All that a user's own topic begins with, of one moment: the user, how many notifications they have
/// not read, and the last event of the topic.
pub fn me(conn: &mut Conn, id: UserId) -> Result<(User, i64, i64), Error> {
    snapshot(conn, |conn| {
        let (user, unread) = (user(conn, id)?, notification::unread(conn, id)?);
        Ok((user, unread, event::user_head(conn, id)?))
    })
}

/// What these users are called.
pub fn names(conn: &mut Conn, ids: Vec<UserId>) -> Result<HashMap<UserId, String>, Error> {
    let ids = ids.iter().map(ToString::to_string);
    let query = users::table.filter(users::id.eq_any(ids)).select((users::id, users::name));
    let rows: Vec<(String, String)> = query.load(conn)?;
    rows.into_iter().map(|(id, name)| Ok((id.parse().map_err(corrupt)?, name))).collect()
}

pub fn register(tx: &mut Tx<'_>, command: &Register) -> Result<User, Error> {
    let now = At(tx.now);
    let row = UserRow {
        id: command.id.to_string(),
        email: command.email.as_str().to_owned(),
        email_confirmed_at: if command.confirm.is_none() { Some(now) } else { None },
        password_hash: command.password_hash.clone(),
        name: command.name.clone(),
        phone: None,
        locale: Locale::DEFAULT.to_string(),
        role: command.role.to_string(),
        status: UserStatus::Active.to_string(),
        settings: "{}".to_owned(),
        created_at: now,
        updated_at: now,
        suspended_until: None,
    };
    let inserted = diesel::insert_into(users::table).values(&row).execute(tx.conn);
    inserted.map_err(taken)?;
    if let Some(opened) = &command.session {
        session::open(tx, opened)?;
    }
    event::tell(tx, Kind::UserRegistered, Some(command.id), json!({ "user_id": command.id }));
    let user = row.try_into()?;
    if let Some(link) = command.confirm {
        ask_to_confirm(tx, &user, link)?;
    }
    Ok(user)
}

pub fn email_taken() -> Error {
    Error::conflict("email_taken", "this address has an account")
}

/// What the database says of an address that two accounts would have.
fn taken(err: diesel::result::Error) -> Error {
    match err {
        diesel::result::Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
            email_taken()
        }
        other => other.into(),
    }
}

/// The refusal of whoever knows the password of a suspended account.
pub fn suspended(until: Option<DateTime<Utc>>) -> Error {
    let refusal = Refusal::new("account_suspended", "this account is suspended");
    Error::Forbidden(match until {
        Some(until) => refusal.with("suspended_until", json!(until)),
        None => refusal,
    })
}

pub fn set_password(tx: &mut Tx<'_>, id: UserId, hash: &str) -> Result<(), Error> {
    diesel::update(users::table.find(id.to_string()))
        .set((users::password_hash.eq(hash), users::updated_at.eq(At(tx.now))))
        .execute(tx.conn)?;
    Ok(())
}

impl TryFrom<UserRow> for Credentials {
    type Error = Error;

    fn try_from(row: UserRow) -> Result<Self, Error> {
        let password_hash = row.password_hash.clone();
        let suspended_until = row.suspended_until.map(|it| it.0);
        Ok(Credentials { user: row.try_into()?, password_hash, suspended_until })
    }
}

impl TryFrom<UserRow> for User {
    type Error = Error;

    fn try_from(row: UserRow) -> Result<Self, Error> {
        let id = row.id.parse().map_err(corrupt)?;
        let status = row.status.parse()?;
        let email = match status {
            UserStatus::Deleted => Email::of_deleted(id),
            UserStatus::Active | UserStatus::Suspended => {
                Email::parse(&row.email).map_err(corrupt)?
            }
        };
        Ok(User {
            id,
            email,
            email_confirmed: row.email_confirmed_at.is_some(),
            name: row.name,
            phone: row.phone.map(|it| Phone::parse(&it)).transpose().map_err(corrupt)?,
            locale: row.locale.parse().map_err(corrupt)?,
            role: row.role.parse::<Role>()?,
            status,
            created_at: row.created_at.0,
            settings: settings::read(&row.locale, &row.settings)?,
        })
    }
}
