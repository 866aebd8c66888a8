//! The variants of a product as the shop's people change them: no two alike, all with the same
//! options.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    VARIANTS_MAX,
    record::{Held, Record, RecordVariant},
    stock::ON_HAND_MAX,
};
use crate::domain::{
    Error,
    error::Refusal,
    id::VariantId,
    money::{AMOUNT_MAX, Currency, Money},
    patch::{self, Wrong},
};

/// The most variants that a product ever has, with those that were taken out.
pub const RECORDED_MAX: usize = 500;
/// The most options that tell variants apart.
pub const OPTIONS_MAX: usize = 5;
/// The longest name of an option, and the longest value, in characters.
pub const OPTION_CHARS_MAX: usize = 100;
pub const SKU_CHARS_MAX: usize = 100;
/// The longest name, in characters.
pub const NAME_CHARS_MAX: usize = 200;
/// A hundred tonnes.
pub const WEIGHT_GRAMS_MAX: i64 = 100_000_000;
/// The last place among the variants of a product.
pub const POSITION_MAX: i32 = 1_000_000;
/// Below how many units a shopper is told to hurry, if nobody says.
pub const LOW_THRESHOLD: i64 = 5;

/// What is to become of a variant. What is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = EditVariant)]
pub struct Edit {
    /// Of the one to be changed; a new one has none.
    pub id: Option<VariantId>,
    /// No two variants have the same, nor does one that was taken out.
    #[serde(deserialize_with = "patch::text")]
    #[schema(min_length = 1, max_length = 100)]
    pub sku: Option<String>,
    /// Made of the options, if nobody says.
    #[serde(deserialize_with = "patch::text")]
    #[schema(max_length = 200)]
    pub name: Option<String>,
    /// All variants of a product have the same names here, and no two the same values.
    pub options: Option<BTreeMap<String, String>>,
    pub price: Option<Money>,
    /// What it cost before: more than the price; null takes it away.
    #[serde(deserialize_with = "patch::given")]
    #[schema(value_type = Option<Money>)]
    pub compare_at_price: Option<Option<Money>>,
    #[schema(minimum = 0, maximum = 100_000_000)]
    pub weight_grams: Option<i64>,
    /// At how many units or fewer a shopper is told to hurry; 5 if nobody says.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub low_threshold: Option<i64>,
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub position: Option<i32>,
    /// Of a new one alone: later the stock has a route of its own.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub on_hand: Option<i64>,
}

/// What is done to the variants of a product at once.
pub struct Edits<'a> {
    pub all: &'a [Edit],
    pub removed: &'a [VariantId],
    pub restored: &'a [VariantId],
    /// The ids of those that are new, in their order.
    pub fresh: &'a [VariantId],
    pub now: DateTime<Utc>,
}

impl Edits<'_> {
    /// The variants of the product after all of it; what is wrong is told as of `variants[…]`.
    pub fn apply(&self, product: &mut Record, wrong: &mut Wrong) -> Result<(), Error> {
        self.put_back(product)?;
        let (mut touched, mut fresh) = (Vec::new(), self.fresh.iter());
        for (at, edit) in self.all.iter().enumerate() {
            let place = format!("variants[{at}]");
            let known = product.variants.iter().position(|it| Some(it.id) == edit.id);
            if edit.id.is_some() && known.is_none() {
                let message = "the product has no such variant";
                wrong.add(format!("{place}.id"), "unknown_variant", message);
                continue;
            }
            let Some(id) = edit.id.or_else(|| fresh.next().copied()) else { continue };
            let before = known.and_then(|known| product.variants.get(known));
            let blank = || blank(id, next_position(product));
            let after = edit.applied(before, blank, &mut At { place: &place, wrong });
            if before.is_none_or(|it| it.options != after.options) {
                touched.push((place, id));
            }
            match known.and_then(|known| product.variants.get_mut(known)) {
                Some(slot) => *slot = after,
                None => product.variants.push(after),
            }
        }
        self.take_out(product)?;
        product.variants.sort_by_key(|it| (it.position, it.id));
        distinct(product, &touched, wrong);
        bounded(product, wrong);
        self.fits_back(product)
    }

    fn put_back(&self, product: &mut Record) -> Result<(), Error> {
        for id in self.restored {
            let variant = product.variants.iter_mut().find(|it| it.id == *id);
            variant.ok_or(Error::NotFound("variant"))?.removed_at = None;
        }
        Ok(())
    }

    /// Others may have taken its place in the meantime.
    fn fits_back(&self, product: &Record) -> Result<(), Error> {
        let restored = self.restored.iter().map(|id| (String::new(), *id));
        let mut unlike = Wrong::default();
        distinct(product, &restored.collect::<Vec<_>>(), &mut unlike);
        let message = "its options are those of another variant, or unlike those of the others";
        unlike.none().map_err(|_| Error::conflict("options_taken", message))
    }

    /// What unpaid orders have reserved stays until they are paid or gone.
    fn take_out(&self, product: &mut Record) -> Result<(), Error> {
        for id in self.removed {
            let variant = product.variants.iter_mut().find(|it| it.id == *id);
            let variant = variant.ok_or(Error::NotFound("variant"))?;
            if variant.stock.reserved > 0 {
                let message = "unpaid orders have reserved units of it";
                let refusal = Refusal::new("stock_reserved", message);
                return Err(refusal.with("reserved", variant.stock.reserved).into());
            }
            variant.removed_at = variant.removed_at.or(Some(self.now));
        }
        Ok(())
    }
}

/// Where in the request a variant stands, and what was found wrong so far.
struct At<'a> {
    place: &'a str,
    wrong: &'a mut Wrong,
}

impl At<'_> {
    fn field(&self, name: &str) -> String {
        format!("{}.{name}", self.place)
    }

    fn add(&mut self, name: &str, code: &'static str, message: &'static str) {
        let field = self.field(name);
        self.wrong.add(field, code, message);
    }

    fn needed(&mut self, name: &str, text: &str, chars_max: usize) -> String {
        let field = self.field(name);
        self.wrong.needed(&field, text, chars_max)
    }

    /// The number that is said, or the one that was.
    fn number(&mut self, name: &str, said: Option<i64>, was: i64, most: i64) -> i64 {
        if let Some(number) = said {
            let field = self.field(name);
            self.wrong.within(&field, number, 0, most);
        }
        said.unwrap_or(was)
    }

    fn amount(&mut self, name: &str, price: Money) -> Money {
        self.number(&format!("{name}.amount"), Some(price.amount), 0, AMOUNT_MAX);
        if price.currency != Currency::SHOP {
            let message = "the shop sells in another currency";
            self.add(&format!("{name}.currency"), "other_currency", message);
        }
        price
    }
}

impl Edit {
    fn applied(
        &self,
        before: Option<&RecordVariant>,
        blank: impl FnOnce() -> RecordVariant,
        at: &mut At<'_>,
    ) -> RecordVariant {
        let is_new = before.is_none();
        let mut after = before.cloned().unwrap_or_else(blank);
        self.name(&mut after, is_new, at);
        self.price(&mut after, is_new, at);
        after.weight_grams =
            at.number("weight_grams", self.weight_grams, after.weight_grams, WEIGHT_GRAMS_MAX);
        after.low_threshold =
            at.number("low_threshold", self.low_threshold, after.low_threshold, ON_HAND_MAX);
        if let Some(position) = self.position {
            at.number("position", Some(position.into()), 0, POSITION_MAX.into());
            after.position = position;
        }
        let Held { on_hand, reserved, .. } = after.stock;
        let on_hand = at.number("on_hand", self.on_hand, on_hand, ON_HAND_MAX);
        if self.on_hand.is_some() && !is_new {
            let message = "the stock of a variant that stands is changed at its own route";
            at.add("on_hand", "not_here", message);
        }
        after.stock = Held::of(on_hand, reserved, after.low_threshold);
        after
    }

    /// What it is called and known by.
    fn name(&self, after: &mut RecordVariant, is_new: bool, at: &mut At<'_>) {
        if let Some(sku) = self.sku.as_ref().or(is_new.then_some(&String::new())) {
            after.sku = at.needed("sku", sku, SKU_CHARS_MAX);
        }
        if let Some(options) = &self.options {
            let follows = after.name == name_of(&after.options);
            after.options = parse_options(options, at);
            if follows {
                after.name = name_of(&after.options);
            }
        }
        if let Some(name) = &self.name {
            let field = at.field("name");
            after.name = at.wrong.line(&field, name, NAME_CHARS_MAX);
        }
    }

    fn price(&self, after: &mut RecordVariant, is_new: bool, at: &mut At<'_>) {
        match self.price {
            Some(price) => after.price = at.amount("price", price),
            None if is_new => at.add("price", "missing", "this field is needed"),
            None => {}
        }
        if let Some(said) = self.compare_at_price {
            after.compare_at_price = said.map(|it| at.amount("compare_at_price", it));
        }
        // What was imported may be otherwise, and does not stand in the way of other changes.
        let is_said = self.price.is_some() || self.compare_at_price.is_some();
        if is_said && after.compare_at_price.is_some_and(|it| it.amount <= after.price.amount) {
            let message = "what it cost before is more than the price";
            at.add("compare_at_price", "not_above_price", message);
        }
    }
}

fn blank(id: VariantId, position: i32) -> RecordVariant {
    RecordVariant {
        id,
        sku: String::new(),
        name: String::new(),
        options: BTreeMap::new(),
        price: Money::ZERO,
        compare_at_price: None,
        weight_grams: 0,
        low_threshold: LOW_THRESHOLD,
        position,
        stock: Held::of(0, 0, LOW_THRESHOLD),
        removed_at: None,
    }
}

fn next_position(product: &Record) -> i32 {
    let last = product.variants.iter().map(|it| it.position).max();
    last.map_or(0, |it| it.saturating_add(1)).min(POSITION_MAX)
}

/// The name of a variant that has no other.
fn name_of(options: &BTreeMap<String, String>) -> String {
    options.values().map(String::as_str).collect::<Vec<_>>().join(" / ")
}

fn parse_options(options: &BTreeMap<String, String>, at: &mut At<'_>) -> BTreeMap<String, String> {
    if options.len() > OPTIONS_MAX {
        at.add("options", "too_many", "at most 5 options tell variants apart");
        return BTreeMap::new();
    }
    let mut parsed = BTreeMap::new();
    for (name, value) in options {
        let field = format!("options.{name}");
        let name = at.needed(&field, name, OPTION_CHARS_MAX);
        let value = at.needed(&field, value, OPTION_CHARS_MAX);
        if parsed.insert(name, value).is_some() {
            at.add(&field, "duplicate", "this option stands here twice");
        }
    }
    parsed
}

/// Tells of those of `touched` whose options are not like those of the others, or just like them.
fn distinct(product: &Record, touched: &[(String, VariantId)], wrong: &mut Wrong) {
    for (place, id) in touched {
        let Some(one) = product.standing().find(|it| it.id == *id) else { continue };
        let names = |it: &RecordVariant| it.options.keys().cloned().collect::<BTreeSet<_>>();
        let others = || product.standing().filter(|it| it.id != *id);
        if others().any(|it| it.options == one.options) {
            let message = "another variant of the product has the same options";
            wrong.add(format!("{place}.options"), "options_taken", message);
        } else if others().any(|it| names(it) != names(one)) {
            let message = "all variants of a product have the same options";
            wrong.add(format!("{place}.options"), "options_differ", message);
        }
    }
}

fn bounded(product: &Record, wrong: &mut Wrong) {
    if product.standing().count() > VARIANTS_MAX {
        wrong.add("variants", "too_many", "a product has at most 100 variants");
    } else if product.variants.len() > RECORDED_MAX {
        let message = "a product has at most 500 variants with those that were taken out";
        wrong.add("variants", "too_many", message);
    }
}
