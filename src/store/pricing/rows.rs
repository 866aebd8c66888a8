//! Promotions and redemptions as rows, and back.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::super::Tx;
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

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = promotions, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Row {
    pub id: String,
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
    pub used: i64,
    is_active: bool,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

/// An order that has a promotion.
#[derive(Insertable)]
#[diesel(table_name = redemptions, treat_none_as_default_value = false)]
pub struct Redemption {
    pub promotion_id: String,
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
