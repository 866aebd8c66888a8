//! What the shop asks for variants.

use std::collections::{BTreeMap, HashSet};

use diesel::prelude::*;
use serde_json::from_str;

use super::super::{Conn, among};
use crate::{
    domain::{Error, cart::Offer, catalogue::Status, id::VariantId, money::Money},
    store::{
        at::At,
        error::corrupt,
        schema::{products, variants},
    },
};

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
    let rows: Vec<Offered> = variants::table
        .inner_join(products::table)
        .filter(among(variants::id, ids))
        .select(offered())
        .load(conn)?;
    rows.into_iter().map(offer).collect()
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
    variants::removed_at,
    products::category_id,
    variants::weight_grams,
);

/// What an offer is made of: the columns of [`offered`].
type Offered =
    (String, String, String, String, String, i64, String, String, Option<At>, String, i64);

fn offered() -> Columns {
    (
        variants::id,
        variants::product_id,
        variants::name,
        variants::sku,
        variants::options,
        variants::price,
        products::name,
        products::status,
        variants::removed_at,
        products::category_id,
        variants::weight_grams,
    )
}

/// The offer, and whether it is for sale.
fn offer(row: Offered) -> Result<(VariantId, (Offer, bool)), Error> {
    let (id, product, variant, sku, options, price, name, status, removed_at, category, grams) =
        row;
    let id: VariantId = id.parse().map_err(corrupt)?;
    let name = if variant.is_empty() { name } else { format!("{name}, {variant}") };
    let offer = Offer {
        variant: id,
        product: product.parse().map_err(corrupt)?,
        name,
        sku,
        options: from_str(&options).map_err(corrupt)?,
        price: Money::euros(price),
        category: category.parse().map_err(corrupt)?,
        grams,
    };
    let for_sale = status == Status::Published.as_str() && removed_at.is_none();
    Ok((id, (offer, for_sale)))
}
