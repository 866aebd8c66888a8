//! The courier. The simulated one is a timetable: it moves every paid order from the warehouse to
//! the door, so many times faster than life.

use chrono::{DateTime, Duration, Utc};

use crate::domain::{
    delivery::{Delivery, Status, Step},
    id::DeliveryId,
    order::{Order, Stage, change::NewDelivery, deliver::Expected},
};

/// Who moves the parcels.
#[derive(Debug, Clone, Copy)]
pub enum Courier {
    /// This many times faster than life.
    Simulated { speed: u32 },
    /// Nobody but an admin.
    Manual,
}

impl Courier {
    /// Takes an order that was paid at `paid_at`.
    pub fn accept(self, id: DeliveryId, order: &Order, paid_at: DateTime<Utc>) -> NewDelivery {
        let (_, latest) = order.days;
        match self {
            Courier::Simulated { speed } => NewDelivery {
                id,
                eta: Some(paid_at + scaled(way(order), to_go(Some(Step::Process)), speed)),
                due_at: Some(paid_at + scaled(way(order), takes(Step::Process), speed)),
            },
            Courier::Manual => {
                NewDelivery { id, eta: Some(paid_at + Duration::days(latest)), due_at: None }
            }
        }
    }

    /// What it does with a parcel next. Empty where it has arrived, or where nobody moves it.
    pub fn next(self, order: &Order, parcel: &Delivery) -> Option<Step> {
        match self {
            Courier::Simulated { .. } => next(order, parcel),
            Courier::Manual => None,
        }
    }

    /// What is to be expected of a parcel that stands like this since `now`.
    pub fn expected(self, order: &Order, parcel: &Delivery, now: DateTime<Utc>) -> Expected {
        let Courier::Simulated { speed } = self else { return Expected::default() };
        let Some(step) = next(order, parcel) else { return Expected::default() };
        let after = |thousandths| Some(now + scaled(way(order), thousandths, speed));
        Expected { due_at: after(takes(step)), eta: after(to_go(Some(step))) }
    }
}

fn next(order: &Order, parcel: &Delivery) -> Option<Step> {
    match parcel.status {
        Status::Pending if order.stage == Stage::Paid => Some(Step::Process),
        Status::Pending => Some(Step::Pack),
        Status::Packed => Some(Step::HandOver),
        Status::InTransit => Some(Step::Load),
        Status::OutForDelivery => Some(Step::Deliver),
        Status::Delivered | Status::Failed | Status::Returned => None,
    }
}

/// How long a step takes, in thousandths of the whole way.
fn takes(step: Step) -> i32 {
    match step {
        Step::Process => 40,
        Step::Pack => 110,
        Step::HandOver => 250,
        Step::Load => 500,
        Step::Deliver => 100,
        // It takes none of these.
        Step::Abandon | Step::Fail | Step::SendBack => 0,
    }
}

/// How long it is to the door from before a step on.
fn to_go(step: Option<Step>) -> i32 {
    let all = [Step::Process, Step::Pack, Step::HandOver, Step::Load, Step::Deliver];
    all.into_iter().skip_while(|it| Some(*it) != step).map(takes).sum()
}

/// How long the simulated courier is on the way: it keeps the earlier promise.
fn way(order: &Order) -> Duration {
    let (earliest, _) = order.days;
    // Same-day delivery takes its time too.
    Duration::hours(earliest.saturating_mul(24).max(6))
}

fn scaled(way: Duration, thousandths: i32, speed: u32) -> Duration {
    let millis = way.num_milliseconds().saturating_mul(i64::from(thousandths)) / 1000;
    Duration::milliseconds(millis / i64::from(speed.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parcel_at_speed_one_takes_two_days_and_faster_takes_less() {
        let way = Duration::days(2);
        assert_eq!(scaled(way, 1000, 1), Duration::days(2));
        assert_eq!(scaled(way, 1000, 20_000), Duration::milliseconds(8_640));
        assert_eq!(scaled(way, 1000, 0), Duration::days(2));
        assert_eq!(to_go(Some(Step::Process)), 1000);
        assert_eq!(to_go(Some(Step::Deliver)), 100);
    }
}
