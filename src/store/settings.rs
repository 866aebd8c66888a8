//! What users have chosen: columns of the table `users`.
//!
//! The locale is a column, since mails are written by it; the rest is one document.

use diesel::prelude::*;
use serde_json::Value;

use super::{Conn, Tx};
use crate::{
    domain::{
        Error,
        account::UserStatus,
        id::UserId,
        settings::{ChangeSettings, Changed, Settings},
    },
    store::{at::At, error::corrupt, schema::users},
};

/// What the user has chosen, or `NotFound`.
pub fn get(conn: &mut Conn, user: UserId) -> Result<Settings, Error> {
    let found: Option<(String, String)> = users::table
        .find(user.to_string())
        .select((users::locale, users::settings))
        .first(conn)
        .optional()?;
    let (locale, document) = found.ok_or(Error::NotFound("user"))?;
    read(&locale, &document)
}

pub fn change_settings(tx: &mut Tx<'_>, command: &ChangeSettings) -> Result<Changed, Error> {
    let query = users::table
        .find(command.user.to_string())
        .filter(users::status.ne(UserStatus::Deleted.as_str()))
        .select((users::locale, users::settings));
    let found: Option<(String, String)> = locked!(query).get_result(tx.conn).optional()?;
    let (locale, settings) = found.ok_or(Error::NotFound("user"))?;
    let changed = Changed { before: read(&locale, &settings)?, after: command.settings };
    diesel::update(users::table.find(command.user.to_string()))
        .set((
            users::locale.eq(changed.after.locale.to_string()),
            users::settings.eq(document(&changed.after)?),
            users::updated_at.eq(At(tx.now)),
        ))
        .execute(tx.conn)?;
    Ok(changed)
}

/// The settings of which these columns are kept.
pub fn read(locale: &str, document: &str) -> Result<Settings, Error> {
    let settings: Settings = serde_json::from_str(document).map_err(corrupt)?;
    Ok(Settings { locale: locale.parse().map_err(corrupt)?, ..settings })
}

/// All but the locale, which would be kept twice.
pub fn document(settings: &Settings) -> Result<String, Error> {
    let mut document = serde_json::to_value(settings).map_err(corrupt)?;
    if let Value::Object(fields) = &mut document {
        fields.remove("locale");
    }
    Ok(document.to_string())
}
