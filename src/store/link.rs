//! The table `links`: who reads the mail of an address may do so much, and so long.

use chrono::Duration;
use diesel::prelude::*;

use super::{Conn, Tx, account, mail};
use crate::{
    domain::{
        Error,
        account::{Email, User, UserStatus},
        id::{LinkId, UserId},
        link::{Ask, KEPT_HOURS, LINKS_MAX, Link, Prune, Purpose, Send},
        mail::{Letter, Mail},
        proof::invalid_link,
    },
    store::{at::At, error::corrupt, schema::links},
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = links, treat_none_as_default_value = false)]
struct Row {
    id: String,
    purpose: String,
    user_id: Option<String>,
    email: String,
    created_at: At,
    expires_at: At,
    used_at: Option<At>,
}

/// The link, if it was ever sent to somebody.
pub fn find(conn: &mut Conn, id: LinkId) -> Result<Option<Link>, Error> {
    let sent = links::table.find(id.to_string()).filter(links::user_id.is_not_null());
    let row: Option<Row> = sent.select(Row::as_select()).first(conn).optional()?;
    row.map(Link::try_from).transpose()
}

/// Links that were asked for, of which nobody has looked yet whether they are to be sent.
pub fn waiting(conn: &mut Conn, limit: i64) -> Result<Vec<LinkId>, Error> {
    let ids: Vec<String> = links::table
        .filter(links::user_id.is_null())
        .order(links::created_at)
        .limit(limit)
        .select(links::id)
        .load(conn)?;
    ids.iter().map(|id| id.parse().map_err(corrupt)).collect()
}

pub fn ask(tx: &mut Tx<'_>, command: &Ask) -> Result<(), Error> {
    insert(tx, command.link, Purpose::ResetPassword, None, &command.email)
}

/// Whose account it was, if anybody's.
pub fn send(tx: &mut Tx<'_>, command: &Send) -> Result<Option<UserId>, Error> {
    let waiting = || links::table.find(command.link.to_string()).filter(links::user_id.is_null());
    let asked: Option<String> = waiting().select(links::email).first(tx.conn).optional()?;
    let Some(email) = asked else { return Ok(None) };
    let found = account::credentials(tx.conn, Email::parse(&email).map_err(corrupt)?)?;
    let Some(found) = found.filter(|it| it.user.status != UserStatus::Deleted) else {
        diesel::delete(waiting()).execute(tx.conn)?;
        return Ok(None);
    };
    let user = account::locked(tx, found.user.id)?.user;
    // Nobody has waited for this: its time begins now.
    let expires_at = At(tx.now + Purpose::ResetPassword.good_for());
    if user.status == UserStatus::Deleted {
        diesel::delete(waiting()).execute(tx.conn)?;
        return Ok(None);
    }
    let sent = diesel::update(waiting())
        .set((links::user_id.eq(user.id.to_string()), links::expires_at.eq(expires_at)));
    // Another node may have been faster.
    if sent.execute(tx.conn)? == 0 {
        return Ok(None);
    }
    let older = links::table
        .filter(links::user_id.eq(user.id.to_string()))
        .filter(links::purpose.eq(Purpose::ResetPassword.as_str()))
        .filter(links::used_at.is_null())
        .filter(links::id.ne(command.link.to_string()));
    diesel::delete(older).execute(tx.conn)?;
    mail::queue(tx, &[Mail::to(&user, Letter::Reset { link: command.link })])?;
    Ok(Some(user.id))
}

/// Makes a link for somebody whose account is known; whoever calls this sends it.
pub fn make(
    tx: &mut Tx<'_>,
    id: LinkId,
    purpose: Purpose,
    user: &User,
    email: &Email,
) -> Result<(), Error> {
    // A link to another address opens no more, and of one to the same the oldest go.
    match purpose {
        Purpose::ChangeEmail => forget_unused(tx, user.id, &[Purpose::ChangeEmail])?,
        Purpose::ConfirmEmail | Purpose::ResetPassword => crowd_out(tx, user.id, purpose)?,
    }
    insert(tx, id, purpose, Some(user.id), email)
}

/// Takes the link of `user`, locked before: it has opened, and does not open again.
pub fn open(
    tx: &mut Tx<'_>,
    id: LinkId,
    user: UserId,
    purposes: &[Purpose],
) -> Result<Link, Error> {
    let link = find(tx.conn, id)?.filter(|link| link.user == user).ok_or_else(invalid_link)?;
    link.opens(purposes, tx.now)?;
    let unused = links::table.find(id.to_string()).filter(links::used_at.is_null());
    let taken = diesel::update(unused).set(links::used_at.eq(At(tx.now)));
    if taken.execute(tx.conn)? == 0 { Err(invalid_link()) } else { Ok(link) }
}

/// Forgets links of a user that nobody has opened.
pub fn forget_unused(tx: &mut Tx<'_>, user: UserId, purposes: &[Purpose]) -> Result<(), Error> {
    let purposes = purposes.iter().map(|it| it.as_str());
    let unused = links::table
        .filter(links::user_id.eq(user.to_string()))
        .filter(links::purpose.eq_any(purposes))
        .filter(links::used_at.is_null());
    diesel::delete(unused).execute(tx.conn)?;
    Ok(())
}

/// Forgets all links of a user, with the addresses in them.
pub fn forget(tx: &mut Tx<'_>, user: UserId) -> Result<(), Error> {
    let all = links::table.filter(links::user_id.eq(user.to_string()));
    diesel::delete(all).execute(tx.conn)?;
    Ok(())
}

pub fn prune(tx: &mut Tx<'_>, _: &Prune) -> Result<i64, Error> {
    let before = At(tx.now - Duration::hours(KEPT_HOURS));
    let old = diesel::delete(links::table.filter(links::expires_at.lt(before)));
    i64::try_from(old.execute(tx.conn)?).map_err(corrupt)
}

/// Leaves room for one more.
fn crowd_out(tx: &mut Tx<'_>, user: UserId, purpose: Purpose) -> Result<(), Error> {
    let crowd: Vec<String> = links::table
        .filter(links::user_id.eq(user.to_string()))
        .filter(links::purpose.eq(purpose.as_str()))
        .filter(links::used_at.is_null())
        .order((links::created_at.desc(), links::id.desc()))
        .offset(LINKS_MAX - 1)
        .limit(LINKS_MAX)
        .select(links::id)
        .load(tx.conn)?;
    diesel::delete(links::table.filter(links::id.eq_any(crowd))).execute(tx.conn)?;
    Ok(())
}

fn insert(
    tx: &mut Tx<'_>,
    id: LinkId,
    purpose: Purpose,
    user: Option<UserId>,
    email: &Email,
) -> Result<(), Error> {
    let row = Row {
        id: id.to_string(),
        purpose: purpose.to_string(),
        user_id: user.map(|it| it.to_string()),
        email: email.as_str().to_owned(),
        created_at: At(tx.now),
        expires_at: At(tx.now + purpose.good_for()),
        used_at: None,
    };
    diesel::insert_into(links::table).values(&row).execute(tx.conn)?;
    Ok(())
}

impl TryFrom<Row> for Link {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let user = row.user_id.ok_or_else(|| corrupt("a link that was sent is of nobody"))?;
        Ok(Link {
            id: row.id.parse().map_err(corrupt)?,
            purpose: row.purpose.parse()?,
            user: user.parse().map_err(corrupt)?,
            email: Email::parse(&row.email).map_err(corrupt)?,
            expires_at: row.expires_at.0,
            used_at: row.used_at.map(|at| at.0),
        })
    }
}
