//! Promotions: what makes an order cheaper, by a coupon or of itself.

use std::{collections::BTreeMap, fmt};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    Error,
    error::Refusal,
    id::{CategoryId, ProductId, PromotionId},
    money::{AMOUNT_MAX, Money},
    words::words,
};

pub mod change;

/// The longest coupon, in characters.
pub const CODE_CHARS_MAX: usize = 40;
/// The most coupons in one cart.
pub const CODES_MAX: usize = 5;
/// The most products, and the most categories, that one promotion names.
pub const NAMED_MAX: usize = 200;
/// The most units of which one is free.
pub const N_MAX: i64 = 100;
/// The most orders that a limit counts.
pub const LIMIT_MAX: i64 = 1_000_000_000;

/// A coupon as buyers write it, in capitals: two spellings are one coupon.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "SPRING", min_length = 1, max_length = 40)]
pub struct Code(String);

impl Code {
    /// 1 to [`CODE_CHARS_MAX`] letters and digits of ASCII, hyphens and underscores.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let is_written = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if (1..=CODE_CHARS_MAX).contains(&text.len()) && text.bytes().all(is_written) {
            return Ok(Code(text.to_ascii_uppercase()));
        }
        let message = "a code is 1 to 40 letters, digits, hyphens and underscores";
        Err(Error::invalid("code", "invalid_code", message))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Code {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Code::parse(&text)
    }
}

impl From<Code> for String {
    fn from(code: Code) -> String {
        code.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

words! {
    /// What a promotion does.
    #[schema(as = PromotionKind)]
    Kind {
        Percentage = "percentage",
        Amount = "amount",
        FreeDelivery = "free_delivery",
        /// Of so many units the cheapest is free.
        NForM = "n_for_m",
    }
}

/// What a promotion gives, with its figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Benefit {
    /// Of so many units, across all lines that it is for, the cheapest one is free.
    NForM(i64),
    /// Whole percent, 1 to 100.
    Percentage(i64),
    /// Minor units of the shop's currency.
    Amount(i64),
    FreeDelivery,
}

impl Benefit {
    /// The benefit by its kind and figure, which must fit each other.
    pub fn parse(kind: Kind, value: i64) -> Result<Self, Error> {
        let (benefit, range) = match kind {
            Kind::NForM => (Benefit::NForM(value), 2..=N_MAX),
            Kind::Percentage => (Benefit::Percentage(value), 1..=100),
            Kind::Amount => (Benefit::Amount(value), 1..=AMOUNT_MAX),
            Kind::FreeDelivery => (Benefit::FreeDelivery, 1..=1),
        };
        if range.contains(&value) {
            return Ok(benefit);
        }
        let (least, most) = (range.start(), range.end());
        let message = format!("a value of this kind is {least} to {most}");
        Err(Error::invalid("value", "out_of_range", message))
    }

    pub fn kind(self) -> Kind {
        match self {
            Benefit::NForM(_) => Kind::NForM,
            Benefit::Percentage(_) => Kind::Percentage,
            Benefit::Amount(_) => Kind::Amount,
            Benefit::FreeDelivery => Kind::FreeDelivery,
        }
    }

    /// When it is applied: after those with a lower rank, to what they have left.
    pub fn rank(self) -> i32 {
        match self {
            Benefit::NForM(_) => 0,
            Benefit::Percentage(_) => 1,
            Benefit::Amount(_) => 2,
            Benefit::FreeDelivery => 3,
        }
    }

    /// Its figure; one where it has none.
    pub fn value(self) -> i64 {
        match self {
            Benefit::NForM(value) | Benefit::Percentage(value) | Benefit::Amount(value) => value,
            Benefit::FreeDelivery => 1,
        }
    }
}

/// What a promotion gives, to whom, when and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Empty where it needs no coupon.
    pub code: Option<Code>,
    pub benefit: Benefit,
    /// The goods, before all discounts, must cost that much; minor units.
    pub min_total: Option<i64>,
    /// How many orders may have it, and how many of one customer.
    pub usage_limit: Option<i64>,
    pub per_customer_limit: Option<i64>,
    /// From this moment on, and until before that one.
    pub starts_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
    /// What it is for: these products, and those of these categories and all below them. Where both
    /// are empty it is for all.
    pub products: Vec<ProductId>,
    pub categories: Vec<CategoryId>,
    /// Taken out of use where it is not.
    pub is_active: bool,
}

/// A promotion as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    pub id: PromotionId,
    pub rule: Rule,
    /// How many orders have it that were not called off; counted where there is a limit.
    pub used: i64,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

words! {
    /// Why a promotion gives nothing now.
    #[schema(as = PromotionProblem)]
    Problem {
        /// There is no such coupon, or not any more.
        Unknown = "unknown",
        NotStarted = "not_started",
        Ended = "ended",
        /// As many orders have it as may, or as many of this customer.
        Exhausted = "exhausted",
        MinTotal = "min_total",
        /// Nothing in the cart is what it is for.
        NotApplicable = "not_applicable",
    }
}

impl Problem {
    /// Why a coupon is refused that has this problem; nothing where the cart may yet become one that
    /// it is for.
    pub fn refusal(self, code: &Code) -> Option<Refusal> {
        let (refused, message) = match self {
            Problem::Exhausted => ("promotion_exhausted", "this coupon is used up"),
            Problem::Unknown | Problem::NotStarted | Problem::Ended => {
                ("promotion_not_active", "this coupon does not count now")
            }
            Problem::MinTotal | Problem::NotApplicable => return None,
        };
        Some(Refusal::new(refused, message).with("promotion_code", code.as_str()))
    }
}

impl Promotion {
    /// What stands against it at `now` whatever is in the cart, for a customer who has had it
    /// `had` times.
    pub fn problem(&self, now: DateTime<Utc>, had: i64) -> Option<Problem> {
        let Rule { usage_limit, per_customer_limit, starts_at, ends_at, is_active, .. } = self.rule;
        if !is_active || ends_at.is_some_and(|at| at <= now) {
            Some(Problem::Ended)
        } else if starts_at.is_some_and(|at| now < at) {
            Some(Problem::NotStarted)
        } else if usage_limit.is_some_and(|most| most <= self.used)
            || per_customer_limit.is_some_and(|most| most <= had)
        {
            Some(Problem::Exhausted)
        } else {
            None
        }
    }

    /// Whether orders that have it are counted: then its row is locked by each checkout with it.
    pub fn is_counted(&self) -> bool {
        self.rule.usage_limit.is_some() || self.rule.per_customer_limit.is_some()
    }
}

impl Rule {
    /// Whether it is for a product in this category; `parents` says what is above each.
    pub fn is_for(
        &self,
        product: ProductId,
        category: CategoryId,
        parents: &BTreeMap<CategoryId, CategoryId>,
    ) -> bool {
        if self.products.is_empty() && self.categories.is_empty() {
            return true;
        }
        let mut above = std::iter::successors(Some(category), |it| parents.get(it).copied());
        self.products.contains(&product) || above.any(|it| self.categories.contains(&it))
    }
}

/// A promotion in a cart or an order: what it gives there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = AppliedPromotion)]
pub struct Applied {
    /// Empty where there is no such coupon.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub id: Option<PromotionId>,
    /// Empty where it needs no coupon.
    pub code: Option<Code>,
    pub kind: Option<Kind>,
    /// What it takes off the goods.
    pub discount: Money,
    /// Why it gives nothing.
    pub problem: Option<Problem>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_are_one_code_and_what_is_no_code_is_none() {
        assert_eq!(Code::parse(" spring-26 ").unwrap(), Code::parse("SPRING-26").unwrap());
        for wrong in ["", "a b", "ä", &"A".repeat(CODE_CHARS_MAX + 1)] {
            assert!(Code::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_figure_fits_its_kind() {
        let fits = |kind, value| Benefit::parse(kind, value).is_ok();
        assert!(fits(Kind::Percentage, 100) && !fits(Kind::Percentage, 101));
        assert!(fits(Kind::NForM, 2) && !fits(Kind::NForM, 1));
        assert!(fits(Kind::FreeDelivery, 1) && !fits(Kind::FreeDelivery, 2));
        assert!(Kind::ALL.iter().all(|kind| !fits(*kind, 0) && !fits(*kind, -1)));
    }
}
