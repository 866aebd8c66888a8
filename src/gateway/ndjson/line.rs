//! A product as a line of JSON, and the checks that make it one of the shop's.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    domain::{
        catalogue::{
            Status, VARIANTS_MAX,
            attribute::{ATTRIBUTES_MAX, NAME_CHARS_MAX, TEXT_CHARS_MAX, Value},
            import::{
                DEPTH_MAX, Description, Entry, IMAGES_MAX, LONG_CHARS_MAX, LineError, NewCategory,
                NewImage, NewProduct, NewVariant, OPTIONS_MAX, Picture, SHORT_CHARS_MAX,
                WEIGHT_GRAMS_MAX, image_key, slug,
            },
            stock::ON_HAND_MAX,
        },
        id::ProductId,
        money::{AMOUNT_MAX, Currency, Money},
    },
    gateway::html,
};

/// A code and a sentence: what is wrong with a line.
type Wrong = (&'static str, String);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    slug: String,
    name: String,
    #[serde(default, deserialize_with = "told", skip_serializing_if = "Option::is_none")]
    description: Option<Option<String>>,
    /// Where it is there, the description is its words.
    #[serde(default, deserialize_with = "told", skip_serializing_if = "Option::is_none")]
    description_html: Option<Option<String>>,
    #[serde(default, deserialize_with = "told", skip_serializing_if = "Option::is_none")]
    brand: Option<Option<String>>,
    status: Option<Status>,
    /// Its own and those above it, the topmost first.
    category: Option<Vec<Category>>,
    attributes: Option<BTreeMap<String, Value>>,
    images: Option<Vec<Image>>,
    #[serde(default)]
    variants: Vec<Variant>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Category {
    slug: String,
    name: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Image {
    url: String,
    #[serde(default)]
    alt: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Variant {
    sku: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    options: BTreeMap<String, String>,
    price: Money,
    #[serde(default, deserialize_with = "told", skip_serializing_if = "Option::is_none")]
    compare_at_price: Option<Option<Money>>,
    weight_grams: Option<i64>,
    on_hand: Option<i64>,
    low_threshold: Option<i64>,
}

/// A field that is there, be it null.
fn told<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

impl Line {
    pub fn of(Entry { categories, product }: &Entry) -> Self {
        let NewProduct { line: _, category: _, .. } = product;
        let described = product.description.as_ref();
        Line {
            slug: product.slug.clone(),
            name: product.name.clone(),
            description: described.map(|it| Some(it.text.clone())),
            description_html: described.map(|it| it.html.clone()),
            brand: product.brand.clone(),
            status: product.status,
            category: (!categories.is_empty()).then(|| categories.iter().map(category).collect()),
            attributes: product.attributes.clone(),
            images: product.images.as_ref().map(|all| all.iter().filter_map(image).collect()),
            variants: product.variants.iter().map(variant).collect(),
        }
    }

    pub fn read(text: &[u8], line: u64) -> Result<Entry, LineError> {
        let wrong = |(code, message): Wrong| LineError::new(line, code, message);
        let text = std::str::from_utf8(text);
        let text = text.map_err(|_| wrong(("unreadable", "the line is not UTF-8".to_owned())))?;
        let mut json = serde_json::Deserializer::from_str(text);
        let read = serde_path_to_error::deserialize(&mut json);
        let read: Line = read.map_err(|error| wrong(unfit(text, &error)))?;
        let ended = json.end().is_ok() && text.starts_with('{');
        let malformed = || wrong(("malformed_json", "the line is not one object".to_owned()));
        if ended { read.checked(line).map_err(wrong) } else { Err(malformed()) }
    }

    fn checked(self, line: u64) -> Result<Entry, Wrong> {
        let handle = self.slug.trim();
        let is_handle = !handle.is_empty() && slug(handle) == handle;
        if !is_handle || handle.parse::<ProductId>().is_ok() || too_long(handle) {
            let message = "a slug is words in lower case with hyphens between them";
            return Err(("invalid_handle", message.to_owned()));
        }
        let description = description(self.description, self.description_html)?;
        let brand = self.brand.map(|it| it.map(|it| text("brand", it)).transpose()).transpose()?;
        let categories = self.category.map(path).transpose()?.unwrap_or_default();
        let product = NewProduct {
            line,
            slug: handle.to_owned(),
            name: needed("name", self.name)?,
            description,
            brand: brand.map(|it| it.filter(|it| !it.is_empty())),
            category: categories.last().map(|it| it.slug.clone()),
            attributes: self.attributes.map(attributes).transpose()?,
            status: self.status,
            images: self.images.map(images).transpose()?,
            variants: variants(self.variants, line)?,
        };
        Ok(Entry { categories, product })
    }
}

/// What serde complains of, in words of ours.
fn unfit(text: &str, error: &serde_path_to_error::Error<serde_json::Error>) -> Wrong {
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
        return ("malformed_json", "the line is no JSON".to_owned());
    }
    let path = short(&error.path().to_string());
    ("invalid_value", format!("{path}: something is missing, unknown or of another kind here"))
}

fn description(
    text: Option<Option<String>>,
    html: Option<Option<String>>,
) -> Result<Option<Description>, Wrong> {
    let body = html.as_ref().and_then(Option::as_ref);
    let plain = text.as_ref().and_then(Option::as_ref);
    if body.or(plain).is_some_and(|it| it.chars().nth(LONG_CHARS_MAX).is_some()) {
        return Err(long("description", LONG_CHARS_MAX));
    }
    if let Some(body) = body {
        return Ok(Some(html::describe(body)));
    }
    let plain = plain.map(|it| it.trim().to_owned());
    Ok(text.is_some().then(|| Description { text: plain.unwrap_or_default(), html: None }))
}

fn path(all: Vec<Category>) -> Result<Vec<NewCategory>, Wrong> {
    if all.len() > DEPTH_MAX {
        return Err(many("category", DEPTH_MAX));
    }
    let mut path: Vec<NewCategory> = Vec::with_capacity(all.len());
    for Category { slug: named, name } in all {
        if named.is_empty() || slug(&named) != named || too_long(&named) {
            let message = "the slug of a category is words in lower case with hyphens between them";
            return Err(("invalid_category", message.to_owned()));
        }
        let parent = path.last().map(|it| it.slug.clone());
        let name = needed("category", name)?;
        path.push(NewCategory { slug: named, name, parent, attributes: Vec::new() });
    }
    Ok(path)
}

fn attributes(all: BTreeMap<String, Value>) -> Result<BTreeMap<String, Value>, Wrong> {
    if all.len() > ATTRIBUTES_MAX {
        return Err(many("attributes", ATTRIBUTES_MAX));
    }
    for (name, value) in &all {
        let text = match value {
            Value::Text(text) => text.as_str(),
            Value::Measure { unit, .. } => unit.as_str(),
            Value::Flag(_) | Value::Number(_) => "",
        };
        let fits = |it: &str, most| it.chars().count() <= most && !it.contains(char::is_control);
        if name.trim().is_empty() || !fits(name, NAME_CHARS_MAX) || !fits(text, TEXT_CHARS_MAX) {
            let message = format!("the attribute {:?} does not fit", short(name));
            return Err(("invalid_attribute", message));
        }
    }
    Ok(all)
}

fn images(all: Vec<Image>) -> Result<Vec<NewImage>, Wrong> {
    if all.len() > IMAGES_MAX {
        return Err(many("images", IMAGES_MAX));
    }
    let image = |Image { url, alt }: Image| {
        let key = image_key(&url).map(str::to_owned);
        let picture = key.map_or(Picture::Elsewhere, Picture::Kept);
        Ok(NewImage { alt: text("alt", alt)?, picture })
    };
    all.into_iter().map(image).collect()
}

fn variants(all: Vec<Variant>, line: u64) -> Result<Vec<NewVariant>, Wrong> {
    if all.len() > VARIANTS_MAX {
        return Err((
            "too_many_variants",
            format!("a product has at most {VARIANTS_MAX} variants"),
        ));
    }
    let all: Vec<NewVariant> =
        all.into_iter().map(|it| it.checked(line)).collect::<Result<_, Wrong>>()?;
    let skus: HashSet<&str> = all.iter().map(|it| it.sku.as_str()).collect();
    if skus.len() < all.len() {
        return Err(("repeated_sku", "two variants have the same SKU".to_owned()));
    }
    let options: HashSet<&BTreeMap<String, String>> = all.iter().map(|it| &it.options).collect();
    if options.len() < all.len() {
        return Err(("repeated_variant", "two variants have the same options".to_owned()));
    }
    Ok(all)
}

impl Variant {
    fn checked(self, line: u64) -> Result<NewVariant, Wrong> {
        let sku = needed("sku", self.sku)?;
        if sku.starts_with('\'') {
            return Err(("invalid_sku", "a SKU does not begin with an apostrophe".to_owned()));
        }
        if self.options.len() > OPTIONS_MAX {
            return Err(many("options", OPTIONS_MAX));
        }
        let was = self.compare_at_price.map(|it| it.map(priced).transpose());
        let option = |(name, value)| Ok((needed("options", name)?, needed("options", value)?));
        Ok(NewVariant {
            line,
            sku,
            name: text("name", self.name)?,
            options: self.options.into_iter().map(option).collect::<Result<_, Wrong>>()?,
            price: priced(self.price)?,
            compare_at_price: was.transpose()?,
            on_hand: within("on_hand", self.on_hand, ON_HAND_MAX)?,
            weight_grams: within("weight_grams", self.weight_grams, WEIGHT_GRAMS_MAX)?,
            low_threshold: within("low_threshold", self.low_threshold, ON_HAND_MAX)?,
        })
    }
}

fn priced(money: Money) -> Result<Money, Wrong> {
    if money.currency != Currency::SHOP || !(0..=AMOUNT_MAX).contains(&money.amount) {
        let message = format!("a price is minor units of {:?}", Currency::SHOP);
        return Err(("invalid_price", message));
    }
    Ok(money)
}

fn within(field: &str, number: Option<i64>, most: i64) -> Result<Option<i64>, Wrong> {
    match number {
        Some(number) if !(0..=most).contains(&number) => {
            Err(("out_of_range", format!("{field} is 0 to {most}")))
        }
        number => Ok(number),
    }
}

/// A line of text, trimmed.
fn text(field: &str, text: String) -> Result<String, Wrong> {
    let trimmed = text.trim();
    if too_long(trimmed) {
        return Err(long(field, SHORT_CHARS_MAX));
    }
    if trimmed.contains(char::is_control) {
        return Err(("invalid_text", format!("{field} has a character that is no text")));
    }
    Ok(if trimmed.len() == text.len() { text } else { trimmed.to_owned() })
}

fn needed(field: &str, it: String) -> Result<String, Wrong> {
    let text = text(field, it)?;
    if text.is_empty() { Err(("missing_text", format!("{field} is empty"))) } else { Ok(text) }
}

fn too_long(text: &str) -> bool {
    text.chars().nth(SHORT_CHARS_MAX).is_some()
}

fn long(field: &str, most: usize) -> Wrong {
    ("too_long", format!("{field} is longer than {most} characters"))
}

fn many(field: &str, most: usize) -> Wrong {
    ("too_many", format!("{field} holds at most {most}"))
}

/// What was found, short enough for a message.
fn short(text: &str) -> String {
    text.chars().take(30).collect()
}

fn category(it: &NewCategory) -> Category {
    Category { slug: it.slug.clone(), name: it.name.clone() }
}

fn image(it: &NewImage) -> Option<Image> {
    match &it.picture {
        Picture::Kept(key) => {
            Some(Image { url: format!("/api/v1/images/{key}"), alt: it.alt.clone() })
        }
        Picture::Elsewhere | Picture::New { .. } => None,
    }
}

fn variant(it: &NewVariant) -> Variant {
    Variant {
        sku: it.sku.clone(),
        name: it.name.clone(),
        options: it.options.clone(),
        price: it.price,
        compare_at_price: it.compare_at_price,
        weight_grams: it.weight_grams,
        on_hand: it.on_hand,
        low_threshold: it.low_threshold,
    }
}
