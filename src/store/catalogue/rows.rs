//! Products as rows, and back.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDateTime;
use diesel::{dsl::AsSelect, prelude::*};
use serde_json::from_str;

use super::super::{Backend, Conn};
use crate::{
    domain::{
        Error,
        cart::Offer,
        catalogue::{CategoryRef, Image, Product, Rating, Stock, Variant},
        id::VariantId,
        money::Money,
    },
    store::{
        error::corrupt,
        schema::{categories, images, product_images, products, stock, variants},
    },
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = categories, treat_none_as_default_value = false)]
pub struct CategoryRow {
    pub id: String,
    pub parent_id: Option<String>,
    pub slug: String,
    pub name: String,
    pub position: i32,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = products, treat_none_as_default_value = false)]
pub struct ProductRow {
    pub id: String,
    pub slug: String,
    pub name: String,
    pub description: String,
    pub brand: Option<String>,
    pub category_id: String,
    pub attributes: String,
    pub status: String,
    pub price_from: i64,
    pub words: String,
    pub version: i64,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = variants, treat_none_as_default_value = false)]
pub struct VariantRow {
    pub id: String,
    pub product_id: String,
    pub position: i32,
    pub sku: String,
    pub name: String,
    pub options: String,
    pub price: i64,
    pub compare_at_price: Option<i64>,
    pub weight_grams: i64,
    pub low_threshold: i64,
}

type Columns = (
    variants::id,
    variants::product_id,
    variants::name,
    variants::sku,
    variants::options,
    variants::price,
    products::name,
    products::status,
);

/// What an offer is made of: the columns of [`offered`].
pub type Offered = (String, String, String, String, String, i64, String, String);

pub fn offered() -> Columns {
    (
        variants::id,
        variants::product_id,
        variants::name,
        variants::sku,
        variants::options,
        variants::price,
        products::name,
        products::status,
    )
}

/// The offer, and whether it is for sale.
pub fn offer(row: Offered) -> Result<(VariantId, (Offer, bool)), Error> {
    let (id, product, variant, sku, options, price, name, status) = row;
    let id: VariantId = id.parse().map_err(corrupt)?;
    let name = if variant.is_empty() { name } else { format!("{name}, {variant}") };
    let offer = Offer {
        variant: id,
        product: product.parse().map_err(corrupt)?,
        name,
        sku,
        options: from_str(&options).map_err(corrupt)?,
        price: Money::euros(price),
    };
    Ok((id, (offer, status == super::PUBLISHED)))
}

/// Reads what belongs to `rows`, with one query a table however many they are.
pub fn assemble(conn: &mut Conn, rows: Vec<ProductRow>) -> Result<Vec<Product>, Error> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut variants = variants_of(conn, &ids)?;
    let mut images = images_of(conn, &ids)?;
    let categories = categories_of(conn, &rows)?;
    rows.into_iter()
        .map(|row| {
            let variants = variants.remove(&row.id).unwrap_or_default();
            let images = images.remove(&row.id).unwrap_or_default();
            let category = categories.get(&row.category_id).cloned();
            let category = category.ok_or_else(|| corrupt("a product has no category"))?;
            product(row, category, images, variants)
        })
        .collect()
}

fn product(
    row: ProductRow,
    category: CategoryRef,
    images: Vec<Image>,
    variants: Vec<Variant>,
) -> Result<Product, Error> {
    Ok(Product {
        id: row.id.parse().map_err(corrupt)?,
        slug: row.slug,
        name: row.name,
        description: row.description,
        brand: row.brand,
        category,
        attributes: from_str(&row.attributes).map_err(corrupt)?,
        images,
        rating: Rating { average: 0, count: 0 },
        price_from: Money::euros(row.price_from),
        variants,
        version: row.version,
        created_at: row.created_at.and_utc(),
    })
}

fn variants_of(conn: &mut Conn, ids: &[&str]) -> Result<HashMap<String, Vec<Variant>>, Error> {
    let rows: Vec<(VariantRow, i64, i64)> = variants::table
        .inner_join(stock::table)
        .filter(variants::product_id.eq_any(ids))
        .order((variants::product_id, variants::position))
        .select((as_row(), stock::on_hand, stock::reserved))
        .load(conn)?;
    let mut all: HashMap<String, Vec<Variant>> = HashMap::new();
    for (row, on_hand, reserved) in rows {
        all.entry(row.product_id.clone()).or_default().push(Variant {
            id: row.id.parse().map_err(corrupt)?,
            sku: row.sku,
            name: row.name,
            options: from_str::<BTreeMap<String, String>>(&row.options).map_err(corrupt)?,
            price: Money::euros(row.price),
            compare_at_price: row.compare_at_price.map(Money::euros),
            stock: Stock::of(on_hand, reserved, row.low_threshold),
        });
    }
    Ok(all)
}

fn as_row() -> AsSelect<VariantRow, Backend> {
    VariantRow::as_select()
}

fn images_of(conn: &mut Conn, ids: &[&str]) -> Result<HashMap<String, Vec<Image>>, Error> {
    let rows: Vec<(String, String, String, i32, i32)> = product_images::table
        .inner_join(images::table)
        .filter(product_images::product_id.eq_any(ids))
        .order((product_images::product_id, product_images::position))
        .select((
            product_images::product_id,
            images::key,
            product_images::alt,
            images::width,
            images::height,
        ))
        .load(conn)?;
    let mut all: HashMap<String, Vec<Image>> = HashMap::new();
    for (product, key, alt, width, height) in rows {
        let url = format!("/api/v1/images/{key}");
        all.entry(product).or_default().push(Image { url, alt, width, height });
    }
    Ok(all)
}

fn categories_of(
    conn: &mut Conn,
    rows: &[ProductRow],
) -> Result<HashMap<String, CategoryRef>, Error> {
    let ids = rows.iter().map(|row| row.category_id.as_str());
    let rows: Vec<CategoryRow> = categories::table
        .filter(categories::id.eq_any(ids))
        .select(CategoryRow::as_select())
        .load(conn)?;
    rows.into_iter()
        .map(|row| {
            let id = row.id.parse().map_err(corrupt)?;
            Ok((row.id, CategoryRef { id, slug: row.slug, name: row.name }))
        })
        .collect()
}
