//! Delivering an order: its parcels, from the warehouse to the door.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{
    Order, Step,
    change::{Change, Draft, NewDelivery},
};
use crate::domain::{
    Error,
    audit::Action,
    delivery::{self, Delivery, DeliveryItem, tracking_number},
    event::Kind,
    id::DeliveryId,
};

impl Order {
    /// A parcel moves on; `due_at` is when the courier moves it next.
    pub fn deliver(
        &self,
        id: DeliveryId,
        step: delivery::Step,
        due_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<Change, Error> {
        let mut draft = Change::begin(self, Action::DeliveryMoved, now);
        let parcel = draft.delivery(id)?;
        parcel.status = parcel.status.after(step)?;
        parcel.due_at = due_at;
        parcel.steps_done = parcel.steps_done.saturating_add(1);
        match step {
            delivery::Step::Process => draft.step(Step::Process, Kind::OrderProcessing)?,
            delivery::Step::Pack => draft.moved(id, Kind::DeliveryPacked)?,
            delivery::Step::HandOver => {
                draft.ship(id)?;
                draft.step(Step::Ship, Kind::OrderShipped)?;
                draft.moved(id, Kind::DeliveryInTransit)?;
            }
            delivery::Step::Load => draft.moved(id, Kind::DeliveryOutForDelivery)?,
            delivery::Step::Deliver => {
                draft.moved(id, Kind::DeliveryDelivered)?;
                draft.step(Step::Deliver, Kind::OrderDelivered)?;
            }
            delivery::Step::Abandon => draft.moved(id, Kind::DeliveryFailed)?,
        }
        Ok(draft.done())
    }
}

impl Draft {
    /// A parcel with all that was bought.
    pub fn create_delivery(&mut self, new: NewDelivery) {
        let order = self.order();
        let items = order.items.iter().map(|it| DeliveryItem { id: it.id, quantity: it.quantity });
        let delivery = Delivery {
            id: new.id,
            status: delivery::Status::Pending,
            method: order.delivery_method,
            tracking_number: None,
            carrier: None,
            eta: new.eta,
            items: items.collect(),
            due_at: new.due_at,
            steps_done: 0,
        };
        self.deliveries().push(delivery);
        self.tell(Kind::DeliveryCreated, json!({ "delivery_id": new.id, "eta": new.eta }));
    }

    fn delivery(&mut self, id: DeliveryId) -> Result<&mut Delivery, Error> {
        let mut all = self.deliveries().iter_mut();
        all.find(|it| it.id == id).ok_or(Error::NotFound("delivery"))
    }

    fn ship(&mut self, id: DeliveryId) -> Result<(), Error> {
        let parcel = self.delivery(id)?;
        parcel.tracking_number = Some(tracking_number(id));
        parcel.carrier = Some("Rialto Courier".to_owned());
        Ok(())
    }

    fn moved(&mut self, id: DeliveryId, kind: Kind) -> Result<(), Error> {
        let parcel = self.delivery(id)?;
        let data = json!({
            "delivery_id": id,
            "delivery_status": parcel.status,
            "tracking_number": parcel.tracking_number,
            "eta": parcel.eta,
        });
        self.tell(kind, data);
        Ok(())
    }

    /// None of them will arrive.
    pub fn abandon_deliveries(&mut self) -> Result<(), Error> {
        let ids: Vec<DeliveryId> = self.order().deliveries.iter().map(|it| it.id).collect();
        for id in ids {
            let parcel = self.delivery(id)?;
            parcel.status = parcel.status.after(delivery::Step::Abandon)?;
            parcel.due_at = None;
            self.moved(id, Kind::DeliveryFailed)?;
        }
        Ok(())
    }
}
