//! The table `mails`: letters that wait, are on their way, and have come to an end.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use serde_json::json;

use super::{Conn, Tx, among, event};
use crate::{
    domain::{
        Error,
        account::Email,
        event::Kind,
        id::{ClaimId, MailId, UserId},
        mail::{
            CLAIM_SECONDS, Claim, Claimed, Ending, HAND_OVER_SECONDS, HOUR_MAX, HandOver,
            KEPT_DAYS, Mail, Prune, Recover, Renew, Settle, Status,
        },
    },
    store::{at::At, error::corrupt, insert::insert, schema::mails, update::update},
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
    due_at: Option<At>,
    created_at: At,
    updated_at: At,
    order_id: Option<String>,
}

/// How letters begin that do not count among those of [`HOUR_MAX`]: what somebody has asked for, and what
/// other programs send, must not take the place of a warning.
const ASKED_FOR: &str = "{\"about\":\"back_in_stock\"%";
const OF_PROGRAMS: &str = "{\"about\":\"message\"%";

/// The same for a letter of which the account itself can bring about any number; there is no more of
/// them than [`HOUR_MAX`]. Nobody else's mailbox is to be filled by whoever typed its address.
pub fn queue_some(tx: &mut Tx<'_>, mail: Mail) -> Result<(), Error> {
    let since = At(tx.now - Duration::hours(1));
    let written: i64 = mails::table
        .filter(mails::user_id.eq(mail.user.map(|user| user.to_string())))
        .filter(mails::order_id.is_null())
        .filter(mails::letter.not_like(ASKED_FOR))
        .filter(mails::letter.not_like(OF_PROGRAMS))
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
    let now = At(tx.now);
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
    insert(mails::table, &rows).on_conflict_do_nothing().run(tx.conn)?;
    tx.effects.mailed |= !rows.is_empty();
    Ok(())
}

/// How many mails can be claimed at `now`, as far as `at_most`.
pub fn due(conn: &mut Conn, now: DateTime<Utc>, at_most: i64) -> Result<usize, Error> {
    // In the order of the index: without one PostgreSQL reads the whole table where it knows little of it.
    let due = mails::table.filter(claimable(At(now))).order(mails::due_at);
    Ok(due.select(mails::id).limit(at_most).load::<String>(conn)?.len())
}

/// How many have not come to an end. It takes as long as there are many.
pub fn waiting(conn: &mut Conn) -> Result<u64, Error> {
    let waiting: i64 = mails::table.filter(mails::due_at.is_not_null()).count().get_result(conn)?;
    u64::try_from(waiting).map_err(corrupt)
}

/// It runs without a savepoint (`bare` in `commands.rs`): what it refuses, it refuses before it writes.
pub fn claim(tx: &mut Tx<'_>, command: &Claim) -> Result<Vec<Claimed>, Error> {
    let now = At(tx.now);
    let oldest = mails::table.filter(claimable(now)).order((mails::due_at, mails::id));
    let oldest = oldest.limit(command.at_most.into()).select(Row::as_select());
    let rows: Vec<Row> = locked!(oldest).load(tx.conn)?;
    let mut claimed = Vec::with_capacity(rows.len());
    for row in rows {
        let (id, attempts) = (row.id.clone(), row.attempts.saturating_add(1));
        let queued_at = row.created_at.0;
        match Mail::try_from(row) {
            Ok(mail) => claimed.push(Claimed {
                claim: command.id,
                attempts: u32::try_from(attempts).map_err(corrupt)?,
                queued_at,
                mail,
            }),
            // Left as it is, it would be found first each time, and hold up all others.
            Err(error) => {
                tracing::error!(mail = %id, ?error, "a mail cannot be read");
                fail(tx, &id)?;
            }
        }
    }
    update(mails::table, among(mails::id, claimed.iter().map(|it| it.mail.id)))
        .set((
            mails::status.eq(Status::Claimed.as_str()),
            mails::claim.eq(command.id.to_string()),
            mails::attempts.eq(mails::attempts + 1),
            mails::due_at.eq(now + Duration::seconds(CLAIM_SECONDS)),
            mails::updated_at.eq(now),
        ))
        .execute(tx.conn)?;
    Ok(claimed)
}

fn fail(tx: &mut Tx<'_>, id: &str) -> Result<(), Error> {
    let failed = diesel::update(mails::table.find(id))
        .set((
            mails::status.eq(Status::Failed.as_str()),
            mails::due_at.eq(None::<At>),
            mails::updated_at.eq(At(tx.now)),
        ))
        .returning((mails::id, mails::user_id, mails::order_id))
        .get_results(tx.conn)?;
    tell_failed(tx, failed);
    Ok(())
}

/// A mail, and of whom and what it is.
type Moved = (String, Option<String>, Option<String>);

/// Tells those who run the shop of letters that nobody will get; not to whom they were, nor what they
/// say.
fn tell_failed(tx: &mut Tx<'_>, all: Vec<Moved>) {
    for (id, user, order) in all {
        let data = json!({ "mail_id": id, "user_id": user, "order_id": order });
        event::tell(tx, Kind::MailFailed, None, data);
    }
}

pub fn renew(tx: &mut Tx<'_>, command: &Renew) -> Result<(), Error> {
    let due_at = Some(At(tx.now + Duration::seconds(CLAIM_SECONDS)));
    let from = [Status::Claimed];
    move_on(tx, (&[command.mail], command.claim), &from, Status::Claimed, due_at).map(drop)
}

pub fn hand_over(tx: &mut Tx<'_>, command: &HandOver) -> Result<(), Error> {
    let due_at = Some(At(tx.now + Duration::seconds(HAND_OVER_SECONDS)));
    let from = [Status::Claimed];
    move_on(tx, (&[command.mail], command.claim), &from, Status::HandingOver, due_at).map(drop)
}

/// It runs without a savepoint (`bare` in `commands.rs`): what it refuses, it refuses before it writes.
pub fn settle(tx: &mut Tx<'_>, command: &Settle) -> Result<(), Error> {
    // Whoever handed a mail over may learn what became of it after everybody else gave it up.
    const OPEN: [Status; 3] = [Status::Claimed, Status::HandingOver, Status::Unknown];
    let mut alike: HashMap<(Status, Option<At>), Vec<MailId>> = HashMap::new();
    for (mail, ending) in &command.endings {
        let (status, due_at) = match ending {
            Ending::Sent => (Status::Sent, None),
            Ending::Failed => (Status::Failed, None),
            Ending::Unknown => (Status::Unknown, None),
            Ending::Again { at } => (Status::Queued, Some(At(*at))),
        };
        alike.entry((status, due_at)).or_default().push(*mail);
    }
    let mut stale = 0;
    for ((status, due_at), mails) in &alike {
        match move_on(tx, (mails, command.claim), &OPEN, *status, *due_at) {
            Ok(moved) if *status == Status::Failed => tell_failed(tx, moved),
            Ok(_) => {}
            Err(Error::Stale) => stale += 1,
            Err(err) => return Err(err),
        }
    }
    if stale < alike.len() { Ok(()) } else { Err(Error::Stale) }
}

pub fn recover(tx: &mut Tx<'_>, command: &Recover) -> Result<Vec<MailId>, Error> {
    let now = At(tx.now);
    if command.nobody_lives {
        diesel::update(mails::table.filter(mails::status.eq(Status::Claimed.as_str())))
            .set((mails::status.eq(Status::Queued.as_str()), mails::due_at.eq(now)))
            .execute(tx.conn)?;
    }
    // By the moment alone, of which there is an index: all have one, and none is a century away.
    let century = Duration::days(36_525);
    let given_up_by = if command.nobody_lives { now + century } else { now };
    let given_up = mails::table
        .filter(mails::status.eq(Status::HandingOver.as_str()))
        .filter(mails::due_at.le(given_up_by));
    let lost: Vec<String> = diesel::update(given_up)
        .set((
            mails::status.eq(Status::Unknown.as_str()),
            mails::due_at.eq(None::<At>),
            mails::updated_at.eq(now),
        ))
        .returning(mails::id)
        .get_results(tx.conn)?;
    lost.iter().map(|id| id.parse().map_err(corrupt)).collect()
}

pub fn prune(tx: &mut Tx<'_>, _: &Prune) -> Result<i64, Error> {
    let before = At(tx.now - Duration::days(KEPT_DAYS));
    let old = mails::table.filter(mails::due_at.is_null()).filter(mails::updated_at.lt(before));
    i64::try_from(diesel::delete(old).execute(tx.conn)?).map_err(corrupt)
}

/// What nobody has in hand and is due, and what somebody had in hand whose claim has ended.
#[diesel::dsl::auto_type(no_type_alias)]
fn claimable(now: At) -> _ {
    let (queued, claimed): (&'static str, &'static str) =
        (Status::Queued.as_str(), Status::Claimed.as_str());
    mails::status.eq(queued).or(mails::status.eq(claimed)).and(mails::due_at.le(now))
}

/// Sets the status of those of `mails` whose status is one of `from` and for which the claim still
/// stands, and says which these are; `Stale` where that is none.
fn move_on(
    tx: &mut Tx<'_>,
    (mails, claim): (&[MailId], ClaimId),
    from: &[Status],
    to: Status,
    due_at: Option<At>,
) -> Result<Vec<Moved>, Error> {
    let claimed = mails::table
        .filter(among(mails::id, mails))
        .filter(mails::claim.eq(claim.to_string()))
        .filter(among(mails::status, from));
    let moved: Vec<Moved> = diesel::update(claimed)
        .set((
            mails::status.eq(to.as_str()),
            mails::due_at.eq(due_at),
            mails::updated_at.eq(At(tx.now)),
        ))
        .returning((mails::id, mails::user_id, mails::order_id))
        .get_results(tx.conn)?;
    if moved.is_empty() { Err(Error::Stale) } else { Ok(moved) }
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
