//! The table `users`.

use chrono::NaiveDateTime;
use diesel::{prelude::*, result::DatabaseErrorKind};
use serde_json::json;

use super::{Conn, Tx, event, mail, session, settings};
use crate::{
    domain::{
        Error,
        account::{Credentials, Email, Register, Role, User, UserStatus},
        event::Kind,
        id::{MailId, UserId},
        mail::{Letter, Mail},
        phone::Phone,
        settings::Locale,
    },
    store::{error::corrupt, schema::users},
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
struct UserRow {
    id: String,
    email: String,
    email_confirmed_at: Option<NaiveDateTime>,
    password_hash: String,
    name: String,
    phone: Option<String>,
    locale: String,
    role: String,
    status: String,
    settings: String,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

/// The account of an address, with what its password is checked against.
pub fn credentials(conn: &mut Conn, email: Email) -> Result<Option<Credentials>, Error> {
    let row = users::table
        .filter(users::email.eq(email.as_str()))
        .select(UserRow::as_select())
        .first(conn)
        .optional()?;
    row.map(|row| {
        let password_hash = row.password_hash.clone();
        Ok(Credentials { user: row.try_into()?, password_hash })
    })
    .transpose()
}

/// The user, or `NotFound`.
pub fn user(conn: &mut Conn, id: UserId) -> Result<User, Error> {
    let row = users::table.find(id.to_string()).select(UserRow::as_select()).first(conn);
    row.optional()?.ok_or(Error::NotFound("user"))?.try_into()
}

pub fn register(tx: &mut Tx<'_>, command: &Register) -> Result<User, Error> {
    let now = tx.now.naive_utc();
    let row = UserRow {
        id: command.id.to_string(),
        email: command.email.as_str().to_owned(),
        email_confirmed_at: None,
        password_hash: command.password_hash.clone(),
        name: command.name.clone(),
        phone: None,
        locale: Locale::DEFAULT.to_string(),
        role: command.role.to_string(),
        status: UserStatus::Active.to_string(),
        settings: "{}".to_owned(),
        created_at: now,
        updated_at: now,
    };
    let inserted = diesel::insert_into(users::table).values(&row).execute(tx.conn);
    inserted.map_err(|err| match err {
        diesel::result::Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
            Error::conflict("email_taken", "this address has an account")
        }
        other => other.into(),
    })?;
    if let Some(opened) = &command.session {
        session::open(tx, opened)?;
        let (id, to, name) = (MailId::new(), command.email.clone(), command.name.clone());
        let (user, locale) = (Some(command.id), row.locale.clone());
        mail::queue(tx, &[Mail { id, to, name, user, locale, letter: Letter::Welcome }])?;
    }
    event::tell(tx, Kind::UserRegistered, Some(command.id), json!({ "user_id": command.id }))?;
    row.try_into()
}

impl TryFrom<UserRow> for User {
    type Error = Error;

    fn try_from(row: UserRow) -> Result<Self, Error> {
        Ok(User {
            id: row.id.parse().map_err(corrupt)?,
            email: Email::parse(&row.email).map_err(corrupt)?,
            email_confirmed: row.email_confirmed_at.is_some(),
            name: row.name,
            phone: row.phone.map(|it| Phone::parse(&it)).transpose().map_err(corrupt)?,
            locale: row.locale.parse().map_err(corrupt)?,
            role: row.role.parse::<Role>()?,
            status: row.status.parse()?,
            created_at: row.created_at.and_utc(),
            settings: settings::read(&row.locale, &row.settings)?,
        })
    }
}
