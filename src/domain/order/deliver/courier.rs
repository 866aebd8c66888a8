//! Parcels that one of the shop's own couriers brings: who that is, and what they say of it.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Expect, Report};
use crate::domain::{
    Error,
    audit::Action,
    courier::{Code, tries_left},
    delivery::{Delivery, Status, Step},
    error::Refusal,
    event::Kind,
    id::{DeliveryId, UserId},
    order::{Order, change::Change},
};

/// What a courier says of a parcel of theirs.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub courier: UserId,
    pub report: Report,
    /// What was said at the door.
    pub code: Option<Code>,
}

impl Order {
    /// Gives a parcel to a courier, or takes it from whoever has it; none where that is so already.
    /// What was said at the door before counts no more.
    pub fn assign(
        &self,
        id: DeliveryId,
        courier: Option<UserId>,
        expect: Expect<'_>,
        now: DateTime<Utc>,
    ) -> Result<Option<Change>, Error> {
        let parcel = self.deliveries.iter().find(|it| it.id == id);
        let parcel = parcel.ok_or(Error::NotFound("delivery"))?;
        if parcel.is_over() {
            return Err(
                Refusal::transition("delivery", parcel.status, "have another courier").into()
            );
        }
        if parcel.courier == courier {
            return Ok(None);
        }
        let mut draft = Change::begin(self, Action::DeliveryAssigned, now);
        let parcel = draft.delivery(id)?;
        (parcel.courier, parcel.code, parcel.wrong_codes) = (courier, None, 0);
        draft.expect(id, expect)?;
        draft.moved(id, Kind::DeliveryAssigned, json!({ "has_courier": courier.is_some() }))?;
        Ok(Some(Change { given_to: courier, ..draft.done() }))
    }

    /// A courier says how a parcel of theirs stands, as [`Order::report`] does for those who run the
    /// shop. It is `delivered` where they can say what its buyer does; a wrong code is a change too,
    /// [`Change::refusal`] of which is what they are told.
    pub fn told_by(
        &self,
        id: DeliveryId,
        told: &Told,
        expect: Expect<'_>,
        now: DateTime<Utc>,
    ) -> Result<Change, Error> {
        let parcel = self.brought_by(id, told.courier)?;
        match told.report.status {
            Status::Delivered => {
                parcel.after(Step::Deliver)?;
                if tries_left(parcel) == 0 {
                    return Err(settled_by_the_shop().into());
                }
                // None was drawn: nobody can say it.
                if parcel.code.is_none() || parcel.code != told.code {
                    return self.refuse_code(id, now);
                }
            }
            // What has not left is not theirs to give up.
            Status::Failed if parcel.waits() => {
                parcel.after(Step::Fail)?;
            }
            Status::Pending
            | Status::Packed
            | Status::InTransit
            | Status::OutForDelivery
            | Status::Failed
            | Status::Returned => {}
        }
        self.report(id, &told.report, expect, now)
    }

    fn refuse_code(&self, id: DeliveryId, now: DateTime<Utc>) -> Result<Change, Error> {
        let mut draft = Change::begin(self, Action::DeliveryCodeRefused, now);
        let parcel = draft.delivery(id)?;
        parcel.wrong_codes = parcel.wrong_codes.saturating_add(1);
        let refusal = wrong_code(parcel);
        Ok(Change { refusal: Some(refusal), ..draft.done() })
    }
}

fn wrong_code(parcel: &Delivery) -> Refusal {
    let refusal = Refusal::new("wrong_code", "this is not the code of this parcel");
    refusal.with("tries_left", tries_left(parcel))
}

fn settled_by_the_shop() -> Refusal {
    let message = "too many wrong codes were said of this parcel: the shop has to settle it";
    Refusal::new("code_locked", message)
}
