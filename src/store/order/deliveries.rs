//! Parcels and what is in them as rows, and back.

use std::collections::{HashMap, HashSet};

use diesel::{prelude::*, upsert::excluded};

use super::super::{Conn, Tx, among};
use crate::{
    domain::{
        Error,
        cart::Quantity,
        delivery::{Delivery, DeliveryItem, Status},
        order::{Line, Order},
    },
    store::{
        at::At,
        error::corrupt,
        insert::insert,
        json::json,
        schema::{deliveries, delivery_items},
    },
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = deliveries, treat_none_as_default_value = false)]
pub struct DeliveryRow {
    id: String,
    pub order_id: String,
    status: String,
    method: String,
    tracking_number: Option<String>,
    carrier: Option<String>,
    eta: Option<At>,
    due_at: Option<At>,
    steps_done: i32,
    location: Option<String>,
    is_called_off: bool,
    attempts: i32,
    stops: i32,
    courier_id: Option<String>,
    code: Option<String>,
    wrong_codes: i32,
    position: Option<String>,
    positions: i64,
}

#[derive(Insertable)]
#[diesel(table_name = delivery_items, treat_none_as_default_value = false)]
struct ItemRow {
    delivery_id: String,
    line_id: String,
    quantity: i64,
}

/// A parcel, and how many units of which lines are in it.
pub struct Parcel {
    pub row: DeliveryRow,
    units: HashMap<String, i64>,
}

/// The parcels of some orders, the oldest first.
pub fn of(conn: &mut Conn, orders: &[&str]) -> Result<Vec<Parcel>, Error> {
    let rows: Vec<(DeliveryRow, Option<String>, Option<i64>)> = deliveries::table
        .left_join(delivery_items::table)
        .filter(among(deliveries::order_id, orders))
        .order(deliveries::id)
        .select((
            DeliveryRow::as_select(),
            delivery_items::line_id.nullable(),
            delivery_items::quantity.nullable(),
        ))
        .load(conn)?;
    let mut parcels: Vec<Parcel> = Vec::new();
    for (row, line, quantity) in rows {
        if parcels.last().is_none_or(|it| it.row.id != row.id) {
            parcels.push(Parcel { row, units: HashMap::new() });
        }
        if let Some(parcel) = parcels.last_mut() {
            parcel.units.extend(line.zip(quantity));
        }
    }
    Ok(parcels)
}

/// Writes the parcels of some orders as they are now, but for where their couriers are: that is
/// written beside it, and forgotten once it is out with that courier no more.
pub fn write(tx: &mut Tx<'_>, orders: &[&Order]) -> Result<(), Error> {
    let is_still_out = excluded(deliveries::status)
        .eq(Status::OutForDelivery.as_str())
        .and(excluded(deliveries::courier_id).eq(deliveries::courier_id));
    let position = diesel::dsl::case_when(is_still_out, deliveries::position);
    let mut rows: Vec<DeliveryRow> =
        orders.iter().flat_map(|order| DeliveryRow::all(order)).collect();
    rows.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    insert(deliveries::table, &rows)
        .on_conflict(deliveries::id)
        .set((
            deliveries::status.eq(excluded(deliveries::status)),
            deliveries::tracking_number.eq(excluded(deliveries::tracking_number)),
            deliveries::carrier.eq(excluded(deliveries::carrier)),
            deliveries::eta.eq(excluded(deliveries::eta)),
            deliveries::due_at.eq(excluded(deliveries::due_at)),
            deliveries::steps_done.eq(excluded(deliveries::steps_done)),
            deliveries::location.eq(excluded(deliveries::location)),
            deliveries::is_called_off.eq(excluded(deliveries::is_called_off)),
            deliveries::attempts.eq(excluded(deliveries::attempts)),
            deliveries::stops.eq(excluded(deliveries::stops)),
            deliveries::courier_id.eq(excluded(deliveries::courier_id)),
            deliveries::code.eq(excluded(deliveries::code)),
            deliveries::wrong_codes.eq(excluded(deliveries::wrong_codes)),
            deliveries::position.eq(position),
        ))
        .run(tx.conn)
}

/// Writes what is in the parcels of some orders, which stand in their table already. Where an order
/// has several, something was taken out of one.
pub fn write_contents(tx: &mut Tx<'_>, orders: &[&Order]) -> Result<(), Error> {
    let shared = orders.iter().filter(|it| it.deliveries.len() > 1).flat_map(|it| &it.deliveries);
    let shared: HashSet<String> = shared.map(|it| it.id.to_string()).collect();
    if !shared.is_empty() {
        diesel::delete(delivery_items::table)
            .filter(among(delivery_items::delivery_id, shared))
            .execute(tx.conn)?;
    }
    let rows: Vec<ItemRow> =
        orders.iter().flat_map(|it| &it.deliveries).flat_map(ItemRow::all).collect();
    insert(delivery_items::table, &rows).run(tx.conn)
}

impl DeliveryRow {
    fn all(order: &Order) -> impl Iterator<Item = DeliveryRow> {
        order.deliveries.iter().map(|delivery| DeliveryRow {
            id: delivery.id.to_string(),
            order_id: order.id.to_string(),
            status: delivery.status.to_string(),
            method: delivery.method.to_string(),
            tracking_number: delivery.tracking_number.clone(),
            carrier: delivery.carrier.clone(),
            eta: delivery.eta.map(At),
            due_at: delivery.due_at.map(At),
            steps_done: delivery.steps_done,
            location: delivery.location.as_ref().map(ToString::to_string),
            is_called_off: delivery.is_called_off,
            attempts: delivery.attempts,
            stops: delivery.stops,
            courier_id: delivery.courier.map(|it| it.to_string()),
            code: delivery.code.map(|it| it.to_string()),
            wrong_codes: delivery.wrong_codes,
            position: delivery.position.map(|it| json(&it)),
            positions: delivery.positions,
        })
    }
}

impl ItemRow {
    fn all(delivery: &Delivery) -> impl Iterator<Item = ItemRow> {
        delivery.items.iter().map(|it| ItemRow {
            delivery_id: delivery.id.to_string(),
            line_id: it.id.to_string(),
            quantity: it.quantity.get(),
        })
    }
}

impl Parcel {
    /// With its items in the order of the lines.
    pub fn into_delivery(self, lines: &[Line]) -> Result<Delivery, Error> {
        let Parcel { row, units } = self;
        let item = |line: &Line| match units.get(&line.id.to_string()) {
            Some(units) => {
                let quantity = Quantity::try_from(*units).map_err(corrupt)?;
                Ok(Some(DeliveryItem { id: line.id, quantity }))
            }
            // A node of an older version has made it: everything is in it.
            None if units.is_empty() => {
                Ok(Some(DeliveryItem { id: line.id, quantity: line.quantity }))
            }
            None => Ok(None),
        };
        let items = lines.iter().map(item).filter_map(Result::transpose);
        let location = row.location.as_deref().map(serde_json::from_str).transpose();
        let position = row.position.as_deref().map(serde_json::from_str).transpose();
        let courier = row.courier_id.map(|it| it.parse()).transpose();
        Ok(Delivery {
            id: row.id.parse().map_err(corrupt)?,
            status: row.status.parse()?,
            method: row.method.parse()?,
            tracking_number: row.tracking_number,
            carrier: row.carrier,
            eta: row.eta.map(|at| at.0),
            location: location.map_err(corrupt)?,
            items: items.collect::<Result<_, Error>>()?,
            due_at: row.due_at.map(|at| at.0),
            steps_done: row.steps_done,
            is_called_off: row.is_called_off,
            attempts: row.attempts,
            stops: row.stops,
            courier: courier.map_err(corrupt)?,
            code: row.code.map(|it| it.parse()).transpose().map_err(corrupt)?,
            handover_code: None,
            wrong_codes: row.wrong_codes,
            position: position.map_err(corrupt)?,
            positions: row.positions,
        })
    }
}
