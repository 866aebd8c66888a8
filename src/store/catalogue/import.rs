//! Importing: makes or updates categories and products, by slug and SKU.
//!
//! What is known is read with one query a table, compared in memory, and written with one
//! statement a table: only what differs.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::{prelude::*, upsert::excluded};

use super::{
    super::{Conn, Tx, snapshot, stock, stock::Shelf},
    category,
    rows::{CategoryRow, write_prices, write_variants},
};
use crate::{
    domain::{
        Error,
        catalogue::import::{Import, Imported},
        id::VariantId,
    },
    store::{
        at::At,
        error::corrupt,
        insert::insert,
        schema::{categories, images, product_images, products},
    },
};

mod judge;
mod known;
mod plan;

use self::{known::Known, plan::Plan};

/// Brings the catalogue up to date. The lock order is: the tree, products, their stock.
pub fn import(tx: &mut Tx<'_>, command: &Import) -> Result<Imported, Error> {
    // What its products may say, and which categories are missing, is decided by the tree.
    category::hold(tx)?;
    known::lock_products(tx, command)?;
    let known = Known::of(tx.conn, command)?;
    let mut shelf = Shelf::lock(tx, known.counted(command)?)?;
    let units = |id| shelf.units(id).map(|it| (it.on_hand, it.reserved));
    let plan = Plan::of(known, command, units, At(tx.now))?;
    write(tx, &plan)?;
    put_in_stock(tx, &mut shelf, &plan)?;
    shelf.put_back(tx)?;
    plan.touched.iter().for_each(|product| tx.touch(*product));
    Ok(plan.imported)
}

/// What an [`import`] would come to now; nothing is changed, and nobody waits for it.
pub fn weigh(conn: &mut Conn, command: Import, now: DateTime<Utc>) -> Result<Imported, Error> {
    snapshot(conn, |conn| {
        let known = Known::of(conn, &command)?;
        let levels = stock::levels(conn, known.counted(&command)?)?;
        let levels: BTreeMap<VariantId, (i64, i64)> =
            levels.iter().map(|it| (it.variant, (it.on_hand, it.reserved))).collect();
        Ok(Plan::of(known, &command, |id| levels.get(&id).copied(), At(now))?.imported)
    })
}

fn write(tx: &mut Tx<'_>, plan: &Plan) -> Result<(), Error> {
    write_categories(tx, plan)?;
    write_products(tx, plan)?;
    write_variants(tx, &plan.variants)?;
    write_prices(tx, &plan.prices)?;
    write_images(tx, plan)
}

fn write_categories(tx: &mut Tx<'_>, plan: &Plan) -> Result<(), Error> {
    let rows: Vec<CategoryRow> = plan.categories.iter().map(category::row).collect();
    insert(categories::table, &rows).run(tx.conn)?;
    for defining in plan.categories.iter().filter(|it| !it.attributes.is_empty()) {
        category::write_attributes(tx, defining)?;
    }
    if plan.categories.is_empty() { Ok(()) } else { category::count(tx) }
}

fn write_products(tx: &mut Tx<'_>, plan: &Plan) -> Result<(), Error> {
    insert(products::table, &plan.products)
        .on_conflict(products::id)
        .set((
            products::name.eq(excluded(products::name)),
            products::description.eq(excluded(products::description)),
            products::description_html.eq(excluded(products::description_html)),
            products::brand.eq(excluded(products::brand)),
            products::category_id.eq(excluded(products::category_id)),
            products::attributes.eq(excluded(products::attributes)),
            products::status.eq(excluded(products::status)),
            products::version.eq(excluded(products::version)),
            products::updated_at.eq(excluded(products::updated_at)),
        ))
        .run(tx.conn)
}

fn write_images(tx: &mut Tx<'_>, plan: &Plan) -> Result<(), Error> {
    // One at a time: each has its bytes.
    for picture in &plan.pictures {
        diesel::insert_into(images::table)
            .values(picture)
            .on_conflict_do_nothing()
            .execute(tx.conn)?;
    }
    if plan.shown.is_empty() {
        return Ok(());
    }
    let of = product_images::table.filter(product_images::product_id.eq_any(&plan.shown));
    diesel::delete(of).execute(tx.conn)?;
    insert(product_images::table, &plan.images).run(tx.conn)
}

fn put_in_stock(tx: &Tx<'_>, shelf: &mut Shelf, plan: &Plan) -> Result<(), Error> {
    plan.new_variants.iter().for_each(|id| shelf.set_up(*id));
    for (variant, moved) in &plan.moves {
        shelf.shift(*variant, *moved, 0)?;
        shelf.note(tx, *variant, *moved, "import", None);
    }
    Ok(())
}
