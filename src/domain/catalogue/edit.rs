//! Products as the shop's people change them: all of a change is decided here, on the product as
//! it stands.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    CategoryRef, Status,
    attribute::{ATTRIBUTES_MAX, Definition, Value},
    record::{Record, RecordImage},
    slug,
    step::Step,
    variant,
};
use crate::domain::{
    Error,
    expected::Expected,
    id::{CategoryId, ProductId, VariantId},
    patch::{self, Wrong},
};

/// The longest name, and the longest brand, in characters.
pub const NAME_CHARS_MAX: usize = 200;
pub const BRAND_CHARS_MAX: usize = 100;
/// The longest description, in characters: some ten pages.
pub const DESCRIPTION_CHARS_MAX: usize = 20_000;
/// The most images of one product.
pub const IMAGES_MAX: usize = 50;
/// The longest text in place of an image, in characters.
pub const ALT_CHARS_MAX: usize = 300;

/// What is to become of a product. What is left out stays, and null empties a field.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = EditProduct)]
pub struct Edit {
    /// Made of the name of a new one that has none.
    #[serde(deserialize_with = "patch::text")]
    pub slug: Option<String>,
    #[serde(deserialize_with = "patch::text")]
    #[schema(min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// Plain text. It takes the place of one with markup.
    #[serde(deserialize_with = "patch::text")]
    #[schema(max_length = 20_000)]
    pub description: Option<String>,
    #[serde(deserialize_with = "patch::text")]
    #[schema(max_length = 100)]
    pub brand: Option<String>,
    pub category_id: Option<CategoryId>,
    /// Those that are named are changed; null takes one away.
    pub attributes: BTreeMap<String, Option<Value>>,
    /// All images in their order; the first one is the main one.
    pub images: Option<Vec<Attached>>,
    pub status: Option<Status>,
    /// Those with an id are changed, those without are new, all others stay.
    pub variants: Vec<variant::Edit>,
    #[serde(skip)]
    pub step: Option<Step>,
    #[serde(skip)]
    pub removed: Vec<VariantId>,
    #[serde(skip)]
    pub restored: Vec<VariantId>,
}

/// An image of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AttachedImage)]
pub struct Attached {
    /// Of an image that is kept.
    pub key: String,
    /// What is read in its place.
    #[serde(default)]
    #[schema(max_length = 300)]
    pub alt: String,
}

impl Edit {
    /// Whether what its category demands of the product has to be known.
    pub fn asks_for_definitions(&self) -> bool {
        self.category_id.is_some()
            || !self.attributes.is_empty()
            || self.status == Some(Status::Published)
            || self.step == Some(Step::Publish)
    }
}

/// Makes a product, a draft unless it is said to be published.
#[derive(Debug, Clone)]
pub struct Create {
    pub product: ProductId,
    pub category: CategoryId,
    /// It names a name.
    pub edit: Edit,
}

impl Create {
    /// `Invalid` where the edit leaves out what each product has.
    pub fn of(product: ProductId, edit: Edit) -> Result<Self, Error> {
        let mut wrong = Wrong::default();
        if edit.name.is_none() {
            wrong.add("name", "missing", "this field is needed");
        }
        let Some(category) = edit.category_id else {
            wrong.add("category_id", "missing", "this field is needed");
            return Err(wrong.none().err().unwrap_or(Error::NotFound("category")));
        };
        wrong.none().map(|()| Create { product, category, edit })
    }
}

/// Changes a product with all that belongs to it, except the units of variants that stand.
#[derive(Debug, Clone)]
pub struct Change {
    pub product: ProductId,
    pub expected: Expected,
    pub edit: Edit,
}

/// Takes away a draft that never had a variant; all others are archived.
#[derive(Debug, Clone)]
pub struct Discard {
    pub product: ProductId,
    pub expected: Expected,
}

/// What came of a [`Create`] or a [`Change`]; the two are equal where nothing changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    pub before: Option<Record>,
    pub after: Record,
}

/// What a change is decided on, besides the product.
pub struct Around {
    /// The one that the edit names.
    pub category: Option<CategoryRef>,
    /// What the category demands, where the edit asks for it.
    pub definitions: Vec<Definition>,
    /// Width and height of those that the edit names, by key.
    pub images: BTreeMap<String, (i32, i32)>,
    /// The ids of variants that are new, in their order.
    pub fresh: Vec<VariantId>,
    pub now: DateTime<Utc>,
}

impl Record {
    /// A product of which nothing is known yet.
    pub fn blank(id: ProductId, category: CategoryRef, now: DateTime<Utc>) -> Self {
        Record {
            id,
            slug: String::new(),
            name: String::new(),
            description: String::new(),
            description_html: None,
            brand: None,
            category,
            attributes: BTreeMap::new(),
            status: Status::Draft,
            images: Vec::new(),
            variants: Vec::new(),
            version: 0,
            created_at: now,
            updated_at: now,
        }
    }

    /// The product after `edit`, at the version that it has: `Invalid` with all fields that break a
    /// rule, `Conflict` where its state forbids it.
    pub fn after(&self, edit: &Edit, around: &Around) -> Result<Record, Error> {
        let (mut after, mut wrong) = (self.clone(), Wrong::default());
        after.describe(edit, &mut wrong);
        match (edit.category_id, &around.category) {
            (Some(_), None) => {
                wrong.add("category_id", "unknown_category", "there is no such category");
            }
            (Some(_), Some(category)) => after.category = category.clone(),
            (None, _) => {}
        }
        after.say(edit, around, &mut wrong);
        if let Some(images) = &edit.images {
            after.images = attached(images, &around.images, &mut wrong);
        }
        let edits = variant::Edits {
            all: &edit.variants,
            removed: &edit.removed,
            restored: &edit.restored,
            fresh: &around.fresh,
            now: around.now,
        };
        edits.apply(&mut after, &mut wrong)?;
        after.status = self.step(edit)?;
        after.complete(self, around, &mut wrong);
        wrong.none()?;
        if after.status == Status::Published && after.standing().next().is_none() {
            let message = "it is the last variant of a product that is published";
            return Err(Error::conflict("last_variant", message));
        }
        Ok(after)
    }

    /// `Conflict` where others may know of it: ledgers and prices are kept, and so is what they are
    /// of.
    pub fn may_be_discarded(&self) -> Result<(), Error> {
        if self.status == Status::Draft && self.variants.is_empty() {
            return Ok(());
        }
        let message = "only a draft that never had a variant is deleted: archive this one";
        Err(Error::conflict("product_in_use", message))
    }

    fn describe(&mut self, edit: &Edit, wrong: &mut Wrong) {
        if let Some(name) = &edit.name {
            self.name = wrong.needed("name", name, NAME_CHARS_MAX);
        }
        match &edit.slug {
            Some(slug) => self.slug = slug::parse(wrong, slug),
            None if self.slug.is_empty() => {
                self.slug = slug::of(&self.name);
                if self.slug.is_empty() && !self.name.is_empty() {
                    wrong.add("slug", "missing", "no slug can be made of this name");
                }
            }
            None => {}
        }
        if let Some(brand) = &edit.brand {
            let brand = wrong.line("brand", brand, BRAND_CHARS_MAX);
            self.brand = Some(brand).filter(|it| !it.is_empty());
        }
        if let Some(text) = &edit.description {
            let is_text = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
            if text.chars().count() > DESCRIPTION_CHARS_MAX {
                wrong.add("description", "too_long", "at most 20000 characters fit");
            } else if !text.chars().all(is_text) {
                let message = "control characters do not belong here";
                wrong.add("description", "invalid_characters", message);
            }
            if self.description != text.trim() {
                text.trim().clone_into(&mut self.description);
                self.description_html = None;
            }
        }
    }

    /// What is said of it is what its category defines. What stands without a definition, because
    /// it was imported or its definition is gone, may stay or be taken away.
    fn say(&mut self, edit: &Edit, around: &Around, wrong: &mut Wrong) {
        for (name, said) in &edit.attributes {
            let field = || format!("attributes.{name}");
            let Some(value) = said else {
                self.attributes.remove(name);
                continue;
            };
            match around.definitions.iter().find(|it| it.name == *name) {
                Some(definition) => match definition.take(value) {
                    Ok(value) => {
                        self.attributes.insert(name.clone(), value);
                    }
                    Err((code, message)) => wrong.add(field(), code, message),
                },
                None if self.attributes.get(name) == Some(value) => {}
                None => {
                    let message = "the category has no such attribute";
                    wrong.add(field(), "unknown_attribute", message);
                }
            }
        }
        if self.attributes.len() > ATTRIBUTES_MAX {
            wrong.add("attributes", "too_many", "a product has at most 50 attributes");
        }
    }

    fn step(&self, edit: &Edit) -> Result<Status, Error> {
        match (edit.step, edit.status) {
            (Some(step), _) => self.status.after(step),
            (None, Some(status)) if status != self.status => self.status.after(Step::to(status)),
            (None, _) => Ok(self.status),
        }
    }

    /// Tells what is missing for it to be in the shop, and which of the values that it had already
    /// are not what the category that it comes to holds.
    fn complete(&mut self, before: &Record, around: &Around, wrong: &mut Wrong) {
        let is_published = self.status == Status::Published;
        let becomes_so = is_published && before.status != Status::Published;
        let is_looked_at = becomes_so || self.category.id != before.category.id;
        for definition in &around.definitions {
            let field = || format!("attributes.{}", definition.name);
            let Some(value) = self.attributes.get_mut(&definition.name) else {
                if definition.required && is_published {
                    wrong.add(field(), "required", "a published product needs this attribute");
                }
                continue;
            };
            // What the edit names was looked at when it was taken.
            if is_looked_at && before.attributes.get(&definition.name) == Some(&*value) {
                match definition.take(value) {
                    Ok(taken) => *value = taken,
                    Err((code, message)) => wrong.add(field(), code, message),
                }
            }
        }
        if becomes_so && self.standing().next().is_none() {
            wrong.add("variants", "required", "a published product needs a variant");
        }
    }
}

fn attached(
    images: &[Attached],
    known: &BTreeMap<String, (i32, i32)>,
    wrong: &mut Wrong,
) -> Vec<RecordImage> {
    if images.len() > IMAGES_MAX {
        wrong.add("images", "too_many", "a product has at most 50 images");
        return Vec::new();
    }
    let mut all: Vec<RecordImage> = Vec::with_capacity(images.len());
    for (at, Attached { key, alt }) in images.iter().enumerate() {
        let alt = wrong.line(&format!("images[{at}].alt"), alt, ALT_CHARS_MAX);
        let field = format!("images[{at}].key");
        if all.iter().any(|it| it.key == *key) {
            wrong.add(field, "duplicate", "this image stands here twice");
        } else if let Some((width, height)) = known.get(key).copied() {
            all.push(RecordImage::of(key.clone(), alt, width, height));
        } else {
            wrong.add(field, "unknown_image", "there is no such image");
        }
    }
    all
}

impl RecordImage {
    pub fn of(key: String, alt: String, width: i32, height: i32) -> Self {
        let url = format!("/api/v1/images/{key}");
        RecordImage { key, url, alt, width, height }
    }
}

#[cfg(test)]
mod tests;
