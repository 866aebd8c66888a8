//! Categories as the shop's people change them. Whoever changes the tree, or decides by it, holds
//! its one row: so two moves at once never make a circle, and no product is given values that a
//! definition has just ruled out.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde_json::{from_str, json};

use super::{
    super::{Backend, Conn, Tx, snapshot},
    PAGE,
    rows::{self, CategoryRow},
};
use crate::{
    domain::{
        Error,
        catalogue::{
            Status,
            attribute::{Definition, Value},
            category::{Change, Changed, Create, Delete, Forest, Kept},
            typed::{demands, unmet},
        },
        error::Refusal,
        id::CategoryId,
        page::{Listed, Page},
    },
    store::{
        error::corrupt,
        schema::{categories, category_attributes, category_tree, products},
    },
};

/// How many products that are in the way of a change are named.
const NAMED_MAX: usize = 10;

/// A category, or `NotFound`.
pub fn category(conn: &mut Conn, id: CategoryId) -> Result<Kept, Error> {
    snapshot(conn, |conn| {
        let row = categories::table
            .find(id.to_string())
            .select(CategoryRow::as_select())
            .first(conn)
            .optional()?;
        kept(conn, vec![row.ok_or(Error::NotFound("category"))?])?
            .pop()
            .ok_or(Error::NotFound("category"))
    })
}

/// The categories, the oldest first.
pub fn categories(
    conn: &mut Conn,
    page: Page<CategoryId>,
) -> Result<Listed<Kept, CategoryId>, Error> {
    snapshot(conn, |conn| {
        let mut query = categories::table
            .order(categories::id)
            .limit(page.limit.saturating_add(1))
            .select(CategoryRow::as_select())
            .into_boxed::<Backend>();
        if let Some(after) = page.after {
            query = query.filter(categories::id.gt(after.to_string()));
        }
        let rows = query.load(conn)?;
        Ok(Listed::cut(kept(conn, rows)?, page.limit, |it| it.id))
    })
}

pub fn create_category(tx: &mut Tx<'_>, command: &Create) -> Result<Changed, Error> {
    hold(tx)?;
    let mut after = forest(tx.conn)?.after(command.id, &command.edit)?;
    after.version = 1;
    diesel::insert_into(categories::table).values(row(&after)).execute(tx.conn)?;
    write_attributes(tx, &after)?;
    count(tx)?;
    Ok(Changed { before: None, after })
}

pub fn change_category(tx: &mut Tx<'_>, command: &Change) -> Result<Changed, Error> {
    hold(tx)?;
    let forest = forest(tx.conn)?;
    let before = forest.get(command.id)?.clone();
    command.expected.check(before.version)?;
    let mut after = forest.after(command.id, &command.edit)?;
    if after == before {
        return Ok(Changed { before: Some(before), after });
    }
    no_product_is_in_the_way(tx, &forest, &forest.with(after.clone()), command.id)?;
    after.version = after.version.saturating_add(1);
    let CategoryRow { id, parent_id, slug, name, position, version } = row(&after);
    diesel::update(categories::table.find(id))
        .set((
            categories::parent_id.eq(parent_id),
            categories::slug.eq(slug),
            categories::name.eq(name),
            categories::position.eq(position),
            categories::version.eq(version),
        ))
        .execute(tx.conn)?;
    if after.attributes != before.attributes {
        write_attributes(tx, &after)?;
    }
    count(tx)?;
    Ok(Changed { before: Some(before), after })
}

pub fn delete_category(tx: &mut Tx<'_>, command: &Delete) -> Result<(), Error> {
    hold(tx)?;
    let forest = forest(tx.conn)?;
    command.expected.check(forest.get(command.id)?.version)?;
    let id = command.id.to_string();
    let below = forest.below(command.id).len().saturating_sub(1);
    let within: i64 =
        products::table.filter(products::category_id.eq(&id)).count().get_result(tx.conn)?;
    if below > 0 || within > 0 {
        let refusal = Refusal::new("category_not_empty", "categories or products are in it");
        return Err(refusal.with("categories", below).with("products", within).into());
    }
    diesel::delete(category_attributes::table.filter(category_attributes::category_id.eq(&id)))
        .execute(tx.conn)?;
    diesel::delete(categories::table.find(&id)).execute(tx.conn)?;
    count(tx)
}

/// Lets nobody else change the tree, or decide by it, until the end of the transaction. It comes
/// before the rows of products and of stock.
pub fn hold(tx: &mut Tx<'_>) -> Result<(), Error> {
    let query = category_tree::table.select(category_tree::version);
    let _: i64 = locked!(query).first(tx.conn)?;
    Ok(())
}

/// Counts a change of the tree, which is held.
pub fn count(tx: &mut Tx<'_>) -> Result<(), Error> {
    diesel::update(category_tree::table)
        .set(category_tree::version.eq(category_tree::version + 1))
        .execute(tx.conn)?;
    tx.touch_tree();
    Ok(())
}

/// Whether any category lets its products say anything.
pub fn defines_anything(conn: &mut Conn) -> Result<bool, Error> {
    let first: Option<String> = category_attributes::table
        .select(category_attributes::category_id)
        .first(conn)
        .optional()?;
    Ok(first.is_some())
}

/// All categories.
pub fn forest(conn: &mut Conn) -> Result<Forest, Error> {
    let rows = categories::table.select(CategoryRow::as_select()).load(conn)?;
    Ok(kept(conn, rows)?.into_iter().collect())
}

fn kept(conn: &mut Conn, rows: Vec<CategoryRow>) -> Result<Vec<Kept>, Error> {
    let mut attributes = rows::attributes(conn)?;
    let kept = rows.into_iter().map(|row| {
        let attributes = attributes.remove(&row.id).unwrap_or_default();
        let parent_id = row.parent_id.map(|id| id.parse().map_err(corrupt)).transpose()?;
        let id = row.id.parse().map_err(corrupt)?;
        let CategoryRow { slug, name, position, version, .. } = row;
        Ok(Kept { id, slug, name, parent_id, position, attributes, version })
    });
    kept.collect()
}

pub fn row(kept: &Kept) -> CategoryRow {
    CategoryRow {
        id: kept.id.to_string(),
        parent_id: kept.parent_id.map(|it| it.to_string()),
        slug: kept.slug.clone(),
        name: kept.name.clone(),
        position: kept.position,
        version: kept.version,
    }
}

pub fn write_attributes(tx: &mut Tx<'_>, kept: &Kept) -> Result<(), Error> {
    let id = kept.id.to_string();
    diesel::delete(category_attributes::table.filter(category_attributes::category_id.eq(&id)))
        .execute(tx.conn)?;
    let rows = (0..).zip(&kept.attributes).map(|(position, it): (i32, _)| {
        (
            category_attributes::category_id.eq(&id),
            category_attributes::name.eq(&it.name),
            category_attributes::position.eq(position),
            category_attributes::kind.eq(it.kind.as_str()),
            category_attributes::unit.eq(&it.unit),
            category_attributes::required.eq(it.required),
            category_attributes::choices.eq(json!(it.choices).to_string()),
        )
    });
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        diesel::insert_into(category_attributes::table).values(rows).execute(tx.conn)?;
    }
    Ok(())
}

/// Refuses a change by which products of the category, or of one below it, would have values that
/// are wrong, or would miss what is required of a product that is published; some are named. They
/// are looked at only where something is demanded anew.
fn no_product_is_in_the_way(
    tx: &mut Tx<'_>,
    before: &Forest,
    after: &Forest,
    moved: CategoryId,
) -> Result<(), Error> {
    let demanded = after
        .below(moved)
        .into_iter()
        .map(|id| (id.to_string(), demands(&before.definitions(id), &after.definitions(id))));
    let demanded: BTreeMap<String, Vec<Definition>> =
        demanded.filter(|(_, demanded)| !demanded.is_empty()).collect();
    if demanded.is_empty() {
        return Ok(());
    }
    let (mut last, mut attribute, mut in_the_way) = (String::new(), None, Vec::new());
    loop {
        let rows: Vec<(String, String, String, String)> = products::table
            .filter(products::category_id.eq_any(demanded.keys()))
            .filter(products::id.gt(&last))
            .order(products::id)
            .limit(PAGE)
            .select((products::id, products::category_id, products::attributes, products::status))
            .load(tx.conn)?;
        let Some((id, ..)) = rows.last() else { break };
        id.clone_into(&mut last);
        for (id, category, values, status) in rows {
            let values: BTreeMap<String, Value> = from_str(&values).map_err(corrupt)?;
            let is_published = status == Status::Published.as_str();
            let demanded = demanded.get(&category).map(Vec::as_slice).unwrap_or_default();
            if let Some(definition) = unmet(demanded, &values, is_published) {
                attribute.get_or_insert_with(|| definition.name.clone());
                in_the_way.push(id);
            }
        }
        if in_the_way.len() >= NAMED_MAX {
            break;
        }
    }
    let Some(attribute) = attribute else { return Ok(()) };
    in_the_way.truncate(NAMED_MAX);
    let message = format!("products have no fitting value of {attribute}: mend them first");
    let refusal = Refusal::new("products_in_the_way", message);
    Err(refusal.with("attribute", attribute).with("products", in_the_way).into())
}
