//! The tables `promotions` and `redemptions`: what makes orders cheaper, and which orders it made.

use std::collections::HashSet;

use chrono::NaiveDateTime;
use diesel::{prelude::*, upsert::excluded};

use super::{Tx, pricing::Known};
use crate::{
    domain::{
        Error,
        id::{OrderId, PromotionId},
        promotion::{Benefit, Promotion, Rule},
    },
    store::{
        error::corrupt,
        schema::{promotions, redemptions},
    },
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = promotions, treat_none_as_default_value = false)]
pub struct Row {
    id: String,
    code: Option<String>,
    kind: String,
    value: i64,
    min_total: Option<i64>,
    usage_limit: Option<i64>,
    per_customer_limit: Option<i64>,
    starts_at: Option<NaiveDateTime>,
    ends_at: Option<NaiveDateTime>,
    products: String,
    categories: String,
    used: i64,
    is_active: bool,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

/// An order that has a promotion.
#[derive(Insertable)]
#[diesel(table_name = redemptions, treat_none_as_default_value = false)]
pub struct Redemption {
    promotion_id: String,
    order_id: String,
    customer: String,
    at: NaiveDateTime,
}

impl Redemption {
    pub fn new(tx: &Tx<'_>, promotion: PromotionId, order: OrderId, customer: &str) -> Self {
        Redemption {
            promotion_id: promotion.to_string(),
            order_id: order.to_string(),
            customer: customer.to_owned(),
            at: tx.now.naive_utc(),
        }
    }
}

/// Locks those of the promotions whose use is counted, sorted, until the end of the transaction, and
/// learns how often they are used by now.
pub fn lock(tx: &mut Tx<'_>, known: &mut Known) -> Result<(), Error> {
    let counted = known.promotions.values().filter(|it| it.is_counted());
    for row in locked_rows(tx, counted.map(|it| it.id).collect())? {
        let promotion = Promotion::try_from(row)?;
        known.promotions.insert(promotion.id, promotion);
    }
    Ok(())
}

/// Those of the promotions whose use is counted, locked in the same order.
fn locked_rows(tx: &mut Tx<'_>, ids: HashSet<PromotionId>) -> Result<Vec<Row>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let is_counted =
        promotions::usage_limit.is_not_null().or(promotions::per_customer_limit.is_not_null());
    let query = promotions::table
        .filter(promotions::id.eq_any(ids.iter().map(ToString::to_string)))
        .filter(is_counted)
        .order(promotions::id)
        .select(Row::as_select());
    Ok(locked!(query).load(tx.conn)?)
}

/// Writes which orders have which promotions, and how often those are used that are counted.
pub fn redeem(tx: &mut Tx<'_>, known: &Known, all: &[Redemption]) -> Result<(), Error> {
    if all.is_empty() {
        return Ok(());
    }
    diesel::insert_into(redemptions::table).values(all).execute(tx.conn)?;
    let redeemed = known.promotions.values().filter(|it| it.is_counted()).filter(|it| {
        let id = it.id.to_string();
        all.iter().any(|redemption| redemption.promotion_id == id)
    });
    write_used(tx, &redeemed.map(Row::from).collect::<Vec<Row>>())
}

/// Promotions of orders that may be called off. They are locked before the stock is, as a checkout
/// does.
pub struct Redeemed(Vec<Row>);

impl Redeemed {
    pub fn lock(
        tx: &mut Tx<'_>,
        promotions: impl IntoIterator<Item = PromotionId>,
    ) -> Result<Self, Error> {
        locked_rows(tx, promotions.into_iter().collect()).map(Redeemed)
    }

    /// Takes what was redeemed back from orders that have been called off.
    pub fn give_back(mut self, tx: &mut Tx<'_>, from: &[OrderId]) -> Result<(), Error> {
        if from.is_empty() {
            return Ok(());
        }
        let orders: Vec<String> = from.iter().map(ToString::to_string).collect();
        let gone: Vec<String> =
            diesel::delete(redemptions::table.filter(redemptions::order_id.eq_any(orders)))
                .returning(redemptions::promotion_id)
                .get_results(tx.conn)?;
        self.0.retain_mut(|row| {
            let times = gone.iter().filter(|id| **id == row.id).count();
            row.used = row.used.saturating_sub(i64::try_from(times).unwrap_or(0)).max(0);
            times > 0
        });
        write_used(tx, &self.0)
    }
}

fn write_used(tx: &mut Tx<'_>, rows: &[Row]) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    diesel::insert_into(promotions::table)
        .values(rows)
        .on_conflict(promotions::id)
        .do_update()
        .set(promotions::used.eq(excluded(promotions::used)))
        .execute(tx.conn)?;
    Ok(())
}

impl From<&Promotion> for Row {
    fn from(it: &Promotion) -> Self {
        let Promotion { id, rule, used, version, created_at, updated_at } = it;
        Row {
            id: id.to_string(),
            code: rule.code.as_ref().map(ToString::to_string),
            kind: rule.benefit.kind().to_string(),
            value: rule.benefit.value(),
            min_total: rule.min_total,
            usage_limit: rule.usage_limit,
            per_customer_limit: rule.per_customer_limit,
            starts_at: rule.starts_at.map(|at| at.naive_utc()),
            ends_at: rule.ends_at.map(|at| at.naive_utc()),
            products: serde_json::json!(rule.products).to_string(),
            categories: serde_json::json!(rule.categories).to_string(),
            used: *used,
            is_active: rule.is_active,
            version: *version,
            created_at: created_at.naive_utc(),
            updated_at: updated_at.naive_utc(),
        }
    }
}

impl TryFrom<Row> for Promotion {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let code = row.code.map(|code| code.try_into().map_err(corrupt));
        let rule = Rule {
            code: code.transpose()?,
            benefit: Benefit::parse(row.kind.parse()?, row.value).map_err(corrupt)?,
            min_total: row.min_total,
            usage_limit: row.usage_limit,
            per_customer_limit: row.per_customer_limit,
            starts_at: row.starts_at.map(|at| at.and_utc()),
            ends_at: row.ends_at.map(|at| at.and_utc()),
            products: serde_json::from_str(&row.products).map_err(corrupt)?,
            categories: serde_json::from_str(&row.categories).map_err(corrupt)?,
            is_active: row.is_active,
        };
        Ok(Promotion {
            id: row.id.parse().map_err(corrupt)?,
            rule,
            used: row.used,
            version: row.version,
            created_at: row.created_at.and_utc(),
            updated_at: row.updated_at.and_utc(),
        })
    }
}
