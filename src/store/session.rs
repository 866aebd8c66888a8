//! The tables `sessions` and `refresh_tokens`.

use chrono::{DateTime, Duration, Utc};
use diesel::{dsl::exists, prelude::*};
use serde_json::json;

use super::{Backend, Conn, Tx, account, event, mail, notification};
use crate::{
    domain::{
        Error,
        account::{Credentials, UserStatus, change::Ended, manage::Standing},
        event::Kind,
        id::{SessionId, UserId},
        mail::{Letter, Mail},
        notification::{NewDevice, Notice},
        session::{
            Device, EndSessions, KEPT_DAYS, Listed, LogIn, LoggedIn, OpenSession, Prune,
            REFRESH_GRACE_SECONDS, Reason, Refresh, RefreshHash, Refreshed, Revoke, SESSION_DAYS,
            SESSIONS_MAX, Session, Which,
        },
    },
    store::{
        self,
        at::At,
        error::corrupt,
        schema::{refresh_tokens, sessions, users},
    },
};

/// The most sessions, each with all its tokens, that are forgotten in one transaction.
const PRUNED_SESSIONS_MAX: i64 = 20;
/// The most tokens of sessions that go on.
const PRUNED_TOKENS_MAX: i64 = 1_000;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
struct SessionRow {
    id: String,
    user_id: String,
    user_agent: Option<String>,
    address: Option<String>,
    created_at: At,
    last_seen_at: At,
    expires_at: At,
    revoked_at: Option<At>,
    device: String,
    network: String,
    end_reason: Option<String>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = refresh_tokens, treat_none_as_default_value = false)]
struct TokenRow {
    hash: String,
    session_id: String,
    issued_at: At,
    spent_at: Option<At>,
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
        expires_at: row.expires_at.0,
        revoked_at: row.revoked_at.map(|at| at.0),
    })
}

/// Whether a refresh token was given to a session that stands at `now`.
pub fn is_known(conn: &mut Conn, token: RefreshHash, now: DateTime<Utc>) -> Result<bool, Error> {
    let known = refresh_tokens::table
        .inner_join(sessions::table)
        .filter(refresh_tokens::hash.eq(token.0))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(At(now)));
    Ok(diesel::select(diesel::dsl::exists(known)).get_result(conn)?)
}

/// The sessions that were ended at `since` or later.
pub fn revoked_since(conn: &mut Conn, since: DateTime<Utc>) -> Result<Vec<SessionId>, Error> {
    let ids: Vec<String> = sessions::table
        .filter(sessions::revoked_at.ge(At(since)))
        .select(sessions::id)
        .load(conn)?;
    ids.iter().map(|id| id.parse().map_err(corrupt)).collect()
}

/// The sessions of a user that stand, the one that was seen last first; `current` is the one that
/// asks.
pub fn list(conn: &mut Conn, user: UserId, current: SessionId) -> Result<Vec<Listed>, Error> {
    let rows: Vec<SessionRow> = standing(user, At(store::now()))
        .order((sessions::last_seen_at.desc(), sessions::id.desc()))
        .limit(SESSIONS_MAX)
        .select(SessionRow::as_select())
        .load(conn)?;
    rows.into_iter().map(|row| row.listed(current)).collect()
}

/// Opens a session for whoever has shown the password, if it still is the password.
pub fn log_in(tx: &mut Tx<'_>, command: &LogIn) -> Result<LoggedIn, Error> {
    let (id, now) = (command.session.user, tx.now);
    let Credentials { user, password_hash, suspended_until } = account::locked(tx, id)?;
    if user.status == UserStatus::Deleted {
        return Err(Error::Unauthenticated { code: "invalid_credentials" });
    }
    // Deciding took a while: the password may have been changed, because this one was known, or
    // another login has put a new hash in the place of the old one.
    if password_hash != command.shown {
        return Err(Error::Stale);
    }
    if user.status == UserStatus::Suspended {
        return Err(account::suspended(suspended_until));
    }
    let was_suspended = suspended_until.is_some();
    if was_suspended {
        // Its end has come, and now the row says so too.
        let (role, status) = (user.role, user.status);
        account::stand(tx, id, Standing { role, status, suspended_until: None })?;
    }
    if let Some(hash) = &command.rehashed {
        account::set_password(tx, id, hash)?;
    }
    if is_new_device(tx, &command.session)? {
        let letter = Letter::new_device(&command.session.device.name(), now);
        mail::queue_some(tx, Mail::to(&user, letter))?;
        let device = command.session.device.name();
        notification::tell(tx, &user, &Notice::NewDevice(NewDevice { device, at: now }))?;
    }
    let ended = make_room(tx, id)?;
    open(tx, &command.session)?;
    let data = json!({ "session_id": command.session.id, "user_id": id });
    event::tell(tx, Kind::SessionOpened, Some(id), data);
    Ok(LoggedIn { user: account::user(tx.conn, id)?, ended, was_suspended })
}

/// Opens a session, whoever it is for.
pub fn open(tx: &mut Tx<'_>, session: &OpenSession) -> Result<(), Error> {
    let now = At(tx.now);
    let row = SessionRow {
        id: session.id.to_string(),
        user_id: session.user.to_string(),
        user_agent: session.device.user_agent.clone(),
        address: session.device.address.clone(),
        created_at: now,
        last_seen_at: now,
        expires_at: now + Duration::days(SESSION_DAYS),
        revoked_at: None,
        device: session.device.name(),
        network: network(&session.device),
        end_reason: None,
    };
    diesel::insert_into(sessions::table).values(&row).execute(tx.conn)?;
    issue(tx, &row.id, &session.refresh.0)
}

/// As the row has it.
fn network(device: &Device) -> String {
    device.network.clone().unwrap_or_else(|| "unknown".to_owned())
}

/// Whether nobody has come from there with that before, though somebody has come.
fn is_new_device(tx: &mut Tx<'_>, session: &OpenSession) -> Result<bool, Error> {
    let (name, network) = (session.device.name(), network(&session.device));
    let of_user = || sessions::table.filter(sessions::user_id.eq(session.user.to_string()));
    let same = of_user().filter(sessions::device.eq(name)).filter(sessions::network.eq(network));
    let came = diesel::select(exists(of_user())).get_result::<bool>(tx.conn)?;
    Ok(came && !diesel::select(exists(same)).get_result::<bool>(tx.conn)?)
}

/// Ends the sessions that are too many with one more, those first that were seen the longest ago.
fn make_room(tx: &mut Tx<'_>, user: UserId) -> Result<Ended, Error> {
    let crowd: Vec<String> = standing(user, At(tx.now))
        .order((sessions::last_seen_at.desc(), sessions::id.desc()))
        .offset(SESSIONS_MAX - 1)
        .limit(SESSIONS_MAX)
        .select(sessions::id)
        .load(tx.conn)?;
    if crowd.is_empty() {
        return Ok(Ended::default());
    }
    let crowd = sessions::table.filter(sessions::id.eq_any(crowd)).into_boxed();
    close(tx, user, crowd, Reason::Crowded)
}

pub fn refresh(tx: &mut Tx<'_>, command: &Refresh) -> Result<Refreshed, Error> {
    let token = refresh_tokens::table.find(&command.spent.0).select(TokenRow::as_select());
    let Some(token) = token.first(tx.conn).optional()? else { return Ok(Refreshed::Unknown) };
    // Locked, so that it does not end while it is decided that it goes on.
    let session = sessions::table.find(&token.session_id).select(SessionRow::as_select());
    let session: SessionRow = locked!(session).first(tx.conn)?;
    let (id, now) = (session.id.parse().map_err(corrupt)?, At(tx.now));
    let user = account::user(tx.conn, session.user_id.parse().map_err(corrupt)?)?;
    let too_old = token.issued_at + Duration::days(SESSION_DAYS) <= now;
    let ended = session.revoked_at.is_some() || session.expires_at <= now || too_old;
    if ended || user.status != UserStatus::Active {
        return Ok(Refreshed::Unknown);
    }
    let grace = Duration::seconds(REFRESH_GRACE_SECONDS);
    if token.spent_at.is_some_and(|spent_at| now.0 - spent_at.0 > grace) {
        end(tx, user.id, Which::One(id), Reason::Reused)?;
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
    Ok(Refreshed::Renewed { session: id, user: Box::new(user) })
}

/// Whether it was open until now.
pub fn revoke(tx: &mut Tx<'_>, command: &Revoke) -> Result<bool, Error> {
    let session = sessions::table.find(command.session.to_string());
    let user: Option<String> = session.select(sessions::user_id).first(tx.conn).optional()?;
    let Some(user) = user else { return Ok(false) };
    let user = user.parse().map_err(corrupt)?;
    let ended = end(tx, user, Which::One(command.session), Reason::LoggedOut)?;
    Ok(!ended.0.is_empty())
}

/// Ends sessions of a user as somebody wishes.
pub fn end_some(tx: &mut Tx<'_>, command: &EndSessions) -> Result<Ended, Error> {
    end(tx, command.user, command.which, command.reason)
}

/// Ends sessions of a user, and says which.
pub fn end(tx: &mut Tx<'_>, user: UserId, which: Which, why: Reason) -> Result<Ended, Error> {
    let all = sessions::table.into_boxed();
    let some = match which {
        Which::One(id) => all.filter(sessions::id.eq(id.to_string())),
        Which::AllBut(id) => all.filter(sessions::id.ne(id.to_string())),
        Which::All => all,
    };
    close(tx, user, some, why)
}

type Chosen<'q> = sessions::BoxedQuery<'q, Backend>;

fn close(tx: &mut Tx<'_>, user: UserId, some: Chosen<'_>, why: Reason) -> Result<Ended, Error> {
    let of_user = sessions::user_id.eq(user.to_string());
    // In the order of their ids, as whoever else locks several.
    let open: Vec<String> = locked!(
        sessions::table
            .filter(sessions::id.eq_any(some.select(sessions::id)))
            .filter(of_user)
            .filter(sessions::revoked_at.is_null())
            .order(sessions::id)
            .select(sessions::id)
    )
    .load(tx.conn)?;
    diesel::update(sessions::table.filter(sessions::id.eq_any(&open)))
        .set((sessions::revoked_at.eq(At(tx.now)), sessions::end_reason.eq(why.as_str())))
        .execute(tx.conn)?;
    let ended = open.iter().map(|id| id.parse().map_err(corrupt)).collect::<Result<Vec<_>, _>>()?;
    for id in &ended {
        let data = json!({ "session_id": id, "reason": why });
        event::tell(tx, Kind::SessionRevoked, Some(user), data);
    }
    Ok(Ended(ended))
}

/// Takes from the sessions of a user what tells of the person.
pub fn forget(tx: &mut Tx<'_>, user: UserId) -> Result<(), Error> {
    let (unknown, nothing) = (Device::default(), None::<String>);
    diesel::update(sessions::table.filter(sessions::user_id.eq(user.to_string())))
        .set((
            sessions::user_agent.eq(&nothing),
            sessions::address.eq(&nothing),
            sessions::device.eq(unknown.name()),
            sessions::network.eq(network(&unknown)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Forgets what is old: whole sessions, and tokens spent so long ago that they open nothing.
pub fn prune(tx: &mut Tx<'_>, _: &Prune) -> Result<i64, Error> {
    let before = At(tx.now - Duration::days(KEPT_DAYS));
    let ended = sessions::revoked_at.lt(before).assume_not_null();
    let old: Vec<String> = sessions::table
        .filter(sessions::expires_at.lt(before).or(ended))
        .limit(PRUNED_SESSIONS_MAX)
        .select(sessions::id)
        .load(tx.conn)?;
    let of_old = refresh_tokens::table.filter(refresh_tokens::session_id.eq_any(&old));
    let tokens = diesel::delete(of_old).execute(tx.conn)?;
    let sessions = diesel::delete(sessions::table.filter(sessions::id.eq_any(&old)));
    let sessions = sessions.execute(tx.conn)?;
    let before = At(tx.now - Duration::days(SESSION_DAYS));
    let spent: Vec<String> = refresh_tokens::table
        .filter(refresh_tokens::spent_at.lt(before))
        .limit(PRUNED_TOKENS_MAX)
        .select(refresh_tokens::hash)
        .load(tx.conn)?;
    let spent = diesel::delete(refresh_tokens::table.filter(refresh_tokens::hash.eq_any(&spent)));
    let spent = spent.execute(tx.conn)?;
    i64::try_from(tokens.saturating_add(sessions).saturating_add(spent)).map_err(corrupt)
}

fn issue(tx: &mut Tx<'_>, session: &str, hash: &str) -> Result<(), Error> {
    let row = TokenRow {
        hash: hash.to_owned(),
        session_id: session.to_owned(),
        issued_at: At(tx.now),
        spent_at: None,
    };
    diesel::insert_into(refresh_tokens::table).values(&row).execute(tx.conn)?;
    Ok(())
}

#[diesel::dsl::auto_type(no_type_alias)]
fn standing(user: UserId, now: At) -> _ {
    let of_user = sessions::user_id.eq::<String>(user.to_string());
    let live = sessions::expires_at.gt::<At>(now);
    sessions::table.filter(of_user).filter(sessions::revoked_at.is_null()).filter(live)
}

impl SessionRow {
    fn listed(self, current: SessionId) -> Result<Listed, Error> {
        let id = self.id.parse().map_err(corrupt)?;
        Ok(Listed {
            id,
            device: self.device,
            address: self.address,
            created_at: self.created_at.0,
            last_seen_at: self.last_seen_at.0,
            expires_at: self.expires_at.0,
            current: id == current,
        })
    }
}
