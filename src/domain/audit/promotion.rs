//! What is left of promotions.

use serde_json::{Value, json};

use super::{Action, Audited, Entry};
use crate::domain::promotion::{
    Promotion,
    change::{Change, Changed, Create},
};

impl Audited for Create {
    type Outcome = Changed;

    fn audit(&self, changed: &Changed) -> Option<Entry> {
        Some(entry(Action::PromotionCreated, changed))
    }
}

impl Audited for Change {
    type Outcome = Changed;

    fn audit(&self, changed: &Changed) -> Option<Entry> {
        Some(entry(Action::PromotionChanged, changed))
    }
}

fn entry(action: Action, Changed { before, after }: &Changed) -> Entry {
    let entry = Entry::new(action, after.id).after(left(after));
    Entry { before: before.as_ref().map(left), ..entry }
}

fn left(promotion: &Promotion) -> Value {
    let Promotion { rule, used, version, .. } = promotion;
    json!({
        "version": version,
        "code": rule.code,
        "kind": rule.benefit.kind(),
        "value": rule.benefit.value(),
        "min_total": rule.min_total,
        "usage_limit": rule.usage_limit,
        "per_customer_limit": rule.per_customer_limit,
        "starts_at": rule.starts_at,
        "ends_at": rule.ends_at,
        "products": rule.products,
        "categories": rule.categories,
        "is_active": rule.is_active,
        "used": used,
    })
}
