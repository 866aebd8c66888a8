//! The tables `sessions` and `refresh_tokens`.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use diesel::prelude::*;
use serde_json::json;

use super::{Conn, Tx, account, event};
use crate::{
    domain::{
        Error,
        account::UserStatus,
        event::Kind,
        id::SessionId,
        session::{
            OpenSession, REFRESH_GRACE_SECONDS, Refresh, RefreshHash, Refreshed, Revoke,
            SESSION_DAYS, Session,
        },
    },
    store::{
        error::corrupt,
        schema::{refresh_tokens, sessions, users},
    },
};

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

/// The session with its user's present role, or `NotFound`.
pub fn get(conn: &mut Conn, id: SessionId) -> Result<Session, Error> {
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

/// Whether a refresh token was given to a session that stands at `now`.
pub fn is_known(conn: &mut Conn, token: RefreshHash, now: DateTime<Utc>) -> Result<bool, Error> {
    let known = refresh_tokens::table
        .inner_join(sessions::table)
        .filter(refresh_tokens::hash.eq(token.0))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now.naive_utc()));
    Ok(diesel::select(diesel::dsl::exists(known)).get_result(conn)?)
}

/// The sessions that were ended at `since` or later.
pub fn revoked_since(conn: &mut Conn, since: DateTime<Utc>) -> Result<Vec<SessionId>, Error> {
    let ids: Vec<String> = sessions::table
        .filter(sessions::revoked_at.ge(since.naive_utc()))
        .select(sessions::id)
        .load(conn)?;
    ids.iter().map(|id| id.parse().map_err(corrupt)).collect()
}

pub fn open(tx: &mut Tx<'_>, command: &OpenSession) -> Result<(), Error> {
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
    let found: Option<(TokenRow, SessionRow)> = refresh_tokens::table
        .inner_join(sessions::table)
        .filter(refresh_tokens::hash.eq(&command.spent.0))
        .select((TokenRow::as_select(), SessionRow::as_select()))
        .first(tx.conn)
        .optional()?;
    let Some((token, session)) = found else { return Ok(Refreshed::Unknown) };
    let (id, now) = (session.id.parse().map_err(corrupt)?, tx.now.naive_utc());
    let user = account::user(tx.conn, session.user_id.parse().map_err(corrupt)?)?;
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

/// Whether it was open until now.
pub fn revoke(tx: &mut Tx<'_>, command: &Revoke) -> Result<bool, Error> {
    let open =
        sessions::table.find(command.session.to_string()).filter(sessions::revoked_at.is_null());
    let ended: Option<String> = diesel::update(open)
        .set(sessions::revoked_at.eq(tx.now.naive_utc()))
        .returning(sessions::user_id)
        .get_result(tx.conn)
        .optional()?;
    let Some(user) = ended else { return Ok(false) };
    let user = user.parse().map_err(corrupt)?;
    let data = json!({ "session_id": command.session });
    event::tell(tx, Kind::SessionRevoked, Some(user), data)?;
    Ok(true)
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
