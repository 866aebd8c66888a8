//! Getting it to the door: what delivery costs, and the stations of a parcel.

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;

use super::{Error, error::Refusal, id::DeliveryId, money::Money, words::words};

/// An order above this subtotal is sent for nothing by standard delivery, in minor units.
pub const FREE_OVER: i64 = 5_000;

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

/// How far the shop sends: at home, in the rest of the EU's customs union, and beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Zone {
    Home,
    Union,
    World,
}

const UNION: [&str; 26] = [
    "AT", "BE", "BG", "CY", "CZ", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT",
    "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

fn zone(country: &str) -> Zone {
    match country {
        "DE" => Zone::Home,
        _ if UNION.contains(&country) => Zone::Union,
        _ => Zone::World,
    }
}

/// What delivery by `method` costs for goods of `subtotal`.
pub fn price(country: &str, method: Method, subtotal: Money) -> Money {
    let amount = match (zone(country), method) {
        (Zone::Home, Method::Standard) if subtotal.amount > FREE_OVER => 0,
        (Zone::Home, Method::Standard) => 490,
        (Zone::Home, Method::Express) => 990,
        (Zone::Union, Method::Standard) => 990,
        (Zone::Union, Method::Express) => 1_990,
        (Zone::World, Method::Standard) => 1_990,
        (Zone::World, Method::Express) => 3_990,
    };
    Money::euros(amount)
}

/// How long delivery by `method` takes from payment to the door, at least and at most.
pub fn duration(country: &str, method: Method) -> (Duration, Duration) {
    let (min, max) = match (zone(country), method) {
        (Zone::Home, Method::Express) => (1, 1),
        (Zone::Home, Method::Standard) => (2, 3),
        (Zone::Union, Method::Express) => (2, 3),
        (Zone::Union, Method::Standard) => (4, 6),
        (Zone::World, Method::Express) => (4, 6),
        (Zone::World, Method::Standard) => (8, 14),
    };
    (Duration::days(min), Duration::days(max))
}

/// All the ways to `country`, cheapest first.
pub fn quotes(country: &str, subtotal: Money, now: DateTime<Utc>) -> Vec<Quote> {
    Method::ALL
        .iter()
        .map(|&method| {
            let (min, max) = duration(country, method);
            Quote {
                method,
                name: method.name().to_owned(),
                price: price(country, method, subtotal),
                eta_min: now + min,
                eta_max: now + max,
            }
        })
        .collect()
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
    /// It will not arrive: the order was cancelled before it left.
    Abandon,
}

impl Status {
    /// The status after `step`. This match is the whole life of a parcel.
    pub fn after(self, step: Step) -> Result<Status, Error> {
        match (self, step) {
            (Status::Pending, Step::Process) => Ok(Status::Pending),
            (Status::Pending, Step::Pack) => Ok(Status::Packed),
            (Status::Packed, Step::HandOver) => Ok(Status::InTransit),
            (Status::InTransit, Step::Load) => Ok(Status::OutForDelivery),
            (Status::OutForDelivery, Step::Deliver) => Ok(Status::Delivered),
            (Status::Pending | Status::Packed, Step::Abandon) => Ok(Status::Failed),
            (status, step) => Err(Refusal::transition("delivery", status, step.verb()).into()),
        }
    }
}

impl Step {
    fn verb(self) -> &'static str {
        match self {
            Step::Process => "be processed",
            Step::Pack => "be packed",
            Step::HandOver => "be handed over",
            Step::Load => "go out for delivery",
            Step::Deliver => "be delivered",
            Step::Abandon => "be abandoned",
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
    pub items: Vec<DeliveryItem>,
    /// When the simulated courier does its next step; empty where nobody but an admin moves it.
    #[serde(skip)]
    pub due_at: Option<DateTime<Utc>>,
    /// How many steps the courier has done.
    #[serde(skip)]
    pub steps_done: i32,
}

/// What is in a parcel.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct DeliveryItem {
    /// The line of the order.
    pub id: super::id::LineId,
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
        assert_eq!(from(Step::Load), [Status::InTransit]);
        assert_eq!(from(Step::Deliver), [Status::OutForDelivery]);
        assert_eq!(from(Step::Abandon), [Status::Pending, Status::Packed]);
    }

    #[test]
    fn standard_delivery_at_home_is_free_above_fifty_euros() {
        let of = |country, method, subtotal| price(country, method, Money::euros(subtotal)).amount;
        assert_eq!(of("DE", Method::Standard, 5_000), 490);
        assert_eq!(of("DE", Method::Standard, 5_001), 0);
        assert_eq!(of("DE", Method::Express, 5_001), 990);
        assert_eq!(of("FR", Method::Standard, 5_001), 990);
        assert_eq!(of("US", Method::Express, 5_001), 3_990);
    }

    #[test]
    fn quotes_name_every_way_the_cheapest_first() {
        let quotes = quotes("US", Money::euros(100), DateTime::UNIX_EPOCH);
        let prices: Vec<i64> = quotes.iter().map(|quote| quote.price.amount).collect();
        assert_eq!(prices, [1_990, 3_990]);
        assert!(quotes.iter().all(|quote| quote.eta_min <= quote.eta_max));
    }
}
