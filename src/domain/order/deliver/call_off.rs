//! What will not arrive: an order that is called off, the parcels of it that never leave, and those
//! that are lost.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::Expected;
use crate::domain::{
    Error,
    audit::Action,
    delivery::{self, Delivery},
    error::Refusal,
    event::Kind,
    id::DeliveryId,
    order::{
        Order, Stage, Step,
        change::{Change, Draft, StockEffect},
        returns::{Received, counted},
    },
};

impl Order {
    /// Calls off for the shop what will not arrive: as its buyer may, where nothing has left; else what
    /// has not left, and what has and is lost. Their units are on the shelf again or, of those that had
    /// left, written off, as `restock` says; unless it says anything, those of parcels that came back
    /// are on the shelf. Where nothing else is on its way or has arrived, the order is cancelled.
    pub fn call_off(
        &self,
        reason: &str,
        restock: Option<bool>,
        now: DateTime<Utc>,
    ) -> Result<Change, Error> {
        if !self.deliveries.iter().any(Delivery::has_left) {
            return self.cancel(Some(reason), now);
        }
        let open = self.deliveries.iter().filter(|it| !it.is_called_off);
        let (gone, to_come): (Vec<&Delivery>, Vec<&Delivery>) =
            open.partition(|it| it.waits() || it.status.is_lost());
        if gone.is_empty() {
            return Err(Refusal::transition("order", self.stage, Step::Cancel.verb()).into());
        }
        let ids: Vec<DeliveryId> = gone.iter().map(|it| it.id).collect();
        if !to_come.is_empty() {
            let mut draft = Change::begin(self, Action::OrderCut, now);
            draft.give_up(&ids, restock, reason)?;
            draft.follow_parcels()?;
            return Ok(draft.done());
        }
        let step = if self.stage == Stage::Processing { Step::Cancel } else { Step::GiveUp };
        let stage = self.stage.after(step)?;
        let mut draft = Change::begin(self, Action::OrderCancelled, now);
        draft.stage(stage);
        let back = draft.write_off(&ids, restock)?;
        draft.stock(StockEffect::TakeBack(back));
        draft.owe_rest(Some(reason))?;
        Ok(draft.event(Kind::OrderCancelled, json!({ "reason": reason })).done())
    }

    /// What becomes of the stock where nothing has left and nothing will: all of it comes back that
    /// has not before.
    pub fn unsold(&self) -> StockEffect {
        if !self.deliveries.iter().any(|it| it.is_called_off) {
            return StockEffect::Return;
        }
        let rest = self.deliveries.iter().filter(|it| !it.is_called_off);
        StockEffect::TakeBack(rest.flat_map(|it| back(it, true)).collect())
    }
}

impl Draft {
    /// These parcels will not arrive, though others have or may: their units are the shop's again, and
    /// their price is owed.
    pub fn give_up(
        &mut self,
        ids: &[DeliveryId],
        restock: Option<bool>,
        reason: &str,
    ) -> Result<(), Error> {
        let back = self.write_off(ids, restock)?;
        let units = counted(back.iter().map(|it| (it.id, it.quantity)));
        self.stock(StockEffect::TakeBack(back));
        self.take_back(&units, reason)
    }

    /// Nothing that has not left will leave. Where nothing has, it stays sold until the order is
    /// cancelled.
    pub fn abandon_rest(&mut self, reason: &str) -> Result<(), Error> {
        if !self.order().deliveries.iter().any(Delivery::has_left) {
            return self.abandon_deliveries();
        }
        let waiting = self.waiting();
        self.give_up(&waiting, None, reason)?;
        self.follow_parcels()
    }

    /// None of them will leave. One that was given up before stays so.
    pub fn abandon_deliveries(&mut self) -> Result<(), Error> {
        for id in self.waiting() {
            self.abandon(id)?;
        }
        Ok(())
    }

    fn waiting(&self) -> Vec<DeliveryId> {
        self.order().deliveries.iter().filter(|it| it.waits()).map(|it| it.id).collect()
    }

    fn abandon(&mut self, id: DeliveryId) -> Result<(), Error> {
        self.take(id, delivery::Step::Abandon, json!({}), &|_, _| Expected::default())
    }

    /// Calls parcels off, and says what becomes of their units.
    fn write_off(
        &mut self,
        ids: &[DeliveryId],
        restock: Option<bool>,
    ) -> Result<Vec<Received>, Error> {
        let mut all = Vec::new();
        for id in ids {
            if self.delivery(*id)?.waits() {
                self.abandon(*id)?;
            }
            let parcel = self.delivery(*id)?;
            (parcel.is_called_off, parcel.due_at) = (true, None);
            let came_back = parcel.status == delivery::Status::Returned;
            let restock = !parcel.has_left() || restock.unwrap_or(came_back);
            all.extend(back(parcel, restock));
        }
        Ok(all)
    }
}

fn back(parcel: &Delivery, restock: bool) -> impl Iterator<Item = Received> {
    parcel.items.iter().map(move |it| Received { id: it.id, quantity: it.quantity, restock })
}
