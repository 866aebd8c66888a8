//! The tables of the catalogue: categories, products, variants and images.

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;
use serde_json::json;

mod import;
mod listing;
mod rows;

pub use import::import;
pub use listing::list;

use self::rows::{CategoryRow, ProductRow, assemble, offer};
use super::{Conn, Tx, event, snapshot, stock::Shelf};
use crate::{
    domain::{
        Error,
        cart::{Offer, Quantity},
        catalogue::{Category, ChangeStock, Product, StockChanged, StockLevel},
        event::Kind,
        id::{CategoryId, VariantId},
        money::Money,
    },
    store::{
        error::corrupt,
        schema::{categories, products, variants},
    },
};

/// Only what is published can be found or bought.
const PUBLISHED: &str = "published";

/// The tree of categories, each with how many published products are in it and below it.
pub fn categories(conn: &mut Conn) -> Result<Vec<Category>, Error> {
    snapshot(conn, |conn| {
        let rows: Vec<CategoryRow> = categories::table
            .order((categories::position, categories::id))
            .select(CategoryRow::as_select())
            .load(conn)?;
        let counts: Vec<(String, i64)> = products::table
            .filter(products::status.eq(PUBLISHED))
            .group_by(products::category_id)
            .select((products::category_id, diesel::dsl::count_star()))
            .load(conn)?;
        let counts: HashMap<String, i64> = counts.into_iter().collect();
        branches(&rows, &counts, None)
    })
}

fn branches(
    rows: &[CategoryRow],
    counts: &HashMap<String, i64>,
    parent: Option<CategoryId>,
) -> Result<Vec<Category>, Error> {
    let parent_text = parent.map(|id| id.to_string());
    let below = rows.iter().filter(|row| row.parent_id == parent_text);
    let branch = |row: &CategoryRow| {
        let id: CategoryId = row.id.parse().map_err(corrupt)?;
        let children = branches(rows, counts, Some(id))?;
        let own = counts.get(&row.id).copied().unwrap_or(0);
        let product_count = children.iter().map(|child| child.product_count).sum::<i64>() + own;
        let (slug, name) = (row.slug.clone(), row.name.clone());
        Ok(Category { id, slug, name, parent_id: parent, product_count, children })
    };
    below.map(branch).collect()
}

/// A published product by its id or its slug, or `NotFound`.
pub fn product(conn: &mut Conn, id_or_slug: String) -> Result<Product, Error> {
    snapshot(conn, |conn| {
        let row = products::table
            .filter(products::id.eq(&id_or_slug).or(products::slug.eq(&id_or_slug)))
            .filter(products::status.eq(PUBLISHED))
            .select(ProductRow::as_select())
            .first(conn)
            .optional()?;
        let row = row.ok_or(Error::NotFound("product"))?;
        assemble(conn, vec![row])?.pop().ok_or(Error::NotFound("product"))
    })
}

/// What `items` cost without delivery; `NotFound` where one is not for sale.
pub fn subtotal(conn: &mut Conn, items: Vec<(VariantId, Quantity)>) -> Result<Money, Error> {
    let offers = offers(conn, items.iter().map(|(variant, _)| *variant).collect())?;
    let price = |(variant, quantity): &(VariantId, Quantity)| {
        let offer = offers.get(variant).ok_or(Error::NotFound("variant"))?;
        offer.price.times(quantity.get())
    };
    Money::sum(items.iter().map(price).collect::<Result<Vec<Money>, Error>>()?)
}

/// What the shop asks for those of `ids` that are for sale.
pub fn offers(
    conn: &mut Conn,
    ids: HashSet<VariantId>,
) -> Result<BTreeMap<VariantId, Offer>, Error> {
    let all = all_offers(conn, ids)?.into_iter();
    Ok(all.filter_map(|(id, (offer, for_sale))| for_sale.then_some((id, offer))).collect())
}

/// What the shop asks, or asked at last, for each of `ids`, and whether it is for sale.
pub fn all_offers(
    conn: &mut Conn,
    ids: HashSet<VariantId>,
) -> Result<BTreeMap<VariantId, (Offer, bool)>, Error> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let ids = ids.iter().map(ToString::to_string);
    let rows: Vec<rows::Offered> = variants::table
        .inner_join(products::table)
        .filter(variants::id.eq_any(ids))
        .select(rows::offered())
        .load(conn)?;
    rows.into_iter().map(offer).collect()
}

pub fn change_stock(tx: &mut Tx<'_>, command: &ChangeStock) -> Result<StockChanged, Error> {
    let variant_id = command.variant;
    let mut shelf = Shelf::lock(tx, [variant_id])?;
    let units = shelf.units(variant_id).ok_or(Error::NotFound("variant"))?;
    let on_hand = command.change.apply(units.on_hand, units.reserved)?;
    let moved = on_hand.saturating_sub(units.on_hand);
    shelf.shift(variant_id, moved, 0)?;
    shelf.note(tx, variant_id, moved, &command.reason, None);
    shelf.put_back(tx)?;
    let before = StockLevel::of(variant_id, units.on_hand, units.reserved);
    let after = StockLevel::of(variant_id, on_hand, units.reserved);
    let data = json!({ "variant_id": variant_id, "available": after.available });
    event::tell(tx, Kind::StockChanged, None, data)?;
    Ok(StockChanged { before, after })
}
