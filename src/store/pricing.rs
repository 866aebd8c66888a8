//! On what terms the shop sells: the tables `promotions` and `redemptions`, and what a price needs
//! of `tariffs`.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::{dsl::count_star, prelude::*};

mod promotion;
mod redeem;
mod rows;

pub use promotion::{change_promotion, create_promotion, named, promotion, promotions};
pub use redeem::{Redeemed, lock, redeem};
pub use rows::Redemption;

use self::rows::Row;
use super::{Conn, among, catalogue, snapshot, tariff};
use crate::{
    domain::{
        Error,
        cart::Quantity,
        delivery::Quote,
        id::{CategoryId, PromotionId, VariantId},
        pricing::{self, Basket, Terms},
        promotion::{Code, Promotion},
        tariff::Tariff,
    },
    store::{
        error::corrupt,
        schema::{categories, promotions as promoted, redemptions, tariffs},
    },
};

/// Terms as they were read: the promotions are those that some coupons name, and those that need
/// none.
pub struct Known {
    pub tariff: Tariff,
    pub promotions: BTreeMap<PromotionId, Promotion>,
    parents: BTreeMap<CategoryId, CategoryId>,
    /// How often each customer has had what counts it.
    had: BTreeMap<String, BTreeMap<PromotionId, i64>>,
}

/// The terms of this moment for whoever has put in `codes`.
pub fn known<'c>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'c Code>,
) -> Result<Known, Error> {
    let codes: HashSet<&str> = codes.into_iter().map(Code::as_str).collect();
    let may_apply =
        among(promoted::code, codes).or(promoted::code.is_null().and(promoted::is_active));
    let rows: Vec<(String, Option<Row>)> = tariffs::table
        .left_join(promoted::table.on(may_apply))
        .select((tariffs::document, Option::<Row>::as_select()))
        .load(conn)?;
    let document = rows.first().map(|(document, _)| document.as_str()).unwrap_or_default();
    let tariff = tariff::read(document)?;
    let rows = rows.into_iter().filter_map(|(_, row)| row);
    let promotions = rows.map(|row| Promotion::try_from(row).map(|it| (it.id, it)));
    let promotions = promotions.collect::<Result<BTreeMap<_, _>, Error>>()?;
    let names_categories = promotions.values().any(|it| !it.rule.categories.is_empty());
    let parents = if names_categories { parents(conn)? } else { BTreeMap::new() };
    Ok(Known { tariff, promotions, parents, had: BTreeMap::new() })
}

impl Known {
    /// Counts how often `customers` have had what counts it.
    pub fn count<'c>(
        &mut self,
        conn: &mut Conn,
        customers: impl IntoIterator<Item = &'c str>,
    ) -> Result<(), Error> {
        let counted = self.promotions.values().filter(|it| it.rule.per_customer_limit.is_some());
        let ids: Vec<String> = counted.map(|it| it.id.to_string()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let customers: HashSet<&str> = customers.into_iter().collect();
        let rows: Vec<(String, String, i64)> = redemptions::table
            .filter(among(redemptions::promotion_id, ids))
            .filter(among(redemptions::customer, customers))
            .group_by((redemptions::customer, redemptions::promotion_id))
            .select((redemptions::customer, redemptions::promotion_id, count_star()))
            .load(conn)?;
        for (customer, promotion, times) in rows {
            let promotion = promotion.parse().map_err(corrupt)?;
            self.had.entry(customer).or_default().insert(promotion, times);
        }
        Ok(())
    }

    /// One more order of a customer has a promotion.
    pub fn redeemed(&mut self, customer: &str, id: PromotionId) {
        if let Some(promotion) = self.promotions.get_mut(&id) {
            promotion.used = promotion.used.saturating_add(1);
        }
        let times = self.had.entry(customer.to_owned()).or_default().entry(id).or_insert(0);
        *times = times.saturating_add(1);
    }

    /// Decides something on the terms for a customer who has put in `codes`.
    pub fn on<T>(
        &self,
        codes: &[Code],
        customer: Option<&str>,
        now: DateTime<Utc>,
        decide: impl FnOnce(&Terms<'_>) -> T,
    ) -> T {
        let none = BTreeMap::new();
        let had = customer.and_then(|it| self.had.get(it)).unwrap_or(&none);
        let applies =
            |it: &&Promotion| it.rule.code.as_ref().is_none_or(|code| codes.contains(code));
        let promotions: Vec<&Promotion> = self.promotions.values().filter(applies).collect();
        let (tariff, promotions, parents) = (&self.tariff, &promotions[..], &self.parents);
        decide(&Terms { tariff, promotions, parents, had, now })
    }
}

/// What each way to `country` costs for `items`, without coupons; `NotFound` where one is not for
/// sale.
pub fn quotes(
    conn: &mut Conn,
    items: Vec<(VariantId, Quantity)>,
    country: String,
    now: DateTime<Utc>,
) -> Result<Vec<Quote>, Error> {
    snapshot(conn, |conn| {
        let offers = catalogue::offers(conn, items.iter().map(|(variant, _)| *variant).collect())?;
        let line = |(variant, quantity): &(VariantId, Quantity)| {
            let offer = offers.get(variant).ok_or(Error::NotFound("variant"))?;
            Ok(offer.times(*quantity))
        };
        let lines = items.iter().map(line).collect::<Result<Vec<pricing::Line>, Error>>()?;
        let basket = Basket { lines, codes: &[], destination: None };
        known(conn, [])?.on(&[], None, now, |terms| pricing::quotes(&basket, &country, terms))
    })
}

fn parents(conn: &mut Conn) -> Result<BTreeMap<CategoryId, CategoryId>, Error> {
    let rows: Vec<(String, Option<String>)> =
        categories::table.select((categories::id, categories::parent_id)).load(conn)?;
    let pair = |(id, parent): (String, Option<String>)| {
        let parent = parent.map(|it| it.parse().map_err(corrupt)).transpose()?;
        Ok(Some(id.parse().map_err(corrupt)?).zip(parent))
    };
    let pairs = rows.into_iter().map(pair).collect::<Result<Vec<_>, Error>>()?;
    Ok(pairs.into_iter().flatten().collect())
}
