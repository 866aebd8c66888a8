//! Promotions as orders redeem them: counted under a lock, and given back when one is called off.

use std::collections::HashSet;

use diesel::{prelude::*, upsert::excluded};

use super::{
    super::{Tx, among},
    Known,
    rows::{Redemption, Row},
};
use crate::{
    domain::{
        Error,
        id::{OrderId, PromotionId},
        promotion::Promotion,
    },
    store::schema::{promotions, redemptions},
};

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
        .filter(among(promotions::id, ids))
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
            diesel::delete(redemptions::table.filter(among(redemptions::order_id, orders)))
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
