//! Promotions as the shop's people find and change them.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    str::FromStr,
};

use diesel::{
    dsl::{count_star, exists},
    prelude::*,
};
use serde_json::json;

use super::{
    super::{Backend, Conn, Tx, event, snapshot},
    rows::Row,
};
use crate::{
    domain::{
        Error,
        event::Kind,
        id::PromotionId,
        page::{Listed, Page},
        promotion::{
            Promotion,
            change::{Change, Changed, Create, Named},
        },
    },
    store::{
        error::corrupt,
        schema::{categories, products, promotions, redemptions},
    },
};

/// All promotions, the newest first, each with how many orders have it.
pub fn promotions(
    conn: &mut Conn,
    page: Page<PromotionId>,
) -> Result<Listed<Promotion, PromotionId>, Error> {
    snapshot(conn, |conn| {
        let mut query = promotions::table
            .order(promotions::id.desc())
            .limit(page.limit.saturating_add(1))
            .select(Row::as_select())
            .into_boxed::<Backend>();
        if let Some(after) = page.after {
            query = query.filter(promotions::id.lt(after.to_string()));
        }
        let rows: Vec<Row> = query.load(conn)?;
        Ok(Listed::cut(counted(conn, rows)?, page.limit, |it| it.id))
    })
}

/// A promotion, or `NotFound`.
pub fn promotion(conn: &mut Conn, id: PromotionId) -> Result<Promotion, Error> {
    snapshot(conn, |conn| {
        let row = promotions::table.find(id.to_string()).select(Row::as_select());
        let row: Option<Row> = row.first(conn).optional()?;
        let found = counted(conn, row.into_iter().collect())?.pop();
        found.ok_or(Error::NotFound("promotion"))
    })
}

/// The promotions of `rows`. Where nobody counts as orders are placed, it is done now.
fn counted(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<Promotion>, Error> {
    let ids = rows.iter().map(|row| row.id.as_str());
    let used: Vec<(String, i64)> = redemptions::table
        .filter(redemptions::promotion_id.eq_any(ids))
        .group_by(redemptions::promotion_id)
        .select((redemptions::promotion_id, count_star()))
        .load(conn)?;
    let used: HashMap<String, i64> = used.into_iter().collect();
    let promotion = |row: Row| {
        let used = used.get(&row.id).copied().unwrap_or(0);
        Promotion::try_from(row).map(|it| Promotion { used, ..it })
    };
    rows.into_iter().map(promotion).collect()
}

/// The ids of products and of categories by their ids or slugs, each once; empty where one of them
/// names nothing.
pub fn named(
    conn: &mut Conn,
    products: Vec<String>,
    categories: Vec<String>,
) -> Result<Named, Error> {
    let found: Vec<(String, String)> = products::table
        .filter(products::id.eq_any(&products).or(products::slug.eq_any(&products)))
        .select((products::id, products::slug))
        .load(conn)?;
    let products = ids(&products, &found)?;
    let found: Vec<(String, String)> = categories::table
        .filter(categories::id.eq_any(&categories).or(categories::slug.eq_any(&categories)))
        .select((categories::id, categories::slug))
        .load(conn)?;
    Ok(Named { products, categories: ids(&categories, &found)? })
}

fn ids<T: FromStr<Err = Error>>(
    names: &[String],
    found: &[(String, String)],
) -> Result<Option<Vec<T>>, Error> {
    let all: BTreeMap<&str, &str> =
        found.iter().flat_map(|(id, slug)| [(&**id, &**id), (&**slug, &**id)]).collect();
    let ids: Option<BTreeSet<&str>> = names.iter().map(|it| all.get(&**it).copied()).collect();
    ids.map(|ids| ids.into_iter().map(|id| id.parse().map_err(corrupt)).collect()).transpose()
}

pub fn create_promotion(tx: &mut Tx<'_>, command: &Create) -> Result<Changed, Error> {
    let Create { id, rule } = command.clone();
    let after = Promotion { id, rule, used: 0, version: 1, created_at: tx.now, updated_at: tx.now };
    code_is_free(tx, &after)?;
    diesel::insert_into(promotions::table).values(&Row::from(&after)).execute(tx.conn)?;
    tell(tx, Kind::PromotionCreated, &after);
    Ok(Changed { before: None, after })
}

pub fn change_promotion(tx: &mut Tx<'_>, command: &Change) -> Result<Changed, Error> {
    let query = promotions::table.find(command.id.to_string()).select(Row::as_select());
    let row: Option<Row> = locked!(query).first(tx.conn).optional()?;
    let before = Promotion::try_from(row.ok_or(Error::NotFound("promotion"))?)?;
    command.expected.check(before.version)?;
    let after = before.with(command.rule.clone(), tx.now)?;
    code_is_free(tx, &after)?;
    diesel::update(promotions::table.find(after.id.to_string()))
        .set(Row::from(&after))
        .execute(tx.conn)?;
    tell(tx, Kind::PromotionChanged, &after);
    Ok(Changed { before: Some(before), after })
}

fn tell(tx: &mut Tx<'_>, kind: Kind, Promotion { id, version, .. }: &Promotion) {
    event::tell(tx, kind, None, json!({ "promotion_id": id, "version": version }));
}

/// One that another node takes in the meantime fails the transaction, and the next try finds it.
fn code_is_free(tx: &mut Tx<'_>, of: &Promotion) -> Result<(), Error> {
    let Some(code) = &of.rule.code else { return Ok(()) };
    let other = promotions::table
        .filter(promotions::code.eq(code.as_str()))
        .filter(promotions::id.ne(of.id.to_string()));
    if diesel::select(exists(other)).get_result(tx.conn)? {
        return Err(Error::conflict("code_taken", "another promotion has this code"));
    }
    Ok(())
}
