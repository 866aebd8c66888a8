//! Promotions and redemptions as rows, and back.

use diesel::prelude::*;

use super::super::Tx;
use crate::{
    domain::{
        Error,
        id::{OrderId, PromotionId},
        promotion::{Benefit, Promotion, Rule},
    },
    store::{
        at::At,
        error::corrupt,
        json::json,
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
    starts_at: Option<At>,
    ends_at: Option<At>,
    products: String,
    categories: String,
    pub used: i64,
    is_active: bool,
    version: i64,
    created_at: At,
    updated_at: At,
}

/// An order that has a promotion.
#[derive(Insertable)]
#[diesel(table_name = redemptions, treat_none_as_default_value = false)]
pub struct Redemption {
    pub promotion_id: String,
    order_id: String,
    customer: String,
    at: At,
}

impl Redemption {
    pub fn new(tx: &Tx<'_>, promotion: PromotionId, order: OrderId, customer: &str) -> Self {
        Redemption {
            promotion_id: promotion.to_string(),
            order_id: order.to_string(),
            customer: customer.to_owned(),
            at: At(tx.now),
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
            starts_at: rule.starts_at.map(At),
            ends_at: rule.ends_at.map(At),
            products: json(&rule.products),
            categories: json(&rule.categories),
            used: *used,
            is_active: rule.is_active,
            version: *version,
            created_at: At(*created_at),
            updated_at: At(*updated_at),
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
            starts_at: row.starts_at.map(|at| at.0),
            ends_at: row.ends_at.map(|at| at.0),
            products: serde_json::from_str(&row.products).map_err(corrupt)?,
            categories: serde_json::from_str(&row.categories).map_err(corrupt)?,
            is_active: row.is_active,
        };
        Ok(Promotion {
            id: row.id.parse().map_err(corrupt)?,
            rule,
            used: row.used,
            version: row.version,
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        })
    }
}
