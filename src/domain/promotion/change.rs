//! Promotions as the shop's people make and change them.

use chrono::{DateTime, Utc};

use super::{LIMIT_MAX, NAMED_MAX, Promotion, Rule};
use crate::domain::{
    Error,
    error::Refusal,
    expected::Expected,
    id::{CategoryId, ProductId, PromotionId},
    money::AMOUNT_MAX,
    patch::Wrong,
};

/// Makes a promotion; `Conflict("code_taken")` where another one has its code.
#[derive(Debug, Clone)]
pub struct Create {
    pub id: PromotionId,
    pub rule: Rule,
}

/// Puts another rule in place of a promotion's own; orders that have it keep what they were given.
#[derive(Debug, Clone)]
pub struct Change {
    pub id: PromotionId,
    pub expected: Expected,
    pub rule: Rule,
}

/// What the shop has of some names, each once; empty where one of the names names nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub products: Option<Vec<ProductId>>,
    pub categories: Option<Vec<CategoryId>>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Changed {
    /// Empty for one that is new.
    pub before: Option<Promotion>,
    pub after: Promotion,
}

impl Rule {
    /// The rule, if it makes sense; else the fields that do not.
    pub fn checked(self) -> Result<Self, Error> {
        let mut wrong = Wrong::default();
        if let Some(least) = self.min_total {
            wrong.within("min_total", least, 1, AMOUNT_MAX);
        }
        if let Some(most) = self.usage_limit {
            wrong.within("usage_limit", most, 1, LIMIT_MAX);
        }
        if let Some(most) = self.per_customer_limit {
            wrong.within("per_customer_limit", most, 1, LIMIT_MAX);
        }
        if self.starts_at.zip(self.ends_at).is_some_and(|(starts, ends)| ends <= starts) {
            wrong.add("ends_at", "out_of_range", "it ends after it starts");
        }
        let named = [("products", self.products.len()), ("categories", self.categories.len())];
        for (field, _) in named.into_iter().filter(|(_, named)| *named > NAMED_MAX) {
            wrong.add(field, "out_of_range", "at most 200 are named");
        }
        wrong.none()?;
        Ok(self)
    }
}

impl Promotion {
    /// The promotion with another rule, one version on.
    ///
    /// Uses are counted from the first one on or never: what was used before somebody counted is
    /// known only as far as no checkout is at work, so a limit that comes later is refused.
    pub fn with(&self, rule: Rule, now: DateTime<Utc>) -> Result<Self, Error> {
        let after = Promotion {
            rule,
            version: self.version.saturating_add(1),
            updated_at: now,
            ..self.clone()
        };
        if after.is_counted() && !self.is_counted() {
            let message = "uses were not counted so far: end this promotion, and make another one";
            return Err(Error::conflict("promotion_not_counted", message));
        }
        if after.rule.usage_limit.is_some_and(|most| most < self.used) {
            let refusal = Refusal::new("promotion_used", "it has been used more often already");
            return Err(refusal.with("used", self.used).into());
        }
        Ok(after)
    }
}
