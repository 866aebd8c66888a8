//! Refunds as rows, and back.

use diesel::{prelude::*, upsert::excluded};
use serde_json::from_str;

use super::super::{Conn, Tx, among};
use crate::{
    domain::{
        Error,
        idempotency::Claim,
        money::Money,
        order::{Order, refund::Refund},
    },
    store::{at::At, error::corrupt, insert::insert, json::json, schema::refunds},
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = refunds, treat_none_as_default_value = false)]
pub struct RefundRow {
    id: String,
    pub order_id: String,
    amount: i64,
    currency: String,
    status: String,
    reason: Option<String>,
    items: String,
    created_at: At,
    done_at: Option<At>,
    claim_key: Option<String>,
    claim_request: Option<String>,
    failure_code: Option<String>,
}

/// The refunds of some orders, the oldest first.
pub fn of(conn: &mut Conn, orders: &[&str]) -> Result<Vec<RefundRow>, Error> {
    Ok(refunds::table
        .filter(among(refunds::order_id, orders))
        .order(refunds::id)
        .select(RefundRow::as_select())
        .load(conn)?)
}

/// Writes the refunds of some orders as they are now.
pub fn write(tx: &mut Tx<'_>, orders: &[&Order]) -> Result<(), Error> {
    let rows: Vec<RefundRow> = orders.iter().flat_map(|order| RefundRow::all(order)).collect();
    insert(refunds::table, &rows)
        .on_conflict(refunds::id)
        .set((
            refunds::status.eq(excluded(refunds::status)),
            refunds::done_at.eq(excluded(refunds::done_at)),
            refunds::failure_code.eq(excluded(refunds::failure_code)),
        ))
        .run(tx.conn)
}

impl RefundRow {
    fn all(order: &Order) -> impl Iterator<Item = RefundRow> {
        order.refunds.iter().map(|refund| RefundRow {
            id: refund.id.to_string(),
            order_id: order.id.to_string(),
            amount: refund.amount.amount,
            currency: refund.amount.currency.into(),
            status: refund.status.to_string(),
            reason: refund.reason.clone(),
            items: json(&refund.items),
            created_at: At(refund.created_at),
            done_at: refund.done_at.map(At),
            claim_key: refund.claim.as_ref().map(|claim| claim.key.clone()),
            claim_request: refund.claim.as_ref().map(|claim| claim.request.clone()),
            failure_code: refund.failure_code.clone(),
        })
    }

    pub fn into_refund(self) -> Result<Refund, Error> {
        let claim = self.claim_key.zip(self.claim_request);
        Ok(Refund {
            id: self.id.parse().map_err(corrupt)?,
            amount: Money {
                amount: self.amount,
                currency: self.currency.parse().map_err(corrupt)?,
            },
            status: self.status.parse()?,
            reason: self.reason,
            items: from_str(&self.items).map_err(corrupt)?,
            created_at: self.created_at.0,
            done_at: self.done_at.map(|at| at.0),
            failure_code: self.failure_code,
            claim: claim.map(|(key, request)| Claim { key, request }),
        })
    }
}
