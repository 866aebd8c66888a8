//! The table `addresses`.
//!
//! Every change holds the row of the user whose addresses these are: so there is one default, and
//! no more than there may be, whichever node is asked.

use diesel::prelude::*;

use super::{Backend, Conn, Tx, account};
use crate::{
    domain::{
        Error,
        address::{Address, Change, Delete, SAVED_MAX, Save, Saved},
        id::{AddressId, UserId},
        page::{Listed, Page},
    },
    store::{at::At, error::corrupt, schema::addresses},
};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = addresses, treat_none_as_default_value = false, treat_none_as_null = true)]
struct Row {
    id: String,
    user_id: String,
    name: String,
    line1: String,
    line2: Option<String>,
    city: String,
    region: Option<String>,
    postal_code: String,
    country: String,
    phone: Option<String>,
    is_default: bool,
    created_at: At,
    updated_at: At,
}

/// An address of `user`, or `NotFound`: another's is as good as none.
pub fn get(conn: &mut Conn, user: UserId, id: AddressId) -> Result<Saved, Error> {
    let row = addresses::table
        .find(id.to_string())
        .filter(addresses::user_id.eq(user.to_string()))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    row.ok_or(Error::NotFound("address"))?.try_into()
}

/// A page of the addresses of `user`, the newest first.
pub fn page(
    conn: &mut Conn,
    user: UserId,
    page: Page<AddressId>,
) -> Result<Listed<Saved, AddressId>, Error> {
    let mut query = addresses::table
        .filter(addresses::user_id.eq(user.to_string()))
        .order(addresses::id.desc())
        .limit(page.limit.saturating_add(1))
        .select(Row::as_select())
        .into_boxed::<Backend>();
    if let Some(after) = page.after {
        query = query.filter(addresses::id.lt(after.to_string()));
    }
    let rows: Vec<Row> = query.load(conn)?;
    let saved = rows.into_iter().map(Saved::try_from).collect::<Result<_, Error>>()?;
    Ok(Listed::cut(saved, page.limit, |it: &Saved| it.id))
}

pub fn save(tx: &mut Tx<'_>, command: &Save) -> Result<Saved, Error> {
    account::hold(tx, command.user)?;
    let held: i64 = addresses::table
        .filter(addresses::user_id.eq(command.user.to_string()))
        .count()
        .get_result(tx.conn)?;
    if held >= SAVED_MAX {
        let message = format!("at most {SAVED_MAX} addresses are kept: delete one first");
        return Err(Error::conflict("too_many_addresses", message));
    }
    let saved = Saved {
        id: command.id,
        address: command.address.clone(),
        is_default: command.is_default || held == 0,
        created_at: tx.now,
        updated_at: tx.now,
    };
    if saved.is_default {
        unset_default(tx, command.user)?;
    }
    let row = Row::of(command.user, &saved);
    diesel::insert_into(addresses::table).values(&row).execute(tx.conn)?;
    Ok(saved)
}

pub fn change(tx: &mut Tx<'_>, command: &Change) -> Result<Saved, Error> {
    account::hold(tx, command.user)?;
    let before = get(tx.conn, command.user, command.id)?;
    let was_default = before.is_default;
    let after = before.after(&command.edit, tx.now)?;
    if after.is_default && !was_default {
        unset_default(tx, command.user)?;
    }
    diesel::update(addresses::table.find(command.id.to_string()))
        .set(Row::of(command.user, &after))
        .execute(tx.conn)?;
    Ok(after)
}

pub fn delete(tx: &mut Tx<'_>, command: &Delete) -> Result<(), Error> {
    account::hold(tx, command.user)?;
    let gone = get(tx.conn, command.user, command.id)?;
    diesel::delete(addresses::table.find(command.id.to_string())).execute(tx.conn)?;
    if !gone.is_default {
        return Ok(());
    }
    let newest: Option<String> = addresses::table
        .filter(addresses::user_id.eq(command.user.to_string()))
        .order(addresses::id.desc())
        .select(addresses::id)
        .first(tx.conn)
        .optional()?;
    if let Some(id) = newest {
        diesel::update(addresses::table.find(id))
            .set(addresses::is_default.eq(true))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// Forgets all addresses of a user, in the transaction that ends the account. Orders have theirs.
pub fn forget(tx: &mut Tx<'_>, user: UserId) -> Result<(), Error> {
    let all = addresses::table.filter(addresses::user_id.eq(user.to_string()));
    diesel::delete(all).execute(tx.conn)?;
    Ok(())
}

fn unset_default(tx: &mut Tx<'_>, user: UserId) -> Result<(), Error> {
    let default = addresses::table
        .filter(addresses::user_id.eq(user.to_string()))
        .filter(addresses::is_default.eq(true));
    diesel::update(default).set(addresses::is_default.eq(false)).execute(tx.conn)?;
    Ok(())
}

impl Row {
    fn of(user: UserId, saved: &Saved) -> Self {
        let address = saved.address.clone();
        Row {
            id: saved.id.to_string(),
            user_id: user.to_string(),
            name: address.name,
            line1: address.line1,
            line2: address.line2,
            city: address.city,
            region: address.region,
            postal_code: address.postal_code,
            country: address.country,
            phone: address.phone,
            is_default: saved.is_default,
            created_at: At(saved.created_at),
            updated_at: At(saved.updated_at),
        }
    }
}

impl TryFrom<Row> for Saved {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let address = Address {
            name: row.name,
            line1: row.line1,
            line2: row.line2,
            city: row.city,
            region: row.region,
            postal_code: row.postal_code,
            country: row.country,
            phone: row.phone,
        };
        Ok(Saved {
            id: row.id.parse().map_err(corrupt)?,
            address,
            is_default: row.is_default,
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        })
    }
}
