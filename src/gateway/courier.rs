//! The courier. The simulated one is a timetable: it moves every paid order from the warehouse by
//! sorting centres and a depot to the door, so many times faster than life.
//!
//! All that it does next follows from what is stored of the order and the parcel, and from the seed:
//! any node goes on where another has stopped, and no two do the same. What goes wrong on the way does
//! too: with the seed 0 nothing.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;

use self::route::House;
use crate::domain::{
    delivery::{Delivery, Status, Step},
    id::DeliveryId,
    order::{
        Order, Stage,
        change::NewDelivery,
        deliver::{Expected, Leg},
    },
};

mod route;

/// How often the courier goes to a door in vain before the parcel is sent back.
const ATTEMPTS_MAX: i32 = 2;
/// Of a hundred parcels so many are sent back, and so many more arrive at the second attempt.
const SENT_BACK: u64 = 2;
const LATE: u64 = 10;
/// Of a hundred so many lie at a stop for a while.
const HELD_UP: u64 = 8;

/// How long it takes, in thousandths of the whole way: from the payment to the first pick, to the
/// packed parcel, to the carrier; on the road to the van; to the door.
const TO_PICK: i32 = 40;
const TO_PACK: i32 = 110;
const TO_HAND_OVER: i32 = 250;
const ROAD: i32 = 500;
const TO_DOOR: i32 = 100;
/// Until the next attempt is begun, and until a parcel is back at the warehouse.
const TO_RETRY: i32 = 400;
const TO_RETURN: i32 = 300;
/// How long a parcel lies that is held up.
const LIES: i32 = 250;

/// Who moves the parcels.
#[derive(Debug, Clone, Copy)]
pub enum Courier {
    /// This many times faster than life; the seed says what goes wrong.
    Simulated { speed: u32, seed: u64 },
    /// Nobody but an admin, and the shop's own couriers what is theirs.
    Manual,
}

impl Courier {
    /// Takes an order that was paid at `paid_at`.
    pub fn accept(self, id: DeliveryId, order: &Order, paid_at: DateTime<Utc>) -> NewDelivery {
        let (_, latest) = order.days;
        match self {
            Courier::Simulated { speed, .. } => {
                let after = |thousandths| Some(paid_at + scaled(way(order), thousandths, speed));
                let all = TO_PICK + TO_PACK + TO_HAND_OVER + ROAD + TO_DOOR;
                NewDelivery { id, eta: after(all), due_at: after(TO_PICK) }
            }
            Courier::Manual => {
                NewDelivery { id, eta: Some(paid_at + Duration::days(latest)), due_at: None }
            }
        }
    }

    /// What it does with a parcel next. Empty where it has arrived, or where nobody moves it.
    pub fn next(self, order: &Order, parcel: &Delivery) -> Option<Leg> {
        match self {
            Courier::Simulated { seed, .. } => next(order, parcel, seed),
            Courier::Manual => None,
        }
    }

    /// What is to be expected of a parcel that stands like this since `now`. One that the shop's own
    /// couriers bring is moved by nobody else.
    pub fn expected(self, order: &Order, parcel: &Delivery, now: DateTime<Utc>) -> Expected {
        let Courier::Simulated { speed, seed } = self else { return Expected::default() };
        if parcel.courier.is_some() {
            return Expected::default();
        }
        let after = |thousandths| Some(now + scaled(way(order), thousandths, speed));
        match to_go(order, parcel, seed) {
            Some((next, door)) => {
                Expected { due_at: after(next), eta: door.and_then(after), code: None }
            }
            None => Expected::default(),
        }
    }
}

fn next(order: &Order, parcel: &Delivery, seed: u64) -> Option<Leg> {
    let stops = route::stops(&order.address);
    let at = |house: House| stops.last().map(|(_, town)| house.at(*town));
    let step = |step, location| Some(Leg { step: Some(step), location });
    match parcel.status {
        Status::Pending if order.stage == Stage::Paid => step(Step::Process, None),
        Status::Pending => step(Step::Pack, Some(route::origin())),
        Status::Packed => step(Step::HandOver, Some(route::origin())),
        Status::InTransit => match stops.get(passed(parcel)) {
            Some((house, town)) => Some(Leg { step: None, location: Some(house.at(*town)) }),
            None => step(Step::Load, at(House::Van)),
        },
        Status::OutForDelivery if parcel.attempts < vain_attempts(parcel.id, seed) => {
            step(Step::Fail, at(House::Depot))
        }
        Status::OutForDelivery => step(Step::Deliver, Some(json!({ "kind": "door" }))),
        Status::Failed if !parcel.has_left() || parcel.is_called_off => None,
        Status::Failed if parcel.attempts < ATTEMPTS_MAX => step(Step::Load, at(House::Van)),
        Status::Failed => step(Step::SendBack, Some(route::origin())),
        Status::Delivered | Status::Returned => None,
    }
}

/// How long it is to the next step, and to the door if it goes there, in thousandths of the whole way.
/// Of what will go wrong nobody knows yet.
fn to_go(order: &Order, parcel: &Delivery, seed: u64) -> Option<(i32, Option<i32>)> {
    let packed = TO_HAND_OVER + ROAD + TO_DOOR;
    let all = |next, more: i32| Some((next, Some(next + more)));
    match parcel.status {
        Status::Pending if order.stage == Stage::Paid => all(TO_PICK, TO_PACK + packed),
        Status::Pending => all(TO_PACK, packed),
        Status::Packed => all(TO_HAND_OVER, ROAD + TO_DOOR),
        Status::InTransit => {
            let (here, count) = (passed(parcel), route::stops(&order.address).len());
            let lies = lies(parcel.id, here, count, seed);
            let (here, next) =
                (reached(parcel.id, here, count, seed), reached(parcel.id, here + 1, count, seed));
            all(next - here + lies, ROAD - next + TO_DOOR)
        }
        Status::OutForDelivery => all(TO_DOOR, 0),
        Status::Failed if !parcel.has_left() || parcel.is_called_off => None,
        Status::Failed if parcel.attempts < ATTEMPTS_MAX => all(TO_RETRY, TO_DOOR),
        Status::Failed => Some((TO_RETURN, None)),
        Status::Delivered | Status::Returned => None,
    }
}

/// How many stops on its way a parcel has passed.
fn passed(parcel: &Delivery) -> usize {
    usize::try_from(parcel.stops).unwrap_or(0)
}

/// When the stop before which there are `stop` others is reached, of `count`: evenly, or with a seed a
/// little before that. The last one of all is the van.
fn reached(id: DeliveryId, stop: usize, count: usize, seed: u64) -> i32 {
    let (stop, count) = (whole(stop), whole(count));
    let even = ROAD / (count + 1);
    if stop == 0 || stop > count {
        return if stop == 0 { 0 } else { ROAD };
    }
    let rolled = rolled(id, seed, 10 + u64::try_from(stop).unwrap_or(0)) % 100;
    let early = if seed == 0 { 0 } else { rolled };
    even * stop - even * i32::try_from(early).unwrap_or(0) / 400
}

/// How long a parcel lies at the stop that it has come to.
fn lies(id: DeliveryId, passed: usize, count: usize, seed: u64) -> i32 {
    let is_held_up = seed != 0 && rolled(id, seed, 1) % 100 < HELD_UP;
    let at = 1 + rolled(id, seed, 2) % u64::try_from(count.max(1)).unwrap_or(1);
    if is_held_up && u64::try_from(passed).is_ok_and(|it| it == at) { LIES } else { 0 }
}

/// How often nobody opens the door.
fn vain_attempts(id: DeliveryId, seed: u64) -> i32 {
    match rolled(id, seed, 0) % 100 {
        _ if seed == 0 => 0,
        rolled if rolled < SENT_BACK => ATTEMPTS_MAX,
        rolled if rolled < SENT_BACK + LATE => 1,
        _ => 0,
    }
}

/// A number that looks random, and is the same each time (`SplitMix64`).
fn rolled(id: DeliveryId, seed: u64, what: u64) -> u64 {
    let (high, low) = id.uuid().as_u64_pair();
    [seed, high, low, what].into_iter().fold(0_u64, |state, part| {
        let mut z = (state ^ part).wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    })
}

fn whole(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX / 2)
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

    fn ids() -> Vec<DeliveryId> {
        (0..10_000_u128).map(|it| uuid::Uuid::from_u128(it).into()).collect()
    }

    #[test]
    fn a_parcel_at_speed_one_takes_two_days_and_faster_takes_less() {
        let way = Duration::days(2);
        assert_eq!(scaled(way, 1000, 1), Duration::days(2));
        assert_eq!(scaled(way, 1000, 20_000), Duration::milliseconds(8_640));
        assert_eq!(scaled(way, 1000, 0), Duration::days(2));
        assert_eq!(TO_PICK + TO_PACK + TO_HAND_OVER + ROAD + TO_DOOR, 1000);
    }

    #[test]
    fn the_stops_are_reached_one_after_the_other_before_the_van() {
        for id in ids() {
            for count in 2..=4 {
                let all: Vec<i32> = (0..=count + 1).map(|it| reached(id, it, count, 7)).collect();
                assert_eq!((all[0], all[count + 1]), (0, ROAD));
                assert!(all.windows(2).all(|pair| pair[0] < pair[1]), "{all:?}");
                let held_up = (0..=count).filter(|it| lies(id, *it, count, 7) > 0).count();
                assert!(held_up <= 1 && lies(id, 0, count, 7) == 0);
            }
        }
    }

    #[test]
    fn what_goes_wrong_follows_from_the_seed_and_is_as_rare_as_it_is_said_to_be() {
        let fates =
            |seed| -> Vec<i32> { ids().into_iter().map(|it| vain_attempts(it, seed)).collect() };
        let of = |fates: &[i32], attempts| fates.iter().filter(|it| **it == attempts).count();
        let (seven, eight) = (fates(7), fates(8));
        assert_eq!(seven, fates(7));
        assert_ne!(seven, eight);
        for fates in [seven, eight] {
            assert!((800..1_200).contains(&of(&fates, 1)), "{}", of(&fates, 1));
            assert!((120..280).contains(&of(&fates, 2)), "{}", of(&fates, 2));
        }
        assert_eq!(of(&fates(0), 0), 10_000);
        assert!(ids().into_iter().all(|it| lies(it, 1, 3, 0) == 0));
    }
}
