//! The table `tariffs`: one row, what delivery and taxes cost.

use diesel::prelude::*;
use serde_json::json;

use super::{Conn, Tx, event};
use crate::{
    domain::{
        Error,
        event::Kind,
        tariff::{Change, Changed, Kept, Tariff},
    },
    store::{at::At, error::corrupt, schema::tariffs},
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = tariffs)]
struct Row {
    version: i64,
    document: String,
    updated_at: At,
}

/// The tariff that is in force.
pub fn get(conn: &mut Conn) -> Result<Kept, Error> {
    let row: Row = tariffs::table.select(Row::as_select()).first(conn)?;
    row.try_into()
}

pub fn change(tx: &mut Tx<'_>, command: &Change) -> Result<Changed, Error> {
    let row: Row = locked!(tariffs::table.select(Row::as_select())).first(tx.conn)?;
    let before = Kept::try_from(row)?;
    command.expected.check(before.version)?;
    let (tariff, version) = (command.tariff.clone(), before.version.saturating_add(1));
    let after = Kept { tariff, version, updated_at: tx.now };
    let document = serde_json::to_string(&after.tariff).map_err(corrupt)?;
    diesel::update(tariffs::table)
        .set((
            tariffs::version.eq(version),
            tariffs::document.eq(document),
            tariffs::updated_at.eq(At(tx.now)),
        ))
        .execute(tx.conn)?;
    event::tell(tx, Kind::TariffChanged, None, json!({ "version": version }));
    Ok(Changed { before, after })
}

/// The tariff of a document; an empty one is what the program brings.
pub fn read(document: &str) -> Result<Tariff, Error> {
    if document.is_empty() {
        return Ok(Tariff::default());
    }
    serde_json::from_str(document).map_err(corrupt)
}

impl TryFrom<Row> for Kept {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let tariff = read(&row.document)?;
        Ok(Kept { tariff, version: row.version, updated_at: row.updated_at.0 })
    }
}
