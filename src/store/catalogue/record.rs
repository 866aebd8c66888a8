//! Products as the shop's people read them, their prices over time, and the ledger of their stock.

use std::collections::HashMap;

use diesel::{expression_methods::EscapeExpressionMethods, prelude::*};
use serde_json::from_str;

use super::{
    super::{Backend, Conn, ESCAPE, folded, literal, snapshot},
    category::forest,
    rows::{ProductRow, VariantRow, categories_of},
};
use crate::{
    domain::{
        Error,
        catalogue::record::{
            Filter, Held, Key, LineKey, PriceSet, Record, RecordImage, RecordVariant, StockMove,
        },
        id::{ProductId, VariantId},
        money::Money,
        page::{Listed, Page},
    },
    store::{
        at::At,
        error::corrupt,
        schema::{
            categories, images, price_history, product_images, products, stock, stock_ledger,
            variants,
        },
    },
};

/// A product whatever its status, or `NotFound`.
pub fn record(conn: &mut Conn, id: ProductId) -> Result<Record, Error> {
    snapshot(conn, |conn| read(conn, id))
}

/// The same in a transaction that is open.
pub fn read(conn: &mut Conn, id: ProductId) -> Result<Record, Error> {
    let row = products::table
        .find(id.to_string())
        .select(ProductRow::as_select())
        .first(conn)
        .optional()?;
    records(conn, row.into_iter().collect())?.pop().ok_or(Error::NotFound("product"))
}

/// The products that `filter` lets through, the newest first.
pub fn page(
    conn: &mut Conn,
    filter: Filter,
    page: Page<Key>,
) -> Result<Listed<Record, Key>, Error> {
    snapshot(conn, |conn| {
        let mut query = products::table
            .order(products::id.desc())
            .limit(page.limit.saturating_add(1))
            .select(ProductRow::as_select())
            .into_boxed::<Backend>();
        if let Some(status) = filter.status {
            query = query.filter(products::status.eq(status.as_str()));
        }
        if let Some(slug) = filter.category {
            query = query.filter(products::category_id.eq_any(below(conn, &slug)?));
        }
        if let Some(part) = filter.query {
            let pattern = format!("{}%", literal(&part));
            let skus = folded(variants::sku).like(folded(pattern.clone())).escape(ESCAPE);
            let by_sku = variants::table.filter(skus).select(variants::product_id);
            let by_name = folded(products::name).like(folded(pattern)).escape(ESCAPE);
            query = query.filter(by_name.or(products::id.eq_any(by_sku)));
        }
        if let Some(Key { id }) = page.after {
            query = query.filter(products::id.lt(id.to_string()));
        }
        let rows: Vec<ProductRow> = query.load(conn)?;
        Ok(Listed::cut(records(conn, rows)?, page.limit, |it| Key { id: it.id }))
    })
}

/// The ids of the category with this slug, and of those below it; none where there is none.
fn below(conn: &mut Conn, slug: &str) -> Result<Vec<String>, Error> {
    let id: Option<String> = categories::table
        .filter(categories::slug.eq(slug))
        .select(categories::id)
        .first(conn)
        .optional()?;
    let Some(id) = id else { return Ok(Vec::new()) };
    let below = forest(conn)?.below(id.parse().map_err(corrupt)?);
    Ok(below.iter().map(ToString::to_string).collect())
}

/// The product that a variant is of, or `NotFound`; it never changes.
pub fn owner(conn: &mut Conn, variant: VariantId) -> Result<ProductId, Error> {
    let id: Option<String> = variants::table
        .find(variant.to_string())
        .select(variants::product_id)
        .first(conn)
        .optional()?;
    id.ok_or(Error::NotFound("variant"))?.parse().map_err(corrupt)
}

/// The units of a variant, or `NotFound`.
pub fn held(conn: &mut Conn, variant: VariantId) -> Result<Held, Error> {
    let found: Option<(i64, i64, i64)> = stock::table
        .inner_join(variants::table)
        .filter(stock::variant_id.eq(variant.to_string()))
        .select((stock::on_hand, stock::reserved, variants::low_threshold))
        .first(conn)
        .optional()?;
    let (on_hand, reserved, low_threshold) = found.ok_or(Error::NotFound("variant"))?;
    Ok(Held::of(on_hand, reserved, low_threshold))
}

/// What came of a variant's stock and what went, the newest first.
pub fn moves(
    conn: &mut Conn,
    variant: VariantId,
    page: Page<LineKey>,
) -> Result<Listed<StockMove, LineKey>, Error> {
    let mut query = stock_ledger::table
        .filter(stock_ledger::variant_id.eq(variant.to_string()))
        .order(stock_ledger::id.desc())
        .limit(page.limit.saturating_add(1))
        .select((
            stock_ledger::id,
            stock_ledger::units,
            stock_ledger::reason,
            stock_ledger::order_id,
            stock_ledger::at,
        ))
        .into_boxed::<Backend>();
    if let Some(LineKey { id }) = page.after {
        query = query.filter(stock_ledger::id.lt(id.to_string()));
    }
    let rows: Vec<(String, i64, String, Option<String>, At)> = query.load(conn)?;
    let moves = rows.into_iter().map(|(id, units, reason, order, at)| {
        let order_id = order.map(|id| id.parse().map_err(corrupt)).transpose()?;
        Ok(StockMove { id: id.parse().map_err(corrupt)?, units, reason, order_id, at: at.0 })
    });
    let moves = moves.collect::<Result<Vec<StockMove>, Error>>()?;
    Ok(Listed::cut(moves, page.limit, |it| LineKey { id: it.id }))
}

/// What was asked for a variant, the newest first.
pub fn prices(
    conn: &mut Conn,
    variant: VariantId,
    page: Page<LineKey>,
) -> Result<Listed<PriceSet, LineKey>, Error> {
    owner(conn, variant)?;
    let mut query = price_history::table
        .filter(price_history::variant_id.eq(variant.to_string()))
        .order(price_history::id.desc())
        .limit(page.limit.saturating_add(1))
        .select((
            price_history::id,
            price_history::price,
            price_history::compare_at_price,
            price_history::at,
        ))
        .into_boxed::<Backend>();
    if let Some(LineKey { id }) = page.after {
        query = query.filter(price_history::id.lt(id.to_string()));
    }
    let rows: Vec<(String, i64, Option<i64>, At)> = query.load(conn)?;
    let prices = rows.into_iter().map(|(id, price, compared, at)| {
        let (price, compare_at_price) = (Money::euros(price), compared.map(Money::euros));
        let (id, at) = (id.parse().map_err(corrupt)?, at.0);
        Ok(PriceSet { id, price, compare_at_price, at })
    });
    let prices = prices.collect::<Result<Vec<PriceSet>, Error>>()?;
    Ok(Listed::cut(prices, page.limit, |it| LineKey { id: it.id }))
}

/// Reads what belongs to `rows`, with one query a table however many they are.
fn records(conn: &mut Conn, rows: Vec<ProductRow>) -> Result<Vec<Record>, Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let (mut variants, mut images) = (variants_of(conn, &ids)?, images_of(conn, &ids)?);
    let categories = categories_of(conn, &rows)?;
    let records = rows.into_iter().map(|row| {
        let category = categories.get(&row.category_id).cloned();
        Ok(Record {
            id: row.id.parse().map_err(corrupt)?,
            slug: row.slug,
            name: row.name,
            description: row.description,
            description_html: row.description_html,
            brand: row.brand,
            category: category.ok_or_else(|| corrupt("a product has no category"))?,
            attributes: from_str(&row.attributes).map_err(corrupt)?,
            status: row.status.parse()?,
            images: images.remove(&row.id).unwrap_or_default(),
            variants: variants.remove(&row.id).unwrap_or_default(),
            version: row.version,
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        })
    });
    records.collect()
}

fn variants_of(
    conn: &mut Conn,
    ids: &[&str],
) -> Result<HashMap<String, Vec<RecordVariant>>, Error> {
    let rows: Vec<(VariantRow, i64, i64)> = variants::table
        .inner_join(stock::table)
        .filter(variants::product_id.eq_any(ids))
        .order((variants::product_id, variants::position, variants::id))
        .select((VariantRow::as_select(), stock::on_hand, stock::reserved))
        .load(conn)?;
    let mut all: HashMap<String, Vec<RecordVariant>> = HashMap::new();
    for (row, on_hand, reserved) in rows {
        all.entry(row.product_id).or_default().push(RecordVariant {
            id: row.id.parse().map_err(corrupt)?,
            sku: row.sku,
            name: row.name,
            options: from_str(&row.options).map_err(corrupt)?,
            price: Money::euros(row.price),
            compare_at_price: row.compare_at_price.map(Money::euros),
            weight_grams: row.weight_grams,
            low_threshold: row.low_threshold,
            position: row.position,
            stock: Held::of(on_hand, reserved, row.low_threshold),
            removed_at: row.removed_at.map(|at| at.0),
        });
    }
    Ok(all)
}

fn images_of(conn: &mut Conn, ids: &[&str]) -> Result<HashMap<String, Vec<RecordImage>>, Error> {
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
    let mut all: HashMap<String, Vec<RecordImage>> = HashMap::new();
    for (product, key, alt, width, height) in rows {
        all.entry(product).or_default().push(RecordImage::of(key, alt, width, height));
    }
    Ok(all)
}
