//! The tariff: what delivery costs and which tax is due, by the zone that an address lies in.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::{Error, country, delivery::Method, expected::Expected, money::Money};

/// The most zones, and the most steps of weight, of a tariff.
pub const ZONES_MAX: usize = 50;
pub const STEPS_MAX: usize = 20;
/// The highest tax, in hundredths of a percent.
pub const RATE_MAX: i64 = 10_000;
/// The most that a step can cost, in minor units.
pub const PRICE_MAX: i64 = 100_000_000;
/// The heaviest that anything may be, in grams: a thousand tonnes.
pub const GRAMS_MAX: i64 = 1_000_000_000;
const NAME_CHARS_MAX: usize = 100;
const DAYS_MAX: i64 = 365;
/// A hundred percent.
const WHOLE: i64 = 10_000;

/// Puts another tariff in force; orders keep what they were placed at.
#[derive(Debug, Clone)]
pub struct Change {
    pub expected: Expected,
    pub tariff: Tariff,
}

/// The tariff as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = KeptTariff)]
pub struct Kept {
    #[serde(flatten)]
    pub tariff: Tariff,
    pub version: i64,
    pub updated_at: DateTime<Utc>,
}

/// What came of a [`Change`].
#[derive(Debug, Clone)]
pub struct Changed {
    pub before: Kept,
    pub after: Kept,
}

/// The zones; an address lies in the first one that names its country or all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tariff {
    pub zones: Vec<Zone>,
}

/// Where the same rules hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TariffZone)]
pub struct Zone {
    pub name: String,
    /// By ISO 3166-1; empty is the rest of the world.
    pub countries: Vec<String>,
    pub tax: Tax,
    pub methods: Vec<Way>,
}

/// The tax on goods. Delivery prices are final, whatever the tax that they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tax {
    /// In hundredths of a percent: 1900 is 19 %.
    #[schema(minimum = 0, maximum = 10000)]
    pub rate: i64,
    /// Whether the prices hold it already; else it comes on top of them.
    pub is_included: bool,
}

/// What one method of delivery costs in a zone, and how long it takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TariffMethod)]
pub struct Way {
    pub method: Method,
    /// From payment to the door, in days.
    pub days_min: i64,
    pub days_max: i64,
    /// Goods that cost more than this, after discounts, travel for nothing; minor units.
    pub free_over: Option<i64>,
    /// By weight, the lightest first; the last one has no end.
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TariffStep)]
pub struct Step {
    /// Up to this weight, in grams; empty has no end.
    pub up_to: Option<i64>,
    /// Minor units.
    pub price: i64,
}

impl Tax {
    pub const NONE: Tax = Tax { rate: 0, is_included: true };

    /// What comes on top of `amount`, and what of it is tax already: one of the two is zero. Each
    /// line of an order is rounded for itself, half a minor unit up.
    pub fn of(self, amount: Money) -> (Money, Money) {
        let (amount, currency) = (i128::from(amount.amount), amount.currency);
        let (rate, whole) = (i128::from(self.rate), i128::from(WHOLE));
        let part = |of: i128| (amount * rate + of / 2) / of;
        let money = |amount| Money { amount: i64::try_from(amount).unwrap_or(0), currency };
        if self.is_included {
            (money(0), money(part(whole + rate)))
        } else {
            (money(part(whole)), money(0))
        }
    }
}

impl Tariff {
    /// The zone of a country; one that is served at all has one.
    pub fn zone(&self, country: &str) -> Option<&Zone> {
        let lies_in = |zone: &&Zone| {
            zone.countries.is_empty() || zone.countries.iter().any(|it| it == country)
        };
        self.zones.iter().find(lies_in)
    }

    /// The way of delivery to a country, or a refusal that says that there is none.
    pub fn way(&self, country: &str, method: Method) -> Result<&Way, Error> {
        let zone = self.zone(country);
        let way = zone.and_then(|zone| zone.methods.iter().find(|way| way.method == method));
        let message = "nothing is sent there in this way";
        way.ok_or_else(|| Error::conflict("delivery_unavailable", message))
    }

    /// The tariff, if it makes sense; else the fields that do not.
    pub fn checked(self) -> Result<Self, Error> {
        if !(1..=ZONES_MAX).contains(&self.zones.len()) {
            return Err(Error::invalid("zones", "out_of_range", "a tariff has 1 to 50 zones"));
        }
        for (at, zone) in self.zones.iter().enumerate() {
            zone.check().map_err(|(field, message)| {
                Error::invalid(format!("zones[{at}].{field}"), "invalid_value", message)
            })?;
        }
        Ok(self)
    }
}

impl Zone {
    fn check(&self) -> Result<(), (String, &'static str)> {
        let wrong = |field: &str, message| Err((field.to_owned(), message));
        if self.name.trim().is_empty() || self.name.chars().count() > NAME_CHARS_MAX {
            return wrong("name", "a name has 1 to 100 characters");
        }
        if self.countries.iter().any(|it| !country::exists(it)) {
            return wrong("countries", "a country is one of the codes of ISO 3166-1");
        }
        if !(0..=RATE_MAX).contains(&self.tax.rate) {
            return wrong("tax.rate", "a rate is 0 to 10000 hundredths of a percent");
        }
        let methods: BTreeSet<&str> = self.methods.iter().map(|it| it.method.as_str()).collect();
        if methods.is_empty() || methods.len() != self.methods.len() {
            return wrong("methods", "a zone has each method at most once, and one at least");
        }
        for (at, way) in self.methods.iter().enumerate() {
            let below = |(field, message)| (format!("methods[{at}].{field}"), message);
            way.check().map_err(below)?;
        }
        Ok(())
    }
}

impl Way {
    /// What delivery costs for goods of this price and weight.
    pub fn price(&self, goods: Money, grams: i64) -> Money {
        if self.free_over.is_some_and(|over| goods.amount > over) {
            return Money::ZERO;
        }
        let step = self.steps.iter().find(|step| step.up_to.is_none_or(|most| grams <= most));
        Money::euros(step.or(self.steps.last()).map_or(0, |step| step.price))
    }

    /// When it would be there if it were paid for at `now`, at the earliest and at the latest.
    pub fn eta(&self, now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
        (now + Duration::days(self.days_min), now + Duration::days(self.days_max))
    }

    fn check(&self) -> Result<(), (&'static str, &'static str)> {
        let days = 0..=DAYS_MAX;
        if !days.contains(&self.days_min) || !(self.days_min..=DAYS_MAX).contains(&self.days_max) {
            return Err(("days_max", "delivery takes 0 to 365 days, and most no less than least"));
        }
        if self.free_over.is_some_and(|over| over < 0) {
            return Err(("free_over", "an amount is not negative"));
        }
        let up_to: Vec<Option<i64>> = self.steps.iter().map(|step| step.up_to).collect();
        let Some((None, ends)) = up_to.split_last() else {
            return Err(("steps", "the last step has no end"));
        };
        let ends: Option<Vec<i64>> = ends.iter().copied().collect();
        let rises = ends.is_some_and(|ends| {
            ends.iter().all(|it| (1..=GRAMS_MAX).contains(it)) && ends.is_sorted_by(|a, b| a < b)
        });
        if !rises || self.steps.len() > STEPS_MAX {
            return Err(("steps", "at most 20 steps, each heavier than the one before it"));
        }
        if self.steps.iter().any(|step| !(0..=PRICE_MAX).contains(&step.price)) {
            return Err(("steps", "a price is 0 to 1000000.00"));
        }
        Ok(())
    }
}

/// The one that the shop begins with: at home, the rest of the EU's customs union, and beyond.
impl Default for Tariff {
    fn default() -> Self {
        let german = Tax { rate: 1_900, is_included: true };
        let zone = |name: &str, countries: &[&str], tax, methods| Zone {
            name: name.to_owned(),
            countries: countries.iter().map(|it| (*it).to_owned()).collect(),
            tax,
            methods,
        };
        let standard = |days, free_over, price| way(Method::Standard, days, free_over, price);
        let express = |days, price| way(Method::Express, days, None, price);
        Tariff {
            zones: vec![
                zone(
                    "Germany",
                    &["DE"],
                    german,
                    vec![standard((2, 3), Some(5_000), 490), express((1, 1), 990)],
                ),
                zone(
                    "European Union",
                    &UNION,
                    german,
                    vec![standard((4, 6), None, 990), express((2, 3), 1_990)],
                ),
                zone(
                    "World",
                    &[],
                    Tax::NONE,
                    vec![standard((8, 14), None, 1_990), express((4, 6), 3_990)],
                ),
            ],
        }
    }
}

/// A way that costs twice as much above ten kilogrammes, and three times above thirty.
fn way(
    method: Method,
    (days_min, days_max): (i64, i64),
    free_over: Option<i64>,
    price: i64,
) -> Way {
    let step = |up_to, times: i64| Step { up_to, price: price.saturating_mul(times) };
    let steps = vec![step(Some(10_000), 1), step(Some(30_000), 2), step(None, 3)];
    Way { method, days_min, days_max, free_over, steps }
}

const UNION: [&str; 26] = [
    "AT", "BE", "BG", "CY", "CZ", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT",
    "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_zone_that_names_a_country_is_its_own() {
        let tariff = Tariff::default().checked().unwrap();
        let name = |country| tariff.zone(country).unwrap().name.as_str();
        assert_eq!([name("DE"), name("FR"), name("JP")], ["Germany", "European Union", "World"]);
    }

    #[test]
    fn delivery_is_free_over_its_threshold_and_dearer_with_weight() {
        let tariff = Tariff::default();
        let way = tariff.way("DE", Method::Standard).unwrap();
        let price = |goods, grams| way.price(Money::euros(goods), grams).amount;

        assert_eq!([price(5_000, 0), price(5_001, 0)], [490, 0]);
        assert_eq!([price(1, 10_000), price(1, 10_001), price(1, i64::MAX)], [490, 980, 1_470]);
    }

    #[test]
    fn tax_is_rounded_half_up_and_stands_on_one_side() {
        let of = |rate, is_included, amount| {
            let (top, held) = Tax { rate, is_included }.of(Money::euros(amount));
            (top.amount, held.amount)
        };
        assert_eq!(of(1_900, true, 119), (0, 19));
        assert_eq!(of(1_900, false, 100), (19, 0));
        assert_eq!(of(500, false, 10), (1, 0), "half a cent is one");
        assert_eq!(of(500, false, 9), (0, 0));
        assert_eq!(of(0, true, 100), (0, 0));
    }

    #[test]
    fn a_tariff_that_makes_no_sense_is_refused() {
        let wrong = |change: fn(&mut Tariff)| {
            let mut tariff = Tariff::default();
            change(&mut tariff);
            tariff.checked().is_err()
        };
        assert!(wrong(|it| it.zones.clear()));
        assert!(wrong(|it| it.zones[0].countries.push("XX".to_owned())));
        assert!(wrong(|it| it.zones[0].tax.rate = 10_001));
        assert!(wrong(|it| it.zones[0].methods.truncate(0)));
        assert!(wrong(|it| it.zones[0].methods[0].steps.truncate(1)));
        assert!(wrong(|it| it.zones[0].methods[0].steps[0].up_to = Some(30_000)));
        assert!(wrong(|it| it.zones[0].methods[0].steps[0].price = -1));
        assert!(wrong(|it| it.zones[0].methods[0].days_max = 1));
    }
}
