//! Money: whole minor units and a currency; arithmetic is checked and no float comes near.

use serde::{Deserialize, Serialize};

use super::Error;

/// The largest amount that anything may have: ten billion in major units of most currencies.
pub const AMOUNT_MAX: i64 = 1_000_000_000_000;

/// A currency that is in use, by its code of ISO 4217.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "EUR")]
pub struct Currency([u8; 3]);

impl Currency {
    /// The one currency that the shop sells in.
    pub const SHOP: Currency = Currency(*b"EUR");

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl std::fmt::Debug for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Currency {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let code: [u8; 3] = text.as_bytes().try_into().map_err(|_| bad_currency())?;
        CODES.binary_search(&code).map(|_| Currency(code)).map_err(|_| bad_currency())
    }
}

fn bad_currency() -> Error {
    Error::invalid("currency", "invalid_currency", "a currency is one of the codes of ISO 4217")
}

impl TryFrom<String> for Currency {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.as_str().to_owned()
    }
}

/// What people pay with, of ISO 4217 as it stands in 2026, sorted: no metals, funds or test codes.
#[rustfmt::skip]
const CODES: [[u8; 3]; 155] = [
    *b"AED", *b"AFN", *b"ALL", *b"AMD", *b"AOA", *b"ARS", *b"AUD", *b"AWG", *b"AZN", *b"BAM",
    *b"BBD", *b"BDT", *b"BHD", *b"BIF", *b"BMD", *b"BND", *b"BOB", *b"BRL", *b"BSD", *b"BTN",
    *b"BWP", *b"BYN", *b"BZD", *b"CAD", *b"CDF", *b"CHF", *b"CLP", *b"CNY", *b"COP", *b"CRC",
    *b"CUP", *b"CVE", *b"CZK", *b"DJF", *b"DKK", *b"DOP", *b"DZD", *b"EGP", *b"ERN", *b"ETB",
    *b"EUR", *b"FJD", *b"FKP", *b"GBP", *b"GEL", *b"GHS", *b"GIP", *b"GMD", *b"GNF", *b"GTQ",
    *b"GYD", *b"HKD", *b"HNL", *b"HTG", *b"HUF", *b"IDR", *b"ILS", *b"INR", *b"IQD", *b"IRR",
    *b"ISK", *b"JMD", *b"JOD", *b"JPY", *b"KES", *b"KGS", *b"KHR", *b"KMF", *b"KPW", *b"KRW",
    *b"KWD", *b"KYD", *b"KZT", *b"LAK", *b"LBP", *b"LKR", *b"LRD", *b"LSL", *b"LYD", *b"MAD",
    *b"MDL", *b"MGA", *b"MKD", *b"MMK", *b"MNT", *b"MOP", *b"MRU", *b"MUR", *b"MVR", *b"MWK",
    *b"MXN", *b"MYR", *b"MZN", *b"NAD", *b"NGN", *b"NIO", *b"NOK", *b"NPR", *b"NZD", *b"OMR",
    *b"PAB", *b"PEN", *b"PGK", *b"PHP", *b"PKR", *b"PLN", *b"PYG", *b"QAR", *b"RON", *b"RSD",
    *b"RUB", *b"RWF", *b"SAR", *b"SBD", *b"SCR", *b"SDG", *b"SEK", *b"SGD", *b"SHP", *b"SLE",
    *b"SOS", *b"SRD", *b"SSP", *b"STN", *b"SVC", *b"SYP", *b"SZL", *b"THB", *b"TJS", *b"TMT",
    *b"TND", *b"TOP", *b"TRY", *b"TTD", *b"TWD", *b"TZS", *b"UAH", *b"UGX", *b"USD", *b"UYU",
    *b"UZS", *b"VED", *b"VES", *b"VND", *b"VUV", *b"WST", *b"XAF", *b"XCD", *b"XCG", *b"XOF",
    *b"XPF", *b"YER", *b"ZAR", *b"ZMW", *b"ZWG",
];

/// An amount in minor units (cents) of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    #[schema(example = 1999)]
    pub amount: i64,
    pub currency: Currency,
}

impl Money {
    pub const ZERO: Money = Money::euros(0);

    /// `amount` minor units of the shop's currency.
    pub const fn euros(amount: i64) -> Self {
        Money { amount, currency: Currency::SHOP }
    }

    /// The sum; an error where the currencies differ or the amount leaves ±[`AMOUNT_MAX`].
    pub fn plus(self, other: Money) -> Result<Money, Error> {
        if self.currency != other.currency {
            return Err(Error::conflict("currency_mismatch", "the amounts are of two currencies"));
        }
        bounded(self.amount.checked_add(other.amount), self.currency)
    }

    /// The difference, with the errors of [`Money::plus`].
    pub fn minus(self, other: Money) -> Result<Money, Error> {
        self.plus(Money { amount: other.amount.saturating_neg(), ..other })
    }

    pub fn times(self, factor: i64) -> Result<Money, Error> {
        bounded(self.amount.checked_mul(factor), self.currency)
    }

    /// The sum of all, zero of the shop's currency where there are none.
    pub fn sum(all: impl IntoIterator<Item = Money>) -> Result<Money, Error> {
        all.into_iter().try_fold(Money::ZERO, Money::plus)
    }
}

fn bounded(amount: Option<i64>, currency: Currency) -> Result<Money, Error> {
    match amount {
        Some(amount) if amount.abs() <= AMOUNT_MAX => Ok(Money { amount, currency }),
        Some(_) | None => Err(Error::conflict("amount_too_large", "the amount is too large")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_that_leaves_the_bounds_is_refused() {
        assert!(Money::euros(AMOUNT_MAX).plus(Money::euros(1)).is_err());
        assert!(Money::euros(-AMOUNT_MAX).plus(Money::euros(-1)).is_err());
        assert!(Money::euros(i64::MAX).times(2).is_err());
    }

    #[test]
    fn two_currencies_never_add_up() {
        let dollars = Money { amount: 1, currency: "USD".parse().unwrap() };
        assert!(Money::euros(1).plus(dollars).is_err());
    }

    #[test]
    fn a_currency_is_one_that_is_in_use() {
        assert!(CODES.is_sorted());
        for code in ["EUR", "USD", "JPY", "AED", "ZWG"] {
            assert_eq!(code.parse::<Currency>().unwrap().as_str(), code);
        }
        for wrong in ["", "EU", "eur", "EURO", "E1R", "ÄU", "XXX", "XTS", "XAU", "DEM", "EUX"] {
            assert!(wrong.parse::<Currency>().is_err(), "{wrong}");
        }
    }
}
