//! The table `mails`: letters that wait, are on their way, and have come to an end.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::{ROWS_MAX, Tx};
use crate::{
    domain::{Error, mail::Mail},
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
}

/// Has `all` sent, if and when this transaction is committed.
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
            status: "queued".to_owned(),
            attempts: 0,
            claim: None,
            due_at: Some(now),
            created_at: now,
            updated_at: now,
        })
    };
    let rows = all.iter().map(row).collect::<Result<Vec<Row>, Error>>()?;
    for part in rows.chunks(ROWS_MAX) {
        diesel::insert_into(mails::table).values(part).execute(tx.conn)?;
    }
    Ok(())
}
