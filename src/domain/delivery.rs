//! Getting it to the door: what delivery costs, and the stations of a parcel.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::{
    Error,
    courier::{Code, Position},
    error::Refusal,
    id::{DeliveryId, LineId, UserId},
    money::Money,
    words::words,
};

words! {
    /// How a parcel travels.
    #[schema(as = DeliveryMethod)]
    Method {
        Standard = "standard",
        Express = "express",
    }
}

impl Method {
    pub fn name(self) -> &'static str {
        match self {
            Method::Standard => "Standard delivery",
            Method::Express => "Express delivery",
        }
    }
}

/// What one way of delivery costs, and when it would be there.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Quote {
    pub method: Method,
    pub name: String,
    pub price: Money,
    pub eta_min: DateTime<Utc>,
    pub eta_max: DateTime<Utc>,
}

words! {
    /// Where a parcel stands.
    #[schema(as = DeliveryStatus)]
    Status {
        Pending = "pending",
        Packed = "packed",
        InTransit = "in_transit",
        OutForDelivery = "out_for_delivery",
        Delivered = "delivered",
        Failed = "failed",
        Returned = "returned",
    }
}

/// What happens to a parcel next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The warehouse has begun to pick it; the parcel does not exist yet.
    Process,
    Pack,
    HandOver,
    Load,
    Deliver,
    /// It will not arrive, and has not left: the order was called off, say.
    Abandon,
    /// It could not be delivered. From there it can be tried again, or sent back.
    Fail,
    /// It is on its way back to the shop.
    SendBack,
}

impl Status {
    /// The status after `step`. This match is the whole life of a parcel; one that has `failed` goes on
    /// only if it had left ([`Delivery::after`]).
    pub fn after(self, step: Step) -> Result<Status, Error> {
        match (self, step) {
            (Status::Pending, Step::Process) => Ok(Status::Pending),
            (Status::Pending, Step::Pack) => Ok(Status::Packed),
            (Status::Packed, Step::HandOver) => Ok(Status::InTransit),
            (Status::InTransit | Status::Failed, Step::Load) => Ok(Status::OutForDelivery),
            (Status::OutForDelivery, Step::Deliver) => Ok(Status::Delivered),
            (Status::Pending | Status::Packed, Step::Abandon) => Ok(Status::Failed),
            (Status::InTransit | Status::OutForDelivery, Step::Fail) => Ok(Status::Failed),
            (Status::InTransit | Status::OutForDelivery | Status::Failed, Step::SendBack) => {
                Ok(Status::Returned)
            }
            (status, step) => Err(Refusal::transition("delivery", status, step.verb()).into()),
        }
    }

    /// Whether it will not arrive, unless somebody tries again.
    pub fn is_lost(self) -> bool {
        match self {
            Status::Failed | Status::Returned => true,
            Status::Pending
            | Status::Packed
            | Status::InTransit
            | Status::OutForDelivery
            | Status::Delivered => false,
        }
    }

    /// The step that leads to `reported`; `None` where a parcel that is on its way stays as it is.
    pub fn step_to(self, reported: Status) -> Result<Option<Step>, Error> {
        let step = match (self, reported) {
            (Status::InTransit, Status::InTransit)
            | (Status::OutForDelivery, Status::OutForDelivery) => return Ok(None),
            (Status::Pending | Status::Packed, Status::Failed) => Step::Abandon,
            (_, Status::Packed) => Step::Pack,
            (_, Status::InTransit) => Step::HandOver,
            (_, Status::OutForDelivery) => Step::Load,
            (_, Status::Delivered) => Step::Deliver,
            (_, Status::Failed) => Step::Fail,
            (_, Status::Returned) => Step::SendBack,
            (_, Status::Pending) => {
                return Err(Refusal::transition("delivery", self, "be pending").into());
            }
        };
        self.after(step).map(|_| Some(step))
    }
}

impl Step {
    pub fn verb(self) -> &'static str {
        match self {
            Step::Process => "be processed",
            Step::Pack => "be packed",
            Step::HandOver => "be handed over",
            Step::Load => "go out for delivery",
            Step::Deliver => "be delivered",
            Step::Abandon => "be abandoned",
            Step::Fail => "fail",
            Step::SendBack => "be sent back",
        }
    }
}

/// A parcel on its way.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Delivery {
    pub id: DeliveryId,
    pub status: Status,
    pub method: Method,
    pub tracking_number: Option<String>,
    pub carrier: Option<String>,
    pub eta: Option<DateTime<Utc>>,
    /// Where it was last said to be: a text or an object, as it was said.
    #[schema(value_type = Option<Object>)]
    pub location: Option<Value>,
    /// What is in it. Those of an order share its units among them.
    pub items: Vec<DeliveryItem>,
    /// When the simulated courier does its next step; empty where nobody but an admin moves it.
    #[serde(skip)]
    pub due_at: Option<DateTime<Utc>>,
    /// How many steps the courier has done.
    #[serde(skip)]
    pub steps_done: i32,
    /// It will never arrive, and its units are the shop's again.
    #[serde(skip)]
    pub is_called_off: bool,
    /// How often somebody was at the door with it in vain.
    pub attempts: i32,
    /// How many stops on its way the simulated courier has told of.
    #[serde(skip)]
    pub stops: i32,
    /// Who of the shop's own couriers brings it: then the simulated one does not.
    #[serde(skip)]
    pub courier: Option<UserId>,
    /// What its buyer says at the door: see [`Delivery::show_code`].
    #[serde(skip)]
    pub code: Option<Code>,
    /// What the buyer says to the courier at the door. Only its buyer sees it, and only of a parcel that
    /// one of the shop's own couriers has had out for delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "042817")]
    pub handover_code: Option<Code>,
    /// How often another code was said there.
    #[serde(skip)]
    pub wrong_codes: i32,
    /// Where its courier was last, while it is out for delivery with one of the shop's own.
    pub position: Option<Position>,
    /// How often that was said.
    #[serde(skip)]
    pub positions: i64,
}

impl Delivery {
    /// A parcel with `items` that nobody has begun to pick.
    pub fn pending(id: DeliveryId, method: Method, items: Vec<DeliveryItem>) -> Self {
        Delivery {
            id,
            status: Status::Pending,
            method,
            tracking_number: None,
            carrier: None,
            eta: None,
            location: None,
            items,
            due_at: None,
            steps_done: 0,
            is_called_off: false,
            attempts: 0,
            stops: 0,
            courier: None,
            code: None,
            handover_code: None,
            wrong_codes: 0,
            position: None,
            positions: 0,
        }
    }

    /// Its status after `step`; one that was called off, or has failed without having left, takes none.
    pub fn after(&self, step: Step) -> Result<Status, Error> {
        let after = self.status.after(step)?;
        if self.is_called_off || (self.status == Status::Failed && !self.has_left()) {
            return Err(Refusal::transition("delivery", self.status, step.verb()).into());
        }
        Ok(after)
    }

    /// Whether it is in the warehouse, and is to leave.
    pub fn waits(&self) -> bool {
        match self.status {
            Status::Pending | Status::Packed => true,
            Status::InTransit
            | Status::OutForDelivery
            | Status::Delivered
            | Status::Failed
            | Status::Returned => false,
        }
    }

    /// Whether a carrier has it, or had it: no other has a number.
    pub fn has_left(&self) -> bool {
        self.tracking_number.is_some()
    }

    /// Whether nothing can happen to it any more.
    pub fn is_over(&self) -> bool {
        let has_ended = match self.status {
            Status::Delivered | Status::Returned => true,
            Status::Failed => !self.has_left(),
            Status::Pending | Status::Packed | Status::InTransit | Status::OutForDelivery => false,
        };
        has_ended || self.is_called_off
    }

    /// How many units of a line are in it.
    pub fn units_of(&self, line: LineId) -> i64 {
        self.items.iter().filter(|it| it.id == line).map(|it| it.quantity.get()).sum()
    }
}

/// A parcel as those are told who follow it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tracked {
    /// Rises with each change.
    pub sequence: i64,
    pub delivery: Delivery,
}

/// What is in a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, utoipa::ToSchema)]
pub struct DeliveryItem {
    /// The line of the order.
    pub id: LineId,
    pub quantity: super::cart::Quantity,
}

/// The number under which a carrier knows a parcel: the end of its id, which is random.
pub fn tracking_number(id: DeliveryId) -> String {
    let (_, low) = id.uuid().as_u64_pair();
    format!("RT{low:016X}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_is_taken_from_one_station_alone() {
        let from = |step: Step| -> Vec<Status> {
            Status::ALL.iter().copied().filter(|status| status.after(step).is_ok()).collect()
        };
        assert_eq!(from(Step::Process), [Status::Pending]);
        assert_eq!(from(Step::Pack), [Status::Pending]);
        assert_eq!(from(Step::HandOver), [Status::Packed]);
        assert_eq!(from(Step::Load), [Status::InTransit, Status::Failed]);
        assert_eq!(from(Step::Deliver), [Status::OutForDelivery]);
        assert_eq!(from(Step::Abandon), [Status::Pending, Status::Packed]);
        let on_its_way = [Status::InTransit, Status::OutForDelivery];
        assert_eq!(from(Step::Fail), on_its_way);
        let or_failed = [Status::InTransit, Status::OutForDelivery, Status::Failed];
        assert_eq!(from(Step::SendBack), or_failed);
    }

    #[test]
    fn a_parcel_is_over_that_takes_no_step_any_more() {
        let steps = [
            Step::Pack,
            Step::HandOver,
            Step::Load,
            Step::Deliver,
            Step::Abandon,
            Step::Fail,
            Step::SendBack,
        ];
        for status in Status::ALL.iter().copied() {
            for (has_left, is_called_off) in [(true, false), (false, false), (true, true)] {
                let tracking_number = has_left.then(|| "RT1".to_owned());
                let parcel = Delivery { status, tracking_number, is_called_off, ..parcel() };
                let takes_some = steps.iter().any(|step| parcel.after(*step).is_ok());
                assert_eq!(parcel.is_over(), !takes_some, "{parcel:?}");
            }
        }
    }

    fn parcel() -> Delivery {
        Delivery::pending(DeliveryId::new(), Method::Standard, Vec::new())
    }

    #[test]
    fn what_is_reported_is_a_step_or_a_stay_on_the_way() {
        let reached = |from: Status| -> Vec<(Status, Option<Step>)> {
            let all = Status::ALL.iter().copied();
            all.filter_map(|to| Some((to, from.step_to(to).ok()?))).collect()
        };
        let (failed, returned) =
            ((Status::Failed, Some(Step::Fail)), (Status::Returned, Some(Step::SendBack)));
        let abandoned = (Status::Failed, Some(Step::Abandon));

        assert_eq!(reached(Status::Pending), [(Status::Packed, Some(Step::Pack)), abandoned]);
        assert_eq!(reached(Status::Packed), [(Status::InTransit, Some(Step::HandOver)), abandoned]);
        assert_eq!(
            reached(Status::InTransit),
            [
                (Status::InTransit, None),
                (Status::OutForDelivery, Some(Step::Load)),
                failed,
                returned
            ]
        );
        assert_eq!(
            reached(Status::OutForDelivery),
            [
                (Status::OutForDelivery, None),
                (Status::Delivered, Some(Step::Deliver)),
                failed,
                returned
            ]
        );
        assert_eq!(reached(Status::Failed), [(Status::OutForDelivery, Some(Step::Load)), returned]);
        for end in [Status::Delivered, Status::Returned] {
            assert_eq!(reached(end), []);
        }
    }
}
