//! Exporting: products whole, in pages by slug, which is the same order in whatever shop they are
//! imported to.

use std::collections::HashMap;

use diesel::prelude::*;
use serde_json::from_str;

use super::{
    super::{Conn, snapshot},
    rows::{CategoryRow, ProductRow, VariantRow},
};
use crate::{
    domain::{
        Error,
        catalogue::import::{
            Description, Entry, NewCategory, NewImage, NewProduct, NewVariant, Picture,
        },
        money::Money,
        page::{Listed, Page},
    },
    store::{
        error::corrupt,
        schema::{categories, product_images, products, stock, variants},
    },
};

/// A page of all products, whatever their status; each page is of one moment.
pub fn export(conn: &mut Conn, page: Page<String>) -> Result<Listed<Entry, String>, Error> {
    snapshot(conn, |conn| {
        let after = page.after.as_deref().unwrap_or_default();
        let rows: Vec<ProductRow> = products::table
            .filter(products::slug.gt(after))
            .order(products::slug)
            .limit(page.limit.saturating_add(1))
            .select(ProductRow::as_select())
            .load(conn)?;
        let listed = Listed::cut(rows, page.limit, |row| row.slug.clone());
        Ok(Listed { items: entries(conn, listed.items)?, next: listed.next })
    })
}

fn entries(conn: &mut Conn, rows: Vec<ProductRow>) -> Result<Vec<Entry>, Error> {
    let ids: Vec<&str> = rows.iter().map(|it| it.id.as_str()).collect();
    let (mut variants, mut images) = (variants_of(conn, &ids)?, images_of(conn, &ids)?);
    let tree: Vec<CategoryRow> = categories::table.select(CategoryRow::as_select()).load(conn)?;
    let tree: HashMap<&str, &CategoryRow> = tree.iter().map(|it| (it.id.as_str(), it)).collect();
    let entry = |row: ProductRow| {
        let categories = path(&tree, &row.category_id);
        let product = NewProduct {
            line: 0,
            category: categories.last().map(|it| it.slug.clone()),
            description: Some(Description { text: row.description, html: row.description_html }),
            brand: Some(row.brand),
            attributes: Some(from_str(&row.attributes).map_err(corrupt)?),
            status: Some(row.status.parse()?),
            images: Some(images.remove(&row.id).unwrap_or_default()),
            variants: variants.remove(&row.id).unwrap_or_default(),
            slug: row.slug,
            name: row.name,
        };
        Ok(Entry { categories, product })
    };
    rows.into_iter().map(entry).collect()
}

/// The category and those above it, the topmost first.
fn path(tree: &HashMap<&str, &CategoryRow>, category: &str) -> Vec<NewCategory> {
    let mut path = Vec::new();
    let mut next = tree.get(category);
    while let Some(row) = next {
        let parent = row.parent_id.as_deref().and_then(|id| tree.get(id));
        path.push(NewCategory {
            slug: row.slug.clone(),
            name: row.name.clone(),
            parent: parent.map(|it| it.slug.clone()),
            attributes: Vec::new(),
        });
        // There is no circle; if there were one, this would still end.
        next = parent.filter(|_| path.len() < tree.len());
    }
    path.reverse();
    path
}

fn variants_of(
    conn: &mut Conn,
    products: &[&str],
) -> Result<HashMap<String, Vec<NewVariant>>, Error> {
    let rows: Vec<(VariantRow, i64)> = variants::table
        .inner_join(stock::table)
        .filter(variants::product_id.eq_any(products))
        .filter(variants::removed_at.is_null())
        .order((variants::product_id, variants::position, variants::id))
        .select((VariantRow::as_select(), stock::on_hand))
        .load(conn)?;
    let mut all: HashMap<String, Vec<NewVariant>> = HashMap::new();
    for (row, on_hand) in rows {
        all.entry(row.product_id).or_default().push(NewVariant {
            line: 0,
            sku: row.sku,
            name: row.name,
            options: from_str(&row.options).map_err(corrupt)?,
            price: Money::euros(row.price),
            compare_at_price: Some(row.compare_at_price.map(Money::euros)),
            on_hand: Some(on_hand),
            weight_grams: Some(row.weight_grams),
            low_threshold: Some(row.low_threshold),
        });
    }
    Ok(all)
}

fn images_of(conn: &mut Conn, products: &[&str]) -> Result<HashMap<String, Vec<NewImage>>, Error> {
    let rows: Vec<(String, String, String)> = product_images::table
        .filter(product_images::product_id.eq_any(products))
        .order((product_images::product_id, product_images::position))
        .select((product_images::product_id, product_images::image_key, product_images::alt))
        .load(conn)?;
    let mut all: HashMap<String, Vec<NewImage>> = HashMap::new();
    for (product, key, alt) in rows {
        all.entry(product).or_default().push(NewImage { alt, picture: Picture::Kept(key) });
    }
    Ok(all)
}
