//! The houses of the simulated courier, and through which of them a parcel goes.

use serde_json::{Value, json};

use crate::domain::address::Address;

/// A town with a house of the courier's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Town {
    city: &'static str,
    country: &'static str,
    lat: f64,
    lon: f64,
}

/// What a parcel passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum House {
    Warehouse,
    SortingCentre,
    Depot,
    /// It is on a van from there.
    Van,
}

const fn town(city: &'static str, country: &'static str, lat: f64, lon: f64) -> Town {
    Town { city, country, lat, lon }
}

const LEIPZIG: Town = town("Leipzig", "DE", 51.34, 12.37);
/// Where what goes abroad leaves the country.
const FRANKFURT: Town = town("Frankfurt am Main", "DE", 50.11, 8.68);
/// By the first digit of the postal code.
const GERMANY: [Town; 10] = [
    LEIPZIG,
    town("Berlin", "DE", 52.52, 13.41),
    town("Hamburg", "DE", 53.55, 9.99),
    town("Hannover", "DE", 52.37, 9.73),
    town("Dortmund", "DE", 51.51, 7.47),
    town("Köln", "DE", 50.94, 6.96),
    FRANKFURT,
    town("Stuttgart", "DE", 48.78, 9.18),
    town("München", "DE", 48.14, 11.58),
    town("Nürnberg", "DE", 49.45, 11.08),
];
/// Where what comes into a country is sorted.
const ABROAD: [Town; 34] = [
    town("Wien", "AT", 48.21, 16.37),
    town("Sydney", "AU", -33.87, 151.21),
    town("Bruxelles", "BE", 50.85, 4.35),
    town("Sofia", "BG", 42.70, 23.32),
    town("São Paulo", "BR", -23.55, -46.63),
    town("Toronto", "CA", 43.65, -79.38),
    town("Zürich", "CH", 47.37, 8.54),
    town("Shanghai", "CN", 31.23, 121.47),
    town("Praha", "CZ", 50.08, 14.44),
    town("København", "DK", 55.68, 12.57),
    town("Tallinn", "EE", 59.44, 24.75),
    town("Madrid", "ES", 40.42, -3.70),
    town("Helsinki", "FI", 60.17, 24.94),
    town("Paris", "FR", 48.86, 2.35),
    town("London", "GB", 51.51, -0.13),
    town("Athina", "GR", 37.98, 23.73),
    town("Zagreb", "HR", 45.81, 15.98),
    town("Budapest", "HU", 47.50, 19.04),
    town("Dublin", "IE", 53.35, -6.26),
    town("Mumbai", "IN", 19.08, 72.88),
    town("Milano", "IT", 45.46, 9.19),
    town("Tokyo", "JP", 35.68, 139.69),
    town("Vilnius", "LT", 54.69, 25.28),
    town("Luxembourg", "LU", 49.61, 6.13),
    town("Riga", "LV", 56.95, 24.11),
    town("Utrecht", "NL", 52.09, 5.12),
    town("Oslo", "NO", 59.91, 10.75),
    town("Warszawa", "PL", 52.23, 21.01),
    town("Lisboa", "PT", 38.72, -9.14),
    town("București", "RO", 44.43, 26.10),
    town("Stockholm", "SE", 59.33, 18.07),
    town("Ljubljana", "SI", 46.06, 14.51),
    town("Bratislava", "SK", 48.15, 17.11),
    town("Memphis", "US", 35.15, -90.05),
];

/// Where all parcels begin.
pub fn origin() -> Value {
    House::Warehouse.at(LEIPZIG)
}

/// The houses that a parcel to `address` passes after the warehouse; the last one is the depot from
/// which it is brought to the door.
pub fn stops(address: &Address) -> Vec<(House, Town)> {
    let mut all = vec![(House::SortingCentre, LEIPZIG)];
    let end = region(address);
    if end.country != LEIPZIG.country {
        all.push((House::SortingCentre, FRANKFURT));
    }
    if end != LEIPZIG {
        all.push((House::SortingCentre, end));
    }
    all.push((House::Depot, end));
    all
}

/// The town whose couriers go to `address`; where there is none, the parcel goes by way of Frankfurt.
fn region(address: &Address) -> Town {
    if address.country == LEIPZIG.country {
        let digit = address.postal_code.chars().next().and_then(|it| it.to_digit(10));
        let at = digit.and_then(|it| usize::try_from(it).ok());
        return at.and_then(|at| GERMANY.get(at)).copied().unwrap_or(LEIPZIG);
    }
    ABROAD.into_iter().find(|it| it.country == address.country).unwrap_or(FRANKFURT)
}

impl House {
    /// As a location is told.
    pub fn at(self, town: Town) -> Value {
        let kind = match self {
            House::Warehouse => "warehouse",
            House::SortingCentre => "sorting_centre",
            House::Depot => "depot",
            House::Van => "van",
        };
        let Town { city, country, lat, lon } = town;
        json!({ "kind": kind, "city": city, "country": country, "lat": lat, "lon": lon })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(country: &str, postal_code: &str) -> Vec<&'static str> {
        let address = Address {
            name: "Ada".to_owned(),
            line1: "1 Lane".to_owned(),
            line2: None,
            city: "Anywhere".to_owned(),
            region: None,
            postal_code: postal_code.to_owned(),
            country: country.to_owned(),
            phone: None,
        };
        let stops = stops(&address);
        assert_eq!(stops.last().map(|it| it.0), Some(House::Depot));
        stops.into_iter().map(|(_, town)| town.city).collect()
    }

    #[test]
    fn a_parcel_goes_by_the_sorting_centres_between_the_warehouse_and_its_door() {
        assert_eq!(through("DE", "04109"), ["Leipzig", "Leipzig"]);
        assert_eq!(through("DE", "80331"), ["Leipzig", "München", "München"]);
        assert_eq!(through("DE", ""), ["Leipzig", "Leipzig"]);
        assert_eq!(through("FR", "75001"), ["Leipzig", "Frankfurt am Main", "Paris", "Paris"]);
        assert_eq!(through("NZ", "6011"), ["Leipzig", "Frankfurt am Main", "Frankfurt am Main"]);
    }
}
