//! What there is already of that which an import names.

use std::collections::{BTreeSet, HashMap, HashSet};

use diesel::prelude::*;
use sha2::{Digest, Sha256};

use super::{
    super::{
        super::{Conn, Tx},
        category,
        rows::{ProductRow, VariantRow},
    },
    categories, corrupt, images, product_images, products,
};
use crate::{
    domain::{
        Error,
        catalogue::{
            category::Forest,
            import::{Import, NO_CATEGORY, NewProduct, Picture},
        },
        hex::hex,
        id::{CategoryId, VariantId},
    },
    store::schema::variants,
};

pub struct Known {
    /// How many categories there are.
    pub categories_count: i64,
    /// By slug their ids.
    pub categories: HashMap<String, CategoryId>,
    /// All of them with what their products can say; none where there is nothing to be said.
    pub forest: Forest,
    /// By slug.
    pub products: HashMap<String, ProductRow>,
    /// By SKU: those that are named, and all of the products that are.
    pub variants: HashMap<String, VariantRow>,
    /// By the id of a product the SKUs of its variants.
    skus: HashMap<String, Vec<String>>,
    /// By the id of the product key and alt of each, in their order.
    pub images: HashMap<String, Vec<(String, String)>>,
    /// Those of the keys that are named which there are.
    pub keys: HashSet<String>,
}

/// The slugs of the categories that are named.
fn category_slugs(import: &Import) -> BTreeSet<&str> {
    let own = import.categories.iter().flat_map(|it| [Some(&it.slug), it.parent.as_ref()]);
    let named = import.products.iter().map(|it| it.category.as_ref());
    own.chain(named).flatten().map(String::as_str).collect()
}

/// Products that name no category.
pub fn homeless(import: &Import) -> impl Iterator<Item = &NewProduct> {
    import.products.iter().filter(|it| it.category.is_none())
}

/// Lets nobody else change the products until the end of the transaction.
pub fn lock_products(tx: &mut Tx<'_>, import: &Import) -> Result<(), Error> {
    let query = products::table
        .filter(products::slug.eq_any(import.products.iter().map(|it| &it.slug)))
        .order(products::id)
        .select(products::id);
    let _: Vec<String> = locked!(query).load(tx.conn)?;
    Ok(())
}

impl Known {
    pub fn of(conn: &mut Conn, import: &Import) -> Result<Self, Error> {
        let found: Vec<ProductRow> = products::table
            .filter(products::slug.eq_any(import.products.iter().map(|it| &it.slug)))
            .select(ProductRow::as_select())
            .load(conn)?;
        let ids: Vec<String> = found.iter().map(|it| it.id.clone()).collect();
        let variants = known_variants(conn, import, &ids)?;
        let mut skus: HashMap<String, Vec<String>> = HashMap::new();
        for row in variants.values() {
            skus.entry(row.product_id.clone()).or_default().push(row.sku.clone());
        }
        Ok(Known {
            categories_count: categories::table.count().get_result(conn)?,
            categories: known_categories(conn, import)?,
            forest: match category::defines_anything(conn)? {
                true => category::forest(conn)?,
                false => Forest::default(),
            },
            products: found.into_iter().map(|it| (it.slug.clone(), it)).collect(),
            variants,
            skus,
            images: known_images(conn, &ids)?,
            keys: known_keys(conn, import)?,
        })
    }

    /// The variants of a product that is named, those too that were taken out.
    pub fn variants_of(&self, product: &str) -> impl Iterator<Item = &VariantRow> {
        let skus = self.skus.get(product).into_iter().flatten();
        skus.filter_map(|sku| self.variants.get(sku))
    }

    /// Those variants that stand and of which it is told how many there are.
    pub fn counted(&self, import: &Import) -> Result<Vec<VariantId>, Error> {
        let told = import.products.iter().flat_map(|it| &it.variants);
        let told = told.filter(|it| it.on_hand.is_some());
        let found = told.filter_map(|it| self.variants.get(&it.sku));
        found.map(|it| it.id.parse().map_err(corrupt)).collect()
    }
}

fn known_categories(
    conn: &mut Conn,
    import: &Import,
) -> Result<HashMap<String, CategoryId>, Error> {
    let rows: Vec<(String, String)> = categories::table
        .filter(
            categories::slug.eq_any(category_slugs(import)).or(categories::slug.eq(NO_CATEGORY.0)),
        )
        .select((categories::slug, categories::id))
        .load(conn)?;
    rows.into_iter().map(|(slug, id)| Ok((slug, id.parse().map_err(corrupt)?))).collect()
}

fn known_variants(
    conn: &mut Conn,
    import: &Import,
    products: &[String],
) -> Result<HashMap<String, VariantRow>, Error> {
    let named = import.products.iter().flat_map(|it| &it.variants).map(|it| it.sku.as_str());
    let mut rows: Vec<VariantRow> = variants::table
        .filter(variants::sku.eq_any(named))
        .select(VariantRow::as_select())
        .load(conn)?;
    if !products.is_empty() {
        let own = variants::table.filter(variants::product_id.eq_any(products));
        rows.extend(own.select(VariantRow::as_select()).load::<VariantRow>(conn)?);
    }
    Ok(rows.into_iter().map(|row| (row.sku.clone(), row)).collect())
}

fn known_images(
    conn: &mut Conn,
    products: &[String],
) -> Result<HashMap<String, Vec<(String, String)>>, Error> {
    let rows: Vec<(String, String, String)> = product_images::table
        .filter(product_images::product_id.eq_any(products))
        .order((product_images::product_id, product_images::position))
        .select((product_images::product_id, product_images::image_key, product_images::alt))
        .load(conn)?;
    let mut all: HashMap<String, Vec<(String, String)>> = HashMap::new();
    for (product, key, alt) in rows {
        all.entry(product).or_default().push((key, alt));
    }
    Ok(all)
}

fn known_keys(conn: &mut Conn, import: &Import) -> Result<HashSet<String>, Error> {
    let named: BTreeSet<String> = import.products.iter().flat_map(keys).collect();
    let rows: Vec<String> =
        images::table.filter(images::key.eq_any(named)).select(images::key).load(conn)?;
    Ok(rows.into_iter().collect())
}

fn keys(product: &NewProduct) -> impl Iterator<Item = String> {
    let all = product.images.iter().flatten();
    all.filter_map(|it| key_of(&it.picture))
}

/// The key of a picture, if there can be one.
pub fn key_of(picture: &Picture) -> Option<String> {
    match picture {
        Picture::Kept(key) => Some(key.clone()),
        Picture::Elsewhere => None,
        Picture::New { bytes, .. } => Some(hex(&Sha256::digest(bytes))),
    }
}
