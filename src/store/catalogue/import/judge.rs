//! Judges one product of an import after the other: whether it can be taken, and what of it differs.

use std::collections::{HashMap, HashSet};

use serde_json::{from_str, json};

use super::{
    super::rows::{PriceRow, ProductRow, VariantRow},
    corrupt,
    known::{Known, key_of},
    plan::PictureRow,
};
use crate::{
    domain::{
        Error,
        catalogue::{
            Status, VARIANTS_MAX,
            attribute::Definition,
            import::{LineError, NO_CATEGORY, NewProduct, NewVariant, Picture},
            typed::{self, Misfit},
        },
        id::{CategoryId, EventId, ProductId, VariantId},
    },
    store::at::At,
};

/// Below how many units a shopper is told to hurry, unless the file says it.
const LOW_THRESHOLD: i64 = 5;

/// Looks at one product after the other.
pub struct Judge<'k, U> {
    known: &'k Known,
    /// What is on hand and reserved of a variant that stands.
    units: U,
    now: At,
    /// Of the categories of products before.
    definitions: HashMap<CategoryId, Vec<Definition>>,
    /// What products before have taken.
    slugs: HashSet<&'k str>,
    skus: HashSet<&'k str>,
}

/// What a product comes to.
pub struct Judged {
    pub row: ProductRow,
    pub is_new: bool,
    /// Whether the row, a variant or an image differs.
    pub is_changed: bool,
    pub variants: Vec<VariantRow>,
    pub new_variants: Vec<VariantId>,
    pub moves: Vec<(VariantId, i64)>,
    pub prices: Vec<PriceRow>,
    pub pictures: Vec<PictureRow>,
    /// Key and alt of each, where they change.
    pub images: Option<Vec<(String, String)>>,
    pub images_left_out: i64,
}

impl<'k, U: Fn(VariantId) -> Option<(i64, i64)>> Judge<'k, U> {
    pub fn of(known: &'k Known, units: U, now: At) -> Self {
        let (slugs, skus) = (HashSet::new(), HashSet::new());
        Judge { known, units, now, definitions: HashMap::new(), slugs, skus }
    }

    /// The inner error is one of the file's.
    pub fn product(&mut self, new: &'k NewProduct) -> Result<Result<Judged, LineError>, Error> {
        let refuse = |code, message: String| Ok(Err(LineError::new(new.line, code, message)));
        if !self.slugs.insert(&new.slug) {
            return refuse("repeated_handle", format!("{} came before", new.slug));
        }
        let found = self.known.products.get(&new.slug);
        let Some(mut row) = self.row(new, found) else {
            return refuse("unknown_category", format!("{} names no category", new.slug));
        };
        if let Err((code, message)) = self.fit(&mut row, found)? {
            return refuse(code, message);
        }
        let mut judged = Judged::of(&row, found);
        if let Err(error) = self.variants(new, &mut judged)? {
            return Ok(Err(error));
        }
        let standing = self.standing(new, &row.id);
        let live = standing.len().saturating_add(new.variants.len());
        if live > VARIANTS_MAX {
            let message = format!("a product has at most {VARIANTS_MAX} variants");
            return refuse("too_many_variants", message);
        }
        if live == 0 && row.status == Status::Published.as_str() {
            return refuse("no_variants", "it has no variant that could be bought".to_owned());
        }
        self.images(new, &mut judged);
        let is_changed = found.is_none_or(|found| *found != row)
            || !judged.variants.is_empty()
            || judged.images.is_some();
        if is_changed {
            row.version = found.map_or(1, |it| it.version.saturating_add(1));
            row.updated_at = self.now;
        }
        self.skus.extend(new.variants.iter().map(|it| it.sku.as_str()));
        Ok(Ok(Judged { row, is_changed, ..judged }))
    }

    /// The row as the file has it; none where its category is not known.
    fn row(&self, new: &NewProduct, found: Option<&ProductRow>) -> Option<ProductRow> {
        let named = new.category.as_deref();
        let category_id = match (named, found) {
            (None, Some(found)) => found.category_id.clone(),
            (Some(slug), _) => self.known.categories.get(slug)?.to_string(),
            (None, None) => self.known.categories.get(NO_CATEGORY.0)?.to_string(),
        };
        let mut row = found.cloned().unwrap_or_else(|| ProductRow {
            id: ProductId::new().to_string(),
            slug: new.slug.clone(),
            name: String::new(),
            description: String::new(),
            brand: None,
            category_id: String::new(),
            attributes: json!({}).to_string(),
            status: Status::Published.to_string(),
            version: 1,
            created_at: self.now,
            updated_at: self.now,
            description_html: None,
        });
        row.name = new.name.clone();
        row.category_id = category_id;
        if let Some(described) = &new.description {
            (row.description, row.description_html) =
                (described.text.clone(), described.html.clone());
        }
        if let Some(brand) = &new.brand {
            row.brand = brand.clone();
        }
        if let Some(attributes) = &new.attributes {
            row.attributes = json!(attributes).to_string();
        }
        if let Some(status) = new.status {
            row.status = status.to_string();
        }
        Some(row)
    }

    /// Makes what the product says as its category defines it. Who says and is what it was before is
    /// not asked: a product that stands is kept to each definition when that is made.
    fn fit(
        &mut self,
        row: &mut ProductRow,
        found: Option<&ProductRow>,
    ) -> Result<Result<(), Misfit>, Error> {
        let is_as_before = |it: &ProductRow| {
            (&it.attributes, &it.category_id, &it.status)
                == (&row.attributes, &row.category_id, &row.status)
        };
        if found.is_some_and(is_as_before) {
            return Ok(Ok(()));
        }
        let category: CategoryId = row.category_id.parse().map_err(corrupt)?;
        let define = || self.known.forest.definitions(category);
        let definitions = self.definitions.entry(category).or_insert_with(define);
        if definitions.is_empty() {
            return Ok(Ok(()));
        }
        let mut values = from_str(&row.attributes).map_err(corrupt)?;
        let is_published = row.status == Status::Published.as_str();
        if let Err((of, (code, why))) = typed::fit(definitions, &mut values, is_published) {
            return Ok(Err((code, format!("{}: {why}", of.name))));
        }
        row.attributes = json!(values).to_string();
        Ok(Ok(()))
    }

    /// The variants that the shop has of the product, and the file does not name.
    fn standing(&self, new: &NewProduct, product: &str) -> Vec<&'k VariantRow> {
        let named: HashSet<&str> = new.variants.iter().map(|it| it.sku.as_str()).collect();
        let all = self.known.variants_of(product);
        all.filter(|it| it.removed_at.is_none() && !named.contains(it.sku.as_str())).collect()
    }

    fn variants(
        &self,
        new: &NewProduct,
        judged: &mut Judged,
    ) -> Result<Result<(), LineError>, Error> {
        let product = judged.row.id.clone();
        let own = self.known.variants_of(&product);
        let mut position = own.map(|it| it.position.saturating_add(1)).max().unwrap_or(0);
        let standing = self.standing(new, &product);
        let mut options: HashSet<&str> = standing.iter().map(|it| it.options.as_str()).collect();
        let mut skus: HashSet<&str> = HashSet::new();
        let told: Vec<String> =
            new.variants.iter().map(|it| json!(it.options).to_string()).collect();
        for (variant, told) in new.variants.iter().zip(&told) {
            let refuse =
                |code, message: String| Ok(Err(LineError::new(variant.line, code, message)));
            let found = self.known.variants.get(&variant.sku);
            if !skus.insert(&variant.sku) {
                let message = format!("two variants have the SKU {}", variant.sku);
                return refuse("repeated_sku", message);
            }
            let is_taken = self.skus.contains(variant.sku.as_str());
            if is_taken || found.is_some_and(|it| it.product_id != product) {
                return refuse("sku_taken", format!("another product has the SKU {}", variant.sku));
            }
            if !options.insert(told) {
                let message = "another variant of the product has the same options".to_owned();
                return refuse("repeated_variant", message);
            }
            let row = merged(variant, told, found, &product, position);
            if found.is_none() {
                position = position.saturating_add(1);
            }
            self.variant(variant, row, found, judged)?;
        }
        Ok(Ok(()))
    }

    /// Notes what differs of a variant.
    fn variant(
        &self,
        new: &NewVariant,
        row: VariantRow,
        found: Option<&VariantRow>,
        judged: &mut Judged,
    ) -> Result<(), Error> {
        let id: VariantId = row.id.parse().map_err(corrupt)?;
        let (on_hand, reserved) = match found {
            Some(_) => (self.units)(id).unwrap_or((0, 0)),
            None => (0, 0),
        };
        let moved = new.on_hand.map_or(0, |it| it.max(reserved).saturating_sub(on_hand));
        if moved != 0 {
            judged.moves.push((id, moved));
        }
        if found.is_none() {
            judged.new_variants.push(id);
        }
        let price = |it: &VariantRow| (it.price, it.compare_at_price);
        if found.map(price) != Some(price(&row)) {
            let (price, compare_at_price) = price(&row);
            judged.prices.push(PriceRow {
                id: EventId::new().to_string(),
                variant_id: row.id.clone(),
                price,
                compare_at_price,
                at: self.now,
            });
        }
        if found != Some(&row) {
            judged.variants.push(row);
        }
        Ok(())
    }

    fn images(&self, new: &NewProduct, judged: &mut Judged) {
        let Some(told) = &new.images else { return };
        let mut kept = Vec::with_capacity(told.len());
        for image in told {
            let Some(key) = key_of(&image.picture) else { continue };
            if let Picture::New { width, height, content_type, bytes } = &image.picture {
                if !self.known.keys.contains(&key) {
                    judged.pictures.push(PictureRow {
                        key: key.clone(),
                        content_type,
                        width: *width,
                        height: *height,
                        bytes: bytes.clone(),
                    });
                }
                kept.push((key, image.alt.clone()));
            } else if self.known.keys.contains(&key) {
                kept.push((key, image.alt.clone()));
            }
        }
        let left_out = told.len().saturating_sub(kept.len());
        judged.images_left_out = i64::try_from(left_out).unwrap_or(i64::MAX);
        let has_none_of_them = kept.is_empty() && !told.is_empty();
        let before = self.known.images.get(&judged.row.id).map_or(&[][..], Vec::as_slice);
        if !has_none_of_them && kept != before {
            judged.images = Some(kept);
        }
    }
}

impl Judged {
    fn of(row: &ProductRow, found: Option<&ProductRow>) -> Self {
        Judged {
            row: row.clone(),
            is_new: found.is_none(),
            is_changed: false,
            variants: Vec::new(),
            new_variants: Vec::new(),
            moves: Vec::new(),
            prices: Vec::new(),
            pictures: Vec::new(),
            images: None,
            images_left_out: 0,
        }
    }
}

/// The variant as the file has it; one that was taken out of the shop is back.
fn merged(
    new: &NewVariant,
    options: &str,
    found: Option<&VariantRow>,
    product: &str,
    position: i32,
) -> VariantRow {
    let told_or = |told: Option<i64>, known: fn(&VariantRow) -> i64, else_: i64| {
        told.or_else(|| found.map(known)).unwrap_or(else_)
    };
    VariantRow {
        id: found.map_or_else(|| VariantId::new().to_string(), |it| it.id.clone()),
        product_id: product.to_owned(),
        position: found.map_or(position, |it| it.position),
        sku: new.sku.clone(),
        name: new.name.clone(),
        options: options.to_owned(),
        price: new.price.amount,
        compare_at_price: match new.compare_at_price {
            Some(told) => told.map(|it| it.amount),
            None => found.and_then(|it| it.compare_at_price),
        },
        weight_grams: told_or(new.weight_grams, |it| it.weight_grams, 0),
        low_threshold: told_or(new.low_threshold, |it| it.low_threshold, LOW_THRESHOLD),
        removed_at: None,
    }
}
