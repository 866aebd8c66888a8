//! Products as the shop's people change them: decided on the locked row, written whole.
//!
//! Locks are taken in this order: the tree, the product, the stock of its variants.

use std::collections::{BTreeMap, HashSet};

use diesel::prelude::*;
use serde_json::json;

use super::{
    super::{Tx, stock::Shelf},
    category::{self, forest},
    record::read,
    rows::{self, PriceRow, VariantRow},
};
use crate::{
    domain::{
        Error,
        catalogue::{
            edit::{Around, Change, Changed, Create, Discard, Edit},
            record::{Record, RecordVariant},
        },
        error::Refusal,
        id::{CategoryId, EventId, ProductId, VariantId},
    },
    store::{
        at::At,
        schema::{images, product_images, products, variants},
    },
};

/// What the ledger says of units that come with a variant.
const INITIAL: &str = "initial stock";

pub fn create_product(tx: &mut Tx<'_>, command: &Create) -> Result<Changed, Error> {
    category::hold(tx)?;
    let around = around(tx, &command.edit, Some(command.category))?;
    let unknown = || Error::invalid("category_id", "unknown_category", "there is no such category");
    let category = around.category.clone().ok_or_else(unknown)?;
    let blank = Record::blank(command.product, category, tx.now);
    let mut after = blank.after(&command.edit, &around)?;
    after.version = 1;
    unique(tx, &blank, &after)?;
    let Record { slug, name, description, brand, description_html, .. } = &after;
    diesel::insert_into(products::table)
        .values((
            products::id.eq(after.id.to_string()),
            products::slug.eq(slug),
            products::name.eq(name),
            products::description.eq(description),
            products::description_html.eq(description_html),
            products::brand.eq(brand),
            products::category_id.eq(after.category.id.to_string()),
            products::attributes.eq(json!(after.attributes).to_string()),
            products::status.eq(after.status.as_str()),
            products::version.eq(after.version),
            products::created_at.eq(At(tx.now)),
            products::updated_at.eq(At(tx.now)),
        ))
        .execute(tx.conn)?;
    write_parts(tx, &blank, &after)?;
    Ok(Changed { before: None, after })
}

pub fn change_product(tx: &mut Tx<'_>, command: &Change) -> Result<Changed, Error> {
    let Change { product, expected, edit } = command;
    if edit.asks_for_definitions() {
        category::hold(tx)?;
    }
    expected.check(lock(tx, *product)?)?;
    // Nobody reserves a unit any more of what is taken out.
    Shelf::lock(tx, edit.removed.iter().copied())?;
    let before = read(tx.conn, *product)?;
    let category = edit.category_id.or(Some(before.category.id));
    let around = around(tx, edit, category.filter(|_| edit.asks_for_definitions()))?;
    let mut after = before.after(edit, &around)?;
    if after == before {
        return Ok(Changed { before: Some(before), after });
    }
    unique(tx, &before, &after)?;
    (after.version, after.updated_at) = (before.version.saturating_add(1), tx.now);
    let Record { slug, name, description, brand, description_html, .. } = &after;
    diesel::update(products::table.find(after.id.to_string()))
        .set((
            products::slug.eq(slug),
            products::name.eq(name),
            products::description.eq(description),
            products::description_html.eq(description_html),
            products::brand.eq(brand),
            products::category_id.eq(after.category.id.to_string()),
            products::attributes.eq(json!(after.attributes).to_string()),
            products::status.eq(after.status.as_str()),
            products::version.eq(after.version),
            products::updated_at.eq(At(tx.now)),
        ))
        .execute(tx.conn)?;
    write_parts(tx, &before, &after)?;
    Ok(Changed { before: Some(before), after })
}

pub fn discard_product(tx: &mut Tx<'_>, command: &Discard) -> Result<(), Error> {
    command.expected.check(lock(tx, command.product)?)?;
    read(tx.conn, command.product)?.may_be_discarded()?;
    let id = command.product.to_string();
    diesel::delete(product_images::table.filter(product_images::product_id.eq(&id)))
        .execute(tx.conn)?;
    diesel::delete(products::table.find(&id)).execute(tx.conn)?;
    Ok(())
}

/// The version of a product, which nobody else changes until the end of the transaction.
fn lock(tx: &mut Tx<'_>, id: ProductId) -> Result<i64, Error> {
    let query = products::table.find(id.to_string()).select(products::version);
    let version: Option<i64> = locked!(query).first(tx.conn).optional()?;
    version.ok_or(Error::NotFound("product"))
}

/// What a change is decided on; the definitions are those of `category`, which is held.
fn around(tx: &mut Tx<'_>, edit: &Edit, category: Option<CategoryId>) -> Result<Around, Error> {
    let keys = edit.images.iter().flatten().map(|it| it.key.as_str());
    let known: Vec<(String, i32, i32)> = images::table
        .filter(images::key.eq_any(keys))
        .select((images::key, images::width, images::height))
        .load(tx.conn)?;
    let images = known.into_iter().map(|(key, width, height)| (key, (width, height))).collect();
    let new = edit.variants.iter().filter(|it| it.id.is_none());
    let fresh = new.map(|_| VariantId::new()).collect();
    let mut around = Around { category: None, definitions: Vec::new(), images, fresh, now: tx.now };
    if let Some(id) = category {
        let forest = forest(tx.conn)?;
        around.category = forest.get(id).ok().map(|it| it.shown()); // unknown is told by the edit
        around.definitions = forest.definitions(id);
    }
    Ok(around)
}

/// Refuses a slug or a SKU that another one has. One that is made at the same time on another node
/// fails the transaction, and the next try finds it.
fn unique(tx: &mut Tx<'_>, before: &Record, after: &Record) -> Result<(), Error> {
    if after.slug != before.slug {
        let others = products::table.filter(products::slug.eq(&after.slug));
        let others: i64 = others.count().get_result(tx.conn)?;
        if others > 0 {
            return Err(Error::conflict("slug_taken", "another product has this slug"));
        }
    }
    let taken = |sku: &str| {
        let refusal = Refusal::new("sku_taken", "another variant has this SKU");
        Err(refusal.with("sku", sku).into())
    };
    let mut own = HashSet::new();
    if let Some(twice) = after.variants.iter().find(|it| !own.insert(&it.sku)) {
        return taken(&twice.sku);
    }
    let was = |it: &&RecordVariant| {
        before.variants.iter().any(|old| old.sku == it.sku && old.id == it.id)
    };
    let new: Vec<&str> =
        after.variants.iter().filter(|it| !was(it)).map(|it| it.sku.as_str()).collect();
    if new.is_empty() {
        return Ok(());
    }
    let found: Option<String> = variants::table
        .filter(variants::sku.eq_any(new))
        .select(variants::sku)
        .first(tx.conn)
        .optional()?;
    found.map_or(Ok(()), |sku| taken(&sku))
}

/// Writes the parts of a product that differ, with the prices and the units that begin with them,
/// and has it told.
fn write_parts(tx: &mut Tx<'_>, before: &Record, after: &Record) -> Result<(), Error> {
    if after.images != before.images {
        write_images(tx, after)?;
    }
    let known: BTreeMap<VariantId, &RecordVariant> =
        before.variants.iter().map(|it| (it.id, it)).collect();
    let changed = after.variants.iter().filter(|it| known.get(&it.id) != Some(it));
    let changed: Vec<&RecordVariant> = changed.collect();
    write_variants(tx, after.id, &changed)?;
    let asked = |it: &RecordVariant| (it.price, it.compare_at_price);
    let priced =
        changed.iter().filter(|it| known.get(&it.id).is_none_or(|old| asked(old) != asked(it)));
    write_prices(tx, priced.copied())?;
    let new = changed.into_iter().filter(|it| !known.contains_key(&it.id));
    stock_up(tx, &new.collect::<Vec<_>>())?;
    tx.touch(after.id);
    Ok(())
}

fn write_images(tx: &mut Tx<'_>, after: &Record) -> Result<(), Error> {
    let id = after.id.to_string();
    diesel::delete(product_images::table.filter(product_images::product_id.eq(&id)))
        .execute(tx.conn)?;
    let rows = (0..).zip(&after.images).map(|(position, it): (i32, _)| {
        (
            product_images::product_id.eq(&id),
            product_images::position.eq(position),
            product_images::image_key.eq(&it.key),
            product_images::alt.eq(&it.alt),
        )
    });
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        diesel::insert_into(product_images::table).values(rows).execute(tx.conn)?;
    }
    Ok(())
}

fn write_variants(
    tx: &mut Tx<'_>,
    product: ProductId,
    all: &[&RecordVariant],
) -> Result<(), Error> {
    let row = |it: &&RecordVariant| VariantRow {
        id: it.id.to_string(),
        product_id: product.to_string(),
        position: it.position,
        sku: it.sku.clone(),
        name: it.name.clone(),
        options: json!(it.options).to_string(),
        price: it.price.amount,
        compare_at_price: it.compare_at_price.map(|price| price.amount),
        weight_grams: it.weight_grams,
        low_threshold: it.low_threshold,
        removed_at: it.removed_at.map(At),
    };
    rows::write_variants(tx, &all.iter().map(row).collect::<Vec<VariantRow>>())
}

fn write_prices<'a>(
    tx: &mut Tx<'_>,
    all: impl Iterator<Item = &'a RecordVariant>,
) -> Result<(), Error> {
    let row = |it: &RecordVariant| PriceRow {
        id: EventId::new().to_string(),
        variant_id: it.id.to_string(),
        price: it.price.amount,
        compare_at_price: it.compare_at_price.map(|price| price.amount),
        at: At(tx.now),
    };
    let rows: Vec<PriceRow> = all.map(row).collect();
    rows::write_prices(tx, &rows)
}

/// Puts the units of new variants on the shelf.
fn stock_up(tx: &mut Tx<'_>, new: &[&RecordVariant]) -> Result<(), Error> {
    if new.is_empty() {
        return Ok(());
    }
    let mut shelf = Shelf::lock(tx, [])?;
    new.iter().for_each(|variant| shelf.set_up(variant.id));
    for variant in new.iter().filter(|it| it.stock.on_hand > 0) {
        shelf.shift(variant.id, variant.stock.on_hand, 0)?;
        shelf.note(tx, variant.id, variant.stock.on_hand, INITIAL, None);
    }
    shelf.put_back(tx)
}
