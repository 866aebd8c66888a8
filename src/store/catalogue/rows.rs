//! Products as rows, and back.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::{dsl::AsSelect, prelude::*, upsert::excluded};
use serde_json::from_str;

use super::super::{Backend, Conn, Tx, among};
use crate::{
    domain::{
        Error,
        catalogue::{
            CategoryRef, Image, Product, Variant,
            attribute::Definition,
            change::{Node, Revision, Shown},
            rating::Rating,
            stock::{Level, Stock},
        },
        id::VariantId,
        money::Money,
    },
    store::{
        at::At,
        error::corrupt,
        insert::insert,
        schema::{
            categories, category_attributes, images, price_history, product_images, products,
            ratings, stock, variants,
        },
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
    pub version: i64,
}

#[derive(Clone, PartialEq, Queryable, Selectable, Insertable)]
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
    pub version: i64,
    pub created_at: At,
    pub updated_at: At,
    pub description_html: Option<String>,
}

#[derive(Clone, PartialEq, Queryable, Selectable, Insertable)]
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
    pub removed_at: Option<At>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = category_attributes)]
struct AttributeRow {
    category_id: String,
    name: String,
    kind: String,
    unit: Option<String>,
    required: bool,
    choices: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = ratings)]
struct RatingRow {
    product_id: String,
    ones: i64,
    twos: i64,
    threes: i64,
    fours: i64,
    fives: i64,
    version: i64,
}

impl RatingRow {
    fn rating(&self) -> Rating {
        Rating { counts: [self.ones, self.twos, self.threes, self.fours, self.fives] }
    }
}

/// What is asked for a variant from now on.
#[derive(Insertable)]
#[diesel(table_name = price_history, treat_none_as_default_value = false)]
pub struct PriceRow {
    pub id: String,
    pub variant_id: String,
    pub price: i64,
    pub compare_at_price: Option<i64>,
    pub at: At,
}

/// Makes variants, or writes over those that stand.
pub fn write_variants(tx: &mut Tx<'_>, rows: &[VariantRow]) -> Result<(), Error> {
    insert(variants::table, rows)
        .on_conflict(variants::id)
        .set((
            variants::position.eq(excluded(variants::position)),
            variants::sku.eq(excluded(variants::sku)),
            variants::name.eq(excluded(variants::name)),
            variants::options.eq(excluded(variants::options)),
            variants::price.eq(excluded(variants::price)),
            variants::compare_at_price.eq(excluded(variants::compare_at_price)),
            variants::weight_grams.eq(excluded(variants::weight_grams)),
            variants::low_threshold.eq(excluded(variants::low_threshold)),
            variants::removed_at.eq(excluded(variants::removed_at)),
        ))
        .run(tx.conn)
}

/// Adds to what has been asked for variants.
pub fn write_prices(tx: &mut Tx<'_>, rows: &[PriceRow]) -> Result<(), Error> {
    insert(price_history::table, rows).run(tx.conn)
}

/// The revisions of `rows`, which are published; what belongs to them is read with one query a table,
/// however many they are.
pub fn revisions(conn: &mut Conn, rows: Vec<ProductRow>) -> Result<Vec<Revision>, Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut variants = variants_of(conn, &ids)?;
    let mut images = images_of(conn, &ids)?;
    let ratings = ratings_of(conn, &ids)?;
    let categories = categories_of(conn, &rows)?;
    let revision = |row: ProductRow| {
        let Variants { shown, levels, moves } = variants.remove(&row.id).unwrap_or_default();
        let images = images.remove(&row.id).unwrap_or_default();
        let category = categories.get(&row.category_id).cloned();
        let category = category.ok_or_else(|| corrupt("a product has no category"))?;
        let (rating, ratings) = ratings.get(&row.id).copied().unwrap_or_default();
        let number = row.version.saturating_add(ratings);
        let product = product(row, category, images, rating, shown)?;
        Ok(Revision { id: product.id, number, moves, shown: Some(Shown { product, levels }) })
    };
    rows.into_iter().map(revision).collect()
}

/// The revisions of products that are not published, by their ids and versions.
pub fn hidden(conn: &mut Conn, rows: Vec<(String, i64)>) -> Result<Vec<Revision>, Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<&str> = rows.iter().map(|(id, _)| id.as_str()).collect();
    let (variants, ratings) = (variants_of(conn, &ids)?, ratings_of(conn, &ids)?);
    let revision = |(id, version): &(String, i64)| {
        let moves = variants.get(id).map_or(0, |it| it.moves);
        let number = version.saturating_add(ratings.get(id).map_or(0, |(_, version)| *version));
        Ok(Revision { id: id.parse().map_err(corrupt)?, number, moves, shown: None })
    };
    rows.iter().map(revision).collect()
}

fn product(
    row: ProductRow,
    category: CategoryRef,
    images: Vec<Image>,
    rating: Rating,
    variants: Vec<Variant>,
) -> Result<Product, Error> {
    let price_from = variants.iter().map(|variant| variant.price.amount).min();
    Ok(Product {
        id: row.id.parse().map_err(corrupt)?,
        slug: row.slug,
        name: row.name,
        description: row.description,
        description_html: row.description_html,
        brand: row.brand,
        category,
        attributes: from_str(&row.attributes).map_err(corrupt)?,
        images,
        rating,
        price_from: Money::euros(price_from.unwrap_or(0)),
        variants,
        version: row.version,
        created_at: row.created_at.0,
    })
}

/// The variants of a product.
#[derive(Default)]
struct Variants {
    /// Those that have not been taken out, and their units.
    shown: Vec<Variant>,
    levels: Vec<Level>,
    /// How often the stock of any of them changed, of those that were taken out too.
    moves: i64,
}

fn variants_of(conn: &mut Conn, ids: &[&str]) -> Result<HashMap<String, Variants>, Error> {
    let rows: Vec<(VariantRow, (i64, i64, i64, i64))> = variants::table
        .inner_join(stock::table)
        .filter(among(variants::product_id, ids))
        .order((variants::product_id, variants::position, variants::id))
        .select((as_row(), (stock::on_hand, stock::reserved, stock::sold, stock::version)))
        .load(conn)?;
    let mut all: HashMap<String, Variants> = HashMap::new();
    for (row, (on_hand, reserved, sold, version)) in rows {
        let of = all.entry(row.product_id.clone()).or_default();
        of.moves = of.moves.saturating_add(version);
        if row.removed_at.is_some() {
            continue;
        }
        let id: VariantId = row.id.parse().map_err(corrupt)?;
        of.levels.push(Level { variant: id, on_hand, reserved, sold, version });
        of.shown.push(Variant {
            id,
            sku: row.sku,
            name: row.name,
            options: from_str::<BTreeMap<String, String>>(&row.options).map_err(corrupt)?,
            price: Money::euros(row.price),
            compare_at_price: row.compare_at_price.map(Money::euros),
            weight_grams: row.weight_grams,
            stock: Stock::of(on_hand, reserved, row.low_threshold),
            low_threshold: row.low_threshold,
        });
    }
    Ok(all)
}

fn as_row() -> AsSelect<VariantRow, Backend> {
    VariantRow::as_select()
}

/// How each product is rated that is, and how often that changed.
fn ratings_of(conn: &mut Conn, ids: &[&str]) -> Result<HashMap<String, (Rating, i64)>, Error> {
    let rows: Vec<RatingRow> = ratings::table
        .filter(among(ratings::product_id, ids))
        .select(RatingRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(|it| (it.product_id.clone(), (it.rating(), it.version))).collect())
}

fn images_of(conn: &mut Conn, ids: &[&str]) -> Result<HashMap<String, Vec<Image>>, Error> {
    let rows: Vec<(String, String, String, i32, i32)> = product_images::table
        .inner_join(images::table)
        .filter(among(product_images::product_id, ids))
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

pub fn categories_of(
    conn: &mut Conn,
    rows: &[ProductRow],
) -> Result<HashMap<String, CategoryRef>, Error> {
    let ids = rows.iter().map(|row| row.category_id.as_str()).collect::<BTreeSet<&str>>();
    let rows: Vec<CategoryRow> = categories::table
        .filter(among(categories::id, ids))
        .select(CategoryRow::as_select())
        .load(conn)?;
    rows.into_iter().map(|row| Ok((row.id.clone(), category(row)?.0))).collect()
}

/// A category, and the id of its parent.
fn category(row: CategoryRow) -> Result<(CategoryRef, Option<String>), Error> {
    let id = row.id.parse().map_err(corrupt)?;
    Ok((CategoryRef { id, slug: row.slug, name: row.name }, row.parent_id))
}

/// All categories, those with one parent in their order.
pub fn nodes(conn: &mut Conn) -> Result<Vec<Node>, Error> {
    let mut attributes = attributes(conn)?;
    let rows: Vec<CategoryRow> = categories::table
        .order((categories::position, categories::id))
        .select(CategoryRow::as_select())
        .load(conn)?;
    let node = |row: CategoryRow| {
        let attributes = attributes.remove(&row.id).unwrap_or_default();
        let (category, parent) = category(row)?;
        let parent = parent.map(|id| id.parse().map_err(corrupt)).transpose()?;
        Ok(Node { category, parent, attributes })
    };
    rows.into_iter().map(node).collect()
}

/// What each category lets its products say, in its order.
pub fn attributes(conn: &mut Conn) -> Result<HashMap<String, Vec<Definition>>, Error> {
    let rows: Vec<AttributeRow> = category_attributes::table
        .order((category_attributes::category_id, category_attributes::position))
        .select(AttributeRow::as_select())
        .load(conn)?;
    let mut all: HashMap<String, Vec<Definition>> = HashMap::new();
    for row in rows {
        let AttributeRow { category_id, name, kind, unit, required, choices } = row;
        let (kind, choices) = (kind.parse()?, from_str(&choices).map_err(corrupt)?);
        let definition = Definition { name, kind, unit, required, choices };
        all.entry(category_id).or_default().push(definition);
    }
    Ok(all)
}
