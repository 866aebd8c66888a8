//! Importing: makes or updates categories and products, by slug and SKU.

use std::collections::{HashMap, HashSet};

use diesel::{prelude::*, upsert::excluded};
use serde_json::json;

use super::{
    super::{Tx, image, stock::Shelf},
    rows::{CategoryRow, ProductRow, VariantRow},
};
use crate::{
    domain::{
        Error,
        catalogue::{
            Status,
            import::{Import, Imported, NewCategory, NewImage, NewProduct, NewVariant},
        },
        id::{CategoryId, ProductId, VariantId},
    },
    store::{
        error::corrupt,
        schema::{categories, category_tree, product_images, products, variants},
    },
};

/// Below how many units a shopper is told to hurry.
const LOW_THRESHOLD: i64 = 5;

pub fn import(tx: &mut Tx<'_>, command: &Import) -> Result<Imported, Error> {
    let category_ids = import_categories(tx, &command.categories)?;
    let known = known_products(tx, &command.products)?;
    let mut imported = Imported::default();
    for product in &command.products {
        let found = known.get(&product.slug);
        let id = import_product(tx, product, &category_ids, found)?;
        import_images(tx, &id, &product.images)?;
        import_variants(tx, &id, &product.variants)?;
        tx.touch(id.parse().map_err(corrupt)?);
        match found {
            Some(_) => imported.updated += 1,
            None => imported.created += 1,
        }
    }
    Ok(imported)
}

/// The ids of all categories there are, by slug.
fn import_categories(
    tx: &mut Tx<'_>,
    all: &[NewCategory],
) -> Result<HashMap<String, String>, Error> {
    if !all.is_empty() {
        lock_tree(tx)?;
    }
    let mut ids: HashMap<String, String> = categories::table
        .select((categories::slug, categories::id))
        .load(tx.conn)?
        .into_iter()
        .collect();
    for (position, new) in (0..).zip(all) {
        let parent_id = match &new.parent {
            Some(slug) => Some(ids.get(slug).cloned().ok_or(Error::NotFound("category"))?),
            None => None,
        };
        let id = ids.entry(new.slug.clone()).or_insert_with(|| CategoryId::new().to_string());
        let (id, slug, name) = (id.clone(), new.slug.clone(), new.name.clone());
        diesel::insert_into(categories::table)
            .values(CategoryRow { id, parent_id, slug, name, position, version: 1 })
            .on_conflict(categories::slug)
            .do_update()
            .set((
                categories::name.eq(excluded(categories::name)),
                categories::parent_id.eq(excluded(categories::parent_id)),
                categories::version.eq(categories::version + 1),
            ))
            .execute(tx.conn)?;
    }
    Ok(ids)
}

/// Lets nobody else change the tree until the end of the transaction, and counts the change.
fn lock_tree(tx: &mut Tx<'_>) -> Result<(), Error> {
    diesel::update(category_tree::table)
        .set(category_tree::version.eq(category_tree::version + 1))
        .execute(tx.conn)?;
    tx.touch_tree();
    Ok(())
}

fn known_products(
    tx: &mut Tx<'_>,
    all: &[NewProduct],
) -> Result<HashMap<String, ProductRow>, Error> {
    let slugs = all.iter().map(|product| product.slug.as_str());
    let rows: Vec<ProductRow> = products::table
        .filter(products::slug.eq_any(slugs))
        .select(ProductRow::as_select())
        .load(tx.conn)?;
    Ok(rows.into_iter().map(|row| (row.slug.clone(), row)).collect())
}

fn import_product(
    tx: &mut Tx<'_>,
    new: &NewProduct,
    category_ids: &HashMap<String, String>,
    found: Option<&ProductRow>,
) -> Result<String, Error> {
    let category_id =
        category_ids.get(&new.category).cloned().ok_or(Error::NotFound("category"))?;
    if new.variants.is_empty() {
        return Err(no_variants(&new.slug));
    }
    let row = ProductRow {
        id: found.map_or_else(|| ProductId::new().to_string(), |row| row.id.clone()),
        slug: new.slug.clone(),
        name: new.name.clone(),
        description: new.description.clone(),
        brand: new.brand.clone(),
        category_id,
        attributes: json!(new.attributes).to_string(),
        status: Status::Published.to_string(),
        version: found.map_or(1, |row| row.version.saturating_add(1)),
        created_at: found.map_or_else(|| tx.now.naive_utc(), |row| row.created_at),
        updated_at: tx.now.naive_utc(),
        description_html: None,
    };
    diesel::insert_into(products::table)
        .values(&row)
        .on_conflict(products::id)
        .do_update()
        .set((
            products::name.eq(excluded(products::name)),
            products::description.eq(excluded(products::description)),
            products::brand.eq(excluded(products::brand)),
            products::category_id.eq(excluded(products::category_id)),
            products::attributes.eq(excluded(products::attributes)),
            products::description_html.eq(excluded(products::description_html)),
            products::version.eq(excluded(products::version)),
            products::updated_at.eq(excluded(products::updated_at)),
        ))
        .execute(tx.conn)?;
    Ok(row.id)
}

fn no_variants(slug: &str) -> Error {
    Error::invalid("variants", "required", format!("{slug} has no variant that could be bought"))
}

fn import_images(tx: &mut Tx<'_>, product: &str, all: &[NewImage]) -> Result<(), Error> {
    for (position, new) in (0..).zip(all) {
        let key = image::import(tx, new)?.to_string();
        diesel::insert_into(product_images::table)
            .values((
                product_images::product_id.eq(product),
                product_images::position.eq(position),
                product_images::image_key.eq(&key),
                product_images::alt.eq(&new.alt),
            ))
            .on_conflict((product_images::product_id, product_images::position))
            .do_update()
            .set((
                product_images::image_key.eq(excluded(product_images::image_key)),
                product_images::alt.eq(excluded(product_images::alt)),
            ))
            .execute(tx.conn)?;
    }
    Ok(())
}

fn import_variants(tx: &mut Tx<'_>, product: &str, all: &[NewVariant]) -> Result<(), Error> {
    let skus = all.iter().map(|variant| variant.sku.as_str());
    let known: Vec<(String, String, String)> = variants::table
        .filter(variants::sku.eq_any(skus))
        .select((variants::sku, variants::id, variants::product_id))
        .load(tx.conn)?;
    if let Some((sku, ..)) = known.iter().find(|(_, _, owner)| owner != product) {
        let message = format!("another product has the SKU {sku}");
        return Err(Error::invalid("sku", "sku_taken", message));
    }
    let known: HashMap<String, String> = known.into_iter().map(|(sku, id, _)| (sku, id)).collect();
    let row = |(position, new): (i32, &NewVariant)| VariantRow {
        id: known.get(&new.sku).cloned().unwrap_or_else(|| VariantId::new().to_string()),
        product_id: product.to_owned(),
        position,
        sku: new.sku.clone(),
        name: new.name.clone(),
        options: json!(new.options).to_string(),
        price: new.price.amount,
        compare_at_price: new.compare_at_price.map(|price| price.amount),
        weight_grams: new.weight_grams,
        low_threshold: LOW_THRESHOLD,
        removed_at: None,
    };
    let rows: Vec<VariantRow> = (0..).zip(all).map(row).collect();
    write_variants(tx, &rows)?;
    stock_up(tx, &rows, all)
}

fn write_variants(tx: &mut Tx<'_>, rows: &[VariantRow]) -> Result<(), Error> {
    diesel::insert_into(variants::table)
        .values(rows)
        .on_conflict(variants::id)
        .do_update()
        .set((
            variants::position.eq(excluded(variants::position)),
            variants::name.eq(excluded(variants::name)),
            variants::options.eq(excluded(variants::options)),
            variants::price.eq(excluded(variants::price)),
            variants::compare_at_price.eq(excluded(variants::compare_at_price)),
            variants::weight_grams.eq(excluded(variants::weight_grams)),
        ))
        .execute(tx.conn)?;
    Shelf::set_up(tx, rows.iter().map(|row| row.id.clone()))
}

/// Sets what is on hand, but never below what is reserved.
fn stock_up(tx: &mut Tx<'_>, rows: &[VariantRow], all: &[NewVariant]) -> Result<(), Error> {
    let ids = rows.iter().map(|row| row.id.parse().map_err(corrupt));
    let ids = ids.collect::<Result<Vec<VariantId>, Error>>()?;
    let distinct: HashSet<VariantId> = ids.iter().copied().collect();
    let mut shelf = Shelf::lock(tx, distinct)?;
    for (id, new) in ids.into_iter().zip(all) {
        let units = shelf.units(id).ok_or(Error::NotFound("variant"))?;
        let moved = new.on_hand.max(units.reserved).saturating_sub(units.on_hand);
        if moved != 0 {
            shelf.shift(id, moved, 0)?;
            shelf.note(tx, id, moved, "import", None);
        }
    }
    shelf.put_back(tx)
}
