//! The table `webhook_deliveries`: what other programs are told, and what came of it.

use chrono::{DateTime, Duration, Utc};
use diesel::{
    dsl::{exists, not},
    prelude::*,
};

use super::{
    super::{Backend, Conn, Tx, event},
    enabled, get, hold,
};
use crate::{
    domain::{
        Error,
        event::{Consumer, Published},
        id::WebhookId,
        page::{Listed, Page},
        webhook::{
            Reason, Resend, Webhook,
            delivery::{
                CLAIM_SECONDS, Claim, Claimed, Delivery, Ending, FanOut, Fault, KEPT_DAYS, Prune,
                Recover, Settle, Settled, Status, Untold,
            },
            message,
        },
    },
    store::{
        at::At,
        error::corrupt,
        insert::insert,
        schema::{webhook_deliveries as sent, webhooks},
    },
};

#[derive(Insertable)]
#[diesel(table_name = sent, treat_none_as_default_value = false)]
struct New {
    webhook_id: String,
    event_id: String,
    place: i64,
    kind: String,
    body: String,
    status: &'static str,
    attempts: i32,
    tries: i32,
    due_at: At,
    created_at: At,
    updated_at: At,
}

/// All but the body, which nobody is shown.
#[derive(Queryable, Selectable)]
#[diesel(table_name = sent)]
struct Row {
    event_id: String,
    place: i64,
    kind: String,
    status: String,
    attempts: i32,
    due_at: Option<At>,
    http_status: Option<i32>,
    error: Option<String>,
    answer: Option<String>,
    duration_ms: Option<i64>,
    created_at: At,
    updated_at: At,
}

/// The messages to an endpoint, the newest first, by the place of what they tell of; `NotFound`
/// where there is no such endpoint.
pub fn deliveries(
    conn: &mut Conn,
    webhook: WebhookId,
    page: Page<i64>,
) -> Result<Listed<Delivery, i64>, Error> {
    get(conn, webhook)?;
    let mut query = sent::table
        .filter(sent::webhook_id.eq(webhook.to_string()))
        .order(sent::place.desc())
        .limit(page.limit.saturating_add(1))
        .select(Row::as_select())
        .into_boxed::<Backend>();
    if let Some(after) = page.after {
        query = query.filter(sent::place.lt(after));
    }
    let rows: Vec<Row> = query.load(conn)?;
    let found = rows.into_iter().map(Delivery::try_from).collect::<Result<_, Error>>()?;
    Ok(Listed::cut(found, page.limit, |it: &Delivery| it.sequence))
}

/// The next of what happened that some endpoint may have to be told of; none where nobody is to be
/// told of anything, or all are.
pub fn untold(conn: &mut Conn, limit: i64) -> Result<Option<Untold>, Error> {
    let Some(first) = enabled(conn)?.into_iter().map(|(_, after)| after).min() else {
        return Ok(None);
    };
    let cursor = event::consumed(conn, Consumer::Webhooks)?;
    let from = cursor.max(first);
    let published = event::after(conn, from, limit)?;
    Ok((!published.is_empty()).then_some(Untold { cursor, from, published }))
}

pub fn fan_out(tx: &mut Tx<'_>, command: &FanOut) -> Result<usize, Error> {
    event::consume(tx, Consumer::Webhooks, command.from, command.to)?;
    let told = enabled(tx.conn)?;
    let mut rows = Vec::new();
    for published in &*command.published {
        let wants = |(webhook, after): &&(Webhook, i64)| {
            published.sequence > *after && webhook.wants(published.event.kind)
        };
        let mut told = told.iter().filter(wants).peekable();
        if told.peek().is_none() {
            continue;
        }
        let body = message::body(published);
        rows.extend(told.map(|(webhook, _)| new(tx, webhook, published, body.clone())));
    }
    insert(sent::table, &rows).on_conflict_do_nothing().run(tx.conn)?;
    Ok(rows.len())
}

fn new(tx: &Tx<'_>, webhook: &Webhook, published: &Published, body: String) -> New {
    let now = At(tx.now);
    New {
        webhook_id: webhook.id.to_string(),
        event_id: published.event.id.to_string(),
        place: published.sequence,
        kind: published.event.kind.to_string(),
        body,
        status: Status::Waiting.as_str(),
        attempts: 0,
        tries: 0,
        due_at: now,
        created_at: now,
        updated_at: now,
    }
}

/// The endpoints for which something can be claimed now.
pub fn due(conn: &mut Conn, now: DateTime<Utc>) -> Result<Vec<WebhookId>, Error> {
    let now = At(now);
    let of_it = || sent::table.filter(sent::webhook_id.eq(webhooks::id));
    let ids: Vec<String> = webhooks::table
        .filter(webhooks::disabled_at.is_null())
        .filter(exists(of_it().filter(sent::due_at.le(now))))
        .filter(not(exists(of_it().filter(in_hand(now)))))
        .select(webhooks::id)
        .load(conn)?;
    ids.iter().map(|id| id.parse().map_err(corrupt)).collect()
}

/// How many messages have not come to an end.
pub fn waiting(conn: &mut Conn) -> Result<u64, Error> {
    let waiting = sent::table.filter(sent::due_at.is_not_null());
    u64::try_from(waiting.count().get_result::<i64>(conn)?).map_err(corrupt)
}

/// What somebody has claimed, and not for too long.
#[diesel::dsl::auto_type(no_type_alias)]
fn in_hand(now: At) -> _ {
    let status: &'static str = Status::Sending.as_str();
    sent::status.eq(status).and(sent::due_at.gt(now))
}

pub fn claim(tx: &mut Tx<'_>, command: &Claim) -> Result<Option<Claimed>, Error> {
    let now = At(tx.now);
    let webhook = match hold(tx, command.webhook) {
        Ok(webhook) if webhook.disabled.is_none() => webhook,
        Ok(_) | Err(Error::NotFound(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let of_it = || sent::table.filter(sent::webhook_id.eq(webhook.id.to_string()));
    if diesel::select(exists(of_it().filter(in_hand(now)))).get_result(tx.conn)? {
        return Ok(None);
    }
    let next = of_it().filter(sent::due_at.le(now)).order((sent::due_at, sent::place)).select((
        sent::event_id,
        sent::body,
        sent::tries,
    ));
    let next: Option<(String, String, i32)> = next.first(tx.conn).optional()?;
    let Some((event, body, tries)) = next else { return Ok(None) };
    let tries = tries.saturating_add(1);
    diesel::update(sent::table.find((webhook.id.to_string(), &event)))
        .set((
            sent::status.eq(Status::Sending.as_str()),
            sent::claim.eq(command.id.to_string()),
            sent::attempts.eq(sent::attempts + 1),
            sent::tries.eq(tries),
            sent::due_at.eq(now + Duration::seconds(CLAIM_SECONDS)),
            sent::updated_at.eq(now),
        ))
        .execute(tx.conn)?;
    Ok(Some(Claimed {
        claim: command.id,
        webhook: webhook.id,
        event: event.parse().map_err(corrupt)?,
        secrets: webhook.secrets(tx.now),
        target: webhook.target,
        body,
        tries,
    }))
}

pub fn settle(tx: &mut Tx<'_>, command: &Settle) -> Result<Settled, Error> {
    // The endpoint comes first, as it does where a message is claimed.
    let webhook = hold(tx, command.webhook)?;
    let now = At(tx.now);
    let (status, due_at) = match command.ending {
        Ending::Delivered => (Status::Delivered, None),
        Ending::Failed => (Status::Failed, None),
        Ending::Again { at } => (Status::Waiting, Some(At(at))),
    };
    let claimed = sent::table
        .find((command.webhook.to_string(), command.event.to_string()))
        .filter(sent::status.eq(Status::Sending.as_str()))
        .filter(sent::claim.eq(command.claim.to_string()));
    let settled = diesel::update(claimed)
        .set((
            sent::status.eq(status.as_str()),
            sent::due_at.eq(due_at),
            sent::http_status.eq(command.tried.status.map(i32::from)),
            sent::error.eq(command.tried.fault.map(Fault::as_str)),
            sent::answer.eq(&command.tried.answer),
            sent::duration_ms.eq(command.tried.duration_ms),
            sent::updated_at.eq(now),
        ))
        .execute(tx.conn)?;
    if settled == 0 {
        return Err(Error::Stale);
    }
    judge(tx, webhook, command)
}

/// Notes at the endpoint that a message has arrived, or has not, and disables it where it is time.
fn judge(tx: &mut Tx<'_>, mut webhook: Webhook, command: &Settle) -> Result<Settled, Error> {
    if command.ending == Ending::Delivered {
        if webhook.failing_since.is_some() {
            set_failing(tx, webhook.id, None)?;
        }
        return Ok(Settled { disabled: None });
    }
    if webhook.failing_since.is_none() {
        webhook.failing_since = Some(tx.now);
        set_failing(tx, webhook.id, webhook.failing_since)?;
    }
    let reason = match () {
        () if command.tried.is_gone() => Reason::Gone,
        () if webhook.is_given_up(tx.now) => Reason::Failing,
        () => return Ok(Settled { disabled: None }),
    };
    let now = At(tx.now);
    diesel::update(webhooks::table.find(webhook.id.to_string()))
        .set((
            webhooks::disabled_at.eq(now),
            webhooks::disabled_reason.eq(reason.as_str()),
            webhooks::version.eq(webhooks::version + 1),
            webhooks::updated_at.eq(now),
        ))
        .execute(tx.conn)?;
    give_up(tx, webhook.id)?;
    Ok(Settled { disabled: Some(reason) })
}

fn set_failing(
    tx: &mut Tx<'_>,
    webhook: WebhookId,
    since: Option<DateTime<Utc>>,
) -> Result<(), Error> {
    diesel::update(webhooks::table.find(webhook.to_string()))
        .set(webhooks::failing_since.eq(since.map(At)))
        .execute(tx.conn)?;
    Ok(())
}

/// What waits for an endpoint that is disabled has failed, and so has what is on its way, unless it
/// was just settled.
pub fn give_up(tx: &mut Tx<'_>, webhook: WebhookId) -> Result<(), Error> {
    let open = sent::table
        .filter(sent::webhook_id.eq(webhook.to_string()))
        .filter(sent::due_at.is_not_null());
    diesel::update(open)
        .set((
            sent::status.eq(Status::Failed.as_str()),
            sent::due_at.eq(None::<At>),
            sent::error.eq(Fault::Disabled.as_str()),
            sent::updated_at.eq(At(tx.now)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

pub fn resend(tx: &mut Tx<'_>, command: &Resend) -> Result<Delivery, Error> {
    if hold(tx, command.webhook)?.disabled.is_some() {
        let message = "this webhook is disabled: enable it first";
        return Err(Error::conflict("webhook_disabled", message));
    }
    let now = At(tx.now);
    let key = (command.webhook.to_string(), command.event.to_string());
    let row: Option<Row> =
        sent::table.find(key.clone()).select(Row::as_select()).first(tx.conn).optional()?;
    let row = row.ok_or(Error::NotFound("webhook delivery"))?;
    if row.status.parse::<Status>()? == Status::Sending && row.due_at.is_some_and(|it| it > now) {
        let message = "this message is being sent at this moment";
        return Err(Error::conflict("being_sent", message));
    }
    let row: Row = diesel::update(sent::table.find(key))
        .set((
            sent::status.eq(Status::Waiting.as_str()),
            sent::tries.eq(0),
            sent::due_at.eq(now),
            sent::updated_at.eq(now),
        ))
        .returning(Row::as_returning())
        .get_result(tx.conn)?;
    row.try_into()
}

pub fn recover(tx: &mut Tx<'_>, _: &Recover) -> Result<(), Error> {
    diesel::update(sent::table.filter(sent::status.eq(Status::Sending.as_str())))
        .set((sent::status.eq(Status::Waiting.as_str()), sent::due_at.eq(At(tx.now))))
        .execute(tx.conn)?;
    Ok(())
}

pub fn prune(tx: &mut Tx<'_>, _: &Prune) -> Result<i64, Error> {
    let before = At(tx.now - Duration::days(KEPT_DAYS));
    let old = sent::table.filter(sent::due_at.is_null()).filter(sent::updated_at.lt(before));
    i64::try_from(diesel::delete(old).execute(tx.conn)?).map_err(corrupt)
}

impl TryFrom<Row> for Delivery {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let status: Status = row.status.parse()?;
        let due_at = row.due_at.filter(|_| status == Status::Waiting);
        Ok(Delivery {
            id: row.event_id.parse().map_err(corrupt)?,
            r#type: row.kind.parse()?,
            sequence: row.place,
            status,
            attempts: row.attempts,
            http_status: row.http_status,
            error: row.error.map(|it| it.parse()).transpose()?,
            answer: row.answer,
            duration_ms: row.duration_ms,
            next_attempt_at: due_at.map(|it| it.0),
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        })
    }
}
