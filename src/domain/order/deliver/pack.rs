//! Packing what was bought, in one parcel or in several, and handing them over.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::Expect;
use crate::domain::{
    Error,
    audit::Action,
    cart::Quantity,
    delivery::{self, Delivery, DeliveryItem},
    error::Refusal,
    event::Kind,
    id::{DeliveryId, LineId},
    order::{
        Order, Status, Step,
        change::{Change, Draft},
        refund::Units,
        returns::counted,
    },
};

/// In how many parcels an order may go out.
pub const PARCELS_MAX: usize = 100;

/// What is handed over to a carrier.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shipment {
    /// The units that go out, in a parcel of their own; without, all that has not left does.
    pub items: Option<Vec<Units>>,
    pub carrier: Option<String>,
    pub tracking_number: Option<String>,
}

impl Order {
    /// The warehouse begins to pick what was bought.
    pub fn process(&self, expect: Expect<'_>, now: DateTime<Utc>) -> Result<Change, Error> {
        let parcel = self.outgoing(Step::Process)?;
        let mut draft = Change::begin(self, Action::OrderProcessed, now);
        draft.take(parcel, delivery::Step::Process, json!({}), expect)?;
        Ok(draft.done())
    }

    /// Packs these units, or all that is not packed yet, in one parcel.
    pub fn pack(
        &self,
        items: Option<&[Units]>,
        expect: Expect<'_>,
        now: DateTime<Utc>,
    ) -> Result<Change, Error> {
        // It is worked on, and something of it has not left.
        self.outgoing(Step::Ship)?;
        let mut draft = Change::begin(self, Action::OrderPacked, now);
        let parcel = match items {
            Some(items) => draft.set_apart(&counted(of(items)))?,
            None => draft.unpacked()?.id,
        };
        draft.take(parcel, delivery::Step::Pack, json!({}), expect)?;
        Ok(draft.done())
    }

    /// Hands parcels over, packed or not: one with just the units that are named, or all that have not
    /// left.
    pub fn ship(
        &self,
        shipment: &Shipment,
        expect: Expect<'_>,
        now: DateTime<Utc>,
    ) -> Result<Change, Error> {
        self.outgoing(Step::Ship)?;
        let mut draft = Change::begin(self, Action::OrderShipped, now);
        let parcels = match &shipment.items {
            Some(items) => vec![draft.parcel_of(&counted(of(items)))?],
            None => self.deliveries.iter().filter(|it| it.waits()).map(|it| it.id).collect(),
        };
        if parcels.len() > 1 && shipment.tracking_number.is_some() {
            let message = "the number is of one parcel, and several wait: name its items";
            return Err(Error::conflict("several_parcels", message));
        }
        for id in parcels {
            if draft.delivery(id)?.status == delivery::Status::Pending {
                draft.take(id, delivery::Step::Pack, json!({}), expect)?;
            }
            let sent = draft.delivery(id)?;
            sent.carrier.clone_from(&shipment.carrier);
            sent.tracking_number.clone_from(&shipment.tracking_number);
            draft.take(id, delivery::Step::HandOver, json!({}), expect)?;
        }
        Ok(draft.done())
    }

    /// A parcel that is yet to leave, where the order may take `step`. What was paid back whole goes
    /// nowhere.
    fn outgoing(&self, step: Step) -> Result<DeliveryId, Error> {
        self.stage.after(step)?;
        if self.is_given_back()? {
            return Err(Refusal::transition("order", Status::Refunded, step.verb()).into());
        }
        let refused = Refusal::transition("delivery", delivery::Status::Failed, step.verb());
        let parcel = self.deliveries.iter().find(|it| it.waits());
        Ok(parcel.ok_or(refused)?.id)
    }
}

impl Draft {
    /// The parcel of what is not packed yet: there is one at most.
    fn unpacked(&self) -> Result<&Delivery, Error> {
        let mut all = self.order().deliveries.iter();
        let parcel = all.find(|it| it.status == delivery::Status::Pending);
        let packed =
            || Refusal::transition("delivery", delivery::Status::Packed, "be packed").into();
        parcel.ok_or_else(packed)
    }

    /// The parcel of just these units: one that is packed so, or one that is made of what is not.
    fn parcel_of(&mut self, wanted: &BTreeMap<LineId, i64>) -> Result<DeliveryId, Error> {
        let mut all = self.order().deliveries.iter();
        let packed = all.find(|it| it.status == delivery::Status::Packed && holds(it, wanted));
        match packed.map(|it| it.id) {
            Some(id) => Ok(id),
            None => self.set_apart(wanted),
        }
    }

    /// A parcel of just these units, out of what is not packed yet; which it is, if it is all of that.
    fn set_apart(&mut self, wanted: &BTreeMap<LineId, i64>) -> Result<DeliveryId, Error> {
        let unpacked = self.unpacked().ok().cloned(); // Then there is nothing to take from.
        for (line, units) in wanted {
            self.order().line(*line).ok_or(Error::NotFound("item"))?;
            let left = unpacked.as_ref().map_or(0, |it| it.units_of(*line));
            if *units > left {
                return Err(too_many(*line, left).into());
            }
        }
        let rest = unpacked.ok_or(Error::NotFound("item"))?;
        if holds(&rest, wanted) {
            return Ok(rest.id);
        }
        if self.order().deliveries.len() >= PARCELS_MAX {
            let message = "an order goes out in at most 100 parcels";
            return Err(Error::conflict("too_many_parcels", message));
        }
        let (id, mut kept, mut taken) = (DeliveryId::new(), Vec::new(), Vec::new());
        for item in &rest.items {
            let out = wanted.get(&item.id).copied().unwrap_or(0);
            let units = |count: i64| Quantity::try_from(count).ok(); // None of them are no item.
            let part = |quantity| DeliveryItem { id: item.id, quantity };
            taken.extend(units(out).map(part));
            kept.extend(units(item.quantity.get().saturating_sub(out)).map(part));
        }
        let made =
            Delivery { id, items: taken.clone(), due_at: None, positions: 0, ..rest.clone() };
        let parcels = self.parcels();
        parcels.iter_mut().filter(|it| it.id == rest.id).for_each(|it| it.items.clone_from(&kept));
        parcels.push(made);
        let data = json!({
            "delivery_id": id, "eta": rest.eta, "items": taken, "from_delivery_id": rest.id,
        });
        self.tell(Kind::DeliveryCreated, data);
        Ok(id)
    }
}

fn of(items: &[Units]) -> impl Iterator<Item = (LineId, Quantity)> {
    items.iter().map(|it| (it.id, it.quantity))
}

/// Whether just these units are in a parcel.
fn holds(parcel: &Delivery, wanted: &BTreeMap<LineId, i64>) -> bool {
    parcel.items.len() == wanted.len()
        && wanted.iter().all(|(line, units)| parcel.units_of(*line) == *units)
}

fn too_many(line: LineId, most: i64) -> Refusal {
    let message = "these are more units than are left to be packed of this line";
    let refusal = Refusal::new("shipment_too_large", message).with("item_id", line.to_string());
    refusal.with("shippable_quantity", most)
}
