//! The tables `users`, `sessions` and `refresh_tokens`.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use diesel::{prelude::*, result::DatabaseErrorKind};
use serde_json::json;

use super::{Conn, Tx, event, settings};
use crate::{
    domain::{
        Error,
        account::{
            Credentials, Email, OpenSession, REFRESH_GRACE_SECONDS, Refresh, Refreshed, Register,
            Revoke, Role, SESSION_DAYS, Session, User, UserStatus,
        },
        event::Kind,
        id::{SessionId, UserId},
        phone::Phone,
        settings::Locale,
    },
    store::{
        error::corrupt,
        schema::{refresh_tokens, sessions, users},
    },
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

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
struct SessionRow {
    id: String,
    user_id: String,
    user_agent: Option<String>,
    address: Option<String>,
    created_at: NaiveDateTime,
    last_seen_at: NaiveDateTime,
    expires_at: NaiveDateTime,
    revoked_at: Option<NaiveDateTime>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = refresh_tokens, treat_none_as_default_value = false)]
struct TokenRow {
    hash: String,
    session_id: String,
    issued_at: NaiveDateTime,
    spent_at: Option<NaiveDateTime>,
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

/// The session with its user's present role, or `NotFound`.
pub fn session(conn: &mut Conn, id: SessionId) -> Result<Session, Error> {
    let found: Option<(SessionRow, String)> = sessions::table
        .inner_join(users::table)
        .filter(sessions::id.eq(id.to_string()))
        .select((SessionRow::as_select(), users::role))
        .first(conn)
        .optional()?;
    let (row, role) = found.ok_or(Error::NotFound("session"))?;
    Ok(Session {
        id,
        user: row.user_id.parse().map_err(corrupt)?,
        role: role.parse()?,
        expires_at: row.expires_at.and_utc(),
        revoked_at: row.revoked_at.map(|at| at.and_utc()),
    })
}

/// The sessions that were ended at `since` or later.
pub fn revoked_since(conn: &mut Conn, since: DateTime<Utc>) -> Result<Vec<SessionId>, Error> {
    let ids: Vec<String> = sessions::table
        .filter(sessions::revoked_at.ge(since.naive_utc()))
        .select(sessions::id)
        .load(conn)?;
    ids.iter().map(|id| id.parse().map_err(corrupt)).collect()
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
    if let Some(session) = &command.session {
        open_session(tx, session)?;
    }
    event::tell(tx, Kind::UserRegistered, Some(command.id), json!({ "user_id": command.id }))?;
    row.try_into()
}

pub fn open_session(tx: &mut Tx<'_>, command: &OpenSession) -> Result<(), Error> {
    let now = tx.now.naive_utc();
    let row = SessionRow {
        id: command.id.to_string(),
        user_id: command.user.to_string(),
        user_agent: command.device.user_agent.clone(),
        address: command.device.address.clone(),
        created_at: now,
        last_seen_at: now,
        expires_at: now + Duration::days(SESSION_DAYS),
        revoked_at: None,
    };
    diesel::insert_into(sessions::table).values(&row).execute(tx.conn)?;
    issue(tx, &row.id, &command.refresh.0)
}

pub fn refresh(tx: &mut Tx<'_>, command: &Refresh) -> Result<Refreshed, Error> {
    let found: Option<(TokenRow, SessionRow, UserRow)> = refresh_tokens::table
        .inner_join(sessions::table.inner_join(users::table))
        .filter(refresh_tokens::hash.eq(&command.spent.0))
        .select((TokenRow::as_select(), SessionRow::as_select(), UserRow::as_select()))
        .first(tx.conn)
        .optional()?;
    let Some((token, session, user)) = found else { return Ok(Refreshed::Unknown) };
    let (id, now) = (session.id.parse().map_err(corrupt)?, tx.now.naive_utc());
    let user: User = user.try_into()?;
    let ended = session.revoked_at.is_some() || session.expires_at <= now;
    if ended || user.status != UserStatus::Active {
        return Ok(Refreshed::Unknown);
    }
    let grace = Duration::seconds(REFRESH_GRACE_SECONDS);
    if token.spent_at.is_some_and(|spent_at| now - spent_at > grace) {
        revoke(tx, &Revoke { session: id })?;
        return Ok(Refreshed::Reused { session: id });
    }
    if token.spent_at.is_none() {
        diesel::update(refresh_tokens::table.find(&token.hash))
            .set(refresh_tokens::spent_at.eq(now))
            .execute(tx.conn)?;
    }
    issue(tx, &session.id, &command.fresh.0)?;
    diesel::update(sessions::table.find(&session.id))
        .set((
            sessions::last_seen_at.eq(now),
            sessions::expires_at.eq(now + Duration::days(SESSION_DAYS)),
        ))
        .execute(tx.conn)?;
    Ok(Refreshed::Renewed { session: id, user })
}

pub fn revoke(tx: &mut Tx<'_>, command: &Revoke) -> Result<(), Error> {
    let open =
        sessions::table.find(command.session.to_string()).filter(sessions::revoked_at.is_null());
    let ended: Option<String> = diesel::update(open)
        .set(sessions::revoked_at.eq(tx.now.naive_utc()))
        .returning(sessions::user_id)
        .get_result(tx.conn)
        .optional()?;
    if let Some(user) = ended {
        let user = user.parse().map_err(corrupt)?;
        let data = json!({ "session_id": command.session });
        event::tell(tx, Kind::SessionRevoked, Some(user), data)?;
    }
    Ok(())
}

fn issue(tx: &mut Tx<'_>, session: &str, hash: &str) -> Result<(), Error> {
    let row = TokenRow {
        hash: hash.to_owned(),
        session_id: session.to_owned(),
        issued_at: tx.now.naive_utc(),
        spent_at: None,
    };
    diesel::insert_into(refresh_tokens::table).values(&row).execute(tx.conn)?;
    Ok(())
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
