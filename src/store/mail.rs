//! The table `mails`: letters that wait, are on their way, and have come to an end.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Bool, Nullable},
};

use super::{Conn, ROWS_MAX, Tx};
use crate::{
    domain::{
        Error,
        account::Email,
        id::{ClaimId, MailId, UserId},
        mail::{
            Backlog, CLAIM_SECONDS, Claim, Claimed, Ending, HAND_OVER_SECONDS, HOUR_MAX, HandOver,
            KEPT_DAYS, Mail, Prune, Recover, Renew, Settle, Status,
        },
    },
    store::{error::corrupt, schema::mails},
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = mails, treat_none_as_default_value = false)]
struct Row {
    id: String,
    user_id: Option<String>,
    recipient: String,
    name: String,
    locale: String,
    letter: String,
    status: String,
    attempts: i32,
    claim: Option<String>,
    due_at: Option<NaiveDateTime>,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    order_id: Option<String>,
}

/// How a letter begins that somebody has asked for: it is about no account.
const ASKED_FOR: &str = "{\"about\":\"back_in_stock\"%";

/// The same for a letter of which the account itself can bring about any number; there is no more of
/// them than [`HOUR_MAX`]. Nobody else's mailbox is to be filled by whoever typed its address.
pub fn queue_some(tx: &mut Tx<'_>, mail: Mail) -> Result<(), Error> {
    let since = (tx.now - Duration::hours(1)).naive_utc();
    let written: i64 = mails::table
        .filter(mails::user_id.eq(mail.user.map(|user| user.to_string())))
        .filter(mails::order_id.is_null())
        .filter(mails::letter.not_like(ASKED_FOR))
        .filter(mails::created_at.gt(since))
        .count()
        .get_result(tx.conn)?;
    if written < HOUR_MAX { queue(tx, &[mail]) } else { Ok(()) }
}

/// Forgets the letters to a user, but for those whose words are on their way at this moment. One that
/// somebody has in hand finds that it is gone, and is not sent.
pub fn forget(tx: &mut Tx<'_>, user: UserId) -> Result<(), Error> {
    let theirs = mails::table
        .filter(mails::user_id.eq(user.to_string()))
        .filter(mails::status.ne(Status::HandingOver.as_str()));
    diesel::delete(theirs).execute(tx.conn)?;
    Ok(())
}

/// Has `all` sent, if and when this transaction is committed; one of an id that was queued before is
/// not queued again.
pub fn queue(tx: &mut Tx<'_>, all: &[Mail]) -> Result<(), Error> {
    let now = tx.now.naive_utc();
    let row = |mail: &Mail| {
        Ok(Row {
            id: mail.id.to_string(),
            user_id: mail.user.map(|user| user.to_string()),
            recipient: mail.to.as_str().to_owned(),
            name: mail.name.clone(),
            locale: mail.locale.clone(),
            letter: serde_json::to_string(&mail.letter).map_err(corrupt)?,
            status: Status::Queued.to_string(),
            attempts: 0,
            claim: None,
            due_at: Some(now),
            created_at: now,
            updated_at: now,
            order_id: mail.order.map(|order| order.to_string()),
        })
    };
    let rows = all.iter().map(row).collect::<Result<Vec<Row>, Error>>()?;
    for part in rows.chunks(ROWS_MAX) {
        let insert = diesel::insert_into(mails::table).values(part).on_conflict_do_nothing();
        insert.execute(tx.conn)?;
    }
    tx.effects.mailed |= !rows.is_empty();
    Ok(())
}

/// How much there is to do at `now`.
pub fn backlog(conn: &mut Conn, now: DateTime<Utc>) -> Result<Backlog, Error> {
    let waiting = mails::table.filter(mails::due_at.is_not_null());
    let due = waiting.filter(claimable(now.naive_utc()));
    let due: i64 = due.count().get_result(conn)?;
    let waiting: i64 = waiting.count().get_result(conn)?;
    let whole = |count: i64| u64::try_from(count).map_err(corrupt);
    Ok(Backlog { due: whole(due)?, waiting: whole(waiting)? })
}

pub fn claim(tx: &mut Tx<'_>, command: &Claim) -> Result<Option<Claimed>, Error> {
    let now = tx.now.naive_utc();
    let oldest = mails::table.filter(claimable(now)).order((mails::due_at, mails::id)).limit(1);
    let found: Option<Row> = locked!(oldest.select(Row::as_select())).first(tx.conn).optional()?;
    let Some(row) = found else { return Ok(None) };
    let (id, attempts) = (row.id.clone(), row.attempts.saturating_add(1));
    let queued_at = row.created_at.and_utc();
    let mail = match Mail::try_from(row) {
        Ok(mail) => mail,
        // Left as it is, it would be found first each time, and hold up all others.
        Err(error) => {
            tracing::error!(mail = %id, ?error, "a mail cannot be read");
            return fail(tx, &id).map(|()| None);
        }
    };
    diesel::update(mails::table.find(&id))
        .set((
            mails::status.eq(Status::Claimed.as_str()),
            mails::claim.eq(command.id.to_string()),
            mails::attempts.eq(attempts),
            mails::due_at.eq(now + Duration::seconds(CLAIM_SECONDS)),
            mails::updated_at.eq(now),
        ))
        .execute(tx.conn)?;
    Ok(Some(Claimed {
        claim: command.id,
        attempts: u32::try_from(attempts).map_err(corrupt)?,
        queued_at,
        mail,
    }))
}

fn fail(tx: &mut Tx<'_>, id: &str) -> Result<(), Error> {
    diesel::update(mails::table.find(id))
        .set((
            mails::status.eq(Status::Failed.as_str()),
            mails::due_at.eq(None::<NaiveDateTime>),
            mails::updated_at.eq(tx.now.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

pub fn renew(tx: &mut Tx<'_>, command: &Renew) -> Result<(), Error> {
    let due_at = Some(tx.now.naive_utc() + Duration::seconds(CLAIM_SECONDS));
    move_on(tx, (command.mail, command.claim), &[Status::Claimed], Status::Claimed, due_at)
}

pub fn hand_over(tx: &mut Tx<'_>, command: &HandOver) -> Result<(), Error> {
    let due_at = Some(tx.now.naive_utc() + Duration::seconds(HAND_OVER_SECONDS));
    move_on(tx, (command.mail, command.claim), &[Status::Claimed], Status::HandingOver, due_at)
}

pub fn settle(tx: &mut Tx<'_>, command: &Settle) -> Result<(), Error> {
    // Whoever handed a mail over may learn what became of it after everybody else gave it up.
    const OPEN: [Status; 3] = [Status::Claimed, Status::HandingOver, Status::Unknown];
    let (status, due_at) = match command.ending {
        Ending::Sent => (Status::Sent, None),
        Ending::Failed => (Status::Failed, None),
        Ending::Unknown => (Status::Unknown, None),
        Ending::Again { at } => (Status::Queued, Some(at.naive_utc())),
    };
    move_on(tx, (command.mail, command.claim), &OPEN, status, due_at)
}

pub fn recover(tx: &mut Tx<'_>, command: &Recover) -> Result<Vec<MailId>, Error> {
    let now = tx.now.naive_utc();
    if command.nobody_lives {
        diesel::update(mails::table.filter(mails::status.eq(Status::Claimed.as_str())))
            .set((mails::status.eq(Status::Queued.as_str()), mails::due_at.eq(now)))
            .execute(tx.conn)?;
    }
    let given_up = mails::table
        .filter(mails::status.eq(Status::HandingOver.as_str()))
        .filter(mails::due_at.le(now).or(command.nobody_lives.into_sql::<Nullable<Bool>>()));
    let lost: Vec<String> = diesel::update(given_up)
        .set((
            mails::status.eq(Status::Unknown.as_str()),
            mails::due_at.eq(None::<NaiveDateTime>),
            mails::updated_at.eq(now),
        ))
        .returning(mails::id)
        .get_results(tx.conn)?;
    lost.iter().map(|id| id.parse().map_err(corrupt)).collect()
}

pub fn prune(tx: &mut Tx<'_>, _: &Prune) -> Result<i64, Error> {
    let before = (tx.now - Duration::days(KEPT_DAYS)).naive_utc();
    let old = mails::table.filter(mails::due_at.is_null()).filter(mails::updated_at.lt(before));
    i64::try_from(diesel::delete(old).execute(tx.conn)?).map_err(corrupt)
}

/// What nobody has in hand and is due, and what somebody had in hand whose claim has ended.
#[diesel::dsl::auto_type(no_type_alias)]
fn claimable(now: NaiveDateTime) -> _ {
    let either: [&'static str; 2] = [Status::Queued.as_str(), Status::Claimed.as_str()];
    mails::status.eq_any(either).and(mails::due_at.le(now))
}

/// Sets the status where it is one of `from` and the claim still stands, and is `Stale` elsewhere.
fn move_on(
    tx: &mut Tx<'_>,
    (mail, claim): (MailId, ClaimId),
    from: &[Status],
    to: Status,
    due_at: Option<NaiveDateTime>,
) -> Result<(), Error> {
    let claimed = mails::table
        .find(mail.to_string())
        .filter(mails::claim.eq(claim.to_string()))
        .filter(mails::status.eq_any(from.iter().map(|it| it.as_str())));
    let moved = diesel::update(claimed)
        .set((
            mails::status.eq(to.as_str()),
            mails::due_at.eq(due_at),
            mails::updated_at.eq(tx.now.naive_utc()),
        ))
        .execute(tx.conn)?;
    if moved == 1 { Ok(()) } else { Err(Error::Stale) }
}

impl TryFrom<Row> for Mail {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let user = row.user_id.map(|id| id.parse().map_err(corrupt));
        let order = row.order_id.map(|id| id.parse().map_err(corrupt));
        Ok(Mail {
            id: row.id.parse().map_err(corrupt)?,
            to: Email::parse(&row.recipient).map_err(corrupt)?,
            name: row.name,
            user: user.transpose()?,
            order: order.transpose()?,
            locale: row.locale,
            letter: serde_json::from_str(&row.letter).map_err(corrupt)?,
        })
    }
}
