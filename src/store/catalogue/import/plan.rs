//! What an import comes to, decided in memory: which rows are new or differ, and which products
//! cannot be taken.

use diesel::Insertable;

use super::{
    super::rows::{PriceRow, ProductRow, VariantRow},
    corrupt, images,
    judge::{Judge, Judged},
    known::{Known, homeless},
    product_images,
};
use crate::{
    domain::{
        Error,
        catalogue::{
            category::Kept,
            import::{Import, Imported, NO_CATEGORY, NewCategory, NewProduct},
        },
        id::{CategoryId, ProductId, VariantId},
    },
    store::at::At,
};

/// What is to be written.
#[derive(Default)]
pub struct Plan {
    /// New ones; a parent stands before what is below it.
    pub categories: Vec<Kept>,
    /// Those that are new or differ.
    pub products: Vec<ProductRow>,
    pub variants: Vec<VariantRow>,
    pub new_variants: Vec<VariantId>,
    /// By how much the stock of a variant changes.
    pub moves: Vec<(VariantId, i64)>,
    pub prices: Vec<PriceRow>,
    pub pictures: Vec<PictureRow>,
    /// Products whose images change, and all that they have from now on.
    pub shown: Vec<String>,
    pub images: Vec<ImageRow>,
    /// Products that are shown otherwise from now on.
    pub touched: Vec<ProductId>,
    pub imported: Imported,
}

#[derive(Insertable)]
#[diesel(table_name = images, treat_none_as_default_value = false)]
pub struct PictureRow {
    pub key: String,
    pub content_type: &'static str,
    pub width: i32,
    pub height: i32,
    pub bytes: Vec<u8>,
}

#[derive(Insertable)]
#[diesel(table_name = product_images, treat_none_as_default_value = false)]
pub struct ImageRow {
    product_id: String,
    position: i32,
    image_key: String,
    alt: String,
}

fn image_rows(
    product: &str,
    images: Vec<(String, String)>,
) -> impl Iterator<Item = ImageRow> + use<'_> {
    (0..).zip(images).map(|(position, (image_key, alt))| ImageRow {
        product_id: product.to_owned(),
        position,
        image_key,
        alt,
    })
}

impl Plan {
    /// `units` says what is on hand and reserved of a variant that stands.
    pub fn of(
        mut known: Known,
        import: &Import,
        units: impl Fn(VariantId) -> Option<(i64, i64)>,
        now: At,
    ) -> Result<Self, Error> {
        let mut plan = Plan::default();
        plan.place_categories(&mut known, import)?;
        let mut judge = Judge::of(&known, units, now);
        for product in &import.products {
            match judge.product(product)? {
                Ok(judged) => plan.take(judged)?,
                Err(error) => plan.imported.errors.push(error),
            }
        }
        Ok(plan)
    }

    /// Makes the categories that are named and missing: from now on they are known.
    fn place_categories(&mut self, known: &mut Known, import: &Import) -> Result<(), Error> {
        for new in &import.categories {
            self.place(known, new)?;
        }
        let is_new = |it: &NewProduct| !known.products.contains_key(&it.slug);
        if homeless(import).any(is_new) {
            let (slug, name) = (NO_CATEGORY.0.to_owned(), NO_CATEGORY.1.to_owned());
            self.place(known, &NewCategory { slug, name, parent: None, attributes: Vec::new() })?;
        }
        self.imported.categories = i64::try_from(self.categories.len()).map_err(corrupt)?;
        Ok(())
    }

    fn place(&mut self, known: &mut Known, new: &NewCategory) -> Result<(), Error> {
        if known.categories.contains_key(&new.slug) {
            return Ok(());
        }
        let parent = |slug| known.categories.get(slug).copied().ok_or(Error::NotFound("category"));
        let parent_id = new.parent.as_ref().map(parent).transpose()?;
        let kept = Kept {
            id: CategoryId::new(),
            slug: new.slug.clone(),
            name: new.name.clone(),
            parent_id,
            position: i32::try_from(known.categories_count).map_err(corrupt)?,
            attributes: known.forest.fitting(parent_id, &new.attributes),
            version: 1,
        };
        known.categories_count = known.categories_count.saturating_add(1);
        known.categories.insert(kept.slug.clone(), kept.id);
        known.forest.add(kept.clone());
        self.categories.push(kept);
        Ok(())
    }

    fn take(&mut self, judged: Judged) -> Result<(), Error> {
        let Judged { row, is_new, is_changed, variants, images, .. } = judged;
        let product: ProductId = row.id.parse().map_err(corrupt)?;
        let counter = match (is_new, is_changed || !judged.moves.is_empty()) {
            (true, _) => &mut self.imported.created,
            (false, true) => &mut self.imported.updated,
            (false, false) => &mut self.imported.unchanged,
        };
        *counter = counter.saturating_add(1);
        self.imported.images_left_out =
            self.imported.images_left_out.saturating_add(judged.images_left_out);
        if is_new || is_changed || !judged.moves.is_empty() {
            self.touched.push(product);
        }
        if let Some(images) = images {
            self.images.extend(image_rows(&row.id, images));
            self.shown.push(row.id.clone());
        }
        if is_new || is_changed {
            self.products.push(row);
        }
        self.variants.extend(variants);
        self.new_variants.extend(judged.new_variants);
        self.moves.extend(judged.moves);
        self.prices.extend(judged.prices);
        self.pictures.extend(judged.pictures);
        Ok(())
    }
}
