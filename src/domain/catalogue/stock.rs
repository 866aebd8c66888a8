//! The units of a variant: on hand, reserved, and what can be sold of them.

use serde::Serialize;

use crate::domain::{Error, error::Refusal, id::VariantId};

/// The most units that can be on hand of one variant.
pub const ON_HAND_MAX: i64 = 1_000_000_000;
pub const REASON_CHARS_MAX: usize = 200;

/// How many units of a variant there are, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    pub variant: VariantId,
    pub on_hand: i64,
    pub reserved: i64,
    /// Sold so far, less what came back.
    pub sold: i64,
    /// Rises with each change: of two readings the one with the higher version is the later one.
    pub version: i64,
}

/// How the stock of a variant stands, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StockStatus {
    InStock,
    Low,
    OutOfStock,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Stock {
    /// On hand, less what unpaid orders and holds have reserved.
    pub available: i64,
    pub status: StockStatus,
}

impl Stock {
    pub const NONE: Stock = Stock { available: 0, status: StockStatus::OutOfStock };

    pub fn of(on_hand: i64, reserved: i64, low_threshold: i64) -> Self {
        let available = on_hand.saturating_sub(reserved).max(0);
        let status = match available {
            0 => StockStatus::OutOfStock,
            few if few <= low_threshold => StockStatus::Low,
            _ => StockStatus::InStock,
        };
        Stock { available, status }
    }
}

/// How an admin changes the stock of a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockChange {
    /// The units that can be sold from now on: what is reserved stays reserved beside them.
    Set(i64),
    /// Units more, or fewer.
    Adjust(i64),
}

impl StockChange {
    /// The units on hand after the change. `Set` counts what can be sold, so units that unpaid
    /// orders have reserved are added to it; `Adjust` may not take what is reserved.
    pub fn apply(self, on_hand: i64, reserved: i64) -> Result<i64, Error> {
        let after = match self {
            StockChange::Set(units) => units.saturating_add(reserved),
            StockChange::Adjust(units) => on_hand.saturating_add(units),
        };
        if after < reserved {
            let refusal = Refusal::new(
                "stock_reserved",
                "unpaid orders have reserved more than would be left",
            );
            return Err(refusal.with("available", on_hand.saturating_sub(reserved)).into());
        }
        if after > ON_HAND_MAX {
            return Err(Error::conflict("stock_too_large", "that is more than a shop can hold"));
        }
        Ok(after)
    }
}

/// Changes the stock of a variant, with the reason in its ledger.
#[derive(Debug, Clone)]
pub struct ChangeStock {
    pub variant: VariantId,
    pub change: StockChange,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct StockLevel {
    pub variant_id: VariantId,
    pub on_hand: i64,
    pub reserved: i64,
    pub available: i64,
}

impl StockLevel {
    pub fn of(variant_id: VariantId, on_hand: i64, reserved: i64) -> Self {
        let available = on_hand.saturating_sub(reserved);
        StockLevel { variant_id, on_hand, reserved, available }
    }
}

/// What came of a [`ChangeStock`].
#[derive(Debug, Clone, PartialEq)]
pub struct StockChanged {
    pub before: StockLevel,
    pub after: StockLevel,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stock_that_is_set_can_all_be_sold() {
        assert_eq!(StockChange::Set(100).apply(7, 3).unwrap(), 103);
    }

    #[test]
    fn an_adjustment_never_takes_what_is_reserved() {
        assert_eq!(StockChange::Adjust(-4).apply(7, 3).unwrap(), 3);
        assert!(StockChange::Adjust(-5).apply(7, 3).is_err());
        assert!(StockChange::Adjust(i64::MIN).apply(7, 3).is_err());
    }

    #[test]
    fn a_band_follows_what_is_available() {
        let band = |on_hand, reserved| Stock::of(on_hand, reserved, 5).status;
        assert_eq!(band(10, 0), StockStatus::InStock);
        assert_eq!(band(10, 5), StockStatus::Low);
        assert_eq!(band(10, 10), StockStatus::OutOfStock);
    }
}
