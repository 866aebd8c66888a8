//! The table `notifications`, and how many are in each inbox, which the database counts itself.
//!
//! Every change holds the row of the user whose inbox it is: so the number of unread ones that a
//! change tells of is the number there is after it, whoever else changes the inbox.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::json;

mod due;
mod message;
pub mod way;

pub use due::{due, tell_news};
pub use message::notify;

use self::way::{Telling, tell_all};
use super::{Backend, Conn, Tx, account, among, event, settings, snapshot};
use crate::{
    domain::{
        Error,
        account::User,
        event::Kind,
        id::{EventId, NotificationId, UserId},
        notification::{Inbox, KEPT_MAX, MarkAllRead, MarkRead, Marked, Notice, Notification},
        page::{Listed, Page},
    },
    store::{
        at::At,
        error::corrupt,
        insert::insert,
        schema::{inboxes, notifications},
    },
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = notifications, treat_none_as_default_value = false)]
struct Row {
    id: String,
    user_id: String,
    kind: String,
    data: String,
    created_at: At,
    read_at: Option<At>,
}

/// A page of the inbox of `user`, the newest first.
pub fn inbox(
    conn: &mut Conn,
    user: UserId,
    is_unread: bool,
    page: Page<NotificationId>,
) -> Result<Inbox, Error> {
    snapshot(conn, |conn| {
        let mut query = notifications::table
            .filter(notifications::user_id.eq(user.to_string()))
            .order(notifications::id.desc())
            .limit(page.limit.saturating_add(1))
            .select(Row::as_select())
            .into_boxed::<Backend>();
        if is_unread {
            query = query.filter(notifications::read_at.is_null());
        }
        if let Some(after) = page.after {
            query = query.filter(notifications::id.lt(after.to_string()));
        }
        let rows: Vec<Row> = query.load(conn)?;
        let items = rows.into_iter().map(Notification::try_from).collect::<Result<_, Error>>()?;
        let listed = Listed::cut(items, page.limit, |it: &Notification| it.id);
        let language = settings::get(conn, user)?.locale.language();
        Ok(Inbox { listed, unread: unread(conn, user)?, language })
    })
}

/// How many a user has not read.
pub fn unread(conn: &mut Conn, user: UserId) -> Result<i64, Error> {
    let unread = inboxes::table.find(user.to_string()).select(inboxes::unread);
    Ok(unread.first(conn).optional()?.unwrap_or(0))
}

/// What is put into an inbox.
struct Told {
    id: NotificationId,
    user: UserId,
    notice: Notice,
    at: DateTime<Utc>,
}

/// Tells `user` of what happened to their account, by the ways that they want but for mail: the letters
/// of the account are written whatever is chosen. The row of the user is held.
pub fn tell(tx: &mut Tx<'_>, user: &User, notice: &Notice) -> Result<(), Error> {
    let (notice, source) = (notice.clone(), (EventId::new(), String::new()));
    let telling = Telling { user, notice, at: tx.now, letter: None, order: None, source };
    tell_all(tx, &[telling])
}

/// Puts notices into the inboxes of users, whose rows are held. One that is there already is not put
/// there again, and nobody is told of it.
fn put(tx: &mut Tx<'_>, all: &[Told]) -> Result<(), Error> {
    if all.is_empty() {
        return Ok(());
    }
    let there: Vec<String> = notifications::table
        .filter(among(notifications::id, all.iter().map(|it| it.id)))
        .select(notifications::id)
        .load(tx.conn)?;
    let mut seen: HashSet<String> = there.into_iter().collect();
    let new: Vec<&Told> = all.iter().filter(|it| seen.insert(it.id.to_string())).collect();
    let rows = new.iter().map(|&it| it.try_into()).collect::<Result<Vec<Row>, Error>>()?;
    insert(notifications::table, &rows).run(tx.conn)?;
    let (mut unread, gone) = trim(tx, new.iter().map(|it| it.user).collect())?;
    // Each push has the number that there was with it: the last one that which there is.
    let mut pushes = Vec::with_capacity(new.len());
    for Told { id, user, notice, .. } in new.into_iter().rev() {
        if !gone.contains(&id.to_string()) {
            let unread = unread.entry(user.to_string()).or_default();
            pushes.push((*user, *id, notice.kind(), *unread));
            *unread = unread.saturating_sub(1).max(0);
        }
    }
    for (user, id, kind, unread) in pushes.into_iter().rev() {
        // What it says may be personal, and others read events too.
        let data =
            json!({ "notification_id": id, "notification_type": kind, "unread_count": unread });
        event::tell(tx, Kind::NotificationCreated, Some(user), data);
    }
    Ok(())
}

/// How many there are in some inboxes that nobody has read, by user.
type Unread = HashMap<String, i64>;

/// Forgets what is too old to be kept in the inboxes of `users`. Says how many are unread then, and what
/// was forgotten.
fn trim(tx: &mut Tx<'_>, users: BTreeSet<UserId>) -> Result<(Unread, HashSet<String>), Error> {
    let counts: Vec<(String, i64, i64)> = inboxes::table
        .filter(among(inboxes::user_id, users))
        .select((inboxes::user_id, inboxes::kept, inboxes::unread))
        .load(tx.conn)?;
    let (mut left, mut gone) = (Unread::new(), HashSet::new());
    for (user, kept, mut unread) in counts {
        if kept > KEPT_MAX {
            for (id, read_at) in make_room(tx, &user)? {
                unread = unread.saturating_sub(i64::from(read_at.is_none()));
                gone.insert(id);
            }
        }
        left.insert(user, unread);
    }
    Ok((left, gone))
}

/// Forgets what is too old to be kept, and says what that was and when it was read.
fn make_room(tx: &mut Tx<'_>, user: &str) -> Result<Vec<(String, Option<At>)>, Error> {
    let of_user = || notifications::table.filter(notifications::user_id.eq(user));
    let newest_gone: Option<String> = of_user()
        .order(notifications::id.desc())
        .offset(KEPT_MAX)
        .limit(1)
        .select(notifications::id)
        .first(tx.conn)
        .optional()?;
    let Some(id) = newest_gone else { return Ok(Vec::new()) };
    let gone = diesel::delete(of_user().filter(notifications::id.le(id)));
    Ok(gone.returning((notifications::id, notifications::read_at)).get_results(tx.conn)?)
}

pub fn mark_read(tx: &mut Tx<'_>, command: &MarkRead) -> Result<Marked, Error> {
    let MarkRead { user, id } = *command;
    account::hold(tx, user)?;
    let of_user = notifications::table
        .find(id.to_string())
        .filter(notifications::user_id.eq(user.to_string()));
    let found: Option<Option<At>> =
        of_user.select(notifications::read_at).first(tx.conn).optional()?;
    if found.ok_or(Error::NotFound("notification"))?.is_some() {
        return Ok(Marked { newly: 0, unread: unread(tx.conn, user)? });
    }
    diesel::update(notifications::table.find(id.to_string()))
        .set(notifications::read_at.eq(At(tx.now)))
        .execute(tx.conn)?;
    told(tx, user, Some(id), 1)
}

pub fn mark_all_read(tx: &mut Tx<'_>, command: &MarkAllRead) -> Result<Marked, Error> {
    account::hold(tx, command.user)?;
    let of_user = notifications::table
        .filter(notifications::user_id.eq(command.user.to_string()))
        .filter(notifications::read_at.is_null());
    let newly =
        diesel::update(of_user).set(notifications::read_at.eq(At(tx.now))).execute(tx.conn)?;
    match i64::try_from(newly).map_err(corrupt)? {
        0 => Ok(Marked { newly: 0, unread: 0 }),
        newly => told(tx, command.user, None, newly),
    }
}

/// Tells that one was read, or all.
fn told(
    tx: &mut Tx<'_>,
    user: UserId,
    id: Option<NotificationId>,
    newly: i64,
) -> Result<Marked, Error> {
    let unread = unread(tx.conn, user)?;
    let data = json!({ "notification_id": id, "unread_count": unread });
    event::tell(tx, Kind::NotificationRead, Some(user), data);
    Ok(Marked { newly, unread })
}

/// Forgets the inbox of a user, in the transaction that ends the account.
pub fn forget(tx: &mut Tx<'_>, user: UserId) -> Result<(), Error> {
    let all = notifications::table.filter(notifications::user_id.eq(user.to_string()));
    diesel::delete(all).execute(tx.conn)?;
    Ok(())
}

impl TryFrom<&Told> for Row {
    type Error = Error;

    fn try_from(told: &Told) -> Result<Self, Error> {
        Ok(Row {
            id: told.id.to_string(),
            user_id: told.user.to_string(),
            kind: told.notice.kind().to_string(),
            data: told.notice.kept()?.to_string(),
            created_at: At(told.at),
            read_at: None,
        })
    }
}

impl TryFrom<Row> for Notification {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Notification {
            id: row.id.parse().map_err(corrupt)?,
            notice: Notice::of(row.kind.parse()?, &row.data).map_err(corrupt)?,
            created_at: row.created_at.0,
            read_at: row.read_at.map(|at| at.0),
        })
    }
}
