//! The shop's own couriers: what they see of the parcels that are theirs to bring, what is said at the
//! door, and where they are.

use std::{collections::BTreeMap, fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer};

use super::{
    Error,
    account::{Role, User, UserStatus},
    address::Address,
    cart::Quantity,
    delivery::{self, Delivery, Method},
    error::Refusal,
    id::{DeliveryId, UserId},
    order::{Line, Order},
};

/// How many digits are said at the door.
pub const CODE_DIGITS: usize = 6;
/// How many codes there are: all numbers below it.
pub const CODES: u32 = 1_000_000;
/// How many wrong codes may be said of a parcel; then those who run the shop have to settle it.
pub const WRONG_CODES_MAX: i32 = 5;

/// Whether the user can be given parcels: `Conflict("not_a_courier")` where the account is none's who
/// brings them, or cannot be used.
pub fn may_bring(user: &User) -> Result<(), Error> {
    if user.role == Role::Courier && user.status == UserStatus::Active {
        return Ok(());
    }
    let message = "this account is none of a courier, or cannot be used";
    Err(Refusal::new("not_a_courier", message).into())
}

/// What the buyer of a parcel says at the door, so that it is known to have come to the right one: six
/// digits. It is compared as one number, which takes the same time whatever is wrong with it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Code(u32);

impl Code {
    /// The code of a number that was drawn of [`CODES`].
    pub fn drawn(number: u32) -> Self {
        Code(number % CODES)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0CODE_DIGITS$}", self.0)
    }
}

/// Not the code itself: `Debug` ends in logs.
impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

impl FromStr for Code {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let is_code = text.len() == CODE_DIGITS && text.bytes().all(|it| it.is_ascii_digit());
        let number = if is_code { text.parse().ok() } else { None }; // Six digits fit.
        number.map(Code).ok_or_else(|| Error::invalid("code", "invalid_value", "it has 6 digits"))
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A place on earth, in degrees (WGS 84), and when its courier was there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Position {
    #[schema(minimum = -90, maximum = 90)]
    pub lat: f64,
    #[schema(minimum = -180, maximum = 180)]
    pub lon: f64,
    pub at: DateTime<Utc>,
}

impl Position {
    /// A place that there is; `Invalid` of `lat` and `lon` where there is none.
    pub fn parse(lat: f64, lon: f64, at: DateTime<Utc>) -> Result<Self, Error> {
        let out_of_range = |field, message| Err(Error::invalid(field, "out_of_range", message));
        if !(-90.0..=90.0).contains(&lat) {
            return out_of_range("lat", "a latitude is -90 to 90 degrees");
        }
        if !(-180.0..=180.0).contains(&lon) {
            return out_of_range("lon", "a longitude is -180 to 180 degrees");
        }
        Ok(Position { lat, lon, at })
    }
}

/// A courier says where they are. All that they have out for delivery is there too.
#[derive(Debug, Clone)]
pub struct Locate {
    pub courier: UserId,
    pub position: Position,
}

/// A parcel as the courier sees it who brings it: nothing of what it cost or how else its buyer is
/// reached.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = CourierDelivery)]
pub struct Errand {
    pub id: DeliveryId,
    pub order_number: String,
    pub status: delivery::Status,
    pub method: Method,
    pub tracking_number: Option<String>,
    /// When it should be there.
    pub eta: Option<DateTime<Utc>>,
    /// How often somebody was at the door with it in vain.
    pub attempts: i32,
    /// Whether there is nothing left to bring.
    pub is_over: bool,
    /// To whom and where; null once it is over.
    pub address: Option<Address>,
    /// What is in it.
    pub items: Vec<Content>,
    /// How many more wrong codes may be said of it; with 0 the shop has to settle it.
    pub code_tries_left: i32,
}

/// So many units of something in a parcel.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = CourierDeliveryItem)]
pub struct Content {
    pub name: String,
    pub sku: String,
    pub options: BTreeMap<String, String>,
    pub quantity: Quantity,
}

/// Where a page of a courier's parcels ends: those that are not over come first, the oldest first, and
/// then the others, the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    pub is_over: bool,
    pub id: DeliveryId,
}

impl Errand {
    pub fn key(&self) -> Key {
        Key { is_over: self.is_over, id: self.id }
    }
}

impl Order {
    /// One of its parcels as its courier sees it; of another's, and of none's, there is none.
    pub fn errand(&self, id: DeliveryId, courier: UserId) -> Result<Errand, Error> {
        let parcel = self.brought_by(id, courier)?;
        let content = |line: &Line| {
            let quantity = parcel.items.iter().find(|it| it.id == line.id)?.quantity;
            let Line { name, sku, options, .. } = line.clone();
            Some(Content { name, sku, options, quantity })
        };
        let is_over = parcel.is_over();
        Ok(Errand {
            id,
            order_number: self.number.clone(),
            status: parcel.status,
            method: parcel.method,
            tracking_number: parcel.tracking_number.clone(),
            eta: parcel.eta,
            attempts: parcel.attempts,
            is_over,
            address: (!is_over).then(|| self.address.clone()),
            items: self.items.iter().filter_map(content).collect(),
            code_tries_left: tries_left(parcel),
        })
    }

    /// One of its parcels, if it is this courier's.
    pub fn brought_by(&self, id: DeliveryId, courier: UserId) -> Result<&Delivery, Error> {
        let mut all = self.deliveries.iter();
        let own = all.find(|it| it.id == id && it.courier == Some(courier));
        own.ok_or(Error::NotFound("delivery"))
    }

    /// The order as its buyer is shown it: with what they have to say at the door.
    pub fn with_codes(mut self) -> Self {
        for parcel in &mut self.deliveries {
            parcel.show_code();
        }
        self
    }
}

impl Delivery {
    /// Shows what is said at the door, which its buyer alone may see.
    pub fn show_code(&mut self) {
        self.handover_code = self.code.filter(|_| !self.is_over());
    }
}

/// How many more wrong codes may be said of a parcel.
pub fn tries_left(parcel: &Delivery) -> i32 {
    WRONG_CODES_MAX.saturating_sub(parcel.wrong_codes).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_six_digits_and_reads_back() {
        for (number, text) in [(0, "000000"), (7, "000007"), (999_999, "999999")] {
            let code = Code::drawn(number);
            assert_eq!(code.to_string(), text);
            assert_eq!(text.parse::<Code>().unwrap(), code);
            assert_eq!(serde_json::json!(code), text);
        }
        for wrong in ["", "12345", "1234567", "12345a", "+12345", " 12345", "１２３４５６"] {
            assert!(wrong.parse::<Code>().is_err(), "{wrong:?}");
        }
        assert_eq!(format!("{:?}", Code::drawn(123_456)), "Code(…)");
    }

    #[test]
    fn a_position_is_on_earth() {
        let at = DateTime::UNIX_EPOCH;
        for (lat, lon) in [(0.0, 0.0), (-90.0, -180.0), (90.0, 180.0), (52.5, 13.4)] {
            assert!(Position::parse(lat, lon, at).is_ok(), "{lat} {lon}");
        }
        for (lat, lon) in [(90.1, 0.0), (-91.0, 0.0), (0.0, 180.5), (0.0, -181.0), (f64::NAN, 0.0)]
        {
            assert!(Position::parse(lat, lon, at).is_err(), "{lat} {lon}");
        }
    }
}
