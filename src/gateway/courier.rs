//! The courier. The simulated one is a timetable: it moves every paid order from the warehouse to
//! the door, so many times faster than life.

use chrono::{DateTime, Duration, Utc};

use crate::domain::{
    delivery::Step,
    id::DeliveryId,
    order::{Order, change::NewDelivery},
};

/// The stations of a parcel, and when it reaches each, in thousandths of the whole way.
const TIMETABLE: [(Step, i32); 5] = [
    (Step::Process, 40),
    (Step::Pack, 150),
    (Step::HandOver, 400),
    (Step::Load, 900),
    (Step::Deliver, 1000),
];

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
            Courier::Simulated { .. } => NewDelivery {
                id,
                eta: self.at(order, paid_at, TIMETABLE.len().saturating_sub(1)),
                due_at: self.at(order, paid_at, 0),
            },
            Courier::Manual => {
                NewDelivery { id, eta: Some(paid_at + Duration::days(latest)), due_at: None }
            }
        }
    }

    /// The step after `done` others, and when the one after that is due. Empty where the parcel
    /// has arrived, or where nobody moves it.
    pub fn next(
        self,
        order: &Order,
        done: i32,
        now: DateTime<Utc>,
    ) -> Option<(Step, Option<DateTime<Utc>>)> {
        let done = usize::try_from(done).ok()?;
        let (step, reached) = TIMETABLE.get(done).copied()?;
        let Courier::Simulated { speed } = self else { return None };
        let due_at = TIMETABLE
            .get(done.saturating_add(1))
            .map(|(_, after)| now + scaled(way(order), after - reached, speed));
        Some((step, due_at))
    }

    /// When the step after `step` is due, which somebody else has taken.
    pub fn after(self, order: &Order, step: Step, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let taken = TIMETABLE.iter().position(|(of_ours, _)| *of_ours == step)?;
        self.next(order, i32::try_from(taken).ok()?, now)?.1
    }

    fn at(self, order: &Order, from: DateTime<Utc>, station: usize) -> Option<DateTime<Utc>> {
        let Courier::Simulated { speed } = self else { return None };
        let (_, reached) = TIMETABLE.get(station)?;
        Some(from + scaled(way(order), *reached, speed))
    }
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
    }

    #[test]
    fn the_timetable_ends_at_the_door_and_never_goes_back() {
        assert_eq!(TIMETABLE.last().copied(), Some((Step::Deliver, 1000)));
        assert!(TIMETABLE.windows(2).all(|pair| pair[0].1 < pair[1].1));
    }
}
