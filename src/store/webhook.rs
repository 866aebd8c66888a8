//! The table `webhooks`: where other programs are told of what happens.

use diesel::prelude::*;

use super::{Backend, Conn, Tx, event};
use crate::{
    domain::{
        Error,
        event::Kind,
        id::WebhookId,
        page::{Listed, Page},
        webhook::{Change, Changed, Create, Delete, Reason, Rotate, Target, WEBHOOKS_MAX, Webhook},
    },
    store::{at::At, error::corrupt, schema::webhooks},
};

mod delivery;

pub use delivery::{
    claim, deliveries, due, fan_out, prune, recover, resend, settle, untold, waiting,
};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = webhooks, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    id: String,
    url: String,
    description: String,
    types: String,
    secret_id: String,
    old_secret_id: Option<String>,
    old_until: Option<At>,
    disabled_at: Option<At>,
    disabled_reason: Option<String>,
    failing_since: Option<At>,
    version: i64,
    created_at: At,
    updated_at: At,
}

/// All endpoints, the newest first.
pub fn all(conn: &mut Conn, page: Page<WebhookId>) -> Result<Listed<Webhook, WebhookId>, Error> {
    let mut query = webhooks::table
        .order(webhooks::id.desc())
        .limit(page.limit.saturating_add(1))
        .select(Row::as_select())
        .into_boxed::<Backend>();
    if let Some(after) = page.after {
        query = query.filter(webhooks::id.lt(after.to_string()));
    }
    let rows: Vec<Row> = query.load(conn)?;
    let found = rows.into_iter().map(Webhook::try_from).collect::<Result<_, Error>>()?;
    Ok(Listed::cut(found, page.limit, |it: &Webhook| it.id))
}

/// An endpoint, or `NotFound`.
pub fn get(conn: &mut Conn, id: WebhookId) -> Result<Webhook, Error> {
    let row = webhooks::table.find(id.to_string()).select(Row::as_select());
    let row: Option<Row> = row.first(conn).optional()?;
    row.ok_or(Error::NotFound("webhook"))?.try_into()
}

/// The same until the end of the transaction.
fn hold(tx: &mut Tx<'_>, id: WebhookId) -> Result<Webhook, Error> {
    let row = webhooks::table.find(id.to_string()).select(Row::as_select());
    let row: Option<Row> = locked!(row).first(tx.conn).optional()?;
    row.ok_or(Error::NotFound("webhook"))?.try_into()
}

/// Those that are told of something.
fn enabled(conn: &mut Conn) -> Result<Vec<(Webhook, i64)>, Error> {
    let rows: Vec<(Row, i64)> = webhooks::table
        .filter(webhooks::disabled_at.is_null())
        .order(webhooks::id)
        .select((Row::as_select(), webhooks::after_place))
        .load(conn)?;
    rows.into_iter().map(|(row, after)| Ok((row.try_into()?, after))).collect()
}

pub fn create(tx: &mut Tx<'_>, command: &Create) -> Result<Changed, Error> {
    let there: i64 = webhooks::table.count().get_result(tx.conn)?;
    if there >= WEBHOOKS_MAX {
        let message = format!("there are {WEBHOOKS_MAX} already: delete one first");
        return Err(Error::conflict("too_many_webhooks", message));
    }
    let after = Webhook {
        id: command.id,
        target: command.target.clone(),
        description: command.description.clone(),
        types: command.types.clone(),
        secret: command.secret,
        old_secret: None,
        disabled: None,
        failing_since: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    // What happened before is not told.
    let head = event::head(tx.conn)?;
    diesel::insert_into(webhooks::table)
        .values((Row::try_from(&after)?, webhooks::after_place.eq(head)))
        .execute(tx.conn)?;
    Ok(Changed { before: None, after })
}

pub fn change(tx: &mut Tx<'_>, command: &Change) -> Result<Changed, Error> {
    let before = hold(tx, command.id)?;
    command.expected.check(before.version)?;
    let after = before.with(&command.patch, tx.now);
    save(tx, &after)?;
    match (before.disabled.is_some(), after.disabled.is_some()) {
        (false, true) => delivery::give_up(tx, after.id)?,
        // Nor is what happened while nobody was told.
        (true, false) => {
            let head = event::head(tx.conn)?;
            diesel::update(webhooks::table.find(after.id.to_string()))
                .set(webhooks::after_place.eq(head))
                .execute(tx.conn)?;
        }
        (true, true) | (false, false) => {}
    }
    Ok(Changed { before: Some(before), after })
}

pub fn rotate(tx: &mut Tx<'_>, command: &Rotate) -> Result<Changed, Error> {
    let before = hold(tx, command.id)?;
    let after = before.rotated(command.secret, tx.now);
    save(tx, &after)?;
    Ok(Changed { before: Some(before), after })
}

/// What was sent to it goes with it.
pub fn delete(tx: &mut Tx<'_>, command: &Delete) -> Result<Webhook, Error> {
    let webhook = hold(tx, command.id)?;
    diesel::delete(webhooks::table.find(webhook.id.to_string())).execute(tx.conn)?;
    Ok(webhook)
}

fn save(tx: &mut Tx<'_>, webhook: &Webhook) -> Result<(), Error> {
    diesel::update(webhooks::table.find(webhook.id.to_string()))
        .set(Row::try_from(webhook)?)
        .execute(tx.conn)?;
    Ok(())
}

impl TryFrom<&Webhook> for Row {
    type Error = Error;

    fn try_from(it: &Webhook) -> Result<Self, Error> {
        let (old_secret, old_until) = it.old_secret.unzip();
        let (disabled_at, reason) = it.disabled.unzip();
        Ok(Row {
            id: it.id.to_string(),
            url: it.target.as_str().to_owned(),
            description: it.description.clone(),
            types: serde_json::to_string(&it.types).map_err(corrupt)?,
            secret_id: it.secret.to_string(),
            old_secret_id: old_secret.map(|it| it.to_string()),
            old_until: old_until.map(At),
            disabled_at: disabled_at.map(At),
            disabled_reason: reason.map(|it| it.to_string()),
            failing_since: it.failing_since.map(At),
            version: it.version,
            created_at: At(it.created_at),
            updated_at: At(it.updated_at),
        })
    }
}

impl TryFrom<Row> for Webhook {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let old_secret = match row.old_secret_id.zip(row.old_until) {
            Some((id, until)) => Some((id.parse().map_err(corrupt)?, until.0)),
            None => None,
        };
        let disabled = match row.disabled_at.zip(row.disabled_reason) {
            Some((at, reason)) => Some((at.0, reason.parse::<Reason>()?)),
            None => None,
        };
        Ok(Webhook {
            id: row.id.parse().map_err(corrupt)?,
            target: Target::kept(row.url),
            description: row.description,
            types: serde_json::from_str::<Vec<Kind>>(&row.types).map_err(corrupt)?,
            secret: row.secret_id.parse().map_err(corrupt)?,
            old_secret,
            disabled,
            failing_since: row.failing_since.map(|it| it.0),
            version: row.version,
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        })
    }
}
