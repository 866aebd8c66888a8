//! What is left of changes by hand: figures, and the names of what was changed; not the texts.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{Action, Audited, Entry};
use crate::domain::catalogue::{
    category, edit,
    record::{Record, RecordVariant},
};

impl Audited for category::Create {
    type Outcome = category::Changed;

    fn audit(&self, changed: &category::Changed) -> Option<Entry> {
        Some(Entry::new(Action::CategoryCreated, self.id).after(placed(&changed.after)))
    }
}

impl Audited for category::Change {
    type Outcome = category::Changed;

    fn audit(&self, category::Changed { before, after }: &category::Changed) -> Option<Entry> {
        let before = before.as_ref().filter(|it| *it != after)?;
        let entry = Entry::new(Action::CategoryChanged, self.id);
        Some(entry.before(placed(before)).after(placed(after)))
    }
}

impl Audited for category::Delete {
    type Outcome = ();

    fn audit(&self, (): &()) -> Option<Entry> {
        Some(Entry::new(Action::CategoryDeleted, self.id))
    }
}

fn placed(it: &category::Kept) -> Value {
    json!({
        "slug": it.slug,
        "parent_id": it.parent_id,
        "position": it.position,
        "attributes": it.attributes.len(),
        "version": it.version,
    })
}

impl Audited for edit::Create {
    type Outcome = edit::Changed;

    fn audit(&self, edit::Changed { after, .. }: &edit::Changed) -> Option<Entry> {
        let variants = after.standing().count();
        let after = json!({ "slug": after.slug, "status": after.status, "variants": variants });
        Some(Entry::new(Action::ProductCreated, self.product).after(after))
    }
}

impl Audited for edit::Change {
    type Outcome = edit::Changed;

    fn audit(&self, edit::Changed { before, after }: &edit::Changed) -> Option<Entry> {
        let before = before.as_ref().filter(|it| *it != after)?;
        let (mut was, mut is) = (BTreeMap::new(), BTreeMap::new());
        let mut note = |name: &'static str, one: Value, other: Value| {
            if one != other {
                was.insert(name, one);
                is.insert(name, other);
            }
        };
        note("version", json!(before.version), json!(after.version));
        note("status", json!(before.status), json!(after.status));
        note("slug", json!(before.slug), json!(after.slug));
        note("category_id", json!(before.category.id), json!(after.category.id));
        let (old, new) = variants(before, after);
        note("variants", old, new);
        is.insert("changed", json!(named(before, after)));
        let entry = Entry::new(Action::ProductChanged, self.product);
        Some(entry.before(json!(was)).after(json!(is)))
    }
}

impl Audited for edit::Discard {
    type Outcome = ();

    fn audit(&self, (): &()) -> Option<Entry> {
        Some(Entry::new(Action::ProductDeleted, self.product))
    }
}

/// The fields that differ.
fn named(before: &Record, after: &Record) -> Vec<&'static str> {
    let fields = [
        ("slug", before.slug != after.slug),
        ("name", before.name != after.name),
        ("description", before.description != after.description),
        ("brand", before.brand != after.brand),
        ("category_id", before.category.id != after.category.id),
        ("attributes", before.attributes != after.attributes),
        ("status", before.status != after.status),
        ("images", before.images != after.images),
        ("variants", before.variants != after.variants),
    ];
    fields.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect()
}

/// Of those that differ what they cost, and whether they are sold, by SKU.
fn variants(before: &Record, after: &Record) -> (Value, Value) {
    let figures = |it: &RecordVariant| {
        let compared = it.compare_at_price.map(|it| it.amount);
        let taken_out = it.removed_at.is_some();
        json!({ "price": it.price.amount, "compare_at_price": compared, "removed": taken_out })
    };
    let of = |one: &Record, other: &Record| {
        let differs = |it: &&RecordVariant| !other.variants.contains(it);
        let all = one.variants.iter().filter(differs).map(|it| (it.sku.clone(), figures(it)));
        json!(all.collect::<BTreeMap<String, Value>>())
    };
    (of(before, after), of(after, before))
}
