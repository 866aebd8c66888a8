//! How amounts and moments are written in the languages of the shop.

use chrono::{DateTime, Datelike, Utc};

use super::{
    money::{Currency, Money},
    settings::Language,
};

/// A blank at which no line is broken.
const BLANK: char = '\u{a0}';

#[rustfmt::skip]
const MONTHS_DE: [&str; 12] = [
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
    "November", "Dezember",
];
/// As they stand behind a day.
#[rustfmt::skip]
const MONTHS_RU: [&str; 12] = [
    "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября",
    "ноября", "декабря",
];

/// An amount with its currency: `€1,234.50`, `1.234,50 €` or `1 234,50 €`. It has two places behind the
/// point, as has all that the shop sells.
pub fn amount(money: Money, language: Language) -> String {
    let sign = if money.amount < 0 { "−" } else { "" };
    let symbol = if money.currency == Currency::SHOP { "€" } else { money.currency.as_str() };
    let (whole, cents) = (money.amount.unsigned_abs() / 100, money.amount.unsigned_abs() % 100);
    match language {
        Language::En => {
            let between = if symbol == "€" { "" } else { "\u{a0}" };
            format!("{sign}{symbol}{between}{}.{cents:02}", grouped(whole, ','))
        }
        Language::De => format!("{sign}{},{cents:02}{BLANK}{symbol}", grouped(whole, '.')),
        Language::Ru => format!("{sign}{},{cents:02}{BLANK}{symbol}", grouped(whole, BLANK)),
    }
}

/// The number with `separator` between its thousands.
fn grouped(number: u64, separator: char) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (left, digit) in (1..=digits.len()).rev().zip(digits.chars()) {
        grouped.push(digit);
        if left > 1 && (left - 1).is_multiple_of(3) {
            grouped.push(separator);
        }
    }
    grouped
}

/// A moment to the minute, in UTC.
pub fn moment(at: DateTime<Utc>, language: Language) -> String {
    let month = |names: [&'static str; 12]| {
        let index = usize::try_from(at.month0()).unwrap_or_default();
        names.get(index).copied().unwrap_or_default()
    };
    let (day, year, time) = (at.day(), at.year(), at.format("%H:%M"));
    match language {
        Language::En => at.format("%-d %B %Y at %H:%M UTC").to_string(),
        Language::De => format!("{day}. {} {year} um {time} UTC", month(MONTHS_DE)),
        Language::Ru => format!("{day} {} {year} г. в {time} UTC", month(MONTHS_RU)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(money: Money) -> [String; 3] {
        [Language::En, Language::De, Language::Ru].map(|it| amount(money, it).replace(BLANK, "_"))
    }

    #[test]
    fn each_language_writes_amounts_in_its_own_way() {
        let all = [
            (0, ["€0.00", "0,00_€", "0,00_€"]),
            (5, ["€0.05", "0,05_€", "0,05_€"]),
            (99_999, ["€999.99", "999,99_€", "999,99_€"]),
            (123_456, ["€1,234.56", "1.234,56_€", "1_234,56_€"]),
            (10_000_000_000, ["€100,000,000.00", "100.000.000,00_€", "100_000_000,00_€"]),
            (-1_200, ["−€12.00", "−12,00_€", "−12,00_€"]),
        ];
        for (amount, expected) in all {
            assert_eq!(written(Money::euros(amount)), expected);
        }
        let francs = Money { amount: 1_050, currency: "CHF".parse().unwrap() };
        assert_eq!(written(francs), ["CHF_10.50", "10,50_CHF", "10,50_CHF"]);
    }

    #[test]
    fn each_language_has_its_own_months() {
        let at = DateTime::from_timestamp(1_772_543_100, 0).unwrap();
        assert_eq!(moment(at, Language::En), "3 March 2026 at 13:05 UTC");
        assert_eq!(moment(at, Language::De), "3. März 2026 um 13:05 UTC");
        assert_eq!(moment(at, Language::Ru), "3 марта 2026 г. в 13:05 UTC");
    }
}
