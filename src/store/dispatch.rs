//! The table `dispatches`: messages to devices that wait, are on their way, and have come to an end.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;

use super::{Conn, Tx, push};
use crate::{
    domain::{
        Error,
        dispatch::{
            CLAIM_SECONDS, Claim, Claimed, Ending, KEPT_DAYS, Message, Prune, Recover, Settle,
            Status, To,
        },
        id::{DispatchId, SubscriptionId, UserId},
        notification::Notice,
        phone::Phone,
        settings::{Channel, Language},
    },
    store::{at::At, error::corrupt, insert::insert, schema::dispatches},
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = dispatches, treat_none_as_default_value = false)]
struct Row {
    id: String,
    user_id: String,
    channel: String,
    subscription_id: Option<String>,
    phone: Option<String>,
    kind: String,
    data: String,
    language: String,
    status: String,
    attempts: i32,
    claim: Option<String>,
    due_at: Option<At>,
    created_at: At,
    updated_at: At,
}

/// A message that is to be brought.
pub struct New<'n> {
    pub id: DispatchId,
    pub user: UserId,
    pub place: Place,
    pub notice: &'n Notice,
    pub language: Language,
}

/// To which device.
pub enum Place {
    Browser(SubscriptionId),
    Phone(Phone),
}

/// Has `all` brought, if and when this transaction is committed; one of an id that was queued before is
/// not queued again.
pub fn queue(tx: &mut Tx<'_>, all: &[New<'_>]) -> Result<(), Error> {
    let now = At(tx.now);
    let rows = all.iter().map(|it| Row::of(it, now)).collect::<Result<Vec<Row>, Error>>()?;
    insert(dispatches::table, &rows).on_conflict_do_nothing().run(tx.conn)?;
    tx.effects.mailed |= !rows.is_empty();
    Ok(())
}

/// How many messages can be claimed at `now`, as far as `at_most`.
pub fn due(conn: &mut Conn, now: DateTime<Utc>, at_most: i64) -> Result<usize, Error> {
    // In the order of the index: without one PostgreSQL reads the whole table where it knows little of it.
    let due = dispatches::table.filter(dispatches::due_at.le(At(now))).order(dispatches::due_at);
    Ok(due.select(dispatches::id).limit(at_most).load::<String>(conn)?.len())
}

/// How many have not come to an end. It takes as long as there are many.
pub fn waiting(conn: &mut Conn) -> Result<u64, Error> {
    let waiting = dispatches::table.filter(dispatches::due_at.is_not_null());
    u64::try_from(waiting.count().get_result::<i64>(conn)?).map_err(corrupt)
}

pub fn claim(tx: &mut Tx<'_>, command: &Claim) -> Result<Option<Claimed>, Error> {
    let now = At(tx.now);
    let oldest = dispatches::table
        .filter(dispatches::due_at.le(now))
        .order((dispatches::due_at, dispatches::id))
        .limit(1);
    let found: Option<Row> = locked!(oldest.select(Row::as_select())).first(tx.conn).optional()?;
    let Some(row) = found else { return Ok(None) };
    let (id, tries) = (row.id.clone(), row.attempts.saturating_add(1));
    let claimed = match read(tx, row) {
        Ok(Some((to, message))) => Claimed { claim: command.id, to, message, tries },
        // The browser is gone, or it is no news any more.
        Ok(None) => return fail(tx, &id).map(|()| None),
        // Left as it is, it would be found first each time, and hold up all others.
        Err(error) => {
            tracing::error!(dispatch = %id, ?error, "a message to a device cannot be read");
            return fail(tx, &id).map(|()| None);
        }
    };
    diesel::update(dispatches::table.find(&id))
        .set((
            dispatches::status.eq(Status::Sending.as_str()),
            dispatches::claim.eq(command.id.to_string()),
            dispatches::attempts.eq(tries),
            dispatches::due_at.eq(now + Duration::seconds(CLAIM_SECONDS)),
            dispatches::updated_at.eq(now),
        ))
        .execute(tx.conn)?;
    Ok(Some(claimed))
}

/// Where it goes and what it says; none where it is not to be sent any more.
fn read(tx: &mut Tx<'_>, row: Row) -> Result<Option<(To, Message)>, Error> {
    let notice = Notice::of(row.kind.parse()?, &row.data).map_err(corrupt)?;
    let left = row.created_at.0 + notice.kind().lasts() - tx.now;
    let user = row.user_id.parse().map_err(corrupt)?;
    let to = match (row.channel.parse()?, row.subscription_id, row.phone) {
        (Channel::Push, Some(id), _) => {
            let id = id.parse().map_err(corrupt)?;
            push::find(tx.conn, user, id)?.map(|it| To::Browser(id, it))
        }
        (Channel::Sms, _, Some(phone)) => Some(To::Phone(Phone::parse(&phone).map_err(corrupt)?)),
        _ => return Err(corrupt("a message goes nowhere")),
    };
    let (id, language) = (row.id.parse().map_err(corrupt)?, row.language.parse()?);
    let message = Message { id, notice, language, left };
    Ok(to.filter(|_| left > Duration::zero()).map(|to| (to, message)))
}

fn fail(tx: &mut Tx<'_>, id: &str) -> Result<(), Error> {
    diesel::update(dispatches::table.find(id))
        .set((
            dispatches::status.eq(Status::Failed.as_str()),
            dispatches::due_at.eq(None::<At>),
            dispatches::updated_at.eq(At(tx.now)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

pub fn settle(tx: &mut Tx<'_>, command: &Settle) -> Result<(), Error> {
    let (status, due_at) = match command.ending {
        Ending::Sent => (Status::Sent, None),
        Ending::Failed | Ending::Gone => (Status::Failed, None),
        Ending::Again { at } => (Status::Waiting, Some(At(at))),
    };
    let claimed = dispatches::table
        .find(command.dispatch.to_string())
        .filter(dispatches::status.eq(Status::Sending.as_str()))
        .filter(dispatches::claim.eq(command.claim.to_string()));
    let settled: Option<Option<String>> = diesel::update(claimed)
        .set((
            dispatches::status.eq(status.as_str()),
            dispatches::due_at.eq(due_at),
            dispatches::updated_at.eq(At(tx.now)),
        ))
        .returning(dispatches::subscription_id)
        .get_result(tx.conn)
        .optional()?;
    match (settled, command.ending) {
        (None, _) => Err(Error::Stale),
        (Some(Some(browser)), Ending::Gone) => push::drop_browser(tx, &browser),
        (Some(_), _) => Ok(()),
    }
}

pub fn recover(tx: &mut Tx<'_>, _: &Recover) -> Result<(), Error> {
    let in_hand = dispatches::table.filter(dispatches::status.eq(Status::Sending.as_str()));
    diesel::update(in_hand)
        .set((dispatches::status.eq(Status::Waiting.as_str()), dispatches::due_at.eq(At(tx.now))))
        .execute(tx.conn)?;
    Ok(())
}

pub fn prune(tx: &mut Tx<'_>, _: &Prune) -> Result<i64, Error> {
    let before = At(tx.now - Duration::days(KEPT_DAYS));
    let old = dispatches::table
        .filter(dispatches::due_at.is_null())
        .filter(dispatches::updated_at.lt(before));
    i64::try_from(diesel::delete(old).execute(tx.conn)?).map_err(corrupt)
}

/// Forgets the messages to a user, in the transaction that ends the account.
pub fn forget(tx: &mut Tx<'_>, user: UserId) -> Result<(), Error> {
    let all = dispatches::table.filter(dispatches::user_id.eq(user.to_string()));
    diesel::delete(all).execute(tx.conn)?;
    Ok(())
}

impl Row {
    fn of(new: &New<'_>, now: At) -> Result<Self, Error> {
        let (channel, subscription_id, phone) = match &new.place {
            Place::Browser(id) => (Channel::Push, Some(id.to_string()), None),
            Place::Phone(phone) => (Channel::Sms, None, Some(phone.as_str().to_owned())),
        };
        Ok(Row {
            id: new.id.to_string(),
            user_id: new.user.to_string(),
            channel: channel.to_string(),
            subscription_id,
            phone,
            kind: new.notice.kind().to_string(),
            data: new.notice.kept()?.to_string(),
            language: new.language.to_string(),
            status: Status::Waiting.to_string(),
            attempts: 0,
            claim: None,
            due_at: Some(now),
            created_at: now,
            updated_at: now,
        })
    }
}
