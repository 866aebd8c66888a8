//! What a basket costs: goods, discounts, taxes and delivery. The one place where a sum of money is
//! made that somebody pays; carts, quotes and orders all come here.
//!
//! Promotions are applied in this order, each to what those before it have left of each line: n for
//! m, then percentages, then amounts, then free delivery; two of a kind in the order of their codes.
//! A minimum is compared with the goods before all discounts. What a promotion gives is spread over
//! the lines that it is for, in proportion to what they still cost and to the cent (see [`spread`]),
//! so that a line can be given back for just what was paid for it. Taxes are those of the zone, on
//! each line after its discount (see [`Tax::of`]). Delivery is priced by the goods after discounts.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{
    Error,
    cart::Quantity,
    delivery::{Method, Quote},
    id::{CategoryId, ProductId, PromotionId},
    money::Money,
    promotion::{Applied, Benefit, Code, Problem, Promotion},
    tariff::{Tariff, Tax, Way},
};

#[cfg(test)]
mod tests;

/// What is bought, on which conditions, and where it goes.
#[derive(Debug, Clone)]
pub struct Basket<'b> {
    pub lines: Vec<Line>,
    /// The coupons that were put in.
    pub codes: &'b [Code],
    /// Empty until somebody says where it goes.
    pub destination: Option<Destination<'b>>,
}

#[derive(Debug, Clone)]
pub struct Line {
    pub product: ProductId,
    pub category: CategoryId,
    pub unit_price: Money,
    pub quantity: Quantity,
    /// Of one unit.
    pub grams: i64,
}

#[derive(Debug, Clone, Copy)]
pub struct Destination<'b> {
    pub country: &'b str,
    pub method: Method,
}

/// On what terms the shop sells at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'t> {
    pub tariff: &'t Tariff,
    /// Those that the coupons name, and those that need none.
    pub promotions: &'t [&'t Promotion],
    /// The category above each one that has one.
    pub parents: &'t BTreeMap<CategoryId, CategoryId>,
    /// How often this customer has had each that counts it.
    pub had: &'t BTreeMap<PromotionId, i64>,
    pub now: DateTime<Utc>,
}

/// What it costs. `total = subtotal - discount + tax + delivery`, each the sum of its parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Priced {
    /// In the order of the basket.
    pub lines: Vec<PricedLine>,
    /// The goods before discounts.
    pub subtotal: Money,
    pub discount: Money,
    /// What comes on top of the prices.
    pub tax: Money,
    /// What the prices hold of tax.
    pub tax_included: Money,
    /// Empty where nobody has said where it goes.
    pub delivery: Option<Money>,
    pub total: Money,
    /// First the coupons as they were put in, then those that apply of themselves.
    pub promotions: Vec<Applied>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PricedLine {
    /// Unit price times quantity.
    pub total: Money,
    pub discount: Money,
    pub tax: Money,
    pub tax_included: Money,
}

impl PricedLine {
    /// What is paid for the line.
    pub fn paid(&self) -> Result<Money, Error> {
        self.total.minus(self.discount)?.plus(self.tax)
    }
}

/// What `basket` costs. A `Conflict` where nothing is sent there, or where a sum is too large.
pub fn price(basket: &Basket<'_>, terms: &Terms<'_>) -> Result<Priced, Error> {
    let goods = Goods::of(basket, terms)?;
    let Some(Destination { country, method }) = basket.destination else {
        return goods.priced(Tax::NONE, None);
    };
    let tax = terms.tariff.zone(country).map_or(Tax::NONE, |zone| zone.tax);
    let delivery = goods.delivery(terms.tariff.way(country, method)?)?;
    goods.priced(tax, Some(delivery))
}

/// What each way to `country` costs for `basket`: the figures that an order will have.
pub fn quotes(basket: &Basket<'_>, country: &str, terms: &Terms<'_>) -> Result<Vec<Quote>, Error> {
    let goods = Goods::of(basket, terms)?;
    let ways = terms.tariff.zone(country).map_or(&[][..], |zone| &zone.methods);
    let quote = |way: &Way| {
        let (eta_min, eta_max) = way.eta(terms.now);
        let (method, price) = (way.method, goods.delivery(way)?);
        Ok(Quote { method, name: method.name().to_owned(), price, eta_min, eta_max })
    };
    let mut all = ways.iter().map(quote).collect::<Result<Vec<Quote>, Error>>()?;
    all.sort_by_key(|it| it.price.amount);
    Ok(all)
}

/// The goods with what promotions have taken off.
struct Goods<'b> {
    lines: Vec<Open<'b>>,
    subtotal: Money,
    delivery_is_free: bool,
    promotions: Vec<Applied>,
}

/// A line while promotions are applied.
struct Open<'b> {
    line: &'b Line,
    total: Money,
    /// What it still costs, in minor units.
    left: i64,
}

impl<'b> Goods<'b> {
    fn of(basket: &'b Basket<'_>, terms: &Terms<'_>) -> Result<Self, Error> {
        let open = |line: &'b Line| {
            let total = line.unit_price.times(line.quantity.get())?;
            Ok(Open { line, total, left: total.amount })
        };
        let lines = basket.lines.iter().map(open).collect::<Result<Vec<Open<'_>>, Error>>()?;
        let subtotal = Money::sum(lines.iter().map(|it| it.total))?;
        let mut goods = Goods { lines, subtotal, delivery_is_free: false, promotions: Vec::new() };
        let mut given = BTreeMap::new();
        for promotion in in_order(terms.promotions) {
            given.insert(promotion.id, goods.apply(promotion, terms));
        }
        goods.promotions = said(basket.codes, terms.promotions, &given);
        Ok(goods)
    }

    /// Takes off what the promotion gives, in minor units, or says why it gives nothing.
    fn apply(&mut self, promotion: &Promotion, terms: &Terms<'_>) -> Result<i64, Problem> {
        let had = terms.had.get(&promotion.id).copied().unwrap_or(0);
        let rule = &promotion.rule;
        let is_short = rule.min_total.is_some_and(|least| self.subtotal.amount < least);
        let mut of: Vec<&mut Open<'_>> = self
            .lines
            .iter_mut()
            .filter(|it| rule.is_for(it.line.product, it.line.category, terms.parents))
            .collect();
        match promotion.problem(terms.now, had) {
            Some(problem) => return Err(problem),
            None if is_short => return Err(Problem::MinTotal),
            None if of.is_empty() => return Err(Problem::NotApplicable),
            None => {}
        }
        let left: i64 = of.iter().map(|it| it.left).sum();
        match rule.benefit {
            Benefit::NForM(n) => match n_for_m(&mut of, n) {
                0 => Err(Problem::NotApplicable),
                given => Ok(given),
            },
            // What is free already can be no cheaper: such a coupon is not used up.
            Benefit::Percentage(_) | Benefit::Amount(_) if left == 0 => Err(Problem::NotApplicable),
            Benefit::Percentage(percent) => {
                let given = (i128::from(left) * i128::from(percent) + 50) / 100;
                Ok(take(&mut of, i64::try_from(given).unwrap_or(left)))
            }
            Benefit::Amount(amount) => Ok(take(&mut of, amount.min(left))),
            Benefit::FreeDelivery => {
                self.delivery_is_free = true;
                Ok(0)
            }
        }
    }

    fn delivery(&self, way: &Way) -> Result<Money, Error> {
        if self.delivery_is_free {
            return Ok(Money::ZERO);
        }
        let left = self.lines.iter().map(|it| Money::euros(it.left));
        let grams = |it: &Open<'_>| it.line.grams.saturating_mul(it.line.quantity.get());
        let grams = self.lines.iter().map(grams).fold(0, i64::saturating_add);
        Ok(way.price(Money::sum(left)?, grams))
    }

    fn priced(self, tax: Tax, delivery: Option<Money>) -> Result<Priced, Error> {
        let line = |it: &Open<'_>| {
            let left = Money { amount: it.left, ..it.total };
            let (top, held) = tax.of(left);
            let discount = it.total.minus(left)?;
            Ok(PricedLine { total: it.total, discount, tax: top, tax_included: held })
        };
        let lines = self.lines.iter().map(line).collect::<Result<Vec<PricedLine>, Error>>()?;
        let discount = Money::sum(lines.iter().map(|it| it.discount))?;
        let top = Money::sum(lines.iter().map(|it| it.tax))?;
        let goods = self.subtotal.minus(discount)?.plus(top)?;
        Ok(Priced {
            subtotal: self.subtotal,
            discount,
            tax: top,
            tax_included: Money::sum(lines.iter().map(|it| it.tax_included))?,
            delivery,
            total: goods.plus(delivery.unwrap_or(Money::ZERO))?,
            promotions: self.promotions,
            lines,
        })
    }
}

/// The order in which promotions are applied.
fn in_order<'p>(promotions: &[&'p Promotion]) -> Vec<&'p Promotion> {
    let mut all = promotions.to_vec();
    all.sort_by(|one, other| {
        let (a, b) = (&one.rule, &other.rule);
        (a.benefit.rank(), &a.code, one.id).cmp(&(b.benefit.rank(), &b.code, other.id))
    });
    all
}

/// What is said of the coupons, and of what applies of itself.
fn said(
    codes: &[Code],
    promotions: &[&Promotion],
    given: &BTreeMap<PromotionId, Result<i64, Problem>>,
) -> Vec<Applied> {
    let applied = |it: &Promotion| {
        let outcome = given.get(&it.id).copied().unwrap_or(Err(Problem::NotApplicable));
        Applied {
            id: Some(it.id),
            code: it.rule.code.clone(),
            kind: Some(it.rule.benefit.kind()),
            discount: Money::euros(outcome.unwrap_or(0)),
            problem: outcome.err(),
        }
    };
    let by_code = |code: &Code| {
        let found = promotions.iter().find(|it| it.rule.code.as_ref() == Some(code));
        found.map(|it| applied(it)).unwrap_or_else(|| Applied {
            id: None,
            code: Some(code.clone()),
            kind: None,
            discount: Money::ZERO,
            problem: Some(Problem::Unknown),
        })
    };
    let of_itself = promotions.iter().filter(|it| it.rule.code.is_none()).map(|it| applied(it));
    let gives = |it: &Applied| it.problem.is_none();
    codes.iter().map(by_code).chain(of_itself.filter(gives)).collect()
}

/// Takes `amount` off the lines, in proportion to what they still cost, and says how much it was.
fn take(of: &mut [&mut Open<'_>], amount: i64) -> i64 {
    let weights: Vec<i64> = of.iter().map(|it| it.left).collect();
    for (open, part) in of.iter_mut().zip(spread(amount, &weights)) {
        open.left -= part;
    }
    amount
}

/// Of each `n` units, across all lines, the cheapest one is free; says how much that was.
fn n_for_m(of: &mut [&mut Open<'_>], n: i64) -> i64 {
    let units: i64 = of.iter().map(|it| it.line.quantity.get()).sum();
    let mut free = units / n.max(1);
    of.sort_by_key(|it| it.line.unit_price.amount);
    let mut given = 0;
    for open in of.iter_mut() {
        let units = free.min(open.line.quantity.get());
        let part = units.saturating_mul(open.line.unit_price.amount).min(open.left);
        free -= units;
        open.left -= part;
        given += part;
    }
    given
}

/// Divides `amount` in proportion to `weights`, of which it is at most the sum, without losing a
/// unit and without giving any more than its weight: by largest remainders, of equal ones the first
/// (Hamilton's method).
pub fn spread(amount: i64, weights: &[i64]) -> Vec<i64> {
    let whole: i128 = weights.iter().map(|it| i128::from(*it)).sum();
    if whole == 0 {
        return vec![0; weights.len()];
    }
    let shares = weights.iter().map(|it| i128::from(*it) * i128::from(amount));
    let shares: Vec<(i64, i128)> =
        shares.map(|it| (i64::try_from(it / whole).unwrap_or(0), it % whole)).collect();
    let mut parts: Vec<i64> = shares.iter().map(|(part, _)| *part).collect();
    let mut by_rest: Vec<usize> = (0..parts.len()).collect();
    by_rest.sort_by_key(|at| std::cmp::Reverse(shares.get(*at).map_or(0, |(_, rest)| *rest)));
    let missing = amount - parts.iter().sum::<i64>();
    let missing = usize::try_from(missing).unwrap_or(0);
    for at in by_rest.into_iter().take(missing) {
        if let Some(part) = parts.get_mut(at) {
            *part += 1;
        }
    }
    parts
}
