//! Where the shop's own couriers are: the latest place of each, with each parcel that they have out.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;

use super::{Conn, Tx, among};
use crate::{
    domain::{
        Error,
        courier::{Locate, Position},
        delivery::Status,
        id::{DeliveryId, UserId},
    },
    store::{error::corrupt, json::json, schema::deliveries},
};

/// How many parcels at most are told of at once; those beyond it the next time that it is said.
const OUT_MAX: i64 = 1_000;

/// Writes where couriers are: of two places of one, the later. No version of an order is made of it, so
/// that nobody who changes one has to decide again. Rows are locked in the order of their ids, as
/// [`order::advance`](super::order::advance) locks them.
pub fn locate(
    tx: &mut Tx<'_>,
    commands: &[Locate],
) -> Result<Vec<Result<Vec<DeliveryId>, Error>>, Error> {
    let query = deliveries::table
        .filter(among(deliveries::courier_id, commands.iter().map(|it| it.courier)))
        .filter(deliveries::status.eq(Status::OutForDelivery.as_str()))
        .order(deliveries::id)
        .limit(OUT_MAX)
        .select((deliveries::id, deliveries::courier_id));
    let rows: Vec<(String, Option<String>)> = locked!(query).load(tx.conn)?;
    let mut out: HashMap<UserId, Vec<DeliveryId>> = HashMap::new();
    for (id, courier) in rows {
        let Some(courier) = courier else { continue };
        let own = out.entry(courier.parse().map_err(corrupt)?).or_default();
        own.push(id.parse().map_err(corrupt)?);
    }
    let latest: BTreeMap<UserId, Position> =
        commands.iter().map(|it| (it.courier, it.position)).collect();
    for (courier, position) in latest {
        let Some(own) = out.get(&courier) else { continue };
        diesel::update(deliveries::table.filter(among(deliveries::id, own)))
            .set((
                deliveries::position.eq(json(&position)),
                deliveries::positions.eq(deliveries::positions + 1),
            ))
            .execute(tx.conn)?;
    }
    let named = |it: &Locate| Ok(out.get(&it.courier).cloned().unwrap_or_default()); // None is out.
    Ok(commands.iter().map(named).collect())
}

/// How often it was said where the courier of each of these parcels is, if ever.
pub fn positions(conn: &mut Conn, ids: Vec<DeliveryId>) -> Result<Vec<(DeliveryId, i64)>, Error> {
    let rows: Vec<(String, i64)> = deliveries::table
        .filter(among(deliveries::id, ids))
        .filter(deliveries::positions.gt(0))
        .select((deliveries::id, deliveries::positions))
        .load(conn)?;
    rows.into_iter().map(|(id, count)| Ok((id.parse().map_err(corrupt)?, count))).collect()
}
